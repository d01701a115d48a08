// A formula beside one whose intermediate results are wrong in the last digit: where the
// results differ more than the digits that are promised, the formula loses them whatever
// the precision, as acos(x) does near x = 1 and sqrt(1 - x^2) near 0.
#pragma once

#include "ir/expr.h"

namespace rkeops {

/// The formula with the last digit of double precision changed in what inverse
/// trigonometric functions and roots are taken of; the same node where there are none of
/// sums of computed terms. Differences of inputs are exact, and stay.
Expr perturbed(Expr root);

}  // namespace rkeops
