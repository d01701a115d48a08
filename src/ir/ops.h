// THE table of operations. One row is all the package knows of an operation: parser,
// checker, printer, differentiation, simplifier, emitters, documentation and tests read
// the row. To add an operation is to add a row to one of the files ops_*.cpp.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ir/complex_interval.h"
#include "ir/expr.h"
#include "ir/interval.h"

namespace rkeops {

/// How the components of the result come from those of the arguments, which is all an
/// emitter needs besides `code`, `start` and `placement`.
enum class Form {
  elementwise,  // result[k] = code(a[k], b[k], ...), arguments of dimension 1 repeated
  fold,  // code folded over k from `start`: "$t" is the running value, "$0" the component
  range,        // result[k] = k
  repeat,       // result[k] = a[0], integer 0 times
  slice,        // result[k] = a[start + stride * k]
  insert,       // a zero vector with result[start + stride * k] = a[k]
  concat,       // the components of a, then those of b
  contraction,  // sums of products of two tensors, see tensor.h
  routine,      // a function of whole vectors, in the headers of generated code
  definition    // stands for an expression of other operations; never a node of the graph
};

/// Which components a slice takes, or an insertion fills.
struct Placement {
  int start = 0, stride = 1;
};

/// Complex numbers are pairs of real ones, logical ones are 0 and 1.
enum class Numbers { real, complex, real_and_complex, logical };

/// Says what the value counts where one of the arguments counts days or seconds: nothing,
/// the same as all of them, or what a product or a quotient of it and a number counts.
enum class UnitRule { drops, keeps, multiplies, divides };

/// Factors and text are codes, which only name something: an operation refuses them,
/// takes them one by one, asks whether two are equal, or which one comes first.
enum class CodeRule { refuses, takes, equates, orders };

/// The cost of a component, in additions: calls of functions take some eight times
/// as long (benchmarks/interpreter.R).
constexpr int cost_of_arithmetic = 1, cost_of_function = 8;

/// A definition gets these.
struct DefinitionArguments {
  Graph* graph;
  std::vector<Expr> children;
  std::vector<int> integers;
  Expr operator[](size_t k) const { return children[k]; }
};

/// A derivative rule gets the node, its arguments, and the adjoint of its value.
struct DerivativeArguments {
  Expr self;
  Expr adjoint;  // elementwise rules do not get one
  Expr operator[](size_t k) const { return self->children[k]; }
  int integer(size_t k) const { return self->integers[k]; }
};

struct Operation {
  std::string name;  // in formulas
  std::vector<std::string> other_names;
  std::vector<std::string>
      arguments;  // names of the formula arguments, for messages and documentation
  std::vector<std::string> integer_arguments;
  /// Lists of integers, after the integers; in a node each stands as its length, then its
  /// entries.
  std::vector<std::string> list_arguments;
  int optional_lists = 0;  // how many of the last lists may be left out
  Form form;
  /// C++ of one component: $0, $1 are the operands, $i0 an integer argument. Of a
  /// routine: its name, where $d0, $d1 are the dimensions of the arguments; it takes
  /// pointers to them and to the result.
  std::string code;
  int cost = cost_of_arithmetic;
  double start = 0;  // of a fold
  /// Have GPUs another one for loops over pairs, see cuda_pair_math.cuh?
  bool has_pair_function = false;
  /// May the interpreter run a routine for such arguments? Empty: always.
  std::function<bool(const std::vector<Expr>&)> is_interpreted;
  std::function<Placement(const std::vector<int>&)>
      placement;  // of a slice or an insertion
  /// Dimension of the result; throws DimensionProblem. Empty: the elementwise rule.
  std::function<long long(const std::vector<Expr>&, const std::vector<int>&)> dimension;
  std::function<Expr(const DefinitionArguments&)> definition;
  /// Stands for a node where data may be missing: NaN where an argument that decides
  /// about the result is. Empty where NaN comes through by itself, see
  /// pass/missing_values.h.
  std::function<Expr(const DefinitionArguments&)> with_missing;
  /// Elementwise: the partial derivative in argument k as an expression; empty result:
  /// zero.
  std::function<std::vector<Expr>(const DerivativeArguments&)> partials;
  /// Linear forms: the adjoint of argument k, given that of the result.
  std::function<std::vector<Expr>(const DerivativeArguments&)> adjoints;
  /// Elementwise: the value in double precision, for constant folding.
  std::function<double(const double*)> evaluate;
  /// Elementwise, or of a fold, which takes the running interval and that of a component:
  /// what the value can be. Empty: nothing is known of it.
  IntervalRule interval;
  /// The same of complex numbers. Null: nothing is known of it.
  ComplexRule complex_interval = nullptr;
  Numbers takes = Numbers::real, gives = Numbers::real;
  UnitRule unit = UnitRule::drops;
  CodeRule codes = CodeRule::refuses;
  /// Functions and operators of R that this is, where `name` does not say so.
  std::vector<std::string> names_in_r;
  std::string infix;          // "+" when printed as an operator
  int precedence = 0;         // of the infix operator, as in lang/parser
  std::string dimensions;     // "n * p, p -> n", for the documentation
  std::string documentation;  // definition, one line
  std::string derivative;     // the derivative, one line
  std::string digits;         // where it loses digits, one line; empty: nowhere
  /// Is its derivative without bound where it loses them, so that no precision helps?
  bool is_fragile = false;
  std::string example;  // a formula, see ops_rows.h

  int result_dimension(const std::vector<Expr>& children,
                       const std::vector<int>& integers) const;
};

/// Comparisons bind least, and cannot be chained.
constexpr int precedence_of_comparison = 2;

/// Thrown by dimension rules; check.cpp adds the place in the formula.
struct DimensionProblem {
  std::string message;
};

/// The dimension itself; throws DimensionProblem when it is too large to be meant.
int limited_dimension(long long dimension);

const std::vector<Operation>& operations();
/// The row of that name, or of that other spelling; nullptr when there is none. Where two
/// rows share a name, `arguments` tells which: Max(f) is a component, Max(f, g)
/// elementwise.
const Operation* find_operation(const std::string& name, size_t arguments = 0);
/// For names written in the sources; a missing row is a bug.
const Operation& operation_named(const char* name);

}  // namespace rkeops
