// An adjoint belongs to a node and to an index space. Below a reduction over j the space
// gains j: there is one adjoint for each pair, although the node itself may depend on i
// alone. All rules are linear in the adjoint, so the sum over the indices a node does not
// have can wait until the variable is reached, and must only be taken on entering a
// reduction, whose inner index is another one.
#include "pass/differentiate.h"

#include <array>
#include <functional>
#include <unordered_map>
#include <unordered_set>

#include "base/diagnostic.h"
#include "ir/ops.h"
#include "ir/reductions.h"
#include "ir/selection.h"
#include "ir/structural_zeros.h"

namespace rkeops {

bool has_reduction(Expr f) {
  for (Expr node : sorted_nodes({f}, false)) {
    if (node->kind == NodeKind::reduction) return true;
  }
  return false;
}

namespace {

bool is_insertion(Expr node) {
  return node->kind == NodeKind::operation && node->operation->form == Form::insert;
}

// Sum over the indices in `from` that `to` does not have.
Expr summed(Expr adjoint, Level from, Level to) {
  if (is_insertion(adjoint) && !within(from, to)) {
    return adjoint->graph->apply(
        *adjoint->operation, {summed(adjoint->children[0], from, to)}, adjoint->integers);
  }
  Expr result = adjoint;
  for (Level index : {level_j, level_i}) {
    if (!within(index, without(from, to))) continue;
    const Over over = from == level_pair ? adjoint->graph->over : Over::index;
    result = adjoint->graph->reduce(reduction_named("Sum"), index, {result}, {}, over);
    from = without(from, index);
  }
  return result;
}

// The same of an adjoint that is multiplied with more on the way: zero where a choice
// leaves nothing to sum up.
Expr summed_in_sight(Expr adjoint, Level from, Level to) {
  if (is_insertion(adjoint)) {
    return adjoint->graph->apply(*adjoint->operation,
                                 {summed_in_sight(adjoint->children[0], from, to)},
                                 adjoint->integers);
  }
  const Support support = support_of(adjoint);
  if (support.kind != Support::somewhere || within(from, to))
    return summed(adjoint, from, to);
  const Level gone = without(from, to);
  if (within(support.test->level, without(level_pair, gone)))
    return selected(support, summed(value_on_support(adjoint), from, to),
                    adjoint->dimension);
  const Expr count = summed(indicator(support), from, to);
  return selected(support_of_count(count), summed(adjoint, from, to), adjoint->dimension);
}

// Rules that are linear in the adjoint as a whole: where all of it is zero, so are they.
std::vector<Expr> with_choice_outside(
    Expr adjoint, const std::function<std::vector<Expr>(Expr)>& rule) {
  Support support = support_of(adjoint);
  if (support.kind != Support::somewhere) return rule(adjoint);
  const bool is_one = support.test->dimension == 1;
  if (!is_one) support = support_of_count(call("Sum", {indicator(support)}));
  std::vector<Expr> parts = rule(is_one ? value_on_support(adjoint) : adjoint);
  for (size_t k = 0; k < parts.size(); ++k) {
    if (parts[k]) parts[k] = selected(support, parts[k], parts[k]->dimension);
  }
  return parts;
}

class ReverseMode {
 public:
  ReverseMode(Expr f, Expr v) : variable_(v), order_(sorted_nodes({f}, true)) {
    for (Expr node : order_) {
      bool depends = node == v;
      for (Expr child : node->children) depends = depends || active_.count(&*child);
      if (depends) active_.insert(&*node);
    }
  }

  // Adjoints of v, one for each index space; null where there is none.
  std::array<Expr, 4> run(Expr f, Level space, Expr e) {
    add(f, space, e);
    for (auto node = order_.rbegin(); node != order_.rend(); ++node) {
      if (*node == variable_ || !active_.count(&**node)) continue;
      const auto found = adjoints_.find(&**node);
      if (found == adjoints_.end()) continue;
      const std::array<Expr, 4> adjoints = found->second;
      (*node)->kind == NodeKind::reduction ? enter(*node, adjoints)
                                           : pass(*node, adjoints);
    }
    return adjoints_[&*variable_];
  }

 private:
  void add(Expr node, Level space, Expr adjoint) {
    // a broadcast argument collects the adjoints of all components
    if (node->dimension == 1 && adjoint->dimension > 1) adjoint = total_of(adjoint);
    if (adjoint->dimension == 1 && node->dimension > 1)
      adjoint = repeated(adjoint, node->dimension);
    Expr& slot = adjoints_[&*node][space];
    slot = slot ? joined(slot, adjoint) : adjoint;
  }

  void pass(Expr node, const std::array<Expr, 4>& adjoints) {
    for (unsigned space = 0; space < 4; ++space) {
      if (!adjoints[space]) continue;
      const std::vector<Expr> parts = contributions(node, adjoints[space]);
      for (size_t k = 0; k < parts.size(); ++k) {
        const Expr child = node->children[k];
        if (active_.count(&*child) && parts[k]) add(child, Level(space), parts[k]);
      }
    }
  }

  static std::vector<Expr> contributions(Expr node, Expr adjoint) {
    const Operation& row = *node->operation;
    std::vector<Expr> parts;
    if (row.form == Form::routine) {
      parts = with_choice_outside(adjoint, [&](Expr given) {
        return row.adjoints({node, given});
      });
    } else if (row.adjoints) {
      parts = row.adjoints({node, adjoint});
      for (Expr& part : parts) part = part ? with_zeros_in_sight(part) : part;
    } else if (row.partials) {
      parts = row.partials({node, adjoint});
      for (Expr& part : parts) part = scaled(adjoint, part);
    }
    return parts;
  }

  void enter(Expr node, const std::array<Expr, 4>& adjoints) {
    if (!node->reduction->adjoints)
      throw NotDifferentiable{node->reduction->name + "_Reduction"};
    Expr adjoint;
    for (unsigned space = 0; space < 4; ++space) {
      if (!adjoints[space]) continue;
      const Expr part = summed_in_sight(adjoints[space], Level(space), node->level);
      adjoint = adjoint ? joined(adjoint, part) : part;
    }
    const std::vector<Expr> parts = reduction_parts(node, adjoint);
    for (size_t k = 0; k < parts.size(); ++k) {
      const Expr child = node->children[k];
      if (active_.count(&*child) && parts[k])
        add(child, join(node->level, node->reduced), parts[k]);
    }
  }

  static std::vector<Expr> reduction_parts(Expr node, Expr adjoint) {
    const auto rule = [&](Expr given) {
      return node->reduction->adjoints({node, given});
    };
    const Support support = support_of(adjoint);
    const bool by_component =
        support.kind == Support::somewhere && support.test->dimension > 1;
    return by_component ? rule(adjoint) : with_choice_outside(adjoint, rule);
  }

  Expr variable_;
  std::vector<Expr> order_;
  std::unordered_set<const Node*> active_;  // what depends on the variable
  std::unordered_map<const Node*, std::array<Expr, 4>> adjoints_;
};

}  // namespace

namespace {

Expr pointwise_gradient(Expr f, Expr v, Expr e) {
  const Expr adjoint = ReverseMode(f, v).run(f, level_none, e)[level_none];
  return adjoint ? adjoint : v->graph->constant(0, v->dimension);
}

Expr operator_gradient(Expr f, Level index, Expr v, Expr e) {
  const std::array<Expr, 4> adjoints = ReverseMode(f, v).run(f, index, e);
  Expr total;
  for (unsigned space = 0; space < 4; ++space) {
    if (!adjoints[space]) continue;
    const Expr part = summed(adjoints[space], Level(space), v->level);
    total = total ? total + part : part;
  }
  if (total) return total;
  // no dependence: zeros, as a reduction so that it can be run like any other
  const Expr zeros = v->graph->constant(0, v->dimension);
  return v->graph->reduce(reduction_named("Sum"), v->level == level_j ? level_i : level_j,
                          {zeros});
}

// ElemT: component k of a unit vector.
Expr unit_vector(Graph& graph, int dimension, int k) {
  const Expr one = graph.constant(1);
  return dimension == 1 ? one : call("ElemT", {one}, {dimension, k});
}

Expr component(Expr f, int k) { return f->dimension == 1 ? f : call("Elem", {f}, {k}); }

}  // namespace

Expr gradient(Expr f, Level index, Expr v, Expr e) {
  return has_reduction(f) ? operator_gradient(f, index, v, e)
                          : pointwise_gradient(f, v, e);
}

namespace {

// The same expression with zeros in place of a variable.
class Without {
 public:
  explicit Without(Expr variable) : variable_(variable) {}

  Expr of(Expr node) {
    if (node == variable_) return node->graph->constant(0, node->dimension);
    if (node->children.empty()) return node;
    Expr& result = found_[&*node];
    if (!result) result = rebuilt(node);
    return result;
  }

 private:
  Expr rebuilt(Expr node) {
    std::vector<Expr> children;
    for (Expr child : node->children) children.push_back(of(child));
    return children == node->children ? node : node->graph->again(node, children);
  }

  const Expr variable_;
  std::unordered_map<const Node*, Expr> found_;
};

}  // namespace

Expr directional_derivative(Expr f, Level index, Expr v, Expr u) {
  // The adjoint of the adjoint: g -> <gradient(f, v, g), u> is linear in g, and its
  // gradient in g is the derivative. It does not depend on g, which may only be left in
  // parts that are not used.
  Graph& graph = *f->graph;
  const bool pointwise = !has_reduction(f);
  const Expr g =
      graph.variable("", -1 - f->id, pointwise ? level_none : index, f->dimension);
  const Expr product = call("Sum", {gradient(f, index, v, g) * u});
  const Expr one = graph.constant(1);
  const Expr derivative = pointwise ? pointwise_gradient(product, g, one)
                                    : operator_gradient(product, v->level, g, one);
  return Without(g).of(derivative);
}

Expr gradient_matrix(Expr f, Level index, Expr v) {
  Expr result;
  for (int k = 0; k < f->dimension; ++k) {
    const Expr part = gradient(f, index, v, unit_vector(*f->graph, f->dimension, k));
    result = result ? call("Concat", {result, part}) : part;
  }
  return result;
}

Expr divergence(Expr f, Level index, Expr v, Expr weight) {
  Expr result;
  for (int k = 0; k < f->dimension; ++k) {
    const Expr unit = unit_vector(*f->graph, f->dimension, k);
    Expr part = component(gradient(f, index, v, unit), k);
    if (weight) part = component(weight, k) * part;
    result = result ? result + part : part;
  }
  return result;
}

}  // namespace rkeops
