#include "pass/read_exponents.h"

#include "pass/simplify_rules.h"

namespace rkeops {

Expr plus(Expr a, Expr b) { return !a ? b : !b ? a : a + b; }

bool reads_reductions(Expr f) {
  for (Expr node : sorted_nodes({f}, false)) {
    if (node->kind == NodeKind::reduction) return true;
  }
  return false;
}

namespace {

// x_i - y_j or y_j - x_i, of equal dimensions.
bool is_difference(Expr f) {
  if (!is_call(f, "Subtract")) return false;
  const Expr a = f->children[0], b = f->children[1];
  return f->level == level_pair && a->level != level_pair && b->level != level_pair &&
         a->dimension == b->dimension;
}

bool read_distance(Expr f, Expr factor, Exponent& to) {
  Expr weights;
  if (is_call(f, "Sum")) f = f->children[0];
  if (is_call(f, "Mult")) {
    const size_t k = f->children[0]->level == level_none ? 0 : 1;
    weights = f->children[k];
    f = f->children[1 - k];
    if (weights->level != level_none) return false;
  }
  if (!is_call(f, "Square") || !is_difference(f->children[0])) return false;
  for (Expr part : {factor, weights, f}) {
    // conditions are asked before anything is reduced
    if (part && reads_reductions(part)) return false;
  }
  to.distances.push_back({factor, weights, f->children[0]});
  return true;
}

// Formulas can be as high as they are long: what lies deeper than this is not looked at.
constexpr int deepest = 64;

// Adds the terms of factor * f; false if there are others.
bool read_terms(Expr f, Expr factor, Exponent& to, int depth = 0) {
  if (depth == deepest) return false;
  if (f->level != level_pair) {
    Expr& of_index = f->level == level_j ? to.of_j : to.of_i;
    of_index = plus(of_index, factor * f);
    return true;
  }
  if (is_call(f, "Minus")) return read_terms(f->children[0], -factor, to, depth + 1);
  if (is_call(f, "Add") || is_call(f, "Subtract")) {
    return read_terms(f->children[0], factor, to, depth + 1) &&
           read_terms(f->children[1], is_call(f, "Add") ? factor : -factor, to,
                      depth + 1);
  }
  if (is_call(f, "Divide") && f->children[1]->level == level_none)
    return read_terms(f->children[0], factor / f->children[1], to, depth + 1);
  if (is_call(f, "Mult")) {
    for (size_t k : {0, 1}) {
      if (f->children[k]->level == level_none)
        return read_terms(f->children[1 - k], factor * f->children[k], to, depth + 1);
    }
  }
  return read_distance(f, factor, to);
}

// Below so many dimensions a bound would not be less work than the distance; the bound
// allows for the rounding errors of factors of so few terms.
constexpr int shortest_bounded = 3;
constexpr size_t longest_factor = 16;

}  // namespace

Exponent read_exponent(Expr f, double factor) {
  Exponent exponent;
  const bool is_readable = f->dimension == 1 && f->level == level_pair &&
                           read_terms(f, f->graph->constant(factor), exponent);
  return is_readable ? exponent : Exponent();
}

int dimension_of(const Exponent& exponent) {
  int dimension = 0;
  for (const SquaredDistance& distance : exponent.distances)
    dimension += distance.difference->dimension;
  return dimension;
}

Exponent read_bounded(Expr f) {
  Exponent exponent = read_exponent(f, 1);
  bool is_bounded =
      !exponent.of_i && !exponent.of_j && dimension_of(exponent) >= shortest_bounded;
  for (const SquaredDistance& distance : exponent.distances)
    is_bounded =
        is_bounded && sorted_nodes({distance.factor}, false).size() <= longest_factor;
  return is_bounded ? exponent : Exponent();
}

void collect_factors(Expr f, std::vector<Expr>& factors, int depth) {
  constexpr size_t most = 64;  // of x * x * ... there are exponentially many
  if (depth == deepest || factors.size() >= most) {
    factors.push_back(f);
  } else if (is_call(f, "Mult")) {
    for (Expr child : f->children) collect_factors(child, factors, depth + 1);
  } else if (is_call(f, "Minus")) {
    factors.push_back(f->graph->constant(-1));
    collect_factors(f->children[0], factors, depth + 1);
  } else if (is_call(f, "SumT")) {
    collect_factors(f->children[0], factors, depth + 1);
  } else {
    factors.push_back(f);
  }
}

}  // namespace rkeops
