// THE table of operations. One row is all the package knows of an operation: parser,
// checker, printer, differentiation, simplifier, emitters, documentation and tests read
// the row. To add an operation is to add a row to ops.cpp.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "expr.h"

namespace rkeops {

/// How the components of the result come from those of the arguments, which is all an
/// emitter needs besides `code`.
enum class Form {
  elementwise,  // result[k] = code(a[k], b[k], ...), arguments of dimension 1 broadcast
  fold,    // result = code folded over k: "$t" is the running value, "$0" the component
  repeat,  // result[k] = a[0], integer 0 times
  slice,   // result[k] = a[integer 0 + k], integer 1 components
  insert,  // a placed at integer 0 in a vector of zeros, integer 1 components long
  concat,  // the components of a, then those of b
  definition  // stands for an expression of other operations; never a node of the graph
};

/// What a definition gets.
struct DefinitionArguments {
  Graph* graph;
  std::vector<Expr> children;
  std::vector<int> integers;
  Expr operator[](size_t k) const { return children[k]; }
};

/// What a derivative rule gets: the node, its arguments, and the adjoint of its value.
struct DerivativeArguments {
  Expr self;
  Expr adjoint;  // elementwise rules do not get one
  Expr operator[](size_t k) const { return self->children[k]; }
  int integer(size_t k) const { return self->integers[k]; }
};

struct Operation {
  std::string name;  // in formulas
  std::vector<std::string>
      arguments;  // names of the formula arguments, for messages and documentation
  std::vector<std::string> integer_arguments;
  Form form;
  /// C++ of one component: $0, $1 are the operands, $i0 an integer argument.
  std::string code;
  /// Dimension of the result; throws DimensionProblem. Empty: the elementwise rule.
  std::function<int(const std::vector<Expr>&, const std::vector<int>&)> dimension;
  std::function<Expr(const DefinitionArguments&)> definition;
  /// Elementwise: the partial derivative in argument k as an expression; empty result:
  /// zero.
  std::function<std::vector<Expr>(const DerivativeArguments&)> partials;
  /// Linear forms: the adjoint of argument k, given that of the result.
  std::function<std::vector<Expr>(const DerivativeArguments&)> adjoints;
  /// Elementwise: the value in double precision, for constant folding.
  std::function<double(const double*)> evaluate;
  std::string infix;          // "+" when printed as an operator
  int precedence = 0;         // of the infix operator, as in lang/parser
  std::string documentation;  // definition, one line
  std::string derivative;     // the derivative, one line

  int result_dimension(const std::vector<Expr>& children,
                       const std::vector<int>& integers) const;
};

/// Thrown by dimension rules; check.cpp adds the place in the formula.
struct DimensionProblem {
  std::string message;
};

const std::vector<Operation>& operations();
/// nullptr when there is none of that name.
const Operation* find_operation(const std::string& name);
/// For names written in the sources; a missing row is a bug.
const Operation& operation_named(const char* name);

}  // namespace rkeops
