// A node is rewritten bottom-up until no rule applies.
#include "pass/simplify.h"

#include <unordered_map>

#include "ir/ops.h"
#include "pass/simplify_rules.h"

namespace rkeops {

Expr in_place_of(Expr node, Expr x) {
  if (x->dimension == node->dimension) return x;
  return call("SumT", {x}, {node->dimension});
}

Expr times(Expr a, Expr b) { return !a ? b : !b ? a : a * b; }

namespace {

class Simplifier {
 public:
  explicit Simplifier(std::vector<SimplifierStep>* steps) : steps_(steps) {}

  Expr run(Expr root) {
    // an explicit order instead of recursion: graphs can be as high as formulas are long
    for (Expr node : sorted_nodes({root}, true)) simplified(node);
    return simplified(root);
  }

 private:
  Expr simplified(Expr node) {
    const auto known = done_.find(&*node);
    if (known != done_.end()) return known->second;
    Expr result = rebuilt(node);
    if (const Expr better = rewritten(result)) result = simplified(better);
    done_[&*node] = result;
    done_[&*result] = result;
    return result;
  }

  Expr rebuilt(Expr node) {
    if (node->children.empty()) return node;
    std::vector<Expr> children;
    for (Expr child : node->children) children.push_back(simplified(child));
    return node->graph->again(node, children);
  }

  Expr rewritten(Expr node) {
    if (node->kind != NodeKind::operation && node->kind != NodeKind::reduction)
      return Expr();
    const bool reduces = node->kind == NodeKind::reduction;
    for (const SimplifierRule& rule : reduces ? reduction_rules() : operation_rules()) {
      const Expr better = rule.apply(node);
      if (!better) continue;
      if (steps_) steps_->push_back({&rule, node, better});
      return better;
    }
    return Expr();
  }

  std::unordered_map<const Node*, Expr> done_;
  std::vector<SimplifierStep>* steps_;
};

}  // namespace

Expr simplify(Expr root, std::vector<SimplifierStep>* steps) {
  return Simplifier(steps).run(root);
}

}  // namespace rkeops
