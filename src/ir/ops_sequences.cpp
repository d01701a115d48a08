// Operations on vectors read as sequences: knots of a spline, samples of two curves.
// Sources: de Boor (1978), A Practical Guide to Splines; Cuturi and Blondel (2017),
// Soft-DTW, ICML.
#include "ir/ops_rows.h"
#include "ir/structural_zeros.h"

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

Row spline_row() {
  return define("BSpline(knots, x, int order)",
                [](const D& a) { return spline_basis(a[0], a[1], a.integers[0]); })
      .dimensions("n, 1 -> n - order - 1",
                  [](const Children& c, const Integers& n) {
                    require(n[0] >= 0, "needs an order of at least 0");
                    require(c[1]->dimension == 1, "needs an x of dimension 1, not " +
                                                      std::to_string(c[1]->dimension));
                    require(c[0]->dimension >= n[0] + 2,
                            "needs at least " + std::to_string(n[0] + 2) +
                                " knots, not " + std::to_string(c[0]->dimension));
                    return c[0]->dimension - n[0] - 1;
                  })
      .documentation(
          "the B-splines of this order on these knots, at x; 0 at the last knot")
      .example("BSpline(knots, p, 2)");
}

// ---- soft-DTW, of z = (x, y, gamma), in loops of inst/include/rkeops/math/soft_dtw.h
// ----

constexpr int most_pairs = 4096;

void require_sequences(const Children& c, const Integers& n) {
  const int length = c[0]->dimension, of_x = n[0], of_y = length - of_x - 1;
  require(of_x >= 1 && of_y >= 1,
          "needs two sequences and gamma, which " + std::to_string(length) +
              " numbers are not where x has " + std::to_string(of_x));
  require(double(of_x) * of_y <= most_pairs,
          "is for sequences whose lengths have a product of at most " +
              std::to_string(most_pairs));
}

Row routine(const char* header, const char* code) {
  return linear(header, Form::routine).code(code);
}

// The derivative of the gradient along several directions does not depend on their order,
// nor on which of them is the adjoint that it is multiplied with.
Parts gradient_along_adjoints(const Arguments& a) {
  const int length = a[0]->dimension, count = a[1]->dimension / length;
  const Integers n = a.self->integers;
  const Expr more = call("Concat", {a[1], a.adjoint});
  Expr of_directions;
  for (int k = 0; k < count; ++k) {
    Expr others = a.adjoint;
    for (int l = 0; l < count; ++l) {
      if (l != k) others = call("Concat", {others, slice(a[1], l * length, length)});
    }
    const Expr part = call("SoftDTW_GradientAlong", {a[0], others}, n);
    of_directions = of_directions ? call("Concat", {of_directions, part}) : part;
  }
  return {call("SoftDTW_GradientAlong", {a[0], more}, n), of_directions};
}

// inst/include/rkeops/math/soft_dtw.h has loops of run-time lengths for these.
constexpr int most_interpreted_directions = 3;

bool has_few_directions(const Children& c) {
  return c[1]->dimension <= most_interpreted_directions * c[0]->dimension;
}

Row gradient_along_row() {
  Row row =
      routine("SoftDTW_GradientAlong(z, u, int n)",
              "soft_dtw_gradient_along<$i0, $d0, $d1>")
          .adjoints(gradient_along_adjoints)
          .dimensions("n + m + 1, k * (n + m + 1) -> n + m + 1",
                      [](const Children& c, const Integers& n) {
                        require_sequences(c, n);
                        require(c[1]->dimension % c[0]->dimension == 0,
                                "needs directions of dimension " +
                                    std::to_string(c[0]->dimension) +
                                    ", one after the other");
                        return c[0]->dimension;
                      })
          .documentation(
              "derivative of SoftDTW_Gradient(z, n) along each of the directions in u")
          .derivative("that along one more direction; linear in each direction")
          .example("SoftDTW_GradientAlong(Concat(z, p), Concat(w, p), 2)");
  row.is_interpreted(has_few_directions);
  return row;
}

void add_soft_dtw(Rows& rows) {
  rows.push_back(define("SoftDTW_SqDist(x, y, gamma)",
                        "SoftDTW(Concat(Concat(x, y), gamma), Dim(x))")
                     .dimensions("n, m, 1 -> 1",
                                 [](const Children& c, const Integers&) {
                                   require(c[2]->dimension == 1,
                                           "needs a gamma of dimension 1, not " +
                                               std::to_string(c[2]->dimension));
                                   return 1;
                                 })
                     .documentation("soft dynamic time warping of the sequences x and y "
                                    "with squared differences, "
                                    "smoothed by gamma > 0")
                     .example("SoftDTW_SqDist(x, y, p)"));
  rows.push_back(
      routine("SoftDTW(z, int n)", "soft_dtw<$i0, $d0>")
          .adjoints([](const Arguments& a) {
            return Parts{
                scaled(a.adjoint, call("SoftDTW_Gradient", {a[0]}, a.self->integers))};
          })
          .dimensions("n + m + 1 -> 1",
                      [](const Children& c, const Integers& n) {
                        require_sequences(c, n);
                        return 1;
                      })
          .documentation(
              "SoftDTW_SqDist of z, which holds x of dimension n, y, and gamma")
          .derivative("SoftDTW_Gradient(z, n) | dz")
          .example("SoftDTW(Concat(z, p), 2)"));
  rows.push_back(routine("SoftDTW_Gradient(z, int n)", "soft_dtw_gradient<$i0, $d0>")
                     .adjoints([](const Arguments& a) {
                       return Parts{call("SoftDTW_GradientAlong", {a[0], a.adjoint},
                                         a.self->integers)};
                     })
                     .dimensions("n + m + 1 -> n + m + 1",
                                 [](const Children& c, const Integers& n) {
                                   require_sequences(c, n);
                                   return c[0]->dimension;
                                 })
                     .documentation("gradient of SoftDTW(z, n) in z")
                     .derivative("SoftDTW_GradientAlong(z, dz, n)")
                     .example("SoftDTW_Gradient(Concat(z, p), 2)"));
  rows.push_back(gradient_along_row());
}

}  // namespace

void add_sequence_rows(Rows& rows) {
  rows.push_back(spline_row());
  add_soft_dtw(rows);
}

}  // namespace rkeops
