// Algebraic identities, so that gradients stay small and work moves to where it is done
// less often.
//
// Validity: NaN and Inf are kept. An identity may change rounding, the sign of a zero,
// and where an intermediate result overflows; nothing else. So 0 * x stays (x may be Inf)
// and x - x stays.
#pragma once

#include "../ir/expr.h"

namespace rkeops {

/// The number that an operation on numbers gives; any other expression as it is.
Expr fold_constants(Expr node);

/// An equal expression of the same graph, dimension and index space; idempotent.
Expr simplify(Expr root);

}  // namespace rkeops
