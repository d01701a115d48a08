// Sums of wide values: which of them are outer products.
#pragma once

#include "plan/plan.h"

namespace rkeops {

/// The outer product that the kernel can sum up, and the parameters that its components
/// read; none (length 0) where its values are few, not sums, or of another form.
OuterProduct find_outer_product(const KernelPlan& kernel, std::vector<Expr>& parameters);

}  // namespace rkeops
