// Operations on vectors read as sequences: knots of a spline, samples of two curves. Both
// are written out in other operations, so that they have derivatives of any order.
// Sources: de Boor (1978), A Practical Guide to Splines; Cuturi and Blondel (2017),
// Soft-DTW, ICML.
#include "ops_rows.h"

namespace rkeops {

namespace {

using D = DefinitionArguments;

Expr slice(Expr f, int start, int length) {
  return call("Extract", {f}, {start, length});
}

// n / d, and 0 where d is 0, also in derivatives.
Expr divided_or_zero(Expr n, Expr d) {
  const Expr is_zero = call("Equal", {d, d->graph->constant(0)});
  return (1.0 - is_zero) * n * call("Inv", {d + is_zero});
}

// Cox and de Boor: order 0 is 1 between two knots; order k mixes two neighbours of order
// k - 1.
Expr spline_basis(Expr knots, Expr x, int order) {
  const int count = knots->dimension;
  Expr basis = (slice(knots, 0, count - 1) <= x) * (x < slice(knots, 1, count - 1));
  for (int k = 1; k <= order; ++k) {
    const int length = count - k - 1;
    const Expr first = slice(knots, 0, length), next = slice(knots, 1, length);
    const Expr rising = divided_or_zero(x - first, slice(knots, k, length) - first);
    const Expr falling = divided_or_zero(slice(knots, k + 1, length) - x,
                                         slice(knots, k + 1, length) - next);
    basis = rising * slice(basis, 0, length) + falling * slice(basis, 1, length);
  }
  return basis;
}

Operation spline_row() {
  return shown(
      definition(
          "BSpline", {"knots", "x"}, {"order"},
          [](const Children& c, const Integers& n) {
            require(n[0] >= 0, "needs an order of at least 0");
            require(c[1]->dimension == 1,
                    "needs an x of dimension 1, not " + std::to_string(c[1]->dimension));
            require(c[0]->dimension >= n[0] + 2,
                    "needs at least " + std::to_string(n[0] + 2) + " knots, not " +
                        std::to_string(c[0]->dimension));
            return c[0]->dimension - n[0] - 1;
          },
          [](const D& a) { return spline_basis(a[0], a[1], a.integers[0]); },
          "the B-splines of this order on these knots, at x; 0 at the last knot"),
      "BSpline(knots, p, 2)");
}

// -gamma log(sum of exp(-r / gamma)) of the given values, without overflow
Expr soft_minimum(const std::vector<Expr>& values, Expr gamma) {
  if (values.size() == 1) return values[0];
  Expr smallest = values[0];
  for (size_t k = 1; k < values.size(); ++k)
    smallest = call("Minimum", {smallest, values[k]});
  Expr sum;
  for (Expr value : values) {
    const Expr term = call("Exp", {(smallest - value) / gamma});
    sum = sum ? sum + term : term;
  }
  return smallest - gamma * call("Log", {sum});
}

Expr soft_dtw(Expr x, Expr y, Expr gamma) {
  const int columns = y->dimension;
  std::vector<Expr> last, current;  // rows of r
  for (int i = 0; i < x->dimension; ++i) {
    current.clear();
    for (int j = 0; j < columns; ++j) {
      std::vector<Expr> before;
      if (i > 0 && j > 0) before.push_back(last[size_t(j - 1)]);
      if (i > 0) before.push_back(last[size_t(j)]);
      if (j > 0) before.push_back(current.back());
      const Expr cost = call("Square", {call("Elem", {x}, {i}) - call("Elem", {y}, {j})});
      current.push_back(before.empty() ? cost : cost + soft_minimum(before, gamma));
    }
    last = current;
  }
  return last.back();
}

Operation soft_dtw_row() {
  return shown(
      definition(
          "SoftDTW_SqDist", {"x", "y", "gamma"}, {},
          [](const Children& c, const Integers&) {
            require(c[2]->dimension == 1, "needs a gamma of dimension 1, not " +
                                              std::to_string(c[2]->dimension));
            require(double(c[0]->dimension) * c[1]->dimension <= 4096,
                    "is for sequences whose lengths have a product of at most 4096");
            return 1;
          },
          [](const D& a) { return soft_dtw(a[0], a[1], a[2]); },
          "soft dynamic time warping of the sequences x and y with squared differences, "
          "smoothed by "
          "gamma > 0"),
      "SoftDTW_SqDist(x, y, p)");
}

}  // namespace

void add_sequence_rows(Rows& rows) {
  rows.push_back(spline_row());
  rows.push_back(soft_dtw_row());
}

}  // namespace rkeops
