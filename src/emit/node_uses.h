// Nodes that a stage computes, and how often each is used there.
#pragma once

#include <functional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ir/expr.h"

namespace rkeops {

class NodeUses {
 public:
  /// Finds what `outputs` are made of, down to what `can_be_read` already.
  void find(const std::vector<Expr>& outputs,
            const std::function<bool(Expr)>& can_be_read);

  /// The nodes that are computed here, in order.
  const std::vector<Expr>& computed() const { return computed_; }

  bool is_used_once(Expr node) const { return uses_.at(&*node) == 1; }

  /// Whether a node has to be computed by statements before it is used.
  bool needs_variable(Expr node) const;

 private:
  std::vector<Expr> computed_;
  std::unordered_set<const Node*> repeated_;
  std::unordered_map<const Node*, int> uses_;
};

}  // namespace rkeops
