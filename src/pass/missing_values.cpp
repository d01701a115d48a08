#include "pass/missing_values.h"

#include <unordered_map>

#include "ir/ops.h"
#include "ir/reductions.h"

namespace rkeops {

namespace {

bool is_number_of_element(Expr node) {
  if (node->kind == NodeKind::index) return true;
  const bool is_part =
      node->kind == NodeKind::operation && node->operation->form == Form::slice;
  return is_part && is_number_of_element(node->children[0]);
}

bool hides_missing(Expr node) {
  if (node->kind == NodeKind::reduction) return bool(node->reduction->with_missing);
  if (node->kind != NodeKind::operation || !node->operation->with_missing) return false;
  for (Expr child : node->children) {
    if (is_number_of_element(child)) return false;
  }
  return true;
}

Expr with_children(Expr node, const std::vector<Expr>& children) {
  Graph& graph = *node->graph;
  if (!hides_missing(node)) return graph.again(node, children);
  if (node->kind == NodeKind::reduction)
    return node->reduction->with_missing(
        {&graph, node->reduced, children, node->integers, node->over});
  return node->operation->with_missing({&graph, children, node->integers});
}

}  // namespace

bool has_comparisons(Expr root) {
  for (Expr node : sorted_nodes({root}, true)) {
    if (hides_missing(node)) return true;
  }
  return false;
}

Expr with_missing(Expr root) {
  std::unordered_map<const Node*, Expr> done;
  for (Expr node : sorted_nodes({root}, true)) {
    std::vector<Expr> children;
    for (Expr child : node->children) children.push_back(done.at(&*child));
    done[&*node] = node->children.empty() ? node : with_children(node, children);
  }
  return done.at(&*root);
}

}  // namespace rkeops
