#include "cover/block_sum.h"

#include <algorithm>

namespace rkeops {

namespace {

// Absolute terms are added up of so many leaves.
constexpr double absolute_leaves = 4;

// Sums are looked at again after this part of the leaves up to then.
constexpr double between_looks = 0.25;

}  // namespace

BlockSum::BlockSum(const PrunedJob& job, const CpuProgram& program,
                   const CpuProgram* absolute)
    : BlockWalk(job, program),
      kind_(job.kernel().sum()),
      limits_(kind_, job.kernel().rounding(), job.job().columns),
      sizes_(size_t(columns().levels() * limits_.sizes() * fan)),
      absolute_(absolute) {
  if (!absolute) return;
  absolute_partial_ = aligned_memory(absolute->partial_bytes(PrunedJob::leaf));
  absolute_workspace_ = workspace_of(*absolute);
}

void BlockSum::begin() {
  limits_.begin();
  leaves_ = next_look_ = 0;
  adds_absolute_ = false;
}

// The largest exponent beside one that is NaN depends on the order of the columns.
bool BlockSum::settle() {
  if (!kind_.of_exponentials) return true;
  for (int k = 0; k < kind_.sums(); ++k) {
    const double* const sums = &slots().at(program().slot(kind_.first_slot() + k), 0);
    if (std::any_of(sums, sums + rows(), [](double sum) { return sum != sum; }))
      return false;
  }
  return true;
}

bool BlockSum::have_both_signs(const IntervalLanes* const* values) const {
  const int first = kind_.first_slot();
  for (int k = first; k < first + kind_.weights; ++k) {
    const IntervalLanes& value = *values[k];
    const bool has_negative =
        std::any_of(value.lo, value.lo + fan, [](double lo) { return lo < 0; });
    const bool has_positive =
        std::any_of(value.hi, value.hi + fan, [](double hi) { return hi > 0; });
    if (has_negative && has_positive) return true;
  }
  return false;
}

// The terms of all pairs of a box, and so they need not be computed.
bool BlockSum::are_equal(const IntervalLanes* const* values, int lane) const {
  if (kind_.of_exponentials) return false;
  return std::all_of(values, values + kind_.weights, [lane](const IntervalLanes* value) {
    return value->lo[lane] == value->hi[lane];
  });
}

void BlockSum::add_equal(const IntervalLanes* const* values, int lane, double columns) {
  for (int k = 0; k < kind_.weights; ++k) {
    const double value = values[k]->lo[lane] * columns;
    double* const sums = &slots().at(program().slot(k), 0);
    for (int row = 0; row < rows(); ++row) sums[row] += value;
  }
}

void BlockSum::take_leaf(long long leaf) {
  fold_leaf(leaf);
  if (adds_absolute_ && leaves_ < absolute_leaves) {
    if (leaves_ == 0) {
      absolute_slots_ = {static_cast<double*>(absolute_partial_.get()),
                         absolute_->slot_stride(rows())};
      absolute_->initialise(absolute_partial_.get(), rows());
    }
    fold_leaf_by(*absolute_, absolute_partial_.get(), absolute_workspace_.get(), leaf);
  }
  ++leaves_;
  if (leaves_ < next_look_) return;
  next_look_ = leaves_ + std::max(1.0, between_looks * leaves_);
  find_limits();
}

void BlockSum::find_limits() {
  limits_.begin_rows(rows());
  limits_.look_at(program(), slots(), rows());
  if (adds_absolute_ && leaves_ > 0) limits_.look_at(*absolute_, absolute_slots_, rows());
  limits_.end_rows();
}

void BlockSum::visit(int level, long long group) {
  const IntervalLanes* const* const values = values_of(level, group);
  double* const sizes = sizes_of(level);
  limits_.find_sizes(values, sizes);
  if (leaves_ == 0 && absolute_)
    adds_absolute_ = adds_absolute_ || have_both_signs(values);
  const int count = nodes_of(level, group);
  int order[fan], waiting = 0;
  double rank[fan];
  bool has_added = false;
  for (int k = 0; k < count; ++k) {
    if (!(limits_.excess(sizes + k) > 0)) continue;
    rank[k] = limits_.rank(sizes + k);
    if (!are_equal(values, k)) {
      order[waiting++] = k;
      continue;
    }
    add_equal(values, k, double(columns().points_of(level, group * fan + k)));
    has_added = true;
  }
  if (has_added) find_limits();
  std::stable_sort(order, order + waiting,
                   [&rank](int a, int b) { return rank[a] > rank[b]; });
  for (int k = 0; k < waiting; ++k) {
    if (!(limits_.excess(sizes + order[k]) > 0)) continue;
    const long long node = group * fan + order[k];
    if (level > 0)
      visit(level - 1, node);
    else
      take_leaf(node);
  }
}

}  // namespace rkeops
