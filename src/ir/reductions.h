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

/// A definition gets these.
struct ReductionArguments {
  Graph* graph;
  Level reduced;
  std::vector<Expr> children;
  std::vector<int> integers;
  Over over;
};

/// A term of the first argument that does not vary with the reduced index changes the
/// result, is added to it, or vanishes.
enum class Shift { changes, is_added, vanishes };

/// The terms that a reduction adds up in its accumulators, each a number of its own: the
/// components of its values; or the exponentials of its first value, over that of the
/// largest one, which is the first accumulator: first themselves, if they are wanted,
/// then their products with each weight.
enum class Adds { nothing, values, weighted_exponentials, exponentials };

/// Which values of its argument a reduction looks for; the others do nothing to it.
enum class Wanted { all, smallest, largest };

/// Says what the components of a result are. Places are numbers of elements; values and
/// places come one after the other for each rank where there are K; the parts of places
/// are exact in single precision; entries are values that nobody ranked.
enum class ResultKind { values, places, values_and_places, place_parts, entries, truths };

struct Reduction {
  std::string name;  // in formulas, followed by "_Reduction"
  std::vector<std::string> other_names;
  std::vector<std::string> arguments;          // "f", and "weight" where there is one
  std::vector<std::string> integer_arguments;  // "K"
  /// Set where the row stands for an expression of other reductions.
  std::function<Expr(const ReductionArguments&)> definition;
  /// Stands for a node where data may be missing, see pass/missing_values.h. Empty
  /// where NaN comes through by itself, and where the reduction is to ignore it.
  std::function<Expr(const ReductionArguments&)> with_missing;
  /// The accumulator's type: $d0, $d1 are the dimensions of the arguments, $i0 an integer
  /// argument, $scheme the way of summing.
  std::string accumulator;
  bool sums = false;  // `sum_scheme` applies
  Adds adds = Adds::nothing;
  bool is_linear = false;  // in its one argument, component by component
  Shift shift = Shift::changes;
  Wanted wanted = Wanted::all;
  /// The accumulators of a search hold values alone, no columns.
  bool keeps_values_alone = false;
  ResultKind result = ResultKind::values;
  /// Do lazy tensors leave its result on a GPU where their data are?
  bool stays_on_gpu = false;
  std::function<long long(const std::vector<Expr>&, const std::vector<int>&)> dimension;
  /// The adjoints of the arguments for one pair, given the adjoint of the result. Empty
  /// function: the reduction has no derivative.
  std::function<std::vector<Expr>(const ReductionDerivative&)> adjoints;
  std::string dimensions;  // "1, n -> n", for the documentation
  std::string documentation;
  std::string derivative;
  std::string empty;  // the result (or its kinds) when there is nothing to reduce

  int result_dimension(const std::vector<Expr>& children,
                       const std::vector<int>& integers) const;
};

const std::vector<Reduction>& reductions();
/// The row of that name, or of that other spelling; nullptr when there is none. Where two
/// rows share a name, the number of arguments (formulas and integers) tells which.
const Reduction* find_reduction(const std::string& name, size_t arguments = 0);
const Reduction& reduction_named(const char* name);

}  // namespace rkeops
