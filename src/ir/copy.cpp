#include "copy.h"

#include <unordered_map>

namespace rkeops {

namespace {

Expr copy_of(Graph& graph, Expr node, const std::vector<Expr>& children,
             const CopyRules& rules) {
  const auto level = [&rules](Level from) {
    return rules.level ? rules.level(from) : from;
  };
  switch (node->kind) {
    case NodeKind::variable:
      if (rules.variable) return rules.variable(node);
      return graph.variable(node->name, node->position, level(node->level),
                            node->dimension);
    case NodeKind::index:
      return graph.index(level(node->level));
    case NodeKind::constant:
      return graph.constant(node->value, node->dimension);
    case NodeKind::operation:
      return graph.apply(*node->operation, children, node->integers);
    case NodeKind::reduction:
      return graph.reduce(*node->reduction, level(node->reduced), children,
                          node->integers);
  }
  return Expr();
}

}  // namespace

Expr copy_to(Graph& graph, Expr root, const CopyRules& rules) {
  std::unordered_map<const Node*, Expr> copies;
  for (Expr node : sorted_nodes({root}, true)) {
    std::vector<Expr> children;
    for (Expr child : node->children) children.push_back(copies.at(&*child));
    copies[&*node] = copy_of(graph, node, children, rules);
  }
  return copies.at(&*root);
}

}  // namespace rkeops
