// Reverse-mode differentiation of the graph: the adjoint of the derivative, as a new part
// of the graph. Why symbolic: gradients are formulas like any other, so they are
// simplified, fused and differentiated again; hash-consing shares what they have in
// common with the formula.
#pragma once

#include <string>

#include "../ir/expr.h"

namespace rkeops {

/// Thrown when the formula meets an operation or reduction without a derivative.
struct NotDifferentiable {
  std::string name;
};

/// Does the expression contain a reduction?
bool has_reduction(Expr f);

/// [df/dv]^T e at one element of the index space of f; f holds no reduction.
Expr pointwise_gradient(Expr f, Expr v, Expr e);

/// The adjoint of the linear map v -> f for a whole operator: f has a value for each
/// element of `index`, e has a vector for each of them, and the result has one for each
/// element of v: contributions are summed over the indices that v does not have.
Expr operator_gradient(Expr f, Level index, Expr v, Expr e);

}  // namespace rkeops
