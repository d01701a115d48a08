// The inputs of an operator: those declared in `args` and those written in the formula.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "semantics/check.h"

namespace rkeops {

/// Is this the call of a variable, "Vi(3)", "Pm(0, 2)", "Var(0, 3, 1)"?
bool is_variable_call(const Ast& tree);

/// The value of a tree that is an integer, or sums and products of integers, of at most
/// 10^9; nothing for any other tree.
std::optional<long> integer_of(const Ast& tree);

class Variables {
 public:
  Variables(Graph& graph, const std::vector<SourceText>& args,
            const std::vector<Declaration>& declarations);

  /// The variable, or the bound expression, called `name`; a null Expr when there is
  /// none.
  Expr named(const std::string& name) const;
  /// From now on `name` stands for this expression.
  void bind(const std::string& name, Expr expression) { bound_[name] = expression; }
  /// A variable written in the formula itself.
  Expr written(const SourceText& source, const Ast& tree);
  /// A variable without a name that the formula needs at this position.
  Expr placed(const SourceText& source, Place place, int position, Level level,
              int dimension);
  int count() const { return int(by_position_.size()); }
  /// The variable at `position`; a null Expr when there is none.
  Expr at(int position) const;

  std::vector<std::string> names() const;
  /// All of them, by position; raises gaps between the positions.
  std::vector<Argument> arguments(const SourceText& formula) const;

 private:
  Expr add(const SourceText& source, Place place, Argument argument);

  Graph& graph_;
  std::vector<Expr> by_position_;  // null where no variable is known yet
  std::unordered_map<std::string, Expr> bound_;
};

}  // namespace rkeops
