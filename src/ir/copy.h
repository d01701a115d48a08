// Expressions in another graph.
#pragma once

#include <functional>

#include "expr.h"

namespace rkeops {

/// What becomes of the parts of an expression that are not copied as they are.
struct CopyRules {
  /// What stands for a variable; null: the same variable.
  std::function<Expr(Expr)> variable;
  /// What stands for an index; null: the same.
  Level (*level)(Level) = nullptr;
};

Expr copy_to(Graph& graph, Expr root, const CopyRules& rules = {});

}  // namespace rkeops
