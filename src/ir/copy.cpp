#include "ir/copy.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <unordered_set>

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
                          node->integers, node->over);
  }
  return Expr();
}

Expr copied(Graph& graph, const std::vector<Expr>& nodes, const CopyRules& rules) {
  std::unordered_map<const Node*, Expr> copies;
  Expr copy;
  for (Expr node : nodes) {
    std::vector<Expr> children;
    for (Expr child : node->children) children.push_back(copies.at(&*child));
    copies[&*node] = copy = copy_of(graph, node, children, rules);
  }
  return copy;
}

// Variables in their order, as where they are declared, then what is made of them from
// left to right, children before parents, each once.
std::vector<Expr> reading_order(Expr root) {
  struct Place {
    Expr node;
    size_t child;
  };
  std::unordered_set<const Node*> seen = {&*root};
  std::vector<Place> path = {{root, 0}};
  std::vector<Expr> nodes;
  while (!path.empty()) {
    Place& place = path.back();
    if (place.child == place.node->children.size()) {
      nodes.push_back(place.node);
      path.pop_back();
      continue;
    }
    const Expr child = place.node->children[place.child++];
    if (seen.insert(&*child).second) path.push_back({child, 0});
  }
  std::stable_sort(nodes.begin(), nodes.end(), [](Expr a, Expr b) {
    const auto place = [](Expr node) {
      return node->kind == NodeKind::variable ? node->position
                                              : std::numeric_limits<int>::max();
    };
    return place(a) < place(b);
  });
  return nodes;
}

}  // namespace

Expr copy_to(Graph& graph, Expr root, const CopyRules& rules) {
  return copied(graph, sorted_nodes({root}, true), rules);
}

Expr read_into(Graph& graph, Expr root) { return copied(graph, reading_order(root), {}); }

}  // namespace rkeops
