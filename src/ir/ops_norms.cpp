// Scalar products, norms and distances: definitions by sums of squares.
#include "ir/ops_rows.h"

namespace rkeops {

namespace {

Expr squared_norm(Expr f) { return call("Sum", {call("Square", {f})}); }

// s is a scale, one a component, or a symmetric matrix.
Expr weighted_squared_norm(Expr s, Expr f) {
  if (s->dimension == 1) return s * squared_norm(f);
  if (s->dimension == f->dimension) return call("Sum", {s * call("Square", {f})});
  return call("Sum", {s * call("TensorProd", {f, f})});
}

int weighted_dimension(Expr s, Expr f) {
  const int given = s->dimension, wanted = f->dimension;
  require(given == 1 || given == wanted || given == wanted * wanted,
          "needs a weight of dimension 1, " + std::to_string(wanted) + " or " +
              std::to_string(wanted * wanted) + " for a vector of " +
              std::to_string(wanted) + ", not " + std::to_string(given));
  return 1;
}

void add_plain(Rows& rows) {
  rows.push_back(define("Scalprod(f, g)",
                        [](const DefinitionArguments& a) {
                          if (a[0]->dimension == 1) return a[0] * call("Sum", {a[1]});
                          if (a[1]->dimension == 1) return a[1] * call("Sum", {a[0]});
                          return call("Sum", {a[0] * a[1]});
                        })
                     .dimensions("D, D -> 1")
                     .documentation("scalar product: Sum(f * g)")
                     .infix("|", 3));
  rows.push_back(
      define("SqNorm2(f)", "Sum(Square(f))")
          .dimensions("D -> 1")
          .loses_digits(
              "as |x|^2 + |y|^2 - 2 (x | y) near x = y, where SqDist(x, y) keeps them")
          .documentation("squared Euclidean norm: Sum(f^2)"));
  rows.push_back(
      define("Norm2(f)", "Sqrt(Sum(Square(f)))")
          .dimensions("D -> 1")
          .unit(UnitRule::keeps)
          .documentation("Euclidean norm: Sqrt(Sum(f^2)); its derivative at 0 is 0"));
  rows.push_back(define("Normalize(f)", "Rsqrt(Sum(Square(f))) * f")
                     .documentation("f / |f|, 0 where f is 0"));
  rows.push_back(define("SqDist(f, g)", "Sum(Square(f - g))")
                     .dimensions("D, D -> 1")
                     .documentation("squared Euclidean distance: Sum((f - g)^2)"));
}

// Only differences and cosines enter: near points keep their digits, which they lose in
// an arc cosine of a number near 1.
void add_great_circle(Rows& rows) {
  rows.push_back(
      define("Haversine(f, g)",
             "2 * Asin(Minimum(Sqrt(Square(Sin(0.5 * Elem(f - g, 1))) + Cos(Elem(f, 1)) "
             "* Cos(Elem(g, 1)) * Square(Sin(0.5 * Elem(f - g, 0)))), 1))")
          .dimensions("2, 2 -> 1",
                      [](const Children& c, const Integers&) {
                        require(c[0]->dimension == 2 && c[1]->dimension == 2,
                                "needs two pairs (longitude, latitude)");
                        return 1;
                      })
          .documentation(
              "angle between two points (longitude, latitude) of a sphere, "
              "in radians as they are: accurate for near points, unlike an arc cosine")
          .example("Haversine(b, c)"));
}

void add_weighted(Rows& rows) {
  rows.push_back(define("SqNormIso(s, f)", "s * Sum(Square(f))")
                     .dimensions("n, D -> n")
                     .documentation("s * SqNorm2(f)")
                     .example("SqNormIso(p, x)"));
  rows.push_back(define("SqNormDiag(s, f)", "Sum(s * Square(f))")
                     .dimensions("D, D -> 1")
                     .documentation("Sum(s * f^2)")
                     .example("SqNormDiag(x, y)"));
  rows.push_back(
      define("SymSqNorm(A, f)", "Sum(A * TensorProd(f, f))")
          .dimensions("D * D, D -> 1",
                      [](const Children& c, const Integers&) {
                        require(c[0]->dimension == c[1]->dimension * c[1]->dimension,
                                "needs a matrix of " +
                                    std::to_string(c[1]->dimension * c[1]->dimension) +
                                    " components for a vector of " +
                                    std::to_string(c[1]->dimension) + ", not " +
                                    std::to_string(c[0]->dimension));
                        return 1;
                      })
          .documentation("quadratic form: sum over k, l of A[k, l] f[k] f[l]")
          .example("SymSqNorm(Q, x)"));
  rows.push_back(
      define(
          "WeightedSqNorm(s, f)",
          [](const DefinitionArguments& a) { return weighted_squared_norm(a[0], a[1]); })
          .dimensions("1 or D or D * D, D -> 1",
                      [](const Children& c, const Integers&) {
                        return weighted_dimension(c[0], c[1]);
                      })
          .documentation("SqNormIso, SqNormDiag or SymSqNorm, by the dimension of s")
          .example("WeightedSqNorm(Q, x)"));
  rows.push_back(define("WeightedSqDist(s, f, g)",
                        [](const DefinitionArguments& a) {
                          return weighted_squared_norm(a[0], a[1] - a[2]);
                        })
                     .dimensions("1 or D or D * D, D, D -> 1",
                                 [](const Children& c, const Integers& n) {
                                   broadcast_dimension({c[1], c[2]}, n);
                                   return weighted_dimension(
                                       c[0], c[1]->dimension > 1 ? c[1] : c[2]);
                                 })
                     .documentation("WeightedSqNorm(s, f - g)")
                     .example("WeightedSqDist(p, x, y)"));
}

}  // namespace

void add_norm_rows(Rows& rows) {
  add_plain(rows);
  add_weighted(rows);
  add_great_circle(rows);
}

}  // namespace rkeops
