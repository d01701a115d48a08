// THE table of reductions. One row is all the package knows of a reduction; the
// accumulator itself is a class template of
// inst/include/rkeops/reductions/accumulators.h, named by the row.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ir/expr.h"

namespace rkeops {

struct ReductionDerivative {
  Expr self;
  Expr adjoint;  // of the result
  Expr operator[](size_t k) const { return self->children[k]; }
};

/// What a definition gets.
struct ReductionArguments {
  Graph* graph;
  Level reduced;
  std::vector<Expr> children;
  std::vector<int> integers;
};

/// What a term of the first argument that does not vary with the reduced index does to
/// the result: it makes another one, is added to it, or vanishes.
enum class Shift { changes, is_added, vanishes };

/// Which values of its argument a reduction looks for; the others do nothing to it.
enum class Wanted { all, smallest, largest };

/// What the components of a result are: values, places (numbers of elements), or first
/// all values and then all places, for each rank where there are K.
enum class ResultKind { values, places, values_and_places };

struct Reduction {
  std::string name;  // in formulas, followed by "_Reduction"
  std::vector<std::string> other_names;
  std::vector<std::string> arguments;          // "f", and "weight" where there is one
  std::vector<std::string> integer_arguments;  // "K"
  /// Set where the row stands for an expression of other reductions.
  std::function<Expr(const ReductionArguments&)> definition;
  /// What stands for a node where data may be missing, see pass/missing_values.h. Empty
  /// where NaN comes through by itself, and where the reduction is to ignore it.
  std::function<Expr(const ReductionArguments&)> with_missing;
  /// The accumulator's type: $d0, $d1 are the dimensions of the arguments, $i0 an integer
  /// argument, $scheme the way of summing.
  std::string accumulator;
  bool sums = false;       // `sum_scheme` applies
  bool adds_up = false;    // its accumulators are the sums of the components
  bool is_linear = false;  // in its one argument, component by component
  Shift shift = Shift::changes;
  Wanted wanted = Wanted::all;
  /// The accumulators of a search hold values alone, no columns.
  bool keeps_values_alone = false;
  ResultKind result = ResultKind::values;
  std::function<long long(const std::vector<Expr>&, const std::vector<int>&)> dimension;
  /// The adjoints of the arguments for one pair, given the adjoint of the result. Empty
  /// function: the reduction has no derivative.
  std::function<std::vector<Expr>(const ReductionDerivative&)> adjoints;
  std::string dimensions;  // "1, n -> n", for the documentation
  std::string documentation;
  std::string derivative;
  std::string empty;  // the result when there is nothing to reduce

  int result_dimension(const std::vector<Expr>& children,
                       const std::vector<int>& integers) const;
};

const std::vector<Reduction>& reductions();
/// The row of that name, or of that other spelling; nullptr when there is none. Where two
/// rows share a name, the number of arguments (formulas and integers) tells which.
const Reduction* find_reduction(const std::string& name, size_t arguments = 0);
const Reduction& reduction_named(const char* name);

}  // namespace rkeops
