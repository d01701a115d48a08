// Squared distances in exponents, expanded: with a centre c near the points,
//
//   |x_i - y_j|^2 = |x_i - c|^2 + |y_j - c|^2 - 2 (x_i - c | y_j - c)
//
// so that the exponential of a multiple of it is a product of a factor of i, which leaves
// sums, one of j, which is computed once a column, and the exponential of a scalar
// product, which costs half of what the distance costs.
//
// Validity: the terms on the right can be larger than their sum, and rounding errors are
// in proportion to them. So an expansion has conditions on the data, to be asked at run
// time; where they do not hold the formula has to be computed as it stands.
//
// Distances whose smallest or largest are looked for get a bound: the sum on the right,
// less (or plus) more than all rounding errors. Where it tells that a pair cannot matter,
// nobody has to compute the distance; where it does not, the distance is computed as it
// is written. So the results are those of the formula, however far the points are, as
// long as nothing overflows.
#pragma once

#include <vector>

#include "ir/expr.h"
#include "ir/reductions.h"

namespace rkeops {

/// A parameter of an expansion that has to be near the rows of `points`, of level j.
struct Centre {
  Expr parameter, points;
};

/// If `value` is reduced to the smallest, of_i + of_j + products is at most the value
/// that is computed for it, and at least where it is reduced to the largest.
struct DistanceBound {
  Expr value;
  Wanted wanted;
  Expr of_i, of_j, products;
};

struct Expansion {
  /// Equal to the formula that was expanded; null where there is nothing to expand.
  Expr root;
  std::vector<Centre> centres;
  std::vector<DistanceBound> bounds;
  /// The conditions: no component, of any row, may exceed 1 (or be NaN). Of level i and
  /// of level j.
  Expr condition_i, condition_j;
};

struct ExpansionLimits {
  // How large exponents (to base 2) may be.
  double terms;    // multiples of squared distances from the centre: digits get lost
  double factors;  // what becomes a factor of i or j: it must not overflow or vanish
  // These describe the numbers that are computed with.
  double rounding;  // the largest relative error of a rounded number
  double largest;   // its square does not overflow, and 1 / largest is no subnormal
};

/// `root` is simplified; `arguments` is the number of inputs it has, behind which the
/// centres come. The expansion is made in the same graph.
Expansion expand_distances(Expr root, int arguments, const ExpansionLimits& limits);

}  // namespace rkeops
