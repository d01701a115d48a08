// Tree -> typed graph. Every name gets its meaning here, every dimension error is raised
// here, with its place in the formula. Gradients written in the formula are taken here
// too, so that the graph holds operations and reductions alone.
#pragma once

#include <string>
#include <vector>

#include "ir/expr.h"
#include "lang/ast.h"

namespace rkeops {

class Variables;

/// The last number k of `X_Reduction(f, k)` means one of these.
enum class Axis {
  output,  // rkeops 1.x: 0 gives a result indexed by i
  reduced  // rkeops 2.x: 0 reduces over i
};

/// An input of the operator.
struct Argument {
  std::string name;  // "" when it can only be given by position
  Level level;       // level_i, level_j, or level_none for a parameter
  int dimension;
  int position;  // from 0
};

struct TypedFormula {
  Expr root;
  /// The index of the rows of the result: level_i, level_j, or level_none for a single
  /// row.
  Level index;
  std::vector<Argument> arguments;  // by position, without gaps
};

/// `declarations[k]` was parsed from `args[k]`.
TypedFormula check_formula(Graph& graph, const SourceText& formula, const Ast& tree,
                           const std::vector<SourceText>& args,
                           const std::vector<Declaration>& declarations, Axis axis);

/// A part of a formula without reductions: a value of any level.
Expr check_part(Graph& graph, const SourceText& part, const Ast& tree,
                Variables& variables);

}  // namespace rkeops
