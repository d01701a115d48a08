#include "cover/block_search.h"

#include <algorithm>
#include <limits>

namespace rkeops {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Whether the program keeps the worst of several values first: it is shown some.
bool keeps_worst_first(const CpuProgram& program, const SearchKind& kind) {
  if (!kind.has_columns || kind.places < 2) return false;
  const AlignedMemory from = aligned_memory(program.partial_bytes(1));
  const AlignedMemory into = aligned_memory(program.partial_bytes(1));
  program.initialise(from.get(), 1);
  program.initialise(into.get(), 1);
  const long long stride = program.slot_stride(1);
  const SlotView given{static_cast<double*>(from.get()), stride};
  for (int place = 0; place < kind.places; ++place) {
    given.at(2 * place, 0) = kind.sign * (place + 1);
    given.at(2 * place + 1, 0) = place;
  }
  program.merge(into.get(), from.get(), 1);
  const SlotView kept{static_cast<double*>(into.get()), stride};
  return kept.at(1, 0) != 0;
}

}  // namespace

BlockSearch::BlockSearch(const PrunedJob& job, const CpuProgram& program)
    : BlockWalk(job, program),
      kind_(job.kernel().search()),
      lists_(make_lists(kind_, job.job().single_precision,
                        keeps_worst_first(program, kind_))) {}

void BlockSearch::begin() {
  lists_->begin(rows(), slots());
  limit_ = infinity;
}

// Ambiguous are equal values that are infinite, and NaN, which may be one or another.
bool BlockSearch::settle() {
  if (!kind_.has_columns) return !has_nan();
  if (lists_->is_ambiguous()) return false;
  lists_->restore(slots());
  return true;
}

bool BlockSearch::has_nan() const {
  const double* const values = &slots().at(0, 0);
  return std::any_of(values, values + rows(),
                     [](double value) { return value != value; });
}

// An unknown bound may be anything.
void BlockSearch::bounds_of(int level, long long group, double* bounds) {
  const IntervalLanes& value = *values_of(level, group)[0];
  for (int k = 0; k < fan; ++k) {
    const double best = kind_.sign > 0 ? value.lo[k] : -value.hi[k];
    bounds[k] = best == best ? best : -infinity;
  }
}

// An unknown value may be NaN, which is the extreme value then.
bool BlockSearch::matters(double bound, int first_number) const {
  if (!kind_.has_columns) return bound < limit_ || bound == -infinity;
  return bound < lists_->limit() ||
         (bound == lists_->limit() && first_number < lists_->limit_number());
}

// The nearest box first, and of equally near ones that with the smallest number: when one
// does not matter, the others do not.
void BlockSearch::visit(int level, long long group) {
  double bounds[fan];
  bounds_of(level, group, bounds);
  const long long first = group * fan;
  const int count = nodes_of(level, group);
  bool is_done[fan] = {};
  for (int step = 0; step < count; ++step) {
    int next = -1, number = 0;
    for (int k = 0; k < count; ++k) {
      if (is_done[k]) continue;
      const int first_number = columns().first_number(level, first + k);
      if (next >= 0 && !(bounds[k] < bounds[next] ||
                         (bounds[k] == bounds[next] && first_number < number)))
        continue;
      next = k;
      number = first_number;
    }
    if (!matters(bounds[next], number)) return;
    is_done[next] = true;
    if (level == 0)
      search_leaf(first + next);
    else
      visit(level - 1, first + next);
  }
}

void BlockSearch::search_leaf(long long leaf) {
  fold_leaf(leaf);
  if (kind_.has_columns)
    lists_->harvest(slots(), columns().numbers().data());
  else
    find_limit();
}

// A value that is NaN stays so whatever comes.
void BlockSearch::find_limit() {
  limit_ = -infinity;
  for (int row = 0; row < rows(); ++row) {
    const double value = kind_.sign * slots().at(0, row);
    if (value > limit_) limit_ = value;
  }
}

}  // namespace rkeops
