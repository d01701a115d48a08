#include "run/cpu/schedule.h"

#include <algorithm>

namespace rkeops {

namespace {

constexpr long long block = shortest_slice_columns;
constexpr long long fewest_rows =
    256;  // a task prepares its columns again: worth many rows
constexpr long long most_rows =
    4096;  // so that prepared rows stay in the second-level cache
constexpr long long most_pairs_of_a_task = 1 << 22;
constexpr long long fewest_pairs_of_a_task = 1 << 17;  // take as long as a thread's start
constexpr long long tasks_of_few_pairs = 16;
constexpr long long wanted_tasks = 64;
constexpr long long fewest_columns = 16384;  // a split costs a merge
// Components: a tenth of a second of slow functions.
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

// At least one unit.
long long rounded_down(double n, long long unit) {
  constexpr double enough = 1e15;
  return std::max(unit, (long long)(std::min(n, enough) / double(unit)) * unit);
}

}  // namespace

Schedule make_schedule(long long rows, long long columns) {
  const double pairs = double(rows) * double(columns);
  const long long pairs_of_a_task = (long long)std::min(
      std::max(pairs / tasks_of_few_pairs, double(fewest_pairs_of_a_task)),
      double(most_pairs_of_a_task));
  const long long wanted_rows =
      rounded_up(pairs_of_a_task / std::max(columns, 1LL), fewest_rows);
  const long long task_rows = std::clamp(wanted_rows, fewest_rows, most_rows);
  Schedule schedule;
  schedule.rows = cut({0, rows}, task_rows);

  const long long splits = std::min(
      divided_up(wanted_tasks, std::max<long long>(1, (long long)schedule.rows.size())),
      divided_up(columns, fewest_columns));
  const long long range_columns =
      rounded_up(divided_up(columns, std::max(splits, 1LL)), block);
  schedule.columns = cut({0, columns}, std::max(range_columns, block));
  if (schedule.columns.empty()) schedule.columns.push_back({0, 0});

  schedule.slice = schedule.columns.front().size();
  return schedule;
}

Schedule with_slices(Schedule schedule, double pairs) {
  const long long most = rounded_down(pairs / double(block), shortest_slice_rows);
  std::vector<Range> rows;
  for (const Range& range : schedule.rows) {
    for (const Range& part : cut(range, most)) rows.push_back(part);
  }
  schedule.rows = rows;
  if (rows.empty()) return schedule;
  const double columns = pairs / double(rows.front().size());
  schedule.slice =
      std::max(block, std::min(schedule.slice, rounded_down(columns, block)));
  return schedule;
}

namespace {

Range common(const Range& a, const Range& b) {
  return {std::max(a.begin, b.begin), std::min(a.end, b.end)};
}

// A task for each column range that has some of these columns; one at least.
void add_tasks(TaskList& list, const Range& rows, const std::vector<Range>& splits,
               const Range* columns, const Range* columns_end) {
  const size_t before = list.tasks.size();
  for (const Range& split : splits) {
    const size_t first = list.columns.size();
    while (columns != columns_end && columns->end <= split.begin) ++columns;
    for (const Range* one = columns; one != columns_end && one->begin < split.end; ++one)
      list.columns.push_back(common(*one, split));
    if (list.columns.size() > first)
      list.tasks.push_back(
          {rows, first, list.columns.size(), list.tasks.size() == before});
  }
  if (list.tasks.size() == before)
    list.tasks.push_back({rows, list.columns.size(), list.columns.size(), true});
  list.has_splits = list.has_splits || list.tasks.size() > before + 1;
  list.most_rows = std::max(list.most_rows, rows.size());
}

}  // namespace

TaskList make_tasks(const Schedule& schedule, const CoveredRows* cover) {
  TaskList list{{}, {}, schedule.slice, 0, false};
  const Range all = {0, schedule.columns.back().end};
  size_t next = 0;
  for (const Range& rows : schedule.rows) {
    if (!cover) {
      add_tasks(list, rows, schedule.columns, &all, &all + 1);
      continue;
    }
    for (; next < cover->rows.size() && cover->rows[next].begin < rows.end; ++next) {
      add_tasks(list, common(rows, cover->rows[next]), schedule.columns,
                cover->begin_of(next), cover->end_of(next));
      if (cover->rows[next].end > rows.end) break;
    }
  }
  return list;
}

double guessed_pairs_of_a_slice(long long work) {
  return double(work_of_a_slice / std::max(work, 8LL));
}

}  // namespace rkeops
