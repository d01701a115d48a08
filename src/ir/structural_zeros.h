// Adjoints that are zero by their form: but for some components, where the formula takes
// components of a vector, and where a choice takes something else (selection.h). What is
// multiplied with them has no part where they are zero, also where it is infinite or NaN.
// In the graph the first are insertions (Form::insert), or sums of these.
#pragma once

#include "ir/expr.h"

namespace rkeops {

/// partial * adjoint, where the adjoint is zero by its form zero as well.
Expr scaled(Expr adjoint, Expr partial);

/// The same of adjoint / divisor, for a divisor of one component or as many.
Expr divided(Expr adjoint, Expr divisor);

/// The sum of its components.
Expr total_of(Expr adjoint);

/// An adjoint of one component, repeated.
Expr repeated(Expr adjoint, int dimension);

/// An adjoint that a rule of the tables made, with its zeros in sight; null where nothing
/// is left.
Expr with_zeros_in_sight(Expr adjoint);

}  // namespace rkeops
