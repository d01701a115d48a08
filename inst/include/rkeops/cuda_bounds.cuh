// Smallest and largest values that have a bound, which is less work than the value (see
// Bound in plan/plan.h). Such a Formula computes the bound in its pair stage, and has
//
//   row_bound()           what the row adds to it
//   exact_row_kept, exact_row_stage(), exact_column_kept, exact_column_stage()
//                         what the value is made of: prepared once, and read seldom
//   exact_stage()         the value
//
// Where a bound does not exclude that the value matters, its column waits until some
// have come together, and then the threads of a warp compute the values of theirs at the
// same time (CudaSearch). Of a single smallest value that would be too often while it is
// searched for: rows that are in registers keep the smallest bounds of groups of columns,
// and compute in the end the values of the best two groups (CudaBestGroups). Where a
// third could have a smaller one, they search, with what they know by then.
//
// Conditions on the data exclude NaN, and whatever overflows. In which order and how
// often values are looked at changes no result: of equal ones the first column counts.
#ifndef RKEOPS_CUDA_BOUNDS_CUH
#define RKEOPS_CUDA_BOUNDS_CUH

#include <rkeops/inner_product.h>
#include <rkeops/reductions.h>
#include <rkeops/cuda_records.cuh>

namespace rkeops {

/// Of a formula that has none.
template <class Scalar, class Formula, class = void>
struct CudaBound {
  static constexpr bool exists = false;
  static constexpr int record = CudaRecords<Scalar, Formula>::length, row_scalars = 0;
};

/// Where prepared numbers are: of columns in their records, behind what pairs read; of
/// rows component-major behind the vectors of inner products.
template <class Scalar, class Formula>
struct CudaBound<Scalar, Formula, decltype(void(Formula::exact_column_kept))> {
  static constexpr bool exists = true;
  static constexpr int of_row = Formula::exact_row_kept,
                       of_column = Formula::exact_column_kept;
  static constexpr int row_scalars = of_row + 1;

  using Piece = typename CudaPiece<Scalar, true>::Type;
  static constexpr int wide = int(sizeof(Piece) / sizeof(Scalar));
  static constexpr int pieces = (of_column + wide - 1) / wide;
  static constexpr int place =
      (CudaRecords<Scalar, Formula>::length + wide - 1) / wide * wide;
  static constexpr int record = place + pieces * wide;

  RKEOPS_INLINE static void keep_column(const Scalar* parameter, const Scalar* input,
                                        Scalar* to) {
    Formula::template exact_column_stage<Scalar>(parameter, input, to + place);
  }

  RKEOPS_INLINE static void keep_row(const Scalar* parameter, const Scalar* input,
                                     Scalar* kept) {
    Formula::template exact_row_stage<Scalar>(parameter, input, kept);
    Formula::template row_bound<Scalar>(parameter, input, kept + of_row);
  }

  /// The numbers of a row; the last one is its bound.
  struct Row {
    const Scalar* first;
    long long stride;

    RKEOPS_INLINE Scalar get(int k) const { return first[k * stride]; }
    RKEOPS_INLINE Scalar bound() const { return get(of_row); }
  };
  RKEOPS_INLINE static Row row(const CudaArguments& arguments, long long number) {
    const Scalar* all = static_cast<const Scalar*>(arguments.row_vectors) +
                        row_vector_scalars<Formula> * arguments.row_vector_stride;
    return {all + least(number, arguments.row_end - 1), arguments.row_vector_stride};
  }

  /// The value of a pair, as it is written.
  RKEOPS_INLINE static Scalar value(const Scalar* parameter, const Scalar* row,
                                    const Scalar* record) {
    Piece column[array_length<pieces>];
    const Piece* from = reinterpret_cast<const Piece*>(record + place);
#pragma unroll(unrolled <pieces>)
    for (int k = 0; k < pieces; ++k) column[k] = from[k];
    Scalar value;
    Formula::template exact_stage<Scalar>(
        parameter, row, reinterpret_cast<const Scalar*>(column), &value);
    return value;
  }

  /// Not to be part of the loops over columns.
  RKEOPS_OUTLINE static Scalar value(const Scalar* parameter, Row row,
                                     const Scalar* record) {
    Scalar of_this_row[array_length<of_row>];
#pragma unroll(unrolled <of_row>)
    for (int k = 0; k < of_row; ++k) of_this_row[k] = row.get(k);
    return value(parameter, of_this_row, record);
  }

  /// Folds the values of `count` columns, few, from `first` on into accumulators.
  template <class Reduction>
  RKEOPS_OUTLINE static void fold(const Scalar* parameter, Row row, const Scalar* records,
                                  long long first, int count, double* accumulators) {
    Scalar of_this_row[array_length<of_row>];
#pragma unroll(unrolled <of_row>)
    for (int k = 0; k < of_row; ++k) of_this_row[k] = row.get(k);
    Reduction reduction;
    reduction.begin({accumulators, 1}, first);
#pragma unroll 4
    for (int n = 0; n < count; ++n) {
      const int c = fold_order<Reduction>(n, count);
      const Scalar of_pair = value(parameter, of_this_row, records + c * record);
      reduction.fold(&of_pair, c);
    }
    reduction.end({accumulators, 1}, first);
  }
};

/// Does any thread of the warp say so?
RKEOPS_INLINE bool any_of_warp(bool said) {
#if defined(__CUDA_ARCH__)
  return __any_sync(0xffffffffu, said);
#else
  return said;
#endif
}

RKEOPS_INLINE float better(Smaller, float a, float b) { return ::fminf(a, b); }
RKEOPS_INLINE double better(Smaller, double a, double b) { return ::fmin(a, b); }
RKEOPS_INLINE float better(Larger, float a, float b) { return ::fmaxf(a, b); }
RKEOPS_INLINE double better(Larger, double a, double b) { return ::fmax(a, b); }

/// The search for values that matter, in the loop of CudaColumns, `Columns`.
template <class Scalar, class Formula, class Columns, int rows_per_thread, class Finder>
struct CudaSearch {
  using Bound = CudaBound<Scalar, Formula>;
  using Block = typename Columns::Columns;

  /// Columns between two looks at how many wait, and how many may wait then.
  static constexpr int run = Columns::step < 8 ? Columns::step : 8;
  static constexpr int most_waiting = 8, places = most_waiting + run;

  const CudaArguments& arguments;
  const Scalar* parameter;
  const typename Columns::Row (&state)[rows_per_thread];
  const typename Bound::Row (&rows)[rows_per_thread];
  const Scalar (&of_row)[rows_per_thread];  // what the rows add to bounds
  long long begin, gap;
  /// A finder keeps what is best of a row: rare(bound) says whether a value with that
  /// bound may be better, treat(value, column) keeps a better one.
  Finder (&finders)[rows_per_thread];
  /// How many columns wait, and which, counted from `begin`.
  int (&waiting)[rows_per_thread];
  int (&column)[rows_per_thread][places];

  RKEOPS_INLINE void compute_waiting() {
    const Scalar* records = static_cast<const Scalar*>(arguments.column_kept);
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
#pragma unroll 1
      for (int k = 0; any_of_warp(k < waiting[r]); ++k) {
        if (k >= waiting[r]) continue;
        const int here = column[r][k];
        const Scalar value = Bound::value(parameter, rows[r],
                                          records + (begin - gap + here) * Bound::record);
        if (finders[r].rare(&value)) finders[r].treat(&value, here);
      }
      waiting[r] = 0;
    }
  }

  RKEOPS_INLINE void look_at(Block columns, int number) {
    Scalar bound[rows_per_thread][1];
    Columns::compute_values(parameter, columns, state, bound);
    bool any_rare = false;
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      bound[r][0] += of_row[r];
      any_rare = any_rare | finders[r].rare(bound[r]);
    }
    if (!__builtin_expect(any_rare, 0)) return;
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      if (finders[r].rare(bound[r])) column[r][waiting[r]++] = number;
    }
  }

  RKEOPS_INLINE void look_at_run(Block columns, int count, int number) {
    if (count >= run) {
#pragma unroll
      for (int n = 0; n < run; ++n) look_at(columns.from(n), number + n);
    } else {
#pragma unroll 1
      for (int n = 0; n < count; ++n) look_at(columns.from(n), number + n);
    }
    bool many = false;
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) many = many | (waiting[r] > most_waiting);
    if (any_of_warp(many)) compute_waiting();
  }

  RKEOPS_INLINE void visit(Block columns, long long first, int count) {
#pragma unroll 1
    for (int c = 0; c < count; c += run)
      look_at_run(columns.from(c), count - c, int(first - begin) + c);
  }
};

/// The finder of a single smallest or largest value.
template <class Scalar, class Reduction>
struct CudaBest {
  using Direction = typename Reduction::Direction;

  double found[Reduction::slots];
  Scalar limit;
  long long first_column;

  RKEOPS_INLINE void begin(Slots<Scalar> from, long long first) {
    first_column = first;
#pragma unroll
    for (int k = 0; k < Reduction::slots; ++k) found[k] = from.get(k);
    limit = Scalar(found[0]);
  }
  RKEOPS_INLINE bool rare(const Scalar* bound) const {
    return !Direction::wins(limit, *bound);
  }
  RKEOPS_INLINE void treat(const Scalar* value, int column) {
    double one[Reduction::slots];
    Reduction::initialise({one, 1});
    Reduction reduction;
    reduction.begin({one, 1}, first_column + column);
    reduction.fold(value, 0);
    reduction.end({one, 1}, first_column + column);
    Reduction::merge({found, 1}, {one, 1});
    limit = Scalar(found[0]);
  }
  RKEOPS_INLINE void end(Slots<Scalar> into) const {
#pragma unroll
    for (int k = 0; k < Reduction::slots; ++k) into.set(k, found[k]);
  }
};

/// Bounds of groups of columns.
template <class Scalar, class Formula, class Reduction, class Columns,
          int rows_per_thread>
struct CudaBestGroups {
  using Bound = CudaBound<Scalar, Formula>;
  using Direction = typename Reduction::Direction;
  using Block = typename Columns::Columns;

  static constexpr int length = Columns::step < 16 ? Columns::step : 16;
  static_assert(Columns::step % length == 0, "a step has whole groups");

  /// Of a row: the best bounds of three groups, and the numbers of the first two.
  struct Seen {
    Scalar best, second, third;
    int group, second_group;

    RKEOPS_INLINE void start() {
      best = second = third = Direction::template worst<Scalar>();
      group = second_group = 0;
    }
    RKEOPS_INLINE void take(Scalar bound, int number) {
      const bool is_first = Direction::wins(bound, best);
      const bool is_second = Direction::wins(bound, second);
      third = better(Direction(), third, is_second ? second : bound);
      second = is_first ? best : is_second ? bound : second;
      second_group = is_first ? group : is_second ? number : second_group;
      best = is_first ? bound : best;
      group = is_first ? number : group;
    }
  };

  const Scalar* parameter;
  const typename Columns::Row (&state)[rows_per_thread];
  long long begin;
  Seen (&seen)[rows_per_thread];

  template <bool whole>
  RKEOPS_INLINE void look_at(Block columns, int count, int number) {
    Scalar best[rows_per_thread];
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r)
      best[r] = Direction::template worst<Scalar>();
#pragma unroll(whole ? length : 1)
    for (int c = 0; c < (whole ? length : count); ++c) {
      Scalar bound[rows_per_thread][1];
      Columns::compute_values(parameter, columns.from(c), state, bound);
#pragma unroll
      for (int r = 0; r < rows_per_thread; ++r)
        best[r] = better(Direction(), best[r], bound[r][0]);
    }
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) seen[r].take(best[r], number);
  }

  RKEOPS_INLINE void visit(Block columns, long long first, int count) {
    int number = int(first - begin) / length, c = 0;
#pragma unroll 1
    for (; c + length <= count; c += length, ++number)
      look_at<true>(columns.from(c), length, number);
    if (c < count) look_at<false>(columns.from(c), count - c, number);
  }

  /// Folds into `found` the values of the best groups, which begin at `records`. True
  /// where no other column matters.
  RKEOPS_INLINE static bool settle(const Scalar* parameter, const Seen& seen,
                                   typename Bound::Row row, const Scalar* records,
                                   long long begin, long long end, double* found) {
    const double of_row = row.bound();
    const auto matters = [&](Scalar bound) {
      return !Direction::wins(found[0], bound + of_row);
    };
    if (matters(seen.best)) fold(parameter, seen.group, row, records, begin, end, found);
    if (matters(seen.second))
      fold(parameter, seen.second_group, row, records, begin, end, found);
    return !matters(seen.third);
  }

 private:
  RKEOPS_INLINE static void fold(const Scalar* parameter, int group,
                                 typename Bound::Row row, const Scalar* records,
                                 long long begin, long long end, double* found) {
    const long long skipped = (long long)group * length;
    Bound::template fold<Reduction>(parameter, row, records + skipped * Bound::record,
                                    begin + skipped,
                                    int(least(length, end - begin - skipped)), found);
  }
};

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

  const CudaArguments& arguments;
  const Scalar* parameter;
  Row (&state)[rows_per_thread];
  const typename Bound::Row (&rows)[rows_per_thread];
  long long begin, end, gap;

  template <class Finder>
  RKEOPS_INLINE void search(Shared& shared, Finder (&finders)[rows_per_thread]) const {
    using Search = CudaSearch<Scalar, Formula, Columns, rows_per_thread, Finder>;
    Scalar of_row[rows_per_thread];
    int waiting[rows_per_thread], column[rows_per_thread][Search::places];
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      of_row[r] = rows[r].bound();
      waiting[r] = 0;
    }
    Search search{arguments, parameter, state,   rows,    of_row,
                  begin,     gap,       finders, waiting, column};
    Columns::visit_columns(arguments, parameter, begin, end, gap, shared, search);
    search.compute_waiting();
  }

  RKEOPS_INLINE void find_lists(Shared& shared) const {
    Reduction lists[rows_per_thread];
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r)
      lists[r].begin(state[r].accumulators(), begin);
    search(shared, lists);
  }

  /// Is nothing left to be found, for any row of the block of threads?
  RKEOPS_INLINE bool find_groups(
      Shared& shared, CudaBest<Scalar, Reduction> (&best)[rows_per_thread]) const {
    using Groups = CudaBestGroups<Scalar, Formula, Reduction, Columns, rows_per_thread>;
    typename Groups::Seen seen[rows_per_thread];
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) seen[r].start();
    Groups groups{parameter, state, begin, seen};
    Columns::visit_columns(arguments, parameter, begin, end, gap, shared, groups);
    const Scalar* records =
        static_cast<const Scalar*>(arguments.column_kept) + (begin - gap) * Bound::record;
    __shared__ int open;
    if (threadIdx.x == 0) open = 0;
    __syncthreads();
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      double found[Reduction::slots];
      const Slots<Scalar> accumulators = state[r].accumulators();
#pragma unroll
      for (int k = 0; k < Reduction::slots; ++k) found[k] = accumulators.get(k);
      if (!Groups::settle(parameter, seen[r], rows[r], records, begin, end, found))
        open = 1;
      best[r].begin({found, 1}, begin);
    }
    __syncthreads();
    return !open;
  }

  RKEOPS_INLINE void find_best(Shared& shared) const {
    CudaBest<Scalar, Reduction> best[rows_per_thread];
    bool is_found = false;
    if constexpr (Columns::has_inner) {
#pragma unroll
      for (int r = 0; r < rows_per_thread; ++r)
        best[r].begin(state[r].accumulators(), begin);
    } else {
      is_found = find_groups(shared, best);
    }
    if (!is_found) search(shared, best);
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) best[r].end(state[r].accumulators());
  }

  RKEOPS_INLINE void fold_columns() const {
    __shared__ Shared shared;
    if constexpr (IsOfOneValue<Reduction>::value)
      find_best(shared);
    else
      find_lists(shared);
  }
};

}  // namespace rkeops

#endif
