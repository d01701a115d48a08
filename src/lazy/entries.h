// Entries of the matrix of all pairs, a block at a time: what has to see every entry, and
// cannot keep them.
#pragma once

#include <functional>

#include "run/call.h"
#include "run/cpu/schedule.h"

namespace rkeops {

/// Rows i of a block: the integer argument of its reduction Entries, which reduces i.
constexpr int entry_block_rows = 64;

/// The entries with i and j in these ranges.
struct EntryBlock {
  Range i, j;
  const double* values;  // those of one i side by side

  const double* row(long long k) const { return values + (k - i.begin) * j.size(); }
};

struct EntryVisit {
  /// Which j are wanted beside these i; perhaps none.
  std::function<Range(const Range& i)> columns;
  std::function<void(const EntryBlock&)> visit;
};

/// Computes blocks and shows them, in ascending order of i and, with the same i, of j.
/// `entries` is the operator of the reduction Entries. Twice the same, unless a program
/// is compiled meanwhile. Throws (kind `interrupted`) when `interrupted` says so.
void visit_entries(Callable& entries, const CallInputs& inputs, const Settings& settings,
                   const EntryVisit& what, const Interrupted& interrupted,
                   const Progress& progress);

}  // namespace rkeops
