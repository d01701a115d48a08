// Scalar products, norms and distances: definitions by sums of squares.
#include "ir/ops_rows.h"

namespace rkeops {

namespace {

using Meaning = std::function<Expr(const DefinitionArguments&)>;

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
  rows.push_back(infix(definition(
                           "Scalprod", {"f", "g"}, {}, broadcast_dimension,
                           [](const DefinitionArguments& a) {
                             if (a[0]->dimension == 1) return a[0] * call("Sum", {a[1]});
                             if (a[1]->dimension == 1) return a[1] * call("Sum", {a[0]});
                             return call("Sum", {a[0] * a[1]});
                           },
                           "scalar product: Sum(f * g)"),
                       "|", 3));
  rows.push_back(definition(
      "SqNorm2", {"f"}, {}, one,
      [](const DefinitionArguments& a) { return squared_norm(a[0]); },
      "squared Euclidean norm: Sum(f^2)"));
  rows.push_back(definition(
      "Norm2", {"f"}, {}, one,
      [](const DefinitionArguments& a) { return call("Sqrt", {squared_norm(a[0])}); },
      "Euclidean norm: Sqrt(Sum(f^2)); its derivative at 0 is 0"));
  rows.push_back(definition(
      "Normalize", {"f"}, {}, broadcast_dimension,
      [](const DefinitionArguments& a) {
        return call("Rsqrt", {squared_norm(a[0])}) * a[0];
      },
      "f / |f|, 0 where f is 0"));
  rows.push_back(definition(
      "SqDist", {"f", "g"}, {},
      [](const Children& c, const Integers& n) {
        broadcast_dimension(c, n);
        return 1;
      },
      [](const DefinitionArguments& a) { return squared_norm(a[0] - a[1]); },
      "squared Euclidean distance: Sum((f - g)^2)"));
}

// Only differences and cosines enter: near points keep their digits, which they lose in
// an arc cosine of a number near 1.
Expr great_circle(const DefinitionArguments& a) {
  const auto half_chord = [](Expr angle) {
    return call("Square", {call("Sin", {0.5 * angle})});
  };
  const Expr difference = a[0] - a[1];
  const auto longitude = [](Expr f) { return call("Elem", {f}, {0}); };
  const auto latitude = [](Expr f) { return call("Elem", {f}, {1}); };
  const Expr cosines = call("Cos", {latitude(a[0])}) * call("Cos", {latitude(a[1])});
  const Expr square =
      half_chord(latitude(difference)) + cosines * half_chord(longitude(difference));
  const Expr chord = call("Sqrt", {square});
  return 2.0 * call("Asin", {call("Minimum", {chord, chord->graph->constant(1)})});
}

void add_great_circle(Rows& rows) {
  rows.push_back(shown(definition(
                           "Haversine", {"f", "g"}, {},
                           [](const Children& c, const Integers&) {
                             require(c[0]->dimension == 2 && c[1]->dimension == 2,
                                     "needs two pairs (longitude, latitude)");
                             return 1;
                           },
                           great_circle,
                           "angle between two points (longitude, latitude) of a sphere, "
                           "in radians as they "
                           "are: accurate for near points, unlike an arc cosine"),
                       "Haversine(b, c)"));
}

void add_weighted(Rows& rows) {
  rows.push_back(
      shown(definition(
                "SqNormIso", {"s", "f"}, {},
                [](const Children& c, const Integers&) { return c[0]->dimension; },
                [](const DefinitionArguments& a) { return a[0] * squared_norm(a[1]); },
                "s * SqNorm2(f)"),
            "SqNormIso(p, x)"));
  rows.push_back(shown(definition(
                           "SqNormDiag", {"s", "f"}, {},
                           [](const Children& c, const Integers& n) {
                             broadcast_dimension(c, n);
                             return 1;
                           },
                           [](const DefinitionArguments& a) {
                             return call("Sum", {a[0] * call("Square", {a[1]})});
                           },
                           "Sum(s * f^2)"),
                       "SqNormDiag(x, y)"));
  rows.push_back(shown(
      definition(
          "SymSqNorm", {"A", "f"}, {},
          [](const Children& c, const Integers&) {
            require(c[0]->dimension == c[1]->dimension * c[1]->dimension,
                    "needs a matrix of " +
                        std::to_string(c[1]->dimension * c[1]->dimension) +
                        " components for a vector of " + std::to_string(c[1]->dimension) +
                        ", not " + std::to_string(c[0]->dimension));
            return 1;
          },
          [](const DefinitionArguments& a) {
            return call("Sum", {a[0] * call("TensorProd", {a[1], a[1]})});
          },
          "quadratic form: sum over k, l of A[k, l] f[k] f[l]"),
      "SymSqNorm(Q, x)"));
  rows.push_back(shown(
      definition(
          "WeightedSqNorm", {"s", "f"}, {},
          [](const Children& c, const Integers&) {
            return weighted_dimension(c[0], c[1]);
          },
          [](const DefinitionArguments& a) { return weighted_squared_norm(a[0], a[1]); },
          "SqNormIso, SqNormDiag or SymSqNorm, by the dimension of s"),
      "WeightedSqNorm(Q, x)"));
  rows.push_back(shown(definition(
                           "WeightedSqDist", {"s", "f", "g"}, {},
                           [](const Children& c, const Integers& n) {
                             broadcast_dimension({c[1], c[2]}, n);
                             return weighted_dimension(c[0],
                                                       c[1]->dimension > 1 ? c[1] : c[2]);
                           },
                           [](const DefinitionArguments& a) {
                             return weighted_squared_norm(a[0], a[1] - a[2]);
                           },
                           "WeightedSqNorm(s, f - g)"),
                       "WeightedSqDist(p, x, y)"));
}

}  // namespace

void add_norm_rows(Rows& rows) {
  add_plain(rows);
  add_weighted(rows);
  add_great_circle(rows);
  describe_dimensions(rows, {{"Scalprod", "D, D -> 1"},
                             {"Haversine", "2, 2 -> 1"},
                             {"SqNorm2", "D -> 1"},
                             {"Norm2", "D -> 1"},
                             {"SqDist", "D, D -> 1"},
                             {"SqNormIso", "n, D -> n"},
                             {"SqNormDiag", "D, D -> 1"},
                             {"SymSqNorm", "D * D, D -> 1"},
                             {"WeightedSqNorm", "1 or D or D * D, D -> 1"},
                             {"WeightedSqDist", "1 or D or D * D, D, D -> 1"}});
}

}  // namespace rkeops
