// The search for the columns whose values matter, of formulas that have a bound (see
// cuda_bounds.cuh).
//
// If a bound does not exclude that the value matters, its column waits until some have
// come together, and then the threads of a warp compute the values of theirs at the
// same time (CudaSearch). For a single smallest value that would be too often while it is
// searched for: rows that are in registers keep the smallest bounds of groups of columns,
// and compute in the end the values of the best two groups (CudaBestGroups). If a third
// could have a smaller one, they search, with what they know by then.
//
// In which order and how often values are looked at changes no result: of equal ones the
// first column counts.
#ifndef RKEOPS_CUDA_SEARCH_CUH
#define RKEOPS_CUDA_SEARCH_CUH

#include <rkeops/reductions/accumulators.h>
#include <rkeops/cuda/cuda_bounds.cuh>

namespace rkeops {

/// Does any thread of the warp say so? In tests on a processor, which have no warps, this
/// one.
RKEOPS_INLINE bool any_of_warp(bool said) {
#if defined(__CUDA_ARCH__)
  return __any_sync(0xffffffffu, said);
#else
  return said;
#endif
}

/// Does any thread of the block? They wait for each other.
RKEOPS_INLINE bool any_of_block(bool said) {
#if defined(__CUDA_ARCH__)
  return __syncthreads_or(said);
#else
  __shared__ bool any;
  if (threadIdx.x == 0) any = false;
  __syncthreads();
  if (said) any = true;
  __syncthreads();
  return any;
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

  RKEOPS_INLINE void bounds_of(Block columns, Scalar (&bound)[rows_per_thread][1]) const {
    Columns::compute_values(parameter, columns, state, bound);
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) bound[r][0] += of_row[r];
  }

  RKEOPS_INLINE void wait_for(int r, int number) { column[r][waiting[r]++] = number; }

  RKEOPS_INLINE void look_at(Block columns, int number) {
    Scalar bound[rows_per_thread][1];
    bounds_of(columns, bound);
    bool any_rare = false;
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r)
      any_rare = any_rare | finders[r].rare(bound[r]);
    if (!__builtin_expect(any_rare, 0)) return;
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      if (finders[r].rare(bound[r])) wait_for(r, number);
    }
  }

  /// A whole run of columns with a single branch, for one row a thread: the bounds of
  /// more would not stay in registers.
  RKEOPS_INLINE void look_at_all(Block columns, int number) {
    Scalar bound[run][1][1];
    bool any_rare = false;
#pragma unroll
    for (int n = 0; n < run; ++n) {
      bounds_of(columns.from(n), bound[n]);
      any_rare = any_rare | finders[0].rare(bound[n][0]);
    }
    if (!__builtin_expect(any_rare, 0)) return;
#pragma unroll
    for (int n = 0; n < run; ++n) {
      if (finders[0].rare(bound[n][0])) wait_for(0, number + n);
    }
  }

  RKEOPS_INLINE void look_at_run(Block columns, int number) {
    if constexpr (rows_per_thread == 1) {
      look_at_all(columns, number);
    } else {
#pragma unroll
      for (int n = 0; n < run; ++n) look_at(columns.from(n), number + n);
    }
    bool many = false;
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) many = many | (waiting[r] > most_waiting);
    if (any_of_warp(many)) compute_waiting();
  }

  RKEOPS_INLINE void visit(Block columns, long long first, int count) {
#pragma unroll 1
    for (int c = 0; c < count; c += run)
      look_at_run(columns.from(c), int(first - begin) + c);
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
    return Direction::wins_or_ties(*bound, limit);
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

  static constexpr int run = Columns::step < 16 ? Columns::step : 16;

  /// A row has the best bounds of three groups, and the numbers of the first two.
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

  RKEOPS_INLINE void look_at(Block columns, int number) {
    Scalar best[rows_per_thread];
#pragma unroll
    for (int c = 0; c < run; ++c) {
      Scalar bound[rows_per_thread][1];
      Columns::compute_values(parameter, columns.from(c), state, bound);
#pragma unroll
      for (int r = 0; r < rows_per_thread; ++r)
        best[r] = c == 0 ? bound[r][0] : better(Direction(), best[r], bound[r][0]);
    }
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) seen[r].take(best[r], number);
  }

  RKEOPS_INLINE void visit(Block columns, long long first, int count) {
#pragma unroll 1
    for (int c = 0; c < count; c += run)
      look_at(columns.from(c), (int(first - begin) + c) / run);
  }

  /// Folds into `found` the values of the best groups, which begin at `records`. True
  /// where no other column matters.
  RKEOPS_INLINE static bool settle(const Scalar* parameter, const Seen& seen,
                                   typename Bound::Row row, const Scalar* records,
                                   long long begin, long long end, double* found) {
    const double of_row = row.bound(parameter);
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
    const long long skipped = (long long)group * run;
    Bound::template fold<Reduction>(parameter, row, records + skipped * Bound::record,
                                    begin + skipped,
                                    int(least(run, end - begin - skipped)), found);
  }
};

}  // namespace rkeops

#endif
