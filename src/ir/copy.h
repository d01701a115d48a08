// Expressions in another graph.
#pragma once

#include <functional>

#include "ir/expr.h"

namespace rkeops {

/// Rules for the parts of an expression that are not copied as they are.
struct CopyRules {
  /// Gives what stands for a variable; null: the same variable.
  std::function<Expr(Expr)> variable;
  /// Gives what stands for an index; null: the same.
  Level (*level)(Level) = nullptr;
};

Expr copy_to(Graph& graph, Expr root, const CopyRules& rules = {});

/// A copy whose nodes are in the order in which its text is read, so that equal formulas
/// are equal graphs, whatever they were made of.
Expr read_into(Graph& graph, Expr root);

}  // namespace rkeops
