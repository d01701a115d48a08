// Nodes are interned by structure: see expr.h for the semantics.
#include "ir/expr.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <tuple>

#include "ir/ops.h"
#include "ir/reductions.h"

namespace rkeops {

const char* level_name(Level level) {
  static const char* const names[] = {"parameter", "i", "j", "pair"};
  return names[level];
}

const char* category_name(Level level) {
  return level == level_i ? "Vi" : level == level_j ? "Vj" : "Pm";
}

namespace {

void mix(size_t& seed, size_t value) {
  seed ^= value + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2);
}

/// The bits of a number: -0 and 0 are different constants, NaN equals NaN.
size_t bits_of(double value) {
  unsigned long long bits;
  std::memcpy(&bits, &value, sizeof bits);
  return size_t(bits);
}

size_t hash_of(const Node& node) {
  size_t seed = size_t(node.kind);
  mix(seed, size_t(node.dimension));
  mix(seed, size_t(node.level));
  mix(seed, size_t(node.position));
  mix(seed, bits_of(node.value));
  mix(seed, node.operation ? std::hash<std::string>()(node.operation->name) : 0);
  mix(seed, node.reduction ? std::hash<std::string>()(node.reduction->name) : 0);
  mix(seed, size_t(node.reduced));
  mix(seed, size_t(node.over));
  for (Expr child : node.children) mix(seed, size_t(child->id));
  for (int integer : node.integers) mix(seed, size_t(integer));
  return seed;
}

bool same_structure(const Node& a, const Node& b) {
  return a.kind == b.kind && a.dimension == b.dimension && a.level == b.level &&
         a.position == b.position && bits_of(a.value) == bits_of(b.value) &&
         a.operation == b.operation && a.reduction == b.reduction &&
         a.reduced == b.reduced && a.over == b.over && a.children == b.children &&
         a.integers == b.integers;
}

}  // namespace

Expr Graph::intern(Node node) {
  const size_t hash = hash_of(node);
  auto range = index_.equal_range(hash);
  for (auto entry = range.first; entry != range.second; ++entry) {
    if (same_structure(*entry->second, node)) return Expr(entry->second);
  }
  node.id = int(nodes_.size());
  for (Expr child : node.children) node.height = std::max(node.height, child->height + 1);
  node.graph = this;
  nodes_.push_back(std::move(node));
  index_.emplace(hash, &nodes_.back());
  return Expr(&nodes_.back());
}

Expr Graph::variable(const std::string& name, int position, Level level, int dimension) {
  Node node;
  node.kind = NodeKind::variable;
  node.name = name;
  node.position = position;
  node.level = level;
  node.dimension = dimension;
  return intern(std::move(node));
}

Expr Graph::index(Level level) {
  Node node;
  node.kind = NodeKind::index;
  node.level = level;
  node.dimension = 2;
  return intern(std::move(node));
}

Expr Graph::constant(double value, int dimension) {
  Node node;
  node.kind = NodeKind::constant;
  node.value = value;
  node.dimension = dimension;
  node.is_constant = true;
  return intern(std::move(node));
}

Expr Graph::apply(const Operation& operation, std::vector<Expr> children,
                  std::vector<int> integers) {
  // a definition without a rule of its own has the dimension of what it stands for
  const bool has_rule = operation.dimension || !operation.definition;
  const int dimension = has_rule ? operation.result_dimension(children, integers) : 0;
  if (operation.definition) return operation.definition({this, children, integers});
  Node node;
  node.kind = NodeKind::operation;
  node.operation = &operation;
  node.dimension = dimension;
  node.is_constant = true;
  for (Expr child : children) {
    node.level = join(node.level, child->level);
    node.is_constant = node.is_constant && child->is_constant;
  }
  node.children = std::move(children);
  node.integers = std::move(integers);
  return intern(std::move(node));
}

Expr Graph::reduce(const Reduction& reduction, Level reduced, std::vector<Expr> children,
                   std::vector<int> integers, Over goes_over) {
  const int dimension = reduction.result_dimension(children, integers);
  if (reduction.definition)
    return reduction.definition({this, reduced, children, integers, goes_over});
  Node node;
  node.kind = NodeKind::reduction;
  node.reduction = &reduction;
  node.reduced = reduced;
  node.over = goes_over;
  node.dimension = dimension;
  for (Expr child : children) node.level = join(node.level, child->level);
  if (goes_over == Over::cover) node.level = level_pair;
  node.level = without(node.level, reduced);
  node.children = std::move(children);
  node.integers = std::move(integers);
  return intern(std::move(node));
}

Expr Graph::again(Expr node, std::vector<Expr> children) {
  return node->kind == NodeKind::reduction
             ? reduce(*node->reduction, node->reduced, std::move(children),
                      node->integers, node->over)
             : apply(*node->operation, std::move(children), node->integers);
}

std::vector<Expr> sorted_nodes(const std::vector<Expr>& roots, bool below_reductions) {
  // Children are older than parents: collecting the reachable nodes and sorting by age is
  // a topological order, and the same on every run.
  std::unordered_map<const Node*, bool> seen;
  std::vector<Expr> pending = roots, found;
  while (!pending.empty()) {
    const Expr node = pending.back();
    pending.pop_back();
    if (!seen.emplace(&*node, true).second) continue;
    found.push_back(node);
    if (node->kind == NodeKind::reduction && !below_reductions) continue;
    pending.insert(pending.end(), node->children.begin(), node->children.end());
  }
  std::sort(found.begin(), found.end(), [](Expr a, Expr b) { return a->id < b->id; });
  return found;
}

namespace {

const std::string& row_name(const Node& node) {
  static const std::string none;
  if (node.operation) return node.operation->name;
  return node.reduction ? node.reduction->name : none;
}

// All but the children.
auto own_structure(const Node& node) {
  return std::make_tuple(node.height, node.kind, std::cref(row_name(node)), node.position,
                         node.dimension, node.level, node.reduced, node.over,
                         bits_of(node.value), std::cref(node.integers),
                         node.children.size());
}

}  // namespace

bool precedes(Expr a, Expr b) {
  // nodes that are not the same differ in themselves, or else in a child
  while (a != b) {
    const auto own_a = own_structure(*a), own_b = own_structure(*b);
    if (own_a < own_b) return true;
    if (own_b < own_a) return false;
    size_t k = 0;
    while (a->children[k] == b->children[k]) ++k;
    const Expr next = a->children[k];
    b = b->children[k];
    a = next;
  }
  return false;
}

bool depends_on(Expr whole, Expr part) {
  for (Expr node : sorted_nodes({whole}, true)) {
    if (node == part) return true;
  }
  return false;
}

Expr call(const char* name, std::vector<Expr> children, std::vector<int> integers) {
  Graph* graph = children.at(0)->graph;
  return graph->apply(operation_named(name), std::move(children), std::move(integers));
}

Expr operator+(Expr a, Expr b) { return call("Add", {a, b}); }
Expr operator-(Expr a, Expr b) { return call("Subtract", {a, b}); }
Expr operator*(Expr a, Expr b) { return call("Mult", {a, b}); }
Expr operator/(Expr a, Expr b) { return call("Divide", {a, b}); }
Expr operator<(Expr a, Expr b) { return call("LessThan", {a, b}); }
Expr operator<=(Expr a, Expr b) { return call("LessOrEqual", {a, b}); }
Expr operator>(Expr a, Expr b) { return call("GreaterThan", {a, b}); }
Expr operator>=(Expr a, Expr b) { return call("GreaterOrEqual", {a, b}); }
Expr operator-(Expr a) { return call("Minus", {a}); }
Expr operator*(double a, Expr b) { return b->graph->constant(a) * b; }
Expr operator+(double a, Expr b) { return b->graph->constant(a) + b; }
Expr operator-(double a, Expr b) { return b->graph->constant(a) - b; }
Expr operator/(double a, Expr b) { return b->graph->constant(a) / b; }

}  // namespace rkeops
