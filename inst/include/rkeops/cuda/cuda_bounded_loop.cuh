// The loop of kernels whose formulas have a bound (see cuda_bounds.cuh), which search for
// the columns whose values matter (cuda_search.cuh).
#ifndef RKEOPS_CUDA_BOUNDED_LOOP_CUH
#define RKEOPS_CUDA_BOUNDED_LOOP_CUH

#include <rkeops/cuda/cuda_conditions.cuh>
#include <rkeops/cuda/cuda_search.cuh>

namespace rkeops {

/// Whether a reduction gives the smallest or largest of one number, not of several.
template <class Reduction, class = void>
struct IsOfOneValue {
  static constexpr bool value = false;
};
template <class Reduction>
struct IsOfOneValue<Reduction, decltype(void(sizeof(typename Reduction::Direction)))> {
  static constexpr bool value = true;
};

/// The loop of a kernel whose formula has a bound.
template <class Scalar, class Formula, class Reduction, class Columns,
          int rows_per_thread>
struct CudaBoundedLoop {
  using Bound = CudaBound<Scalar, Formula>;
  using Row = typename Columns::Row;
  using Shared = typename Columns::Shared;

  static constexpr bool finds_groups =
      IsOfOneValue<Reduction>::value && !Columns::Tiles::has_inner;
  /// So many registers a thread needs, roughly.
  static constexpr int registers = rows_per_thread * (Formula::row_kept + 5);
  /// Blocks that a multiprocessor should hold. With few numbers to keep, those of four
  /// have registers to compute several columns at once.
  static constexpr int resident_blocks =
      Columns::Tiles::has_inner                                                  ? 3
      : finds_groups && sizeof(Scalar) == 4 && registers > 40 && registers <= 64 ? 5
                                                                                 : 4;

  /// A row hands what it has found to functions that are called.
  struct Found {
    double slots[Reduction::slots];
  };

  const CudaArguments& arguments;
  const Scalar* parameter;
  Row (&state)[rows_per_thread];
  long long first_row;  // of this thread; the next one is cuda_threads further
  long long begin, end, gap;

  RKEOPS_INLINE typename Bound::Row row(int r) const {
    return Bound::Row::of(arguments, first_row + r * cuda_threads);
  }

  template <class Finder>
  RKEOPS_INLINE void search(Shared& shared, Finder (&finders)[rows_per_thread]) const {
    using Search = CudaSearch<Scalar, Formula, Columns, rows_per_thread, Finder>;
    typename Bound::Row rows[rows_per_thread];
    Scalar of_row[rows_per_thread];
    int waiting[rows_per_thread], column[rows_per_thread][Search::places];
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      rows[r] = row(r);
      // beyond the last row inner products are anything: nothing is to be rare there
      of_row[r] = rows[r].exists ? rows[r].bound(parameter) : Scalar(__builtin_nan(""));
      waiting[r] = 0;
    }
    Search search{arguments, parameter, state,   rows,    of_row,
                  begin,     gap,       finders, waiting, column};
    Columns::visit_columns(arguments, parameter, begin, end, gap, shared, search);
    search.compute_waiting();
  }

  RKEOPS_INLINE void start_accumulators() const {
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r)
      state[r].start_accumulators(arguments, first_row + r * cuda_threads);
  }

  RKEOPS_INLINE void find_lists(Shared& shared) const {
    start_accumulators();
    Reduction lists[rows_per_thread];
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r)
      lists[r].begin(state[r].accumulators(), begin);
    search(shared, lists);
  }

  RKEOPS_INLINE void find_best(Shared& shared) const {
    start_accumulators();
    CudaBest<Scalar, Reduction> best[rows_per_thread];
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r)
      best[r].begin(state[r].accumulators(), begin);
    search(shared, best);
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) best[r].end(state[r].accumulators());
  }

  /// Being another function, it finds the registers of the rest of a kernel out of the
  /// way.
  RKEOPS_OUTLINE static void find_rest(const CudaArguments& arguments,
                                       const Scalar* parameter, long long first_row,
                                       long long begin, long long end, long long gap,
                                       Shared& shared, Found (&found)[rows_per_thread]) {
    Row state[rows_per_thread];
    CudaBest<Scalar, Reduction> best[rows_per_thread];
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      keep_row<Formula>(arguments, parameter, first_row + r * cuda_threads,
                        state[r].kept);
      best[r].begin({found[r].slots, 1}, begin);
    }
    const CudaBoundedLoop loop{arguments, parameter, state, first_row, begin, end, gap};
    loop.search(shared, best);
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) best[r].end({found[r].slots, 1});
  }

  /// The best two groups, and where that is not enough, what comes beside them.
  RKEOPS_INLINE void find_groups(Shared& shared) const {
    using Groups = CudaBestGroups<Scalar, Formula, Reduction, Columns, rows_per_thread>;
    typename Groups::Seen seen[rows_per_thread];
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) seen[r].start();
    Groups groups{parameter, state, begin, seen};
    Columns::visit_columns(arguments, parameter, begin, end, gap, shared, groups);
    const Scalar* records =
        static_cast<const Scalar*>(arguments.column_kept) + (begin - gap) * Bound::record;
    // not before, when the registers are needed for other things
    start_accumulators();
    Found found[rows_per_thread];
    bool is_open = false;
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      Columns::copy_slots(state[r].accumulators(), {found[r].slots, 1});
      if (!Groups::settle(parameter, seen[r], row(r), records, begin, end,
                          found[r].slots))
        is_open = true;
    }
    if (any_of_block(is_open)) {
      const CudaArguments copy = arguments;
      find_rest(copy, parameter, first_row, begin, end, gap, shared, found);
    }
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r)
      Columns::copy_slots({found[r].slots, 1}, state[r].accumulators());
  }

  RKEOPS_INLINE void fold_columns() const {
    __shared__ Shared shared;
    if constexpr (finds_groups)
      find_groups(shared);
    else if constexpr (IsOfOneValue<Reduction>::value)
      find_best(shared);
    else
      find_lists(shared);
  }
};

}  // namespace rkeops

#endif
