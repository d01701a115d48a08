// Calculus in formulas: Grad, Diff, Laplacian, ... These words are no operations of the
// graph: they are carried out when the formula is read.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "semantics/variables.h"

namespace rkeops {

/// A part of a formula means this while it is read.
struct Value {
  Expr expr;
  /// The index space the value lives in: at least the level of `expr`. The sum over j of
  /// a formula of parameters alone has level `none`, but a row for each i until it meets
  /// a value that has the rows of j.
  Level index;
};

class Calculus {
 public:
  /// `value` reads the arguments.
  Calculus(Graph& graph, const SourceText& source, Variables& variables,
           std::function<Value(const Ast&)> value)
      : graph_(graph), source_(source), variables_(variables), value_(std::move(value)) {}

  static bool knows(const std::string& name);
  static std::vector<std::string> names();

  /// The value of a call of one of these words. Errors: `formula`.
  Value value(const Ast& tree);

 private:
  struct Row;
  static const std::vector<Row>& rows();

  Value variable_argument(const Ast& tree);
  Value grad(const Ast& tree);
  Value grad_from_position(const Ast& tree);
  Value new_input(const Ast& tree, const Value& f, const Value& v, int position);
  void check_direction(const Ast& tree, const Value& given, const Value& like);
  Value gradient_of(const Ast& tree, const Value& f, const Value& v, const Value& e,
                    const Ast& e_tree);
  template <class Derivative>
  Value differentiated(const Ast& tree, const Value& f, const Value& v, Level other_index,
                       Derivative derivative);
  Value diff(const Ast& tree);
  Value grad_matrix(const Ast& tree);
  Value sum_of_entries(const Ast& tree);
  Value weight_argument(const Ast& tree, size_t k, const Value& like);
  Value trace_of_derivative(const Ast& tree);
  Value laplacian(const Ast& tree);
  Value first_argument(const Ast& tree);
  Value index_parts(const Ast& tree);

  Graph& graph_;
  const SourceText& source_;
  Variables& variables_;
  std::function<Value(const Ast&)> value_;
};

}  // namespace rkeops
