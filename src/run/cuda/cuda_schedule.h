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
  int rows_per_thread;
  int slots;       // accumulators a row
  int components;  // what a pair costs, roughly: words read and folded
  int multiprocessors;
  int resident_blocks;  // that a multiprocessor can hold at the same time
  bool searches;        // for several columns of the smallest or largest values
  /// The most blocks of rows for the kernel of small problems, 0 if there is none.
  int small_blocks;
};

/// The model of the time, in cycles, fitted to large GPUs (tools/fit-schedule.cpp); only
/// their ratios matter.
struct CudaCycles {
  double component_cycles = 1.25;
  double fewest_pair_cycles = 10;
  double start_cycles = 1000;
  /// A wave that is not full takes so many blocks longer than its blocks do; and so many
  /// blocks take no longer than one.
  double idle_blocks = 0.8, fewest_busy_blocks = 2;
  /// A search takes longer for a pair, and to keep a column: this, and so many pairs.
  double search_pair_cycles = 10, find_cycles = 5000, find_pairs = 35;
  double merge_launch_cycles = 4000;
  double merge_cycles = 50;  // of a slot
  /// In small problems each component that is read for one row only takes longer, a block
  /// takes some time beside its columns, and some is left for the last one of them. The
  /// waiting of blocks shows where all of them begin at once, and nothing hides it where
  /// they are few. How many a multiprocessor holds is not asked for: two programs that
  /// differ in conditions alone should split sums in the same way.
  double small_read_cycles = 0.2, small_block_cycles = 250, ticket_cycles = 2000;
  double small_merge_cycles = 40;  // of a slot
  double resident_small_blocks = 9, small_start_cycles = 3000;
  double busy_small_blocks = 2.5;
  /// The other kernels take longer for small problems; the launch of one more is a part
  /// of that.
  double others_cycles = 30000;
};

/// The time that a reduction takes by the model, with so many splits, in one small launch
/// or by the other kernels.
double cuda_cycles(const CudaWork& work, long long splits, bool is_small,
                   const CudaCycles& cycles = {});

/// With so many splits, where somebody wants to see how long they take, and less than 0
/// without the kernel for small problems; 0: as many as take least by the model.
CudaSchedule cuda_schedule(const CudaWork& work, int splits = 0);

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
