// The rows of the table of reductions (see reductions.h).
#include "reductions.h"

#include <unordered_map>

#include "../diagnostic.h"
#include "ops.h"

namespace rkeops {

namespace {

int dimension_of_first(const std::vector<Expr>& children, const std::vector<int>&) {
  return children[0]->dimension;
}

int scalar_only(const std::vector<Expr>& children, const std::vector<int>&) {
  if (children[0]->dimension != 1) {
    throw DimensionProblem{"reduces a formula of dimension 1, not " +
                           std::to_string(children[0]->dimension)};
  }
  return 1;
}

Reduction sum_row() {
  Reduction row;
  row.name = "Sum";
  row.arguments = {"f"};
  row.accumulator = "Sum<V, $d0, SumScheme::$scheme>";
  row.sums = true;
  row.dimension = dimension_of_first;
  row.adjoints = [](const ReductionDerivative& a) {
    return std::vector<Expr>{a.adjoint};
  };
  row.documentation = "sum of f";
  row.derivative = "sum of df";
  row.empty = "0";
  return row;
}

Reduction log_sum_exp_row() {
  Reduction row;
  row.name = "LogSumExp";
  row.arguments = {"f"};
  row.accumulator = "LogSumExp<V>";
  row.dimension = scalar_only;
  // d log sum exp(f) = sum exp(f - log sum exp(f)) df
  row.adjoints = [](const ReductionDerivative& a) {
    return std::vector<Expr>{call("Exp", {a[0] - a.self}) * a.adjoint};
  };
  row.documentation = "log of the sum of exp(f), without overflow";
  row.derivative = "sum of exp(f - value) df";
  row.empty = "-Inf";
  return row;
}

// Extrema component by component; no derivative.
Reduction extremum_row(const char* name, const char* documentation, const char* empty) {
  Reduction row;
  row.name = name;
  row.arguments = {"f"};
  row.accumulator = std::string(name) + "<V, $d0>";
  row.dimension = dimension_of_first;
  row.documentation = documentation;
  row.derivative = "none";
  row.empty = empty;
  return row;
}

std::vector<Reduction> make_reductions() {
  return {
      sum_row(),
      log_sum_exp_row(),
      extremum_row("Min", "smallest value of each component; NaN if any is NaN", "Inf"),
      extremum_row("Max", "largest value of each component; NaN if any is NaN", "-Inf"),
      extremum_row(
          "ArgMin",
          "index (from 0) of the first smallest value of each component, NaN ignored",
          "NaN"),
      extremum_row(
          "ArgMax",
          "index (from 0) of the first largest value of each component, NaN ignored",
          "NaN")};
}

}  // namespace

int Reduction::result_dimension(const std::vector<Expr>& children,
                                const std::vector<int>& integers) const {
  return dimension(children, integers);
}

const std::vector<Reduction>& reductions() {
  static const std::vector<Reduction> rows = make_reductions();
  return rows;
}

const Reduction* find_reduction(const std::string& name) {
  static const auto index = [] {
    std::unordered_map<std::string, const Reduction*> by_name;
    for (const Reduction& row : reductions()) by_name[row.name] = &row;
    return by_name;
  }();
  const auto found = index.find(name);
  return found == index.end() ? nullptr : found->second;
}

const Reduction& reduction_named(const char* name) {
  const Reduction* row = find_reduction(name);
  if (!row) throw internal_error(std::string("there is no reduction ") + name);
  return *row;
}

}  // namespace rkeops
