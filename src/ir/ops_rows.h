// The files of the table of operations (ops_*.cpp) write their rows with this.
#pragma once

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "ir/ops.h"
#include "ir/selection.h"

namespace rkeops {

using Children = std::vector<Expr>;
using Integers = std::vector<int>;
using Arguments = DerivativeArguments;
using Parts = std::vector<Expr>;  // one for each argument
using Rows = std::vector<Operation>;
using DimensionRule = std::function<long long(const Children&, const Integers&)>;

/// Throws DimensionProblem unless the condition holds.
void require(bool condition, const std::string& message);

/// Arguments of equal dimension, those of dimension 1 being repeated.
int broadcast_dimension(const Children& children, const Integers& integers);
/// One component.
int one(const Children& children, const Integers& integers);

/// Values of names in the text of a definition, besides its arguments.
using NamedParts =
    std::vector<std::pair<const char*, std::function<Expr(const DefinitionArguments&)>>>;

/// "Name(f, g, int n, list sizes)", formulas first.
struct RowHeader {
  explicit RowHeader(const std::string& header);
  std::string name;
  std::vector<std::string> formulas, integers, lists;
};

/// A row while it is written: what begins it says its name, its arguments and how it is
/// computed; each of these functions adds what its name says.
class Row {
 public:
  Row(const std::string& header, Form form);

  /// The dimensions of formulas and value, in words "n * p, p -> n", and the rule; by
  /// default all are equal, or 1; a definition has by default the dimension of its text.
  Row& dimensions(const char* words, DimensionRule rule = {});
  Row& documentation(const char* text);
  Row& derivative(const char* text);
  /// A formula of x = Vi(3), y = Vj(3), b = Vj(2), z = Vi(4), w = Vj(4), p = Pm(1), c =
  /// Pm(2), A = Pm(6), Q = Pm(9), knots = Pm(7).
  Row& example(const char* formula);
  Row& also(std::vector<std::string> names);
  Row& in_r(std::vector<std::string> names);
  /// By default real numbers.
  Row& takes(Numbers numbers);
  Row& gives(Numbers numbers);
  Row& unit(UnitRule rule);
  Row& codes(CodeRule rule);
  /// An argument that is an input is exact in double precision. One that was computed is
  /// wrong in its last digit, and `where` says when that is felt in earlier ones.
  Row& loses_digits(const char* where);
  /// Its derivative is without bound where it loses digits, so no precision helps.
  Row& is_fragile();
  /// Written as an operator between or before its arguments, too.
  Row& infix(const char* symbol, int precedence);
  /// A call in the code costs what a function does, unless `cost` says otherwise.
  Row& code(const char* code);
  Row& cost(int of_component);
  Row& start(double value);
  Row& placement(std::function<Placement(const Integers&)> rule);
  Row& optional_lists(int count);
  /// In double precision.
  Row& value(std::function<double(const double*)> function);
  Row& value(double (*function)(double));
  /// The derivative in the one argument, or in each; elementwise.
  Row& partial(std::function<Expr(const Arguments&)> rule);
  Row& partials(std::function<Parts(const Arguments&)> rule);
  /// The adjoints of the arguments: of what is not elementwise, and where they are
  /// chosen, rather than multiplied with 1 or 0, so that the branch that is not taken
  /// has no part in them, even if it is infinite or NaN.
  Row& adjoints(std::function<Parts(const Arguments&)> rule);
  /// The result is to be missing where one of these arguments is.
  Row& hides_missing(std::vector<size_t> arguments);
  /// cuda_pair_math.cuh has the function, too.
  Row& has_pair_function();
  Row& is_interpreted(std::function<bool(const Children&)> condition);
  Row& interval(IntervalRule rule);
  Row& analytic(ComplexRule rule);

  operator Operation() const { return row_; }  // NOLINT: rows are lists of operations

 private:
  friend Row define(const std::string& header,
                    std::function<Expr(const DefinitionArguments&)> meaning);
  Operation row_;
};

/// An elementwise function, of one argument or of several.
Row unary(const std::string& header, const char* code);
Row elementwise(const std::string& header, const char* code);

/// A linear rearrangement of components, a fold, a routine: what `form` says.
Row linear(const std::string& header, Form form);

/// Another way to write an expression: a formula of the arguments, in which `Dim(f)` is a
/// number, as are the integer arguments; or a function, where no formula says it.
Row define(const std::string& header, const std::string& text, NamedParts parts = {});
Row define(const std::string& header,
           std::function<Expr(const DefinitionArguments&)> meaning);

/// Rows of several files lose their digits there.
extern const char* const lost_by_exponentials;

/// The rules of a row that stands before.
const IntervalRule& interval_of(const Rows& rows, const std::string& name);
ComplexRule analytic_of(const Rows& rows, const std::string& name);

// The families, one a file; each adds its rows.
void add_constant_rows(Rows& rows);
void add_arithmetic_rows(Rows& rows);
void add_function_rows(Rows& rows);
void add_trigonometric_rows(Rows& rows);  // among the functions
void add_comparison_rows(Rows& rows);
void add_vector_rows(Rows& rows);
void add_norm_rows(Rows& rows);
void add_matrix_rows(Rows& rows);
void add_complex_rows(Rows& rows);
void add_kernel_rows(Rows& rows);
void add_sequence_rows(Rows& rows);

}  // namespace rkeops
