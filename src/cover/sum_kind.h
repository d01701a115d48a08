// The reductions that add up terms, and what they keep of them in accumulators.
#pragma once

#include "plan/plan.h"

namespace rkeops {

/// Terms are the components of the values of pairs; or their first component is an
/// exponent, whose exponential is a term, if `has_total`, and makes a term of each of the
/// others, the weights. The accumulators of a row are the sums of the terms; those of
/// exponentials come after the largest exponent, over whose exponential they are.
struct SumKind {
  bool exists = false;
  bool of_exponentials = false;
  bool has_total = false;
  int weights = 0;  // components of values, but for exponents

  SumKind() = default;
  explicit SumKind(const KernelPlan& kernel);

  int sums() const { return weights + int(has_total); }
  /// The accumulator of the first sum.
  int first_slot() const { return int(of_exponentials); }
};

/// The same kernel with the absolute values of terms; without a reduction where it would
/// read other inputs.
KernelPlan absolute_kernel(const KernelPlan& kernel, const SumKind& kind);

}  // namespace rkeops
