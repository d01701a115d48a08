#include "cover/block_search.h"

#include <algorithm>
#include <limits>

#include "run/cpu/subnormals.h"

namespace rkeops {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr int fan = PointTree::fan;
constexpr long long columns_at_once = 1 << 16;

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
    : job_(job),
      program_(program),
      columns_(job.columns()),
      kind_(job.kernel().search()),
      lists_(kind_, job.job().single_precision, keeps_worst_first(program, kind_)),
      memory_(job.kernel().bound().memory()),
      partial_(aligned_memory(program.partial_bytes(PrunedJob::leaf))),
      workspace_(aligned_memory(program.workspace_bytes(PrunedJob::leaf))),
      results_(size_t(PrunedJob::leaf * job.kernel().outputs())) {}

double BlockSearch::run(long long block) {
  begin(block);
  const bool is_known = block < job_.rows().known_leaves();
  if (is_known) {
    const int top = columns_.levels() - 1;
    if (columns_.leaves() > 0) visit(top, 0);
  }
  if (!is_known || is_ambiguous())
    fold_all();
  else if (kind_.has_columns)
    lists_.restore(slots_);
  finish();
  return pairs_;
}

// Values that need the order of the columns: equal ones that are infinite, and NaN, which
// may be one or another.
bool BlockSearch::is_ambiguous() const {
  if (kind_.has_columns) return lists_.is_ambiguous();
  const double* const values = &slots_.at(0, 0);
  return std::any_of(values, values + (row_end_ - row_begin_),
                     [](double value) { return value != value; });
}

void BlockSearch::begin(long long block) {
  const PointTree& rows = job_.rows();
  row_begin_ = rows.leaf_begin(block);
  row_end_ = rows.leaf_end(block);
  const long long count = row_end_ - row_begin_;
  slots_ = {static_cast<double*>(partial_.get()), program_.slot_stride(count)};
  program_.initialise(partial_.get(), count);
  lists_.begin(int(count));
  limit_ = infinity;
  pairs_ = 0;
  const int lane = int(block % fan);
  const IntervalLanes* const boxes = rows.boxes(0, block / fan);
  row_box_.resize(size_t(job_.kernel().bound().row_components()));
  for (size_t k = 0; k < row_box_.size(); ++k) {
    std::fill(row_box_[k].lo, row_box_[k].lo + fan, boxes[k].lo[lane]);
    std::fill(row_box_[k].hi, row_box_[k].hi + fan, boxes[k].hi[lane]);
  }
}

// What is not known may be anything.
void BlockSearch::bounds_of(int level, long long group, double* bounds) {
  const IntervalLanes& value = job_.kernel().bound().of(
      row_box_.data(), columns_.boxes(level, group), job_.parameters(), memory_);
  for (int k = 0; k < fan; ++k) {
    const double best = kind_.sign > 0 ? value.lo[k] : -value.hi[k];
    bounds[k] = best == best ? best : -infinity;
  }
}

// What is not known may be NaN, which is the extreme value then.
bool BlockSearch::matters(double bound, int first_number) const {
  if (!kind_.has_columns) return bound < limit_ || bound == -infinity;
  return bound < lists_.limit() ||
         (bound == lists_.limit() && first_number < lists_.limit_number());
}

// The nearest box first, and of equally near ones that with the smallest number: when one
// does not matter, the others do not.
void BlockSearch::visit(int level, long long group) {
  double bounds[fan];
  bounds_of(level, group, bounds);
  const long long first = group * fan;
  const int count = int(std::min<long long>(fan, columns_.nodes(level) - first));
  bool is_done[fan] = {};
  for (int step = 0; step < count; ++step) {
    int next = -1, number = 0;
    for (int k = 0; k < count; ++k) {
      if (is_done[k]) continue;
      const int first_number = columns_.first_number(level, first + k);
      if (next >= 0 && !(bounds[k] < bounds[next] ||
                         (bounds[k] == bounds[next] && first_number < number)))
        continue;
      next = k;
      number = first_number;
    }
    if (!matters(bounds[next], number)) return;
    is_done[next] = true;
    if (level == 0)
      fold_leaf(first + next);
    else
      visit(level - 1, first + next);
  }
}

void BlockSearch::fold_leaf(long long leaf) {
  const long long first = columns_.leaf_begin(leaf), last = columns_.leaf_end(leaf);
  reduce(job_.sorted_columns(), first, last);
  if (kind_.has_columns)
    lists_.harvest(slots_, columns_.numbers().data());
  else
    find_limit();
}

// A value that is NaN stays so whatever comes.
void BlockSearch::find_limit() {
  limit_ = -infinity;
  for (int row = 0; row < int(row_end_ - row_begin_); ++row) {
    const double value = kind_.sign * slots_.at(0, row);
    if (value > limit_) limit_ = value;
  }
}

// In the order of their numbers.
void BlockSearch::fold_all() {
  program_.initialise(partial_.get(), row_end_ - row_begin_);
  for (long long first = 0; first < job_.job().columns; first += columns_at_once)
    reduce(job_.column_inputs(), first,
           std::min(first + columns_at_once, job_.job().columns));
}

void BlockSearch::reduce(const double* const* columns, long long first, long long last) {
  const SubnormalsAreZero mode(job_.job().single_precision);
  program_.reduce(block_of(columns, first, last));
  pairs_ += double(row_end_ - row_begin_) * double(last - first);
}

RkeopsBlock BlockSearch::block_of(const double* const* columns, long long first,
                                  long long last) {
  return {job_.parameter_inputs(),
          job_.sorted_rows(),
          columns,
          row_begin_,
          row_end_,
          first,
          last,
          partial_.get(),
          workspace_.get()};
}

// Results lie in the order of the rows of the job.
void BlockSearch::finish() {
  const long long count = row_end_ - row_begin_;
  program_.finish(block_of(job_.column_inputs(), 0, job_.job().columns), results_.data(),
                  count);
  const int* const numbers = job_.rows().numbers().data() + row_begin_;
  const Job& job = job_.job();
  for (int k = 0; k < job_.kernel().outputs(); ++k)
    for (long long row = 0; row < count; ++row)
      job.output[k * job.rows + numbers[row]] = results_[size_t(k * count + row)];
}

}  // namespace rkeops
