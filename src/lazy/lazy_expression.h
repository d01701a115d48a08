// Expressions built step by step from data, as R does with LazyTensors: a typed graph of
// any level with its variables, not yet reduced. An expression never changes; each step
// copies its operands into a new graph, so that nothing outlives its use.
//
// A variable stands for data that somebody else owns and that is known here by its
// address: two variables of the same level with the same data are one.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "semantics/check.h"

namespace rkeops {

using DataIdentity = const void*;

struct LazyExpression {
  Graph graph;
  Expr root;
  std::vector<Argument> arguments;  // by position; named V0, V1, ...
};

/// An expression and the data of its variables, by position.
struct LazyOperand {
  const LazyExpression* expression;
  std::vector<DataIdentity> data;
};

/// A step that returns an expression.
struct LazyResult {
  std::unique_ptr<LazyExpression> expression;
  std::vector<DataIdentity> data;
};

/// Copies expressions into one graph, where equal variables become one.
class LazyBuilder {
 public:
  /// Where a variable of this level goes.
  using LevelMap = Level (*)(Level);

  explicit LazyBuilder(Graph& graph) : graph_(graph) {}

  Expr add(const LazyOperand& operand, LevelMap level = nullptr);
  /// A new variable.
  Expr variable(Level level, int dimension, DataIdentity data);

  const std::vector<Argument>& arguments() const { return arguments_; }
  const std::vector<DataIdentity>& data() const { return data_; }

 private:
  Graph& graph_;
  std::vector<Argument> arguments_;
  std::vector<DataIdentity> data_;
};

/// A variable.
LazyResult lazy_variable(Level level, int dimension, DataIdentity data);

/// The number `value`, part of the formula.
LazyResult lazy_constant(double value);

/// The operation of that name, or written as that operator, of the operands. `integers`
/// are its integer arguments, then its lists. `label` is what messages call it. Errors:
/// `argument`, `shape`.
LazyResult lazy_apply(const std::string& name, const std::string& label,
                      const std::vector<LazyOperand>& operands,
                      const std::vector<std::vector<int>>& integers);

/// Variables indexed by i are indexed by j, and the other way round.
LazyResult lazy_transposed(const LazyOperand& operand);

/// Every variable that has an index is indexed by i: the value at each pair, once the
/// data are repeated for each pair. The variables keep their positions.
LazyResult lazy_flattened(const LazyOperand& operand);

/// At each pair, the gradient of the scalar product of f and e in the variable v. Errors:
/// `argument`, `shape`.
LazyResult lazy_gradient(const LazyOperand& f, const LazyOperand& v,
                         const LazyOperand& e);

/// A formula to be evaluated: written into `graph`. Errors: `argument`, `shape`.
struct LazyReduction {
  std::string name;  // of a row of the reductions; "" for the value itself
  std::vector<int> integers;
  Level reduced = level_j;
};
TypedFormula reduced_formula(LazyBuilder& builder, Graph& graph,
                             const std::vector<LazyOperand>& operands,
                             const LazyReduction& reduction);

/// The gradient of the reduction of the operands in a variable v of one of them, given
/// that of the result.
TypedFormula gradient_formula(LazyBuilder& builder, Graph& graph,
                              const std::vector<LazyOperand>& operands,
                              const LazyOperand& v, const LazyOperand& e,
                              const LazyReduction& reduction);

}  // namespace rkeops
