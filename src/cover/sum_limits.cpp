#include "cover/sum_limits.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rkeops {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
// The part of the rounding of a sum that left out terms may have.
constexpr double quarter = 0.25;

double largest_size(const IntervalLanes& values, int lane) {
  const double size = std::max(std::fabs(values.lo[lane]), std::fabs(values.hi[lane]));
  return size == size ? size : infinity;
}

}  // namespace

// Terms that are no normal numbers are 0 for some engines. Where there is no sum of
// exponentials alone, the largest exponent is told by itself, as it may be a result.
SumLimits::SumLimits(const SumKind& kind, const Rounding& rounding, long long columns)
    : kind_(kind),
      smallest_(kind.of_exponentials ? -infinity : 2 * rounding.tiny),
      share_(quarter * rounding.epsilon / double(std::max(1LL, columns))),
      log_share_(std::log(share_)),
      limits_(size_t(kind.weights + int(kind.of_exponentials))) {}

void SumLimits::begin() {
  std::fill(limits_.begin(), limits_.end(), smallest_);
  has_sums_ = false;
}

void SumLimits::find_sizes(const IntervalLanes* const* values, double* sizes) const {
  const int count = int(limits_.size());
  for (int k = 0; k < count; ++k)
    for (int lane = 0; lane < fan; ++lane)
      sizes[k * fan + lane] = largest_size(*values[k], lane);
  if (!kind_.of_exponentials) return;
  for (int lane = 0; lane < fan; ++lane) {
    const double exponent = values[0]->hi[lane];
    const double known = exponent == exponent ? exponent : infinity;
    sizes[lane] = known;
    for (int k = 1; k < count; ++k) {
      double& size = sizes[k * fan + lane];
      size = size == 0 ? -infinity : known + std::log(size);
    }
  }
}

// ---- sums so far ----

void SumLimits::begin_rows(int rows) {
  rows_ = rows;
  sums_.assign(limits_.size() * size_t(rows), smallest_);
}

// NaN stays, whatever comes; what is infinite may become NaN.
void SumLimits::look_at(const CpuProgram& program, const SlotView& slots, int rows) {
  const int first = kind_.of_exponentials ? 1 - int(kind_.has_total) : 0;
  const double* const largest =
      kind_.of_exponentials ? &slots.at(program.slot(0), 0) : nullptr;
  if (first == 1)
    for (int row = 0; row < rows; ++row)
      sums_[size_t(row)] = std::max(sums_[size_t(row)], largest[row] - log_share_);
  for (int k = first; k < int(limits_.size()); ++k) {
    const int slot = program.slot(kind_.first_slot() + k - first);
    const double* const from = &slots.at(slot, 0);
    double* const to = sums_.data() + size_t(k) * size_t(rows_);
    for (int row = 0; row < rows; ++row) {
      double sum = std::fabs(from[row]);
      if (largest) sum = largest[row] + std::log(sum);
      if (sum != sum)
        sum = infinity;
      else if (sum == infinity)
        sum = smallest_;
      to[row] = std::max(to[row], sum);
    }
  }
}

void SumLimits::end_rows() {
  has_sums_ = true;
  for (size_t k = 0; k < limits_.size(); ++k) {
    const double* const sums = sums_.data() + k * size_t(rows_);
    const double least = *std::min_element(sums, sums + rows_);
    limits_[k] =
        kind_.of_exponentials ? least + log_share_ : std::max(smallest_, least * share_);
  }
}

double SumLimits::excess(const double* sizes) const {
  double most = -infinity;
  for (size_t k = 0; k < limits_.size(); ++k) {
    const double size = sizes[k * fan];
    if (limits_[k] == infinity || size == -infinity) continue;
    const double excess =
        kind_.of_exponentials ? size - limits_[k] : size / limits_[k] - 1;
    most = std::max(most, excess);
  }
  return most;
}

double SumLimits::rank(const double* sizes) const {
  if (has_sums_) return excess(sizes);
  double most = -infinity;
  for (size_t k = 0; k < limits_.size(); ++k) most = std::max(most, sizes[k * fan]);
  return most;
}

}  // namespace rkeops
