// Algebraic identities, so that gradients stay small and work moves to where it is done
// less often.
//
// Validity: NaN and Inf are kept. An identity may change rounding, the sign of a zero,
// and where an intermediate result overflows; nothing else, unless the rule says so. So
// 0 * x stays (x may be Inf) and x - x stays.
#pragma once

#include <vector>

#include "ir/expr.h"

namespace rkeops {

struct SimplifierRule;

/// One application of a rule, to a part of the expression.
struct SimplifierStep {
  const SimplifierRule* rule;
  Expr before, after;
};

/// An equal expression of the same graph, dimension and index space; idempotent. The
/// steps to it are appended to `steps` where it is wanted.
Expr simplify(Expr root, std::vector<SimplifierStep>* steps = nullptr);

}  // namespace rkeops
