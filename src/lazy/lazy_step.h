// The steps that a lazy expression was made by. A step holds those it is made of, so a
// chain of a thousand costs a thousand times what one costs; the graph is written from
// them when something is computed. A step never changes.
#pragma once

#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ir/expr.h"

namespace rkeops {

/// Tells a variable from all others of the session.
using VariableNumber = unsigned long long;
VariableNumber next_variable_number();

/// Two variables with the same data.
using SameVariables = std::pair<VariableNumber, VariableNumber>;

struct LazyStep {
  enum class Kind { variable, constant, operation, written };

  Kind kind = Kind::constant;
  int dimension = 1;
  Level level = level_none;

  double value = 0;             // of a constant
  VariableNumber variable = 0;  // of a variable

  // of an operation
  const Operation* operation = nullptr;
  std::vector<std::shared_ptr<const LazyStep>> operands;
  std::vector<int> integers;
  std::vector<SameVariables> same;  // those of its operands

  // what is not made by one operation: a graph, and its variables by position
  std::unique_ptr<Graph> graph;
  Expr root;
  std::vector<VariableNumber> variables;

  LazyStep() = default;
  LazyStep(const LazyStep&) = delete;
  LazyStep& operator=(const LazyStep&) = delete;
  /// Does not recur, as a chain can be longer than the stack is deep.
  ~LazyStep();
};

using LazyStepPointer = std::shared_ptr<const LazyStep>;

/// The steps below this one and itself, each once, operands first.
std::vector<const LazyStep*> sorted_steps(const LazyStep& last);

/// Writes a step into a graph, where `variables[k]` stands for the variable of this
/// number and for all that have the same data.
class StepWriter {
 public:
  using LevelMap = Level (*)(Level);

  StepWriter(Graph& graph, const LazyStep& last,
             const std::vector<std::pair<VariableNumber, Expr>>& variables,
             LevelMap level);

  Expr write();

 private:
  VariableNumber representative(VariableNumber number);
  Expr written(const LazyStep& step);
  Expr variable(VariableNumber number) { return variables_.at(representative(number)); }

  Graph& graph_;
  const LevelMap level_;
  const std::vector<const LazyStep*> steps_;
  std::unordered_map<VariableNumber, VariableNumber> parents_;
  std::unordered_map<VariableNumber, Expr> variables_;
  std::unordered_map<const LazyStep*, Expr> known_;
};

}  // namespace rkeops
