// Smallest and largest values that have a bound, which is less work than the value (see
// Bound in plan/plan.h). Such a Formula computes the bound in its pair stage, and has
//
//   row_bound()            what the row adds to it
//   exact_column_kept, exact_column_stage()     what the value needs of a column; it
//                          stands in the records, behind what is staged
//   exact_stage()          the value, of the inputs of the row and of that
//
// The K smallest compute the value where its bound could enter the list (CudaColumns).
// The smallest alone (CudaBoundedExtremum) keeps the smallest bound of groups of columns,
// and computes at the end the values of the best group. Where the next group could have a
// smaller one, it computes all.
//
// Conditions on the data exclude NaN, and whatever overflows.
#ifndef RKEOPS_CUDA_BOUNDS_CUH
#define RKEOPS_CUDA_BOUNDS_CUH

#include <rkeops/reductions.h>
#include <rkeops/cuda_records.cuh>

namespace rkeops {

/// Of a formula that has none. A row keeps nothing for it.
template <class Scalar, class Formula, class = void>
struct CudaBound {
  static constexpr bool exists = false;
  static constexpr int record = CudaRecords<Scalar, Formula>::length;

  struct Row {
    RKEOPS_INLINE void start(const CudaArguments&, const Scalar*, long long) {}
  };
};

template <class Scalar, class Formula>
struct CudaBound<Scalar, Formula, decltype(void(Formula::exact_column_kept))> {
  static constexpr bool exists = true;
  static constexpr int wide = 16 / int(sizeof(Scalar));
  static constexpr int kept = Formula::exact_column_kept;
  /// Where a record has what the value needs, and its length.
  static constexpr int place =
      (CudaRecords<Scalar, Formula>::length + wide - 1) / wide * wide;
  static constexpr int record = place + (kept + wide - 1) / wide * wide;

  RKEOPS_INLINE static void keep_column(const Scalar* parameter, const Scalar* input,
                                        Scalar* to) {
    Formula::template exact_column_stage<Scalar>(parameter, input, to + place);
  }

  /// What a thread keeps of a row, beside what every pair reads.
  struct Row {
    Scalar bound;
    const void* const* inputs;
    long long number;

    RKEOPS_INLINE void start(const CudaArguments& arguments, const Scalar* parameter,
                             long long row) {
      inputs = arguments.row_inputs;
      number = least(row, arguments.row_end - 1);
      Scalar input[array_length<Formula::row_inputs>];
      load_inputs<Formula::row_inputs>(inputs, number, input);
      Formula::template row_bound<Scalar>(parameter, input, &bound);
    }
  };

  /// The value as it is written. Seldom needed: not to be part of the loops.
  RKEOPS_OUTLINE static Scalar value(const void* const* row_inputs, long long row,
                                     const Scalar* parameter, const Scalar* record) {
    Scalar input[array_length<Formula::row_inputs>], value;
    load_inputs<Formula::row_inputs>(row_inputs, row, input);
    Formula::template exact_stage<Scalar>(parameter, input, record + place, &value);
    return value;
  }

  /// Folds the values of `count` columns from `first` on, whose records begin at
  /// `records`, into accumulators.
  template <class Reduction>
  RKEOPS_OUTLINE static void fold(const void* const* row_inputs, long long row,
                                  const Scalar* parameter, const Scalar* records,
                                  long long first, long long count,
                                  double* accumulators) {
    Scalar input[array_length<Formula::row_inputs>];
    load_inputs<Formula::row_inputs>(row_inputs, row, input);
    Reduction reduction;
#pragma unroll 1
    for (long long done = 0; done < count; done += Reduction::block) {
      const int length = int(least(Reduction::block, count - done));
      reduction.begin({accumulators, 1}, first + done);
#pragma unroll 1
      for (int n = 0; n < length; ++n) {
        const int c = fold_order<Reduction>(n, length);
        Scalar value;
        Formula::template exact_stage<Scalar>(
            parameter, input, records + (done + c) * record + place, &value);
        reduction.fold(&value, c);
      }
      reduction.end({accumulators, 1}, first + done);
    }
  }
};

/// The direction of a reduction to the smallest or largest of one number.
template <class Reduction, class = void>
struct CudaDirection {
  static constexpr bool exists = false;
};
template <class Reduction>
struct CudaDirection<Reduction, decltype(void(sizeof(typename Reduction::Direction)))> {
  static constexpr bool exists = Reduction::values == 1;
  using Type = typename Reduction::Direction;
};

RKEOPS_INLINE float better(Smaller, float a, float b) { return ::fminf(a, b); }
RKEOPS_INLINE double better(Smaller, double a, double b) { return ::fmin(a, b); }
RKEOPS_INLINE float better(Larger, float a, float b) { return ::fmaxf(a, b); }
RKEOPS_INLINE double better(Larger, double a, double b) { return ::fmax(a, b); }

/// `Columns` is the CudaColumns of the kernel.
template <class Scalar, class Formula, class Reduction, int rows_per_thread,
          class Columns,
          bool is_used = (CudaBound<Scalar, Formula>::exists &&
                          CudaDirection<Reduction>::exists)>
struct CudaBoundedExtremum {
  static constexpr bool used = false;
};

template <class Scalar, class Formula, class Reduction, int rows_per_thread,
          class Columns>
struct CudaBoundedExtremum<Scalar, Formula, Reduction, rows_per_thread, Columns, true> {
  static constexpr bool used = true;
  using Bound = CudaBound<Scalar, Formula>;
  using Direction = typename CudaDirection<Reduction>::Type;
  using Row = typename Columns::Row;
  using Block = typename Columns::Columns;

  static constexpr int step = Columns::step;
  static constexpr int group = step < 16 ? step : 16;
  static_assert(step % group == 0, "a step has whole groups");

  /// What a thread has seen of a row: the best bound, that of the best other group, and
  /// the group of the first.
  struct Seen {
    Scalar best, next;
    int group;
  };

  RKEOPS_INLINE static Scalar worst() { return Direction::template worst<Scalar>(); }

  template <bool whole>
  RKEOPS_INLINE static void look_at_group(const Scalar* parameter, Block columns,
                                          int count, int number,
                                          const Row (&rows)[rows_per_thread],
                                          Seen (&seen)[rows_per_thread]) {
    Scalar best[rows_per_thread];
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) best[r] = worst();
#pragma unroll
    for (int c = 0; c < group; ++c) {
      if (!whole && c >= count) continue;
      Scalar bound[rows_per_thread][1];
      Columns::compute_values(parameter, columns.from(c), rows, bound);
#pragma unroll
      for (int r = 0; r < rows_per_thread; ++r)
        best[r] = better(Direction(), best[r], bound[r][0]);
    }
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      const bool wins = Direction::wins(best[r], seen[r].best);
      const Scalar other = wins ? seen[r].best : best[r];
      seen[r].next = better(Direction(), seen[r].next, other);
      seen[r].best = wins ? best[r] : seen[r].best;
      seen[r].group = wins ? number : seen[r].group;
    }
  }

  /// Computes values until the smallest is known, and folds them.
  RKEOPS_INLINE static void settle(const CudaArguments& arguments,
                                   const Scalar* parameter, const Seen& seen,
                                   long long begin, long long end, long long gap,
                                   Row& row) {
    const Scalar* records = static_cast<const Scalar*>(arguments.column_kept);
    double found[Reduction::slots];
    Reduction::initialise({found, 1});
    const long long first = begin + (long long)seen.group * group;
    const auto fold = [&](long long from, long long to) {
      Bound::template fold<Reduction>(row.bound.inputs, row.bound.number, parameter,
                                      records + (from - gap) * Bound::record, from,
                                      to - from, found);
    };
    fold(first, least(first + group, end));
    const double next = double(seen.next) + double(row.bound.bound);
    if (!Direction::wins(found[0], next)) fold(begin, end);
    Reduction::merge(row.accumulators(), {found, 1});
  }

  /// As CudaColumns::fold_columns().
  RKEOPS_INLINE static void fold_columns(const CudaArguments& arguments,
                                         const Scalar* parameter, long long begin,
                                         long long end, long long gap,
                                         Row (&rows)[rows_per_thread]) {
    if (begin >= end) return;
    __shared__ typename Columns::Shared shared;
    const Scalar* inner = nullptr;
    Seen seen[rows_per_thread];
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) seen[r] = {worst(), worst(), 0};
    int number = 0;
    for (long long first = begin; first < end; first += step) {
      const int offset = int(first - begin) & (cuda_column_unit - 1);
      Columns::fetch_tiles(arguments, parameter, first - gap, offset, end - gap, shared,
                           inner);
      const Block columns =
          Columns::find_columns(arguments, shared, inner, first - gap, offset);
      const int count = int(least(step, end - first));
#pragma unroll 1
      for (int c = 0; c < count; c += group, ++number) {
        if (c + group <= count)
          look_at_group<true>(parameter, columns.from(c), group, number, rows, seen);
        else
          look_at_group<false>(parameter, columns.from(c), count - c, number, rows, seen);
      }
    }
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r)
      settle(arguments, parameter, seen[r], begin, end, gap, rows[r]);
  }
};

}  // namespace rkeops

#endif
