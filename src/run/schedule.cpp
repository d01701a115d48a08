#include "schedule.h"

#include <algorithm>

namespace rkeops {

namespace {

constexpr long long block = 256;  // columns: the largest block of an accumulator
constexpr long long fewest_rows =
    256;  // a task prepares its columns again: worth many rows
constexpr long long most_rows =
    4096;  // so that prepared rows stay in the second-level cache
constexpr long long most_pairs_of_a_task = 1 << 22;
constexpr long long fewest_pairs_of_a_task = 1 << 17;  // take as long as a thread's start
constexpr long long tasks_of_few_pairs = 16;
constexpr long long wanted_tasks = 64;
constexpr long long fewest_columns = 16384;  // a split costs a merge
// Components: a tenth of a second of the slowest functions.
constexpr long long work_of_a_slice = 1 << 23;

long long rounded_up(long long n, long long unit) { return (n + unit - 1) / unit * unit; }

long long divided_up(long long n, long long parts) { return (n + parts - 1) / parts; }

std::vector<Range> cut(long long size, long long step) {
  std::vector<Range> ranges;
  for (long long begin = 0; begin < size; begin += step) {
    ranges.push_back({begin, std::min(begin + step, size)});
  }
  return ranges;
}

}  // namespace

Schedule make_schedule(long long rows, long long columns, long long work) {
  const long long pairs_of_a_slice = work_of_a_slice / std::max(work, 8LL);
  const double pairs = double(rows) * double(columns);
  const long long pairs_of_a_task = (long long)std::min(
      std::max(pairs / tasks_of_few_pairs, double(fewest_pairs_of_a_task)),
      double(most_pairs_of_a_task));
  const long long wanted_rows =
      rounded_up(pairs_of_a_task / std::max(columns, 1LL), fewest_rows);
  const long long slice_rows = pairs_of_a_slice / block / fewest_rows * fewest_rows;
  const long long task_rows =
      std::max(fewest_rows, std::min({wanted_rows, slice_rows, most_rows}));
  Schedule schedule;
  schedule.rows = cut(rows, task_rows);

  const long long splits = std::min(
      divided_up(wanted_tasks, std::max<long long>(1, (long long)schedule.rows.size())),
      divided_up(columns, fewest_columns));
  const long long range_columns =
      rounded_up(divided_up(columns, std::max(splits, 1LL)), block);
  schedule.columns = cut(columns, std::max(range_columns, block));
  if (schedule.columns.empty()) schedule.columns.push_back({0, 0});

  const long long rows_at_once = std::max(1LL, std::min(rows, task_rows));
  schedule.slice = std::max(block, rounded_up(pairs_of_a_slice / rows_at_once, block));
  return schedule;
}

}  // namespace rkeops
