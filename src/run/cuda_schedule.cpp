// The number of splits minimises a model of the time: blocks come in waves, as many as
// the multiprocessors can hold; the busiest one decides, and a few blocks do not keep it
// busy; every split has to be merged, and to find the first ones of what it searches.
#include "cuda_schedule.h"

#include <rkeops/cuda_arguments.h>

#include <algorithm>
#include <cmath>

namespace rkeops {

namespace {

constexpr long long accumulator_bytes = 256ll << 20;
/// Of one block of rows: what a launch needs at least, so it has to be a part of any
/// memory that is allowed.
constexpr long long block_accumulator_bytes = 48ll << 20;
constexpr long long fewest_columns_a_split = 16;
constexpr long long most_splits = 65535;  // limit of the grid
constexpr long long split_multiple = 16;

/// Several GPUs may share the rows, and the schedule does not know how many: long columns
/// are split until there are so many blocks for each multiprocessor of one. Every slot of
/// a split costs something, the more so where it belongs to a list, so that splits of
/// many slots are longer.
constexpr long long blocks_to_share = 32;
constexpr long long fewest_columns_to_share = 16384;

// Cycles, measured on large GPUs; only their ratios matter.
constexpr double component_cycles = 1.25;
constexpr double fewest_pair_cycles = 10;
constexpr double start_cycles = 1000;
/// Of the time of a whole wave, what passes however few its blocks are.
constexpr double idle_part = 0.4;
/// Columns that take as long as one that is kept.
constexpr double columns_a_find = 100;
constexpr double merge_launch_cycles = 4000;
constexpr double merge_cycles = 50;  // of a slot

long long columns_a_split(long long columns, long long splits) {
  return divide_up(divide_up(columns, splits), split_multiple) * split_multiple;
}

/// The time that the busiest multiprocessor takes, in that of a block among many.
double busiest_blocks(const CudaWork& work, long long blocks) {
  const long long wave = (long long)work.resident_blocks * work.multiprocessors;
  const long long waves = blocks / wave,
                  others = divide_up(blocks % wave, work.multiprocessors);
  const double all = double(waves) * work.resident_blocks;
  if (others == 0) return all;
  return all + idle_part * work.resident_blocks + (1 - idle_part) * double(others);
}

/// Of n columns in random order K (1 + log(n / K)) are among the K smallest of those up
/// to them; these are kept for a while.
double columns_of_search(const CudaWork& work, double columns) {
  const double kept = work.slots / 2.0;  // a value, and its column
  return columns_a_find * kept * (1 + std::log(std::max(columns / kept, 1.0)));
}

double model_cycles(const CudaWork& work, long long blocks, long long splits) {
  const double columns = columns_a_split(work.columns, splits);
  const double pair_cycles =
      std::max(fewest_pair_cycles, component_cycles * work.components);
  const double worth =
      work.searches ? columns + columns_of_search(work, columns) : columns;
  const double folding = busiest_blocks(work, blocks * splits) *
                         (pair_cycles * worth * work.rows_a_thread + start_cycles);
  if (splits == 1) return folding;
  return folding + merge_launch_cycles + merge_cycles * work.slots * splits;
}

long long choose_splits(const CudaWork& work, long long rows) {
  const long long blocks = divide_up(rows, cuda_threads * work.rows_a_thread);
  const long long slot_bytes = 8ll * std::max(work.slots, 1);
  const long long memory = accumulator_bytes / (slot_bytes * rows);
  const long long block_memory =
      block_accumulator_bytes / (slot_bytes * cuda_threads * work.rows_a_thread);
  const long long fitting = std::min({memory, block_memory, most_splits});
  const long long most = std::min({work.columns / fewest_columns_a_split, fitting,
                                   divide_up(16ll * work.multiprocessors, blocks)});
  long long best = 1;
  double best_cycles = model_cycles(work, blocks, 1);
  for (long long splits = 2; splits <= most; ++splits) {
    const double cycles = model_cycles(work, blocks, splits);
    if (cycles < best_cycles) {
      best = splits;
      best_cycles = cycles;
    }
  }
  const long long fewest_columns = fewest_columns_to_share * std::max(work.slots, 1);
  while (2 * best <= fitting && work.columns / (2 * best) >= fewest_columns &&
         blocks * best < blocks_to_share * work.multiprocessors)
    best *= 2;
  return best;
}

long long whole_units(double columns) {
  const double units = std::max(1.0, std::min(columns / cuda_column_unit, 1e15));
  return static_cast<long long>(units) * cuda_column_unit;
}

}  // namespace

CudaSchedule cuda_schedule(const CudaWork& work) {
  const long long filling =
      8ll * work.multiprocessors * cuda_threads * work.rows_a_thread;
  const long long remembered =
      accumulator_bytes / (8ll * std::max(work.slots, 1)) / cuda_threads * cuda_threads;
  CudaSchedule schedule;
  schedule.rows_a_part = std::min(work.rows, std::max(filling, remembered));
  schedule.columns_a_split =
      columns_a_split(work.columns, choose_splits(work, schedule.rows_a_part));
  schedule.splits =
      work.columns == 0 ? 1 : int(divide_up(work.columns, schedule.columns_a_split));
  return schedule;
}

long long first_cuda_slice(const CudaWork& work, const CudaSchedule& schedule,
                           long long rows, long long splits, double first_slice_work) {
  const double pairs_a_column = double(rows) * double(splits);
  const double columns = first_slice_work * work.multiprocessors /
                         (pairs_a_column * std::max(work.components, 1));
  if (columns >= schedule.columns_a_split) return std::max(schedule.columns_a_split, 1ll);
  return whole_units(columns);
}

long long next_cuda_slice(long long last, double milliseconds,
                          double wanted_milliseconds) {
  const double growth = wanted_milliseconds / std::max(milliseconds, 1e-3);
  return whole_units(last * std::min(std::max(growth, 0.125), 8.0));
}

}  // namespace rkeops
