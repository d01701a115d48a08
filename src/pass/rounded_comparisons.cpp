#include "pass/rounded_comparisons.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "ir/ops.h"
#include "ir/reductions.h"
#include "pass/simplify_rules.h"

namespace rkeops {

namespace {

bool is_any_call(Expr node, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(),
                     [node](const char* name) { return is_call(node, name); });
}

bool is_direct(Expr node) {
  if (node->kind == NodeKind::operation)
    return moves_numbers(node) &&
           std::all_of(node->children.begin(), node->children.end(), is_direct);
  return node->kind != NodeKind::reduction;
}

/// Made of nothing at a pair but answers of comparisons.
bool is_count(Expr node) {
  if (node->level != level_pair || is_comparison(node)) return true;
  const bool passes_on = moves_numbers(node) ||
                         is_any_call(node, {"And", "Or", "Not", "IfElse", "IfKnown",
                                            "Mult", "Add", "Subtract", "Minus", "Sum"});
  return passes_on && std::all_of(node->children.begin(), node->children.end(), is_count);
}

}  // namespace

RoundedComparisons::RoundedComparisons(Expr root) {
  std::vector<Expr> summed;
  for (Expr node : sorted_nodes({root}, true)) {
    if (is_comparison(node)) {
      const bool is_of_inputs = is_direct(node->children[0]) &&
                                is_direct(node->children[1]) && !node->is_constant;
      if (is_of_inputs) direct_.push_back(node);
    } else if (node->kind == NodeKind::reduction && node->reduction->is_linear &&
               is_count(node->children[0])) {
      summed.push_back(node->children[0]);
    }
  }
  for (Expr node : sorted_nodes(summed, false))
    if (is_comparison(node) && node->level == level_pair &&
        std::find(direct_.begin(), direct_.end(), node) == direct_.end())
      counted_.push_back(node);
}

namespace {

struct PairOfNumbers {
  bool fit = true, keep_sign = true, are_zero = true;
};

PairOfNumbers numbers_of(Expr node, const RoundedComparisons::InputAt& input) {
  PairOfNumbers all;
  if (node->kind == NodeKind::variable) {
    const RoundedComparisons::Input one = input(node->position);
    return {one.fits, one.keeps_sign, one.largest == 0};
  }
  if (node->kind == NodeKind::constant)
    return {double(float(node->value)) == node->value, true, node->value == 0};
  if (node->kind == NodeKind::index) return {true, true, false};
  for (Expr child : node->children) {
    const PairOfNumbers part = numbers_of(child, input);
    all.fit = all.fit && part.fit;
    all.keep_sign = all.keep_sign && part.keep_sign;
    all.are_zero = all.are_zero && part.are_zero;
  }
  return all;
}

constexpr double most_whole = 1 << 24;

/// Bounds of absolute values where all numbers on the way are whole; infinite elsewhere.
class WholeBounds {
 public:
  explicit WholeBounds(const RoundedComparisons::InputAt& input) : input_(input) {}

  double of(Expr node) {
    const auto known = known_.find(&*node);
    if (known != known_.end()) return known->second;
    double bound = computed(node);
    if (!(bound <= most_whole)) bound = INFINITY;
    return known_[&*node] = bound;
  }

 private:
  double computed(Expr node) {
    if (node->kind == NodeKind::variable) {
      const RoundedComparisons::Input one = input_(node->position);
      return one.is_whole ? one.largest : INFINITY;
    }
    if (node->kind == NodeKind::constant)
      return std::floor(node->value) == node->value ? std::fabs(node->value) : INFINITY;
    if (node->kind != NodeKind::operation) return INFINITY;
    if (is_comparison(node) || is_any_call(node, {"And", "Or", "Not"})) return 1;
    double sum = 0, product = 1, largest = 0;
    for (Expr child : node->children) {
      const double bound = of(child);
      sum += bound;
      product *= bound;
      largest = std::max(largest, bound);
    }
    if (is_any_call(node, {"Add", "Subtract", "Minus", "Abs"})) return sum;
    if (is_call(node, "Mult")) return product;
    if (is_call(node, "Square")) return sum * sum;
    if (is_call(node, "Sum")) return sum * node->children[0]->dimension;
    const bool chooses = moves_numbers(node) || is_any_call(node, {"Maximum", "Minimum"});
    return chooses ? largest : INFINITY;
  }

  const RoundedComparisons::InputAt& input_;
  std::unordered_map<const Node*, double> known_;
};

}  // namespace

bool RoundedComparisons::direct_are_exact(const InputAt& input) const {
  return std::all_of(direct_.begin(), direct_.end(), [&](Expr node) {
    const PairOfNumbers a = numbers_of(node->children[0], input),
                        b = numbers_of(node->children[1], input);
    if (a.are_zero || b.are_zero) return a.keep_sign && b.keep_sign;
    return a.fit && b.fit;
  });
}

bool RoundedComparisons::counted_are_exact(const InputAt& input) const {
  WholeBounds bounds(input);
  return std::all_of(counted_.begin(), counted_.end(), [&](Expr node) {
    return std::isfinite(bounds.of(node->children[0])) &&
           std::isfinite(bounds.of(node->children[1]));
  });
}

}  // namespace rkeops
