// Errors of a formula are measured by the sum of the absolute terms of its sums.
#pragma once

#include "ir/expr.h"

namespace rkeops {

/// For a root made of sums and means over an index, times and plus what has no reduction:
/// the same with absolute values, an upper bound of |root|. For any other root |root|
/// itself.
Expr absolute_terms(Expr root);

}  // namespace rkeops
