#include "emit/node_uses.h"

#include <algorithm>

#include "ir/ops.h"

namespace rkeops {

namespace {

// Would `child`, written inside `node`, be computed again and again, or be picked from by
// an index?
bool repeats(Expr node, Expr child) {
  const Form form = node->operation->form;
  if (form == Form::repeat || form == Form::slice || form == Form::contraction)
    return true;
  return child->dimension == 1 && node->dimension > 1;
}

}  // namespace

void NodeUses::find(const std::vector<Expr>& outputs,
                    const std::function<bool(Expr)>& can_be_read) {
  std::vector<Expr> pending = outputs;
  std::unordered_set<const Node*> seen;
  for (Expr output : outputs) ++uses_[&*output];
  while (!pending.empty()) {
    const Expr node = pending.back();
    pending.pop_back();
    const bool lies_in_array = can_be_read(node) || node->kind != NodeKind::operation;
    if (lies_in_array || !seen.insert(&*node).second) continue;
    computed_.push_back(node);
    pending.insert(pending.end(), node->children.begin(), node->children.end());
  }
  std::sort(computed_.begin(), computed_.end(),
            [](Expr a, Expr b) { return a->id < b->id; });
  for (Expr node : computed_) {
    for (Expr child : node->children) {
      ++uses_[&*child];
      if (repeats(node, child)) repeated_.insert(&*child);
    }
  }
}

bool NodeUses::needs_variable(Expr node) const {
  switch (node->operation->form) {
    case Form::repeat:
    case Form::slice:
    case Form::range:
      return false;
    case Form::elementwise:
      return uses_.at(&*node) > 1 || repeated_.count(&*node);
    default:
      return true;
  }
}

}  // namespace rkeops
