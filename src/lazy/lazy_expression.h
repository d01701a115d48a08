// Expressions built step by step from data, as R does with LazyTensors: a formula of any
// level with its variables, not yet reduced. An expression never changes; a step shares
// those it is made of, and a graph is written when one is asked for.
//
// A variable stands for data that somebody else owns and that is known here by its
// address: two variables of the same level with the same data are one.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lazy/lazy_step.h"
#include "semantics/check.h"

namespace rkeops {

using DataIdentity = const void*;

struct LazyVariable {
  Level level;
  int dimension;
  VariableNumber number;
};

struct LazyExpression {
  LazyStepPointer step;
  std::vector<LazyVariable> variables;  // by position
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

/// Variables by position, where those of the same level, dimension and data are one.
class VariableList {
 public:
  /// The place of a variable that may be new.
  size_t add(Level level, int dimension, DataIdentity data);
  /// One that is known to be new.
  void append(Level level, int dimension, DataIdentity data);
  size_t size() const { return data_.size(); }
  const std::vector<DataIdentity>& data() const { return data_; }

 private:
  struct Shape {
    Level level;
    int dimension;
  };
  bool is_at(size_t place, Level level, int dimension, DataIdentity data) const;
  size_t find(Level level, int dimension, DataIdentity data);

  std::vector<Shape> shapes_;
  std::vector<DataIdentity> data_;
  // few are looked up one by one: of most steps one is, beside hundreds
  size_t looked_up_ = 0;
  std::unordered_multimap<DataIdentity, size_t> places_;
};

/// Writes expressions into one graph, where equal variables become one, named V0, V1, ...
class LazyBuilder {
 public:
  /// Says where a variable of this level goes.
  using LevelMap = StepWriter::LevelMap;

  explicit LazyBuilder(Graph& graph) : graph_(graph) {}

  Expr add(const LazyOperand& operand, LevelMap level = nullptr);

  const std::vector<Argument>& arguments() const { return arguments_; }
  const std::vector<DataIdentity>& data() const { return variables_.data(); }

 private:
  Expr variable(Level level, int dimension, DataIdentity data);

  Graph& graph_;
  VariableList variables_;
  std::vector<Argument> arguments_;
};

/// The expression as a graph, and its variables by position.
struct WrittenLazy {
  Graph graph;
  Expr root;
  std::vector<Argument> arguments;
};
std::unique_ptr<WrittenLazy> written_lazy(const LazyExpression& expression);

/// An expression that is a graph with these variables.
std::unique_ptr<LazyExpression> lazy_of_graph(std::unique_ptr<Graph> graph, Expr root,
                                              const std::vector<Argument>& arguments);

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
