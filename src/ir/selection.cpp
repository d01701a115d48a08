#include "ir/selection.h"

#include <algorithm>
#include <unordered_map>

#include "ir/ops.h"
#include "ir/patterns.h"

namespace rkeops {

namespace {

bool is_choice(Expr node) { return is_call(node, "IfElse"); }

bool is_insertion(Expr node) {
  return node->kind == NodeKind::operation && node->operation->form == Form::insert;
}

Expr yes(Expr node) { return node->children[1]; }
Expr no(Expr node) { return node->children[2]; }

// ---- the algebra of supports ----

Support reversed(Support support) {
  support.is_else = !support.is_else;
  return support;
}

// A number that is at least 0 on the support, and below 0 or NaN elsewhere.
Expr as_test(const Support& support, Graph& graph) {
  if (support.kind == Support::nowhere) return graph.constant(-1);
  if (support.kind == Support::everywhere) return graph.constant(1);
  if (!support.is_else) return support.test;
  return call("IfElse", {support.test, graph.constant(-1), graph.constant(1)});
}

Support by_test(Expr test) { return {Support::somewhere, test, false}; }

// `a` where the test says so, `b` elsewhere.
Support chosen(Expr test, const Support& a, const Support& b) {
  if (a == b) return a;
  if (a.kind == Support::everywhere && b.kind == Support::nowhere) return by_test(test);
  if (a.kind == Support::nowhere && b.kind == Support::everywhere)
    return reversed(by_test(test));
  Graph& graph = *test->graph;
  return by_test(call("IfElse", {test, as_test(a, graph), as_test(b, graph)}));
}

Support either(const Support& a, const Support& b) {
  if (a.kind != Support::somewhere) return a.kind == Support::everywhere ? a : b;
  if (b.kind != Support::somewhere) return b.kind == Support::everywhere ? b : a;
  if (a == b) return a;
  const Support all;
  if (a == reversed(b)) return all;
  return a.is_else ? chosen(a.test, b, all) : chosen(a.test, all, b);
}

// The choices of a graph share parts: each is looked at once.
class Supports {
 public:
  Support of(Expr node) {
    if (is_number(node, 0)) return {Support::nowhere, Expr(), false};
    const bool is_sum = is_call(node, "Add"), is_inserted = is_insertion(node);
    if (!is_sum && !is_inserted && !is_choice(node)) return {};
    const auto known = known_.find(&*node);
    if (known != known_.end()) return known->second;
    const Support support = is_sum ? either(of(node->children[0]), of(node->children[1]))
                            : is_inserted
                                ? inserted_like(node, of(node->children[0]))
                                : chosen(node->children[0], of(yes(node)), of(no(node)));
    return known_[&*node] = support;
  }

 private:
  static Support inserted_like(Expr insertion, const Support& support) {
    const bool is_one =
        support.kind != Support::somewhere || support.test->dimension == 1;
    if (is_one) return support;
    return support_of_count(insertion->graph->apply(
        *insertion->operation, {indicator(support)}, insertion->integers));
  }

  std::unordered_map<const Node*, Support> known_;
};

Expr repeated_to(Expr x, int dimension) {
  return x->dimension == dimension ? x : call("SumT", {x}, {dimension});
}

// The branches of two choices, each with a zero, added up.
Expr sum_of_branches(Expr a, Expr b) {
  if (is_number(a, 0)) return b;
  return is_number(b, 0) ? a : joined(a, b);
}

bool has_zero_branch(Expr node) {
  return is_number(yes(node), 0) || is_number(no(node), 0);
}

}  // namespace

Support support_of(Expr adjoint) { return Supports().of(adjoint); }

Expr value_on_support(Expr adjoint) {
  Expr value = adjoint;
  while (is_choice(value) && has_zero_branch(value))
    value = is_number(no(value), 0) ? yes(value) : no(value);
  return repeated_to(value, adjoint->dimension);
}

Expr selected(const Support& support, Expr value, int dimension) {
  Graph& graph = *value->graph;
  if (support.kind == Support::nowhere) return graph.constant(0, dimension);
  if (support.kind == Support::everywhere || is_number(value, 0))
    return repeated_to(value, dimension);
  if (support.test->dimension < dimension) value = repeated_to(value, dimension);
  const Expr zero = graph.constant(0);
  return support.is_else ? call("IfElse", {support.test, zero, value})
                         : call("IfElse", {support.test, value, zero});
}

Expr indicator(const Support& support) {
  return selected(support, support.test->graph->constant(1), support.test->dimension);
}

Support support_of_count(Expr count) {
  return by_test(count - count->graph->constant(0.5));
}

Expr chosen(Expr truth, Expr a, Expr b) {
  return call("IfElse", {truth - truth->graph->constant(0.5), a, b});
}

Expr joined(Expr a, Expr b) {
  const bool share_test = is_choice(a) && is_choice(b) &&
                          a->children[0] == b->children[0] && has_zero_branch(a) &&
                          has_zero_branch(b);
  if (!share_test) return a + b;
  const Expr sum = call("IfElse", {a->children[0], sum_of_branches(yes(a), yes(b)),
                                   sum_of_branches(no(a), no(b))});
  return repeated_to(sum, std::max(a->dimension, b->dimension));
}

}  // namespace rkeops
