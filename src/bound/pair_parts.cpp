#include "bound/pair_parts.h"

#include <algorithm>
#include <unordered_set>

#include "ir/ops.h"
#include "ir/patterns.h"

namespace rkeops {

namespace {

class Finder {
 public:
  explicit Finder(const KernelPlan& kernel) : kernel_(kernel) {}

  bool is_of_pairs(Expr node) const {
    return node->kind != NodeKind::constant && kernel_.is_of_pairs(node->level);
  }

  // The parts below some nodes, each once, in an order that depends on the formula alone.
  std::vector<Expr> parts_below(std::vector<Expr> waiting) const {
    std::vector<Expr> parts;
    std::unordered_set<const Node*> seen;
    while (!waiting.empty()) {
      const Expr node = waiting.back();
      waiting.pop_back();
      if (node->kind == NodeKind::constant || !seen.insert(&*node).second) continue;
      if (is_of_pairs(node))
        waiting.insert(waiting.end(), node->children.begin(), node->children.end());
      else
        parts.push_back(node);
    }
    return parts;
  }

  // Factors are multiplied and added up to the values; first come those that are more
  // than products and sums of parts, such as functions of a distance.
  std::vector<Expr> factors(const std::vector<Expr>& values) const {
    std::vector<Expr> functions, products;
    std::vector<Expr> waiting = values;
    std::unordered_set<const Node*> seen;
    while (!waiting.empty()) {
      const Expr node = waiting.back();
      waiting.pop_back();
      if (!is_of_pairs(node) || !seen.insert(&*node).second) continue;
      const bool has_pairs =
          std::any_of(node->children.begin(), node->children.end(),
                      [this](Expr child) { return is_of_pairs(child); });
      if (!is_linear(node))
        functions.push_back(node);
      else if (has_pairs)
        waiting.insert(waiting.end(), node->children.begin(), node->children.end());
      else
        products.push_back(node);
    }
    return functions.empty() ? products : functions;
  }

  // Parts of a row and of a column that one operation reads.
  std::unordered_set<const Node*> meeting(std::vector<Expr> waiting) const {
    std::unordered_set<const Node*> met, seen;
    while (!waiting.empty()) {
      const Expr node = waiting.back();
      waiting.pop_back();
      if (!is_of_pairs(node) || !seen.insert(&*node).second) continue;
      const auto& children = node->children;
      if (std::none_of(children.begin(), children.end(),
                       [this](Expr child) { return is_of_pairs(child); }))
        for (Expr child : children) met.insert(&*child);
      waiting.insert(waiting.end(), children.begin(), children.end());
    }
    return met;
  }

 private:
  // Linear in each of its arguments.
  static bool is_linear(Expr node) {
    if (node->kind != NodeKind::operation) return false;
    switch (node->operation->form) {
      case Form::repeat:
      case Form::slice:
      case Form::insert:
      case Form::concat:
      case Form::contraction:
        return true;
      default:
        return is_call(node, "Mult") || is_call(node, "Add") ||
               is_call(node, "Subtract") || is_call(node, "Minus") ||
               is_call(node, "Sum");
    }
  }

  const KernelPlan& kernel_;
};

PointParts divided(const std::vector<Expr>& all, Level level,
                   const std::unordered_set<const Node*>& positions) {
  PointParts parts;
  for (Expr part : all)
    if (part->level == level)
      (positions.count(&*part) ? parts.positions : parts.weights).push_back(part);
  return parts;
}

}  // namespace

PairParts::PairParts(const KernelPlan& kernel) {
  const Finder finder(kernel);
  const std::vector<Expr> all = finder.parts_below(kernel.values);
  const auto divide = [&](const std::unordered_set<const Node*>& positions) {
    rows = divided(all, kernel.row_index, positions);
    columns = divided(all, kernel.column_index, positions);
    return !rows.positions.empty() && !columns.positions.empty();
  };
  for (Expr part : all)
    if (part->level == level_none) parameters.push_back(part);
  const std::vector<Expr> factors = finder.factors(kernel.values);
  if (divide(finder.meeting(factors))) return;
  std::unordered_set<const Node*> positions;
  for (Expr part : finder.parts_below(factors)) positions.insert(&*part);
  if (divide(positions)) return;
  for (Expr part : all) positions.insert(&*part);
  divide(positions);
}

}  // namespace rkeops
