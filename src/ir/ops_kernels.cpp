// Kernels by name. `s` is a bandwidth: one number, or one for each component. u stands
// for the squared distance in bandwidths, |(x - y) / s|^2, and r for its root. Sources:
// Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, chapter 4
// (Matern, rational quadratic); Wendland (1995), Adv. Comput. Math. 4 (compact support).
#include "ir/complex_rules.h"
#include "ir/interval_rules.h"
#include "ir/ops_rows.h"

namespace rkeops {

namespace {

// ---- intervals ----

using namespace intervals;

// Both kernels fall.
double matern_of(double f, int order) {
  const double r = std::sqrt(f);
  const double polynomial = order == 0 ? 1 : order == 1 ? 1 + r : 1 + r + f / 3;
  return polynomial * std::exp(-r);
}
Interval matern(Interval a, int order) {
  if (!(a.lo >= 0)) return {unknown, unknown};
  return {matern_of(a.hi, order), matern_of(a.lo, order)};
}
// The root that is exponentiated is rounded, and is at most some 750.
constexpr double units_of_exponent = 1024;

double wendland_of(double f) {
  const double r = std::sqrt(f), rest = r < 1 ? 1 - r : 0;
  return rest * rest * rest * rest * (1 + 4 * r);
}
Interval wendland(Interval a) {
  if (!(a.lo >= 0)) return {unknown, unknown};
  return {wendland_of(a.hi), wendland_of(a.lo)};
}

// ---- rows ----

int kernel_dimension(const Children& c, const Integers& n) {
  const int dimension = broadcast_dimension({c[0], c[1]}, n);
  require(c[2]->dimension == 1 || c[2]->dimension == dimension,
          "needs a bandwidth of dimension 1 or " + std::to_string(dimension) + ", not " +
              std::to_string(c[2]->dimension));
  if (c.size() > 3) require(c[3]->dimension == 1, "needs a shape of dimension 1");
  return 1;
}

Expr squared_distance(const DefinitionArguments& a) {
  const Expr difference = a[0] - a[1], scale = a[2];
  // one number can wait until the components are summed
  if (scale->dimension == 1) {
    return call("Sum", {call("Square", {difference})}) *
           call("Inv", {call("Square", {scale})});
  }
  return call("Sum", {call("Square", {difference * call("Inv", {scale})})});
}

// The row of a kernel as a formula of u.
Row kernel(const char* name, const char* text) {
  return define(name + std::string("(x, y, s)"), text, {{"u", squared_distance}})
      .dimensions("D, D, 1 or D -> 1", kernel_dimension);
}

void add_smooth(Rows& rows) {
  rows.push_back(kernel("Gauss", "Exp(-0.5 * u)")

                     .documentation("exp(-u / 2), u = |(x - y) / s|^2")
                     .example("Gauss(x, y, p)"));
  rows.push_back(kernel("Cauchy", "Inv(1 + u)")

                     .documentation("1 / (1 + u), u = |(x - y) / s|^2")
                     .example("Cauchy(x, y, p)"));
  rows.push_back(kernel("InverseMultiquadric", "Rsqrt(1 + u)")

                     .documentation("(1 + u)^(-1/2), u = |(x - y) / s|^2")
                     .example("InverseMultiquadric(x, y, p)"));
  rows.push_back(define("RationalQuadratic(x, y, s, alpha)",
                        "Exp(-(alpha * Log1p(u / (2 * alpha))))",
                        {{"u", squared_distance}})
                     .dimensions("D, D, 1 or D, 1 -> 1", kernel_dimension)
                     .documentation("(1 + u / (2 alpha))^(-alpha), u = |(x - y) / s|^2")
                     .example("RationalQuadratic(x, y, p, 2)"));
}

// As functions of squared distances Matern and Wendland kernels are smooth enough at 0
// for second derivatives of the kernels to be right there, which they are not through a
// root.
void add_functions_of_square(Rows& rows) {
  rows.push_back(
      unary("MaternOfSquare(f, int n)", "matern_of_square<$i0>($0)")
          .partial([](const Arguments& a) {
            const int order = a.integer(0);
            if (order == 0) return -0.5 * call("Rsqrt", {a[0]}) * a.self;
            return (order == 1 ? -1.0 / 2 : -1.0 / 6) *
                   call("MaternOfSquare", {a[0]}, {order - 1});
          })
          .analytic(rectangles::with_integer<rectangles::matern_of_square>)
          .interval(between(0, std::numeric_limits<double>::infinity(),
                            rule_of(with_integer<matern>, units_of_exponent)))
          .documentation(
              "exp(-r), (1 + r) exp(-r), or (1 + r + r^2 / 3) exp(-r) for n = 0, 1, 2; "
              "r^2 = f")
          .derivative(
              "-exp(-r) / (2 r) df, 0 at 0; -exp(-r) / 2 df; -(1 + r) exp(-r) / 6 df")
          .dimensions("D -> D",
                      [](const Children& c, const Integers& n) {
                        require(n[0] >= 0 && n[0] <= 2, "needs n of 0, 1 or 2");
                        return c[0]->dimension;
                      })
          .example("MaternOfSquare(Square(x), 2)"));
  rows.push_back(unary("WendlandOfSquare(f)", "wendland_of_square($0)")
                     .partial([](const Arguments& a) {
                       const Expr rest = call("ReLU", {1.0 - call("Sqrt", {a[0]})});
                       return -10.0 * call("Pow", {rest}, {3});
                     })
                     .analytic(rectangles::of_one<rectangles::wendland_of_square>)
                     .interval(with_units(64, rule_of(one_argument<wendland>, 64)))
                     .documentation("max(0, 1 - r)^4 (1 + 4 r), r^2 = f")
                     .derivative("-10 max(0, 1 - r)^3 df")
                     .example("WendlandOfSquare(Square(x))"));
}

void add_matern(Rows& rows) {
  rows.push_back(kernel("Laplace", "Exp(-Sqrt(u))")

                     .documentation("exp(-r), r = |(x - y) / s|")
                     .example("Laplace(x, y, p)"));
  rows.push_back(kernel("Matern12", "Exp(-Sqrt(u))")

                     .documentation("exp(-r), r = |(x - y) / s|")
                     .example("Matern12(x, y, p)"));
  rows.push_back(kernel("Matern32", "MaternOfSquare(3 * u, 1)")

                     .documentation("(1 + r) exp(-r), r = sqrt(3) |(x - y) / s|")
                     .example("Matern32(x, y, p)"));
  rows.push_back(
      kernel("Matern52", "MaternOfSquare(5 * u, 2)")

          .documentation("(1 + r + r^2 / 3) exp(-r), r = sqrt(5) |(x - y) / s|")
          .example("Matern52(x, y, p)"));
}

void add_compact(Rows& rows) {
  rows.push_back(
      kernel("Epanechnikov", "ReLU(1 - u)")

          .documentation(
              "max(0, 1 - u), u = |(x - y) / s|^2; integrate and divide for a density")
          .example("Epanechnikov(x, y, p)"));
  rows.push_back(kernel("Wendland", "WendlandOfSquare(u)")

                     .documentation("max(0, 1 - r)^4 (1 + 4 r), r = |(x - y) / s|: "
                                    "smooth, positive definite up to "
                                    "dimension 3")
                     .example("Wendland(x, y, p)"));
}

// ---- the kernels of rkeops 1.x: c is 1 / s^2, b what is multiplied ----

int dimension_of_last(const Children& c, const Integers& n) {
  broadcast_dimension({c[c.size() - 3], c[c.size() - 2]}, n);
  for (size_t k = 0; k + 3 < c.size(); ++k) {
    require(c[k]->dimension == 1 || (c.size() == 5 && k == 1),
            "needs a scale of dimension 1");
  }
  return c.back()->dimension;
}

int same_dimension_of_last(const Children& c, const Integers& n) {
  const int dimension = broadcast_dimension({c[c.size() - 3], c[c.size() - 2]}, n);
  require(c.back()->dimension == dimension,
          "needs vectors of dimension " + std::to_string(dimension) +
              " to multiply, not " + std::to_string(c.back()->dimension));
  return dimension_of_last(c, n);
}

const std::string gauss = "Exp(-(c * SqDist(x, y)))";
const std::string curl_free = "Inv(2 * c) * b - Sum(b * (x - y)) * (x - y)";
const std::string divergence_free =
    "((Dim(x - y) - 1) * Inv(2 * c) - SqDist(x, y)) * b + Sum(b * (x - y)) * (x - y)";

void add_old_scalar(Rows& rows) {
  rows.push_back(define("GaussKernel(c, x, y, b)", "Exp(-(c * SqDist(x, y))) * b")
                     .dimensions("1, D, D, n -> n", dimension_of_last)
                     .documentation("exp(-c |x - y|^2) b")
                     .example("GaussKernel(p, x, y, b)"));
  rows.push_back(define("LaplaceKernel(c, x, y, b)", "Exp(-(c * Sqrt(SqDist(x, y)))) * b")
                     .dimensions("1, D, D, n -> n", dimension_of_last)
                     .documentation("exp(-c |x - y|) b")
                     .example("LaplaceKernel(p, x, y, b)"));
  rows.push_back(define("CauchyKernel(c, x, y, b)", "Inv(1 + c * SqDist(x, y)) * b")
                     .dimensions("1, D, D, n -> n", dimension_of_last)
                     .documentation("b / (1 + c |x - y|^2)")
                     .example("CauchyKernel(p, x, y, b)"));
  rows.push_back(
      define("InverseMultiquadricKernel(c, x, y, b)", "Rsqrt(Inv(c) + SqDist(x, y)) * b")
          .dimensions("1, D, D, n -> n", dimension_of_last)
          .documentation("b / sqrt(1 / c + |x - y|^2)")
          .example("InverseMultiquadricKernel(p, x, y, b)"));
  rows.push_back(
      define("SumGaussKernel(c, w, x, y, b)", "Sum(w * Exp(-(c * SqDist(x, y)))) * b")
          .dimensions("n, n, D, D, m -> m",
                      [](const Children& c, const Integers& n) {
                        broadcast_dimension({c[0], c[1]}, n);
                        broadcast_dimension({c[2], c[3]}, n);
                        return c[4]->dimension;
                      })
          .documentation("sum over k of w[k] exp(-c[k] |x - y|^2), times b")
          .example("SumGaussKernel(c, c, x, y, b)"));
}

void add_old_vector(Rows& rows) {
  rows.push_back(
      define("CurlFreeGaussKernel(c, x, y, b)", gauss + " * (" + curl_free + ")")
          .dimensions("1, D, D, D -> D", same_dimension_of_last)
          .documentation("exp(-c |x-y|^2) (b / (2c) - <b, x-y> (x-y))")
          .example("CurlFreeGaussKernel(p, x, y, y)"));
  rows.push_back(
      define("DivFreeGaussKernel(c, x, y, b)", "(" + divergence_free + ") * " + gauss)
          .dimensions("1, D, D, D -> D", same_dimension_of_last)
          .documentation("exp(-c |x-y|^2) (((d-1) / (2c) - |x-y|^2) b + <b, x-y> (x-y))")
          .example("DivFreeGaussKernel(p, x, y, y)"));
  rows.push_back(
      define("TRIGaussKernel(l, c, x, y, b)",
             gauss + " * (l * (" + divergence_free + ") + (1 - l) * (" + curl_free + "))")
          .dimensions("1, 1, D, D, D -> D",
                      [](const Children& c, const Integers& n) {
                        require(c[0]->dimension == 1, "needs a weight l of dimension 1");
                        return same_dimension_of_last({c[1], c[2], c[3], c[4]}, n);
                      })
          .documentation("l DivFreeGaussKernel + (1 - l) CurlFreeGaussKernel")
          .example("TRIGaussKernel(0.5, p, x, y, y)"));
}

}  // namespace

void add_kernel_rows(Rows& rows) {
  add_functions_of_square(rows);
  add_smooth(rows);
  add_matern(rows);
  add_compact(rows);
  add_old_scalar(rows);
  add_old_vector(rows);
}

}  // namespace rkeops
