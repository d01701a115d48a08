// Adjoints that are zero but for some components, as where the formula takes components
// of a vector: what is multiplied with them has no part in the components that are zero,
// also where it is infinite or NaN. In the graph such an adjoint is an insertion
// (Form::insert), or a sum of these.
#pragma once

#include "ir/expr.h"

namespace rkeops {

/// partial * adjoint, where the adjoint is zero by its form zero as well.
Expr scaled(Expr adjoint, Expr partial);

/// An adjoint that a rule of the tables made, with its zeros in sight; null where nothing
/// is left.
Expr with_zeros_in_sight(Expr adjoint);

}  // namespace rkeops
