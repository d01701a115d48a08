// Kernels by name. `s` is a bandwidth: one number, or one for each component. u stands
// for the squared distance in bandwidths, |(x - y) / s|^2, and r for its root. Sources:
// Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, chapter 4
// (Matern, rational quadratic); Wendland (1995), Adv. Comput. Math. 4 (compact support).
#include "ir/ops_rows.h"

namespace rkeops {

namespace {

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

Expr distance(const DefinitionArguments& a) {
  return call("Sqrt", {squared_distance(a)});
}

Operation kernel(const char* name, Expr (*meaning)(const DefinitionArguments&),
                 const char* documentation) {
  return definition(name, {"x", "y", "s"}, {}, kernel_dimension, meaning, documentation);
}

using D = DefinitionArguments;

void add_smooth(Rows& rows) {
  rows.push_back(shown(
      kernel(
          "Gauss", [](const D& a) { return call("Exp", {-0.5 * squared_distance(a)}); },
          "exp(-u / 2), u = |(x - y) / s|^2"),
      "Gauss(x, y, p)"));
  rows.push_back(shown(
      kernel(
          "Cauchy", [](const D& a) { return call("Inv", {1.0 + squared_distance(a)}); },
          "1 / (1 + u), u = |(x - y) / s|^2"),
      "Cauchy(x, y, p)"));
  rows.push_back(
      shown(kernel(
                "InverseMultiquadric",
                [](const D& a) { return call("Rsqrt", {1.0 + squared_distance(a)}); },
                "(1 + u)^(-1/2), u = |(x - y) / s|^2"),
            "InverseMultiquadric(x, y, p)"));
  rows.push_back(
      shown(definition(
                "RationalQuadratic", {"x", "y", "s", "alpha"}, {}, kernel_dimension,
                [](const D& a) {
                  const Expr base = call("Log1p", {squared_distance(a) / (2.0 * a[3])});
                  return call("Exp", {-(a[3] * base)});
                },
                "(1 + u / (2 alpha))^(-alpha), u = |(x - y) / s|^2"),
            "RationalQuadratic(x, y, p, 2)"));
}

// As functions of squared distances Matern and Wendland kernels are smooth enough at 0
// for second derivatives of the kernels to be right there, which they are not through a
// root.
void add_functions_of_square(Rows& rows) {
  Operation matern = unary(
      "MaternOfSquare", "matern_of_square<$i0>($0)", nullptr,
      [](const Arguments& a) {
        const int order = a.integer(0);
        if (order == 0) return -0.5 * call("Rsqrt", {a[0]}) * a.self;
        return (order == 1 ? -1.0 / 2 : -1.0 / 6) *
               call("MaternOfSquare", {a[0]}, {order - 1});
      },
      "exp(-r), (1 + r) exp(-r), or (1 + r + r^2 / 3) exp(-r) for n = 0, 1, 2; r^2 = f",
      "-exp(-r) / (2 r) df, 0 at 0; -exp(-r) / 2 df; -(1 + r) exp(-r) / 6 df");
  matern.integer_arguments = {"n"};
  matern.dimension = [](const Children& c, const Integers& n) {
    require(n[0] >= 0 && n[0] <= 2, "needs n of 0, 1 or 2");
    return c[0]->dimension;
  };
  rows.push_back(shown(matern, "MaternOfSquare(Square(x), 2)"));
  rows.push_back(
      shown(unary(
                "WendlandOfSquare", "wendland_of_square($0)", nullptr,
                [](const Arguments& a) {
                  const Expr rest = call("ReLU", {1.0 - call("Sqrt", {a[0]})});
                  return -10.0 * call("Pow", {rest}, {3});
                },
                "max(0, 1 - r)^4 (1 + 4 r), r^2 = f", "-10 max(0, 1 - r)^3 df"),
            "WendlandOfSquare(Square(x))"));
}

void add_matern(Rows& rows) {
  const auto laplace = [](const D& a) { return call("Exp", {-distance(a)}); };
  rows.push_back(shown(kernel("Laplace", laplace, "exp(-r), r = |(x - y) / s|"),
                       "Laplace(x, y, p)"));
  rows.push_back(shown(kernel("Matern12", laplace, "exp(-r), r = |(x - y) / s|"),
                       "Matern12(x, y, p)"));
  rows.push_back(shown(kernel(
                           "Matern32",
                           [](const D& a) {
                             const Expr square = 3.0 * squared_distance(a);
                             return call("MaternOfSquare", {square}, {1});
                           },
                           "(1 + r) exp(-r), r = sqrt(3) |(x - y) / s|"),
                       "Matern32(x, y, p)"));
  rows.push_back(shown(kernel(
                           "Matern52",
                           [](const D& a) {
                             const Expr square = 5.0 * squared_distance(a);
                             return call("MaternOfSquare", {square}, {2});
                           },
                           "(1 + r + r^2 / 3) exp(-r), r = sqrt(5) |(x - y) / s|"),
                       "Matern52(x, y, p)"));
}

void add_compact(Rows& rows) {
  rows.push_back(
      shown(kernel(
                "Epanechnikov",
                [](const D& a) { return call("ReLU", {1.0 - squared_distance(a)}); },
                "max(0, 1 - u), u = |(x - y) / s|^2; integrate and divide for a density"),
            "Epanechnikov(x, y, p)"));
  rows.push_back(shown(
      kernel(
          "Wendland",
          [](const D& a) { return call("WendlandOfSquare", {squared_distance(a)}); },
          "max(0, 1 - r)^4 (1 + 4 r), r = |(x - y) / s|: smooth, positive definite up to "
          "dimension 3"),
      "Wendland(x, y, p)"));
}

// ---- the kernels of rkeops 1.x: c is 1 / s^2, b what is multiplied ----

Expr square_of_difference(const D& a, size_t x) {
  return call("Sum", {call("Square", {a[x] - a[x + 1]})});
}

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

// b / (2 c) - <b, x - y> (x - y)
Expr curl_free(Expr c, Expr difference, Expr b) {
  const Expr along = call("Sum", {b * difference});
  return call("Inv", {2.0 * c}) * b - along * difference;
}

// ((d - 1) / (2 c) - |x - y|^2) b + <b, x - y> (x - y)
Expr divergence_free(Expr c, Expr difference, Expr b) {
  const Expr squared = call("Sum", {call("Square", {difference})});
  const Expr along = call("Sum", {b * difference});
  const double others = difference->dimension - 1;
  return (others * call("Inv", {2.0 * c}) - squared) * b + along * difference;
}

Expr gauss_of(Expr c, Expr squared) { return call("Exp", {-(c * squared)}); }

void add_old_scalar(Rows& rows) {
  const std::vector<std::string> arguments = {"c", "x", "y", "b"};
  rows.push_back(shown(
      definition(
          "GaussKernel", arguments, {}, dimension_of_last,
          [](const D& a) { return gauss_of(a[0], square_of_difference(a, 1)) * a[3]; },
          "exp(-c |x - y|^2) b"),
      "GaussKernel(p, x, y, b)"));
  rows.push_back(shown(
      definition(
          "LaplaceKernel", arguments, {}, dimension_of_last,
          [](const D& a) {
            return call("Exp", {-(a[0] * call("Sqrt", {square_of_difference(a, 1)}))}) *
                   a[3];
          },
          "exp(-c |x - y|) b"),
      "LaplaceKernel(p, x, y, b)"));
  rows.push_back(
      shown(definition(
                "CauchyKernel", arguments, {}, dimension_of_last,
                [](const D& a) {
                  return call("Inv", {1.0 + a[0] * square_of_difference(a, 1)}) * a[3];
                },
                "b / (1 + c |x - y|^2)"),
            "CauchyKernel(p, x, y, b)"));
  rows.push_back(shown(
      definition(
          "InverseMultiquadricKernel", arguments, {}, dimension_of_last,
          [](const D& a) {
            return call("Rsqrt", {call("Inv", {a[0]}) + square_of_difference(a, 1)}) *
                   a[3];
          },
          "b / sqrt(1 / c + |x - y|^2)"),
      "InverseMultiquadricKernel(p, x, y, b)"));
  rows.push_back(shown(definition(
                           "SumGaussKernel", {"c", "w", "x", "y", "b"}, {},
                           [](const Children& c, const Integers& n) {
                             broadcast_dimension({c[0], c[1]}, n);
                             broadcast_dimension({c[2], c[3]}, n);
                             return c[4]->dimension;
                           },
                           [](const D& a) {
                             const Expr squared = square_of_difference(a, 2);
                             return call("Sum", {a[1] * gauss_of(a[0], squared)}) * a[4];
                           },
                           "sum over k of w[k] exp(-c[k] |x - y|^2), times b"),
                       "SumGaussKernel(c, c, x, y, b)"));
}

void add_old_vector(Rows& rows) {
  const std::vector<std::string> arguments = {"c", "x", "y", "b"};
  rows.push_back(shown(definition(
                           "CurlFreeGaussKernel", arguments, {}, same_dimension_of_last,
                           [](const D& a) {
                             return gauss_of(a[0], square_of_difference(a, 1)) *
                                    curl_free(a[0], a[1] - a[2], a[3]);
                           },
                           "exp(-c |x-y|^2) (b / (2c) - <b, x-y> (x-y))"),
                       "CurlFreeGaussKernel(p, x, y, y)"));
  rows.push_back(
      shown(definition(
                "DivFreeGaussKernel", arguments, {}, same_dimension_of_last,
                [](const D& a) {
                  return gauss_of(a[0], square_of_difference(a, 1)) *
                         divergence_free(a[0], a[1] - a[2], a[3]);
                },
                "exp(-c |x-y|^2) (((d-1) / (2c) - |x-y|^2) b + <b, x-y> (x-y))"),
            "DivFreeGaussKernel(p, x, y, y)"));
  rows.push_back(
      shown(definition(
                "TRIGaussKernel", {"l", "c", "x", "y", "b"}, {},
                [](const Children& c, const Integers& n) {
                  require(c[0]->dimension == 1, "needs a weight l of dimension 1");
                  return same_dimension_of_last({c[1], c[2], c[3], c[4]}, n);
                },
                [](const D& a) {
                  const Expr difference = a[2] - a[3];
                  const Expr mixed = a[0] * divergence_free(a[1], difference, a[4]) +
                                     (1.0 - a[0]) * curl_free(a[1], difference, a[4]);
                  return gauss_of(a[1], square_of_difference(a, 2)) * mixed;
                },
                "l DivFreeGaussKernel + (1 - l) CurlFreeGaussKernel"),
            "TRIGaussKernel(0.5, p, x, y, y)"));
}

}  // namespace

void add_kernel_rows(Rows& rows) {
  add_functions_of_square(rows);
  add_smooth(rows);
  add_matern(rows);
  add_compact(rows);
  add_old_scalar(rows);
  add_old_vector(rows);
  describe_dimensions(rows, {{"Gauss", "D, D, 1 or D -> 1"},
                             {"Cauchy", "D, D, 1 or D -> 1"},
                             {"InverseMultiquadric", "D, D, 1 or D -> 1"},
                             {"Laplace", "D, D, 1 or D -> 1"},
                             {"Matern12", "D, D, 1 or D -> 1"},
                             {"Matern32", "D, D, 1 or D -> 1"},
                             {"Matern52", "D, D, 1 or D -> 1"},
                             {"Epanechnikov", "D, D, 1 or D -> 1"},
                             {"Wendland", "D, D, 1 or D -> 1"},
                             {"RationalQuadratic", "D, D, 1 or D, 1 -> 1"},
                             {"GaussKernel", "1, D, D, n -> n"},
                             {"LaplaceKernel", "1, D, D, n -> n"},
                             {"CauchyKernel", "1, D, D, n -> n"},
                             {"InverseMultiquadricKernel", "1, D, D, n -> n"},
                             {"SumGaussKernel", "n, n, D, D, m -> m"},
                             {"CurlFreeGaussKernel", "1, D, D, D -> D"},
                             {"DivFreeGaussKernel", "1, D, D, D -> D"},
                             {"TRIGaussKernel", "1, 1, D, D, D -> D"}});
}

}  // namespace rkeops
