// The number of splits minimises a model of the time: blocks come in waves, as many as
// the multiprocessors can hold; the busiest one decides, and a few blocks do not keep it
// busy; every split has to be merged, and to find the first ones of what it searches.
#include "run/cuda/cuda_schedule.h"

#include <rkeops/cuda/cuda_arguments.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace rkeops {

namespace {

constexpr long long accumulator_bytes = 256ll << 20;
/// A launch needs at least the accumulators of one block of rows, so these have to be a
/// part of any memory that is allowed.
constexpr long long block_accumulator_bytes = 48ll << 20;
constexpr long long fewest_columns_a_split = 16;
constexpr long long most_splits = 65535;  // limit of the grid
constexpr long long split_multiple = 16;

/// Several GPUs may share the rows, and the schedule does not know how many: long columns
/// are split such that the waves of a few fill them too, into no more blocks than so many
/// for each multiprocessor of one. Every slot of a split costs something, the more so
/// where it belongs to a list, so that splits of many slots are longer.
constexpr long long sharers[] = {1, 2, 4};
constexpr long long blocks_to_share = 128;
constexpr long long fewest_columns_to_share = 16384;
constexpr double worth_more_splits = 0.99;

constexpr long long most_small_splits = 256;

long long columns_a_split(long long columns, long long splits) {
  return divide_up(divide_up(columns, splits), split_multiple) * split_multiple;
}

/// The time that the busiest multiprocessor takes, in that of a block in a full wave.
double busiest_blocks(const CudaWork& work, const CudaCycles& cycles, long long blocks) {
  const long long wave = (long long)work.resident_blocks * work.multiprocessors;
  const long long waves = blocks / wave,
                  others = divide_up(blocks % wave, work.multiprocessors);
  const double all = double(waves) * work.resident_blocks;
  if (others == 0) return all;
  const double at_once = std::max(double(others), cycles.fewest_busy_blocks);
  return all + cycles.idle_blocks +
         at_once * (1 - cycles.idle_blocks / work.resident_blocks);
}

/// Among n columns in random order K (1 + log(n / K)) are among the K smallest of those
/// up to them; these are kept for a while.
double finds_of_search(const CudaWork& work, double columns) {
  const double kept = work.slots / 2.0;  // a value, and its column
  return kept * (1 + std::log(std::max(columns / kept, 1.0)));
}

/// The cycles that a row takes in a split.
double row_cycles(const CudaWork& work, const CudaCycles& cycles, double columns) {
  const double pair =
      std::max(cycles.fewest_pair_cycles, cycles.component_cycles * work.components);
  if (!work.searches) return pair * columns;
  const double search_pair = pair + cycles.search_pair_cycles;
  return search_pair * columns + (cycles.find_cycles + cycles.find_pairs * search_pair) *
                                     finds_of_search(work, columns);
}

double model_cycles(const CudaWork& work, const CudaCycles& cycles, long long blocks,
                    long long splits) {
  const double columns = double(columns_a_split(work.columns, splits));
  const double folding =
      busiest_blocks(work, cycles, blocks * splits) *
      (row_cycles(work, cycles, columns) * work.rows_per_thread + cycles.start_cycles);
  if (splits == 1) return folding;
  return folding + cycles.merge_launch_cycles +
         cycles.merge_cycles * work.slots * double(splits);
}

/// From `fewest` splits on, the number that takes fewest cycles; more only where these
/// are less than `worth` times those of the best before.
template <class Cycles>
long long cheapest(long long fewest, long long most, double worth, Cycles cycles) {
  long long best = fewest;
  double least = cycles(fewest);
  for (long long splits = fewest + 1; splits <= most; ++splits) {
    const double now = cycles(splits);
    if (now >= worth * least) continue;
    best = splits;
    least = now;
  }
  return best;
}

/// The cycles of all GPUs together, where most of them are lost.
double cycles_of_sharers(const CudaWork& work, long long blocks, long long splits) {
  double worst = 0;
  for (const long long gpus : sharers)
    worst = std::max(
        worst, double(gpus) * model_cycles(work, {}, divide_up(blocks, gpus), splits));
  return worst;
}

long long splits_to_share(const CudaWork& work, long long blocks, long long fewest,
                          long long most) {
  const long long columns = fewest_columns_to_share * std::max(work.slots, 1);
  most = std::min(
      {most, work.columns / columns, blocks_to_share * work.multiprocessors / blocks});
  return cheapest(fewest, most, worth_more_splits, [&](long long splits) {
    return cycles_of_sharers(work, blocks, splits);
  });
}

long long choose_splits(const CudaWork& work, long long rows) {
  const long long blocks = divide_up(rows, cuda_threads * work.rows_per_thread);
  const long long slot_bytes = 8ll * std::max(work.slots, 1);
  const long long memory = accumulator_bytes / (slot_bytes * rows);
  const long long block_memory =
      block_accumulator_bytes / (slot_bytes * cuda_threads * work.rows_per_thread);
  const long long fitting = std::min({memory, block_memory, most_splits});
  const long long most = std::min({work.columns / fewest_columns_a_split, fitting,
                                   divide_up(16ll * work.multiprocessors, blocks)});
  const long long best = cheapest(1, most, 1, [&](long long splits) {
    return model_cycles(work, {}, blocks, splits);
  });
  return splits_to_share(work, blocks, best, fitting);
}

/// Cycles of the kernel for small problems: the last block of the rows merges.
double small_cycles(const CudaWork& work, const CudaCycles& cycles, long long blocks,
                    long long wished_splits) {
  const long long columns = columns_a_split(work.columns, wished_splits),
                  splits = divide_up(work.columns, columns);
  const double load = double(blocks * splits) / work.multiprocessors;
  const bool all_at_once = load <= cycles.resident_small_blocks;
  const double busiest = all_at_once ? std::ceil(load) : load;
  const double read = cycles.small_read_cycles * work.components;
  const double folding =
      std::hypot(busiest, cycles.busy_small_blocks) *
          (row_cycles(work, cycles, double(columns)) + read * double(columns)) +
      busiest * cycles.small_block_cycles + (all_at_once ? cycles.small_start_cycles : 0);
  if (splits == 1) return folding;
  return folding + cycles.ticket_cycles +
         cycles.small_merge_cycles * work.slots * double(splits);
}

/// The splits of a small problem; 0 where the other kernels take less time for theirs.
long long choose_small_splits(const CudaWork& work, long long other_splits) {
  const long long blocks = divide_up(work.rows, cuda_threads);
  if (blocks > work.small_blocks || work.columns == 0) return 0;
  const long long most = std::max(work.columns / fewest_columns_a_split, 1ll);
  const auto cycles = [&](long long splits) {
    return small_cycles(work, {}, blocks, splits);
  };
  const long long splits = cheapest(
      1,
      std::min({most, most_small_splits, divide_up(16ll * work.multiprocessors, blocks)}),
      1, cycles);
  const double others = cuda_cycles(work, other_splits, false);
  return cycles(splits) < others ? splits : 0;
}

long long whole_units(double columns) {
  const double units = std::max(1.0, std::min(columns / cuda_column_unit, 1e15));
  return static_cast<long long>(units) * cuda_column_unit;
}

}  // namespace

double cuda_cycles(const CudaWork& work, long long splits, bool is_small,
                   const CudaCycles& cycles) {
  const long long small_blocks = divide_up(work.rows, cuda_threads),
                  blocks = divide_up(work.rows, cuda_threads * work.rows_per_thread);
  if (is_small) return small_cycles(work, cycles, small_blocks, splits);
  const bool could_be_small = small_blocks <= work.small_blocks;
  return model_cycles(work, cycles, blocks, splits) +
         (could_be_small ? cycles.others_cycles : 0);
}

CudaSchedule cuda_schedule(const CudaWork& work, int wanted) {
  const long long filling =
      8ll * work.multiprocessors * cuda_threads * work.rows_per_thread;
  const long long remembered =
      accumulator_bytes / (8ll * std::max(work.slots, 1)) / cuda_threads * cuda_threads;
  CudaSchedule schedule;
  schedule.rows_a_part = std::min(work.rows, std::max(filling, remembered));
  const long long splits = choose_splits(work, schedule.rows_a_part),
                  small_splits = choose_small_splits(work, splits);
  schedule.is_small = small_splits > 0 && wanted >= 0;
  schedule.columns_a_split =
      columns_a_split(work.columns, wanted != 0         ? std::abs(wanted)
                                    : schedule.is_small ? small_splits
                                                        : splits);
  schedule.splits =
      work.columns == 0 ? 1 : int(divide_up(work.columns, schedule.columns_a_split));
  return schedule;
}

double pairs_a_column(const CudaWork& work, long long rows, long long splits) {
  const long long rows_a_block = (long long)cuda_threads * work.rows_per_thread;
  const long long blocks = divide_up(rows, rows_a_block) * splits;
  return double(std::max<long long>(blocks, work.multiprocessors)) * double(rows_a_block);
}

long long first_cuda_slice(const CudaWork& work, const CudaSchedule& schedule,
                           long long rows, long long splits, double pairs) {
  const double columns = pairs / pairs_a_column(work, rows, splits);
  if (columns >= double(schedule.columns_a_split))
    return std::max(schedule.columns_a_split, 1ll);
  return whole_units(columns);
}

long long next_cuda_slice(long long last, double milliseconds,
                          double wanted_milliseconds) {
  const double growth = wanted_milliseconds / std::max(milliseconds, 1e-3);
  return whole_units(double(last) * std::min(std::max(growth, 0.125), 8.0));
}

}  // namespace rkeops
