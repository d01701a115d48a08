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

std::vector<Range> cut(Range range, long long step) {
  std::vector<Range> ranges;
  for (long long begin = range.begin; begin < range.end; begin += step) {
    ranges.push_back({begin, std::min(begin + step, range.end)});
  }
  return ranges;
}

long long rounded_down(double n, long long unit) {
  return std::max(unit, (long long)(n / double(unit)) * unit);
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
  schedule.rows = cut({0, rows}, task_rows);

  const long long splits = std::min(
      divided_up(wanted_tasks, std::max<long long>(1, (long long)schedule.rows.size())),
      divided_up(columns, fewest_columns));
  const long long range_columns =
      rounded_up(divided_up(columns, std::max(splits, 1LL)), block);
  schedule.columns = cut({0, columns}, std::max(range_columns, block));
  if (schedule.columns.empty()) schedule.columns.push_back({0, 0});

  const long long rows_at_once = std::max(1LL, std::min(rows, task_rows));
  schedule.slice = std::max(block, rounded_up(pairs_of_a_slice / rows_at_once, block));
  return schedule;
}

Schedule with_short_slices(Schedule schedule, double pairs) {
  const long long rows = schedule.rows.empty() ? 0 : schedule.rows.front().size();
  if (rows < shortest_slice_rows) return schedule;
  const long long fewer = rounded_down(pairs / double(block), shortest_slice_rows);
  if (fewer < rows) {
    std::vector<Range> shorter;
    for (const Range& range : schedule.rows) {
      for (const Range& part : cut(range, fewer)) shorter.push_back(part);
    }
    schedule.rows = shorter;
  }
  schedule.slice = std::min(schedule.slice,
                            rounded_down(pairs / double(std::min(rows, fewer)), block));
  return schedule;
}

}  // namespace rkeops
