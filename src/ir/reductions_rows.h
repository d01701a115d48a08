// The files of the table of reductions write their rows with this.
#pragma once

#include <string>
#include <vector>

#include "ir/ops.h"
#include "ir/reductions.h"

namespace rkeops {

using ReductionParts = std::vector<Expr>;  // one for each argument
using ReductionDimension =
    std::function<long long(const std::vector<Expr>&, const std::vector<int>&)>;

/// K times that of the first argument; throws DimensionProblem where K is below 1.
long long times_count(const std::vector<Expr>& children,
                      const std::vector<int>& integers);

/// Components start to start + length - 1 of f.
Expr slice(Expr f, int start, int length);

/// Another reduction over the same index.
Expr reduced(const ReductionDerivative& a, const char* name, std::vector<Expr> children,
             std::vector<int> integers = {});

/// g where the element that is reduced is the one that the result came from, else 0.
/// `places` are exact indices as ArgXParts gives them: all their low parts from `start`
/// on, and as far behind the middle all high parts.
Expr at_place(const ReductionDerivative& a, Expr places, int start, Expr g);

/// The sum of g, K vectors of dimension D one after the other, over the K.
Expr sum_of_ranks(const ReductionDerivative& a, Expr g, int dimension);

/// Components start to start + length - 1 of an adjoint, with its zeros in sight.
Expr part_of(Expr adjoint, int start, int length);

using ReductionAdjoints = std::function<ReductionParts(const ReductionDerivative&)>;
using ReductionMeaning = std::function<Expr(const ReductionArguments&)>;

/// A row while it is written: what begins it says its name and its arguments; each of
/// these functions adds what its name says.
class ReductionRow {
 public:
  /// The dimensions of arguments and result, in words "1, n -> n", and the rule; by
  /// default they are equal.
  ReductionRow& dimensions(const char* words, ReductionDimension rule);
  ReductionRow& documentation(const std::string& text);
  ReductionRow& derivative(const char* text);
  /// The result when there is nothing to reduce.
  ReductionRow& empty(const char* text);
  ReductionRow& also(std::vector<std::string> names);
  /// The adjoints of the arguments for one pair; by default the derivative is 0.
  ReductionRow& adjoints(ReductionAdjoints rule);
  ReductionRow& with_missing(ReductionMeaning meaning);
  /// The option `sum_scheme` applies.
  ReductionRow& follows_sum_scheme();
  ReductionRow& is_linear();
  ReductionRow& adds(Adds terms);
  ReductionRow& shift(Shift effect);
  ReductionRow& wanted(Wanted values);
  ReductionRow& keeps_values_alone();
  ReductionRow& gives(ResultKind result);
  ReductionRow& stays_on_gpu();

  operator Reduction() const { return row_; }  // NOLINT: rows are lists of reductions

 private:
  explicit ReductionRow(const std::string& header);
  friend ReductionRow reduction(const std::string& header,
                                const std::string& accumulator);
  friend ReductionRow defined(const std::string& header, ReductionMeaning meaning);
  Reduction row_;
};

/// `header`: "Name(f, weight, int K)"; `accumulator`: as in Reduction.
ReductionRow reduction(const std::string& header, const std::string& accumulator);

/// A row that stands for an expression of other reductions.
ReductionRow defined(const std::string& header, ReductionMeaning meaning);

/// Sums, moments, products, counts.
void add_sums(std::vector<Reduction>& rows);

/// Sums of exponentials, with their largest exponent set apart.
void add_exponentials(std::vector<Reduction>& rows);

/// The smallest and the largest values, the K smallest and largest, and their places.
void add_searches(std::vector<Reduction>& rows);

/// The entries themselves.
void add_entries(std::vector<Reduction>& rows);

}  // namespace rkeops
