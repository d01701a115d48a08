// How a reduction is cut into launches, decided from sizes and the program alone so that
// results repeat.
#pragma once

namespace rkeops {

/// a / b, rounded up.
inline long long divide_up(long long a, long long b) { return (a + b - 1) / b; }

struct CudaSchedule {
  /// Rows that one sequence of launches does; bounds the memory of accumulators.
  long long rows_a_part;
  /// The columns are split over the grid when rows are too few to fill the GPU.
  int splits;
  long long columns_a_split;
  /// Done by one launch with one row a thread, if everything is in memory at once.
  bool is_small;
};

struct CudaWork {
  long long rows, columns;
  int rows_a_thread;
  int slots;       // accumulators a row
  int components;  // what a pair costs, roughly: words read and folded
  int multiprocessors;
  int resident_blocks;  // that a multiprocessor can hold at the same time
  bool searches;        // for several columns of the smallest or largest values
  /// The most blocks of rows for the kernel of small problems, 0 if there is none.
  int small_blocks;
};

CudaSchedule cuda_schedule(const CudaWork& work);

/// Pairs that take the time of a column of so many rows and splits: of whole blocks, as
/// many at least as all multiprocessors compute at once.
double pairs_a_column(const CudaWork& work, long long rows, long long splits);

/// Columns of each split for the first launch, of so many rows and splits: all of them,
/// or as many as are `pairs`.
long long first_cuda_slice(const CudaWork& work, const CudaSchedule& schedule,
                           long long rows, long long splits, double pairs);

/// Columns of each split for the next launch, given that the last one took that long.
long long next_cuda_slice(long long last, double milliseconds,
                          double wanted_milliseconds);

}  // namespace rkeops
