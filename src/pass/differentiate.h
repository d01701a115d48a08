// Reverse-mode differentiation of the graph: the adjoint of the derivative, as a new part
// of the graph. Why symbolic: gradients are formulas like any other, so they are
// simplified, fused and differentiated again; hash-consing shares what they have in
// common with the formula.
#pragma once

#include <string>

#include "ir/expr.h"

namespace rkeops {

/// Thrown when the formula meets an operation or reduction without a derivative.
struct NotDifferentiable {
  std::string name;
};

/// Does the expression contain a reduction?
bool has_reduction(Expr f);

/// The adjoint of the derivative of f in v, applied to e. Where f holds no reduction:
/// [df/dv]^T e at each element of the index space. Where it does, the adjoint of the
/// linear map from v to f for the whole operator: f has a value for each element of
/// `index`, e a vector for each of them, and the result one for each element of v;
/// contributions are summed over the indices that v does not have.
Expr gradient(Expr f, Level index, Expr v, Expr e);

/// The derivative of f in v in the direction u (forward mode); u is like v, the result
/// like f.
Expr directional_derivative(Expr f, Level index, Expr v, Expr u);

/// Gradients of the components of f, one after the other: the transposed Jacobian matrix,
/// column by column of f, v->dimension x f->dimension.
Expr gradient_matrix(Expr f, Level index, Expr v);

/// Trace of the Jacobian matrix of f in v, which have the same dimension; its diagonal is
/// multiplied by `weight` where there is one.
Expr divergence(Expr f, Level index, Expr v, Expr weight = Expr());

}  // namespace rkeops
