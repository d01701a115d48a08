// How the rows and columns of a job are cut into tasks for threads. Plain numbers, no
// threads here.
#pragma once

#include <vector>

#include "base/pair_cover.h"

namespace rkeops {

/// The shortest slice. Rows are those of whole tiles of both engines (lanes by groups, 1
/// to 4 of them), columns those of the largest block of an accumulator.
constexpr long long shortest_slice_rows = 192;
constexpr long long shortest_slice_columns = 256;

/// `rows` x `columns` cut into row ranges, each of them against every column range;
/// `slice` columns are done between two looks at the clock.
struct Schedule {
  std::vector<Range> rows;
  std::vector<Range> columns;  // one, unless rows are few
  long long slice;
};

/// Depends on the sizes alone, so that results do not depend on the number of threads.
/// Column ranges and slices begin at multiples of `shortest_slice_columns`.
Schedule make_schedule(long long rows, long long columns);

/// The same with slices of at most `pairs` pairs, if the shortest has no more; row ranges
/// are cut where that takes it. Results are the same to the last bit, unless the program
/// says otherwise (CpuProgram::depends_on_slices): neither do other columns get added up
/// together nor do rows change their places in tiles.
Schedule with_slices(Schedule schedule, double pairs);

/// Some rows against some ranges of columns, folded in their order into one partial
/// result.
struct Task {
  Range rows;
  std::size_t first_range, last_range;  // of TaskList::columns
  bool is_first_of_rows;                // no partial result of these rows stands before
};

struct TaskList {
  std::vector<Task> tasks;  // those of the same rows together, in the order of columns
  std::vector<Range> columns;
  long long slice, most_rows;
  bool has_splits;  // are there rows with several tasks?
};

/// Every row range against every column range; of these, what `cover` has where there is
/// one. Rows that have all columns get the tasks that they have without it.
TaskList make_tasks(const Schedule& schedule, const CoveredRows* cover);

/// How many pairs take some hundredths of a second, by `work` of a pair (see Job) alone.
double guessed_pairs_of_a_slice(long long work);

}  // namespace rkeops
