// Exponents are read as sums of terms (read_exponents); then the formula is built again,
// from the inside out, with what they become in their place.
#include "pass/expand_distances.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "ir/ops.h"
#include "pass/read_exponents.h"
#include "pass/simplify.h"
#include "pass/simplify_rules.h"

namespace rkeops {

namespace {

// An exponent is of_i + of_j + products. Sizes are those of the terms of distances: the
// products are at most as large as both together.
struct Expanded {
  Expr of_i, of_j, products;
  Expr size_i, size_j;
};

// The points of a difference, with the centre taken from both.
struct Centred {
  Expr of_i, of_j;
};

class Expander {
 public:
  Expander(Expr root, int arguments, const ExpansionLimits& limits)
      : root_(root), graph_(*root->graph), arguments_(arguments), limits_(limits) {}

  Expansion run() {
    const std::vector<Expr> nodes = sorted_nodes({root_}, true);
    for (Expr node : nodes) {
      if (is_linear(node)) note_factors(node);
    }
    for (Expr node : nodes) built_[&*node] = built(node);
    if (expansion_.centres.empty()) return {};
    expansion_.root = simplify(built_.at(&*root_));
    expansion_.condition_i = simplify(expansion_.condition_i);
    expansion_.condition_j = simplify(expansion_.condition_j);
    return expansion_;
  }

 private:
  static bool is_linear(Expr node) {
    return node->kind == NodeKind::reduction && node->reduction->is_linear;
  }

  void note_factors(Expr reduction) {
    std::vector<Expr> factors;
    collect_factors(reduction->children[0], factors);
    for (Expr factor : factors) is_factor_.insert(&*factor);
  }

  const Centred& centred(Expr difference) {
    const auto known = centred_.find(&*difference);
    if (known != centred_.end()) return known->second;
    const bool j_first = difference->children[0]->level == level_j;
    const Expr x = difference->children[j_first], y = difference->children[!j_first];
    const int number = int(expansion_.centres.size());
    const Expr centre =
        graph_.variable("centre" + std::to_string(number + 1), arguments_ + number,
                        level_none, difference->dimension);
    expansion_.centres.push_back({centre, y});
    return centred_[&*difference] = {x - centre, y - centre};
  }

  void demand(Expr value, double limit) {
    Expr& condition =
        value->level == level_j ? expansion_.condition_j : expansion_.condition_i;
    const Expr part = (1 / limit) * value;
    condition = condition ? call("Concat", {condition, part}) : part;
  }

  void add(const SquaredDistance& distance, Expanded& to) {
    const Centred& points = centred(distance.difference);
    const Expr weights = distance.weights;
    for (Expr part : {points.of_i, points.of_j}) {
      const Expr squares = call("Square", {part});
      const bool is_of_j = part->level == level_j;
      Expr& of_index = is_of_j ? to.of_j : to.of_i;
      Expr& size = is_of_j ? to.size_j : to.size_i;
      of_index = plus(of_index, distance.factor * call("Sum", {times(weights, squares)}));
      const Expr sizes = weights ? call("Abs", {weights}) * squares : squares;
      size = plus(size, call("Abs", {distance.factor}) * call("Sum", {sizes}));
    }
    const Expr scaled = (-2 * distance.factor) * times(weights, points.of_i);
    to.products = plus(to.products, call("Sum", {scaled * points.of_j}));
  }

  Expanded expanded(const Exponent& exponent) {
    Expanded result{exponent.of_i, exponent.of_j, Expr(), Expr(), Expr()};
    for (const SquaredDistance& distance : exponent.distances) {
      add(distance, result);
      near_centre_.insert(&*distance.difference);
    }
    demand(result.size_i, limits_.terms);
    demand(result.size_j, limits_.terms);
    return result;
  }

  Expr built(Expr node) {
    if (is_call(node, "Exp") || is_call(node, "Exp2")) {
      const double to_base_two = is_call(node, "Exp") ? M_LOG2E : 1;
      const Exponent exponent = read_exponent(node->children[0], to_base_two);
      if (!exponent.distances.empty()) return power_of_two(node, exponent);
    }
    if (node->kind == NodeKind::reduction) {
      if (node->reduction->wanted != Wanted::all)
        add_bound(node->children[0], node->reduction->wanted);
      if (const Expr shifted = shift_leaves(node)) return shifted;
      if (const Expr sum = difference_leaves(node)) return sum;
    }
    return rebuilt(node, built_children(node));
  }

  // A sum over D dimensions has D roundings each of the two squares, of the products, and
  // of the distance itself, which can be twice the squares, and some that centring,
  // factors and adding take.
  double slack(const Exponent& exponent) const {
    return limits_.rounding *
           (6 * dimension_of(exponent) + 64 * int(exponent.distances.size()));
  }

  // Squares that become subnormal lose digits, which may not be scaled up again; and so
  // would factors that become subnormal.
  void demand_scale(const SquaredDistance& distance) {
    const Expr factor = call("Abs", {distance.factor});
    const Expr weights =
        distance.weights ? call("Abs", {distance.weights}) * factor : factor;
    demand_unless_constant(weights, std::pow(limits_.largest, 1. / 3));
    demand_unless_constant(1 / factor, limits_.largest);
  }

  void demand_unless_constant(Expr value, double limit) {
    value = simplify(value);
    const bool holds = value->kind == NodeKind::constant && value->value <= limit;
    if (!holds) demand(value, limit);
  }

  // Reductions of the same value share a bound, if they look for the same end.
  bool has_bound(Expr value, Wanted wanted) const {
    return std::any_of(expansion_.bounds.begin(), expansion_.bounds.end(),
                       [&](const DistanceBound& bound) {
                         return bound.value == value && bound.wanted == wanted;
                       });
  }

  void add_bound(Expr value, Wanted wanted) {
    if (has_bound(value, wanted)) return;
    const Exponent exponent = read_bounded(value);
    if (exponent.distances.empty()) return;
    Expanded terms{};
    for (const SquaredDistance& distance : exponent.distances) {
      add(distance, terms);
      demand_scale(distance);
    }
    const double sign = wanted == Wanted::smallest ? -1 : 1;
    const auto bound = [&](Expr part, Expr size) {
      return simplify(sign / limits_.largest + (part + sign * slack(exponent) * size));
    };
    demand(terms.size_i, limits_.largest);
    demand(terms.size_j, limits_.largest);
    expansion_.bounds.push_back({value, wanted, bound(terms.of_i, terms.size_i),
                                 bound(terms.of_j, terms.size_j),
                                 simplify(terms.products)});
  }

  Expr built_or_itself(Expr node) const {
    const auto known = built_.find(&*node);
    return known == built_.end() ? node : known->second;
  }

  std::vector<Expr> built_children(Expr node) const {
    std::vector<Expr> children;
    for (Expr child : node->children) children.push_back(built_.at(&*child));
    return children;
  }

  Expr rebuilt(Expr node, const std::vector<Expr>& children) {
    const bool has_rule =
        node->kind == NodeKind::reduction || node->kind == NodeKind::operation;
    return has_rule ? graph_.again(node, children) : node;
  }

  // 2^(a_i + b_j + u.v): a product where its factors can go their ways.
  Expr power_of_two(Expr node, const Exponent& exponent) {
    bool is_product = is_factor_.count(&*node) > 0;
    for (Expr other : {exponent.of_i, exponent.of_j}) {
      is_product = is_product && !(other && reads_reductions(other));
    }
    const Expanded terms = expanded(exponent);
    if (!is_product) {
      return call("Exp2",
                  {with_built_reductions(terms.of_i + terms.of_j + terms.products)});
    }
    for (Expr other : {exponent.of_i, exponent.of_j}) {
      if (other) demand(call("Abs", {other}), limits_.factors);
    }
    return call("Exp2", {terms.of_i}) * call("Exp2", {terms.of_j}) *
           call("Exp2OfSmall", {terms.products});
  }

  // LogSumExp_j(a_i + f) = a_i + LogSumExp_j(f), and the like.
  Expr shift_leaves(Expr node) {
    if (node->reduction->shift == Shift::changes) return Expr();
    const Exponent exponent = read_exponent(node->children[0], 1);
    if (exponent.distances.empty()) return Expr();
    const Expanded terms = expanded(exponent);
    const bool over_j = node->reduced == level_j;
    const Expr leaving = with_built_reductions(over_j ? terms.of_i : terms.of_j);
    std::vector<Expr> children = built_children(node);
    children[0] =
        with_built_reductions(over_j ? terms.of_j : terms.of_i) + terms.products;
    const Expr reduced = rebuilt(node, children);
    return node->reduction->shift == Shift::is_added ? leaving + reduced : reduced;
  }

  // Sum_j(s * (x_i - y_j)) = x_i * Sum_j(s) - Sum_j(s * y_j), as one sum.
  Expr difference_leaves(Expr node) {
    if (!is_linear(node)) return Expr();
    std::vector<Expr> factors;
    collect_factors(node->children[0], factors);
    Expr scalar, difference;
    for (Expr factor : factors) {
      const bool is_near = near_centre_.count(&*factor) > 0;
      if (is_near && !difference) {
        difference = factor;
      } else if (factor->dimension == 1 && !is_near) {
        scalar = times(scalar, built_or_itself(factor));
      } else {
        return Expr();
      }
    }
    if (!difference || !scalar || difference->dimension != node->dimension) return Expr();
    return sum_of_differences(node, scalar, difference);
  }

  Expr sum_of_differences(Expr node, Expr scalar, Expr difference) {
    const Centred& points = centred(difference);
    const bool over_j = node->reduced == level_j;
    const Expr reduced = over_j ? points.of_j : points.of_i,
               kept = over_j ? points.of_i : points.of_j;
    const Expr sums =
        rebuilt(node, {scalar * call("Concat", {graph_.constant(1), reduced})});
    const Expr of_kept = kept * call("Elem", {sums}, {0});
    const Expr of_reduced = call("Extract", {sums}, {1, node->dimension});
    const bool kept_first = difference->children[0]->level != node->reduced;
    return kept_first ? of_kept - of_reduced : of_reduced - of_kept;
  }

  // Terms of an exponent, with the reductions in them as they have been built.
  Expr with_built_reductions(Expr f) {
    std::unordered_map<const Node*, Expr> copies;
    for (Expr node : sorted_nodes({f}, false)) {
      std::vector<Expr> children;
      if (node->kind == NodeKind::reduction) {
        copies[&*node] = built_.at(&*node);
        continue;
      }
      for (Expr child : node->children) children.push_back(copies.at(&*child));
      copies[&*node] = rebuilt(node, children);
    }
    return copies.at(&*f);
  }

  const Expr root_;
  Graph& graph_;
  const int arguments_;
  const ExpansionLimits limits_;
  Expansion expansion_;
  std::unordered_set<const Node*> is_factor_;  // of the argument of a sum
  std::unordered_map<const Node*, Centred> centred_;
  std::unordered_set<const Node*> near_centre_;  // differences whose size is demanded
  std::unordered_map<const Node*, Expr> built_;
};

}  // namespace

Expansion expand_distances(Expr root, int arguments, const ExpansionLimits& limits) {
  return Expander(root, arguments, limits).run();
}

}  // namespace rkeops
