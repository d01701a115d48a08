// How small terms are so small that all columns together would not change the last digit
// of a sum. Terms and sums of exponentials are told by their logarithms.
#pragma once

#include <vector>

#include "cover/block_walk.h"
#include "cover/sum_kind.h"

namespace rkeops {

class SumLimits {
 public:
  static constexpr int fan = TreeShape::fan;

  SumLimits(const SumKind& kind, const Rounding& rounding, long long columns);

  /// Numbers that tell the size of the terms of a pair.
  int sizes() const { return int(limits_.size()); }

  /// Writes the largest size of each term in `fan` boxes, given the intervals of values;
  /// Inf where nothing is known of it.
  void find_sizes(const IntervalLanes* const* values, double* sizes) const;

  /// Nothing is summed up yet.
  void begin();

  /// Looks at the sums of some rows. The absolute value of what is summed up so far is at
  /// most the sum of absolute terms.
  void begin_rows(int rows);
  void look_at(const CpuProgram& program, const SlotView& slots, int rows);
  void end_rows();

  /// Above 0 where the terms of a box matter, of which the sizes are `fan` apart.
  double excess(const double* sizes) const;
  /// The larger the sooner it is their turn.
  double rank(const double* sizes) const;

 private:
  const SumKind kind_;
  const double smallest_, share_, log_share_;
  std::vector<double> limits_;
  std::vector<double> sums_;  // of each row, those of a term together
  int rows_ = 0;
  bool has_sums_ = false;
};

}  // namespace rkeops
