// Formulas read as sums of squared distances and of terms that vary with one index.
#pragma once

#include <vector>

#include "ir/expr.h"

namespace rkeops {

/// factor * Sum(weights * Square(difference)); weights may be null. Both are parameters.
struct SquaredDistance {
  Expr factor, weights, difference;
};

/// A sum of squared distances and of terms that vary with one index; null if there are
/// none.
struct Exponent {
  std::vector<SquaredDistance> distances;
  Expr of_i, of_j;
};

/// The sum; either may be null.
Expr plus(Expr a, Expr b);

/// factor * f; without distances if it is no such sum.
Exponent read_exponent(Expr f, double factor);

/// Whether the value depends on a reduction.
bool reads_reductions(Expr f);

/// The dimensions of all distances together.
int dimension_of(const Exponent& exponent);

/// f, if it is nothing but squared distances for which a bound is less work.
Exponent read_bounded(Expr f);

/// The factors of a product, through signs and repetitions.
void collect_factors(Expr f, std::vector<Expr>& factors, int depth = 0);

}  // namespace rkeops
