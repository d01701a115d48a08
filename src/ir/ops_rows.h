// What the files of the table of operations (ops_*.cpp) write their rows with.
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

/// An elementwise function of one argument; `partial` empty: the derivative is zero.
Operation unary(const char* name, const char* code, double (*evaluate)(double),
                std::function<Expr(const Arguments&)> partial, const char* documentation,
                const char* derivative);

/// An elementwise function of several arguments; `partials` empty: the derivative is
/// zero.
Operation elementwise(const char* name, std::vector<std::string> arguments,
                      const char* code, std::function<double(const double*)> evaluate,
                      std::function<Parts(const Arguments&)> partials,
                      const char* documentation, const char* derivative);

/// The row of a function whose adjoint is chosen, rather than multiplied with 1 or 0: the
/// branch that is not taken has no part in it, even if it is infinite or NaN.
Operation choosing(Operation row, std::function<Parts(const Arguments&)> adjoints);

/// The row, whose result is to be missing where one of these arguments is.
Operation hiding_missing(Operation row, std::vector<size_t> arguments);

/// The row, also written as an operator between or before its arguments.
Operation infix(Operation row, const char* symbol, int precedence);

/// The row, also known by other names.
Operation also_called(Operation row, std::vector<std::string> names);

/// The row of a function that cuda_pair_math.cuh has, too.
Operation faster_in_pairs(Operation row);

/// The row with an example: of x = Vi(3), y = Vj(3), b = Vj(2), z = Vi(4), w = Vj(4), p =
/// Pm(1), c = Pm(2), A = Pm(6), Q = Pm(9), knots = Pm(7).
Operation shown(Operation row, const char* example);

/// What the documentation says of the dimensions of rows, in the form "n * p, p -> n"; of
/// those that are not named, that all dimensions are equal.
void describe_dimensions(
    Rows& rows, std::initializer_list<std::pair<const char*, const char*>> of_names);

/// Gives the rows that are named their interval rules.
void give_intervals(Rows& rows,
                    std::initializer_list<std::pair<const char*, IntervalRule>> of_names);

/// Another way to write an expression.
Operation definition(const char* name, std::vector<std::string> arguments,
                     std::vector<std::string> integer_arguments, DimensionRule dimension,
                     std::function<Expr(const DefinitionArguments&)> meaning,
                     const char* documentation);

/// A linear rearrangement of components.
Operation linear(const char* name, std::vector<std::string> arguments,
                 std::vector<std::string> integer_arguments, Form form,
                 DimensionRule dimension, std::function<Parts(const Arguments&)> adjoints,
                 const char* documentation, const char* derivative);

// The families, one a file; each adds its rows.
void add_constant_rows(Rows& rows);
void add_arithmetic_rows(Rows& rows);
void add_function_rows(Rows& rows);
void add_comparison_rows(Rows& rows);
void add_vector_rows(Rows& rows);
void add_norm_rows(Rows& rows);
void add_matrix_rows(Rows& rows);
void add_complex_rows(Rows& rows);
void add_kernel_rows(Rows& rows);
void add_sequence_rows(Rows& rows);

}  // namespace rkeops
