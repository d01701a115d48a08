#include "pass/perturb.h"

#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "ir/ops.h"
#include "pass/simplify_rules.h"

namespace rkeops {

namespace {

bool is_fragile(Expr node) {
  return node->kind == NodeKind::operation && node->operation->is_fragile;
}

class Perturber {
 public:
  explicit Perturber(Expr root) : root_(root), nodes_(sorted_nodes({root}, true)) {
    for (Expr node : nodes_) {
      bool is_linear = node->kind != NodeKind::reduction;
      if (node->kind == NodeKind::operation)
        is_linear =
            is_call(node, "Add") || is_call(node, "Subtract") || is_call(node, "Minus");
      for (Expr child : node->children)
        is_linear = is_linear && linear_.count(&*child) > 0;
      if (is_linear) linear_.insert(&*node);
    }
    for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node)
      if (is_fragile(*node) || below_.count(&**node) > 0)
        for (Expr child : (*node)->children) below_.insert(&*child);
  }

  Expr run() {
    for (Expr node : nodes_) {
      Expr built = rebuilt(node);
      const bool is_sum = is_call(node, "Add") || is_call(node, "Subtract");
      if (below_.count(&*node) > 0 && is_sum && linear_.count(&*node) == 0)
        built = built + last_digit(built_.at(&*node->children[0]));
      built_[&*node] = built;
    }
    return built_.at(&*root_);
  }

 private:
  // Half of the digit is lost where a term of the sum was rounded.
  Expr last_digit(Expr term) const { return std::ldexp(1, -53) * call("Abs", {term}); }

  Expr rebuilt(Expr node) {
    if (node->children.empty()) return node;
    std::vector<Expr> children;
    for (Expr child : node->children) children.push_back(built_.at(&*child));
    return root_->graph->again(node, children);
  }

  const Expr root_;
  const std::vector<Expr> nodes_;
  std::unordered_set<const Node*> linear_;  // sums of inputs and numbers alone
  std::unordered_set<const Node*> below_;   // a fragile node
  std::unordered_map<const Node*, Expr> built_;
};

}  // namespace

Expr perturbed(Expr root) { return Perturber(root).run(); }

}  // namespace rkeops
