// Rows of the table of reductions: sums, means, variances, products, counts of
// conditions.
#include <limits>

#include "ir/reductions_rows.h"
#include "ir/selection.h"
#include "ir/structural_zeros.h"

namespace rkeops {

namespace {

using Arguments = ReductionDerivative;
using Parts = ReductionParts;

Expr count_of(const Arguments& a) {
  return reduced(a, "Sum", {a.self->graph->constant(1)});
}

// Derivatives of products are exact where up to four factors are 0, and so up to the
// fourth, which is 0 where there are more.
constexpr int most_zeros = 4;

// f, f^2, ... summed, and before them the number of elements: only where f is 0. So all
// but the number are 0 here, but not their derivatives.
struct ZeroFactors {
  Expr condition;  // at least 0 where f is 0
  Expr factor;     // f where it is 0, else 0
  Expr count;
  std::vector<Expr> products;  // of 0, 1, ... of them, summed over all choices

  explicit ZeroFactors(const Arguments& a) {
    Graph& graph = *a.self->graph;
    const Expr f = a[0], zero = graph.constant(0);
    const Expr is_zero = call("Equal", {f, zero});
    const int dimension = f->dimension;
    condition = is_zero - graph.constant(0.5);
    factor = call("IfElse", {condition, f, zero});
    Expr powers = is_zero, power = factor;
    for (int k = 1; k < most_zeros; ++k, power = power * factor)
      powers = call("Concat", {powers, power});
    const Expr sums = reduced(a, "Sum", {powers});
    count = slice(sums, 0, dimension);
    // Newton's identities
    products = {graph.constant(1)};
    for (int k = 1; k < most_zeros; ++k) {
      Expr sum;
      for (int l = 1; l <= k; ++l) {
        const Expr term = products[size_t(k - l)] * slice(sums, l * dimension, dimension);
        sum = !sum ? term : l % 2 ? sum + term : sum - term;
      }
      products.push_back(sum / graph.constant(k));
    }
  }

  Expr has(int zeros) const {
    return call("Equal", {count, count->graph->constant(zeros)});
  }
  // The product of all of them.
  Expr product() const {
    Expr sum = has(0);
    for (int k = 1; k < most_zeros; ++k) sum = sum + has(k) * products[size_t(k)];
    return sum;
  }
  // For one of them, the product of the others.
  Expr product_of_others() const {
    Expr others = count->graph->constant(1), sum = has(1);
    for (int k = 2; k <= most_zeros; ++k) {
      others = products[size_t(k - 1)] - factor * others;
      sum = sum + has(k) * others;
    }
    return sum;
  }
};

// The product of the other factors: of those that are not 0, times those that are.
Parts product_adjoints(const Arguments& a) {
  const ZeroFactors zeros(a);
  const Expr nonzero =
      call("IfElse", {zeros.condition, a.self->graph->constant(1), a[0]});
  const Expr product = reduced(a, "NonzeroProd", {nonzero});
  const Expr others =
      call("IfElse", {zeros.condition, product * zeros.product_of_others(),
                      product / nonzero * zeros.product()});
  return {scaled(a.adjoint, others)};
}

// What a condition is where data may be missing: of what `is_decided` makes of f the
// reduction decides, and else it is missing where any element is.
Reduction deciding(Reduction row, Expr (*decider)(Expr f), double decision) {
  const std::string name = row.name;
  row.with_missing = [name, decider, decision](const ReductionArguments& a) {
    const Expr f = a.children[0];
    const auto any = [&](Expr condition) {
      return a.graph->reduce(reduction_named("Any"), a.reduced, {condition});
    };
    const Expr missing = a.graph->constant(std::numeric_limits<double>::quiet_NaN());
    const Expr value = a.graph->reduce(reduction_named(name.c_str()), a.reduced, {f});
    const Expr known = chosen(any(call("IsNaN", {f})), missing, value);
    if (!decider) return known;
    return chosen(any(decider(f)), a.graph->constant(decision), known);
  };
  return row;
}

// Rows that know of elements only whether they are 0.
void add_conditions(std::vector<Reduction>& rows) {
  rows.push_back(
      deciding(row_of("Count", "Count<V, $d0>", dimension_of_first, no_derivative,
                      "number of elements where f is not 0", "0", "0"),
               nullptr, 0));
  rows.push_back(deciding(
      row_of("Any", "Any<V, $d0>", dimension_of_first, no_derivative,
             "1 if f is not 0 somewhere, else 0", "0", "0"),
      [](Expr f) {
        return call("And", {call("Not", {call("IsNaN", {f})}),
                            call("NotEqual", {f, f->graph->constant(0)})});
      },
      1));
  rows.push_back(deciding(
      row_of("All", "All<V, $d0>", dimension_of_first, no_derivative,
             "1 if f is not 0 everywhere, else 0", "0", "1"),
      [](Expr f) {
        return call("Equal", {f, f->graph->constant(0)});
      },
      0));
}

}  // namespace

void add_sums(std::vector<Reduction>& rows) {
  Reduction sum = row_of(
      "Sum", "Sum<V, $d0, SumScheme::$scheme>", dimension_of_first,
      [](const Arguments& a) { return Parts{a.adjoint}; }, "sum of f", "sum of df", "0");
  sum.sums = sum.is_linear = sum.adds_up = true;
  rows.push_back(sum);
  Reduction mean = row_of(
      "Mean", "Mean<V, $d0, SumScheme::$scheme>", dimension_of_first,
      [](const Arguments& a) { return Parts{divided(a.adjoint, count_of(a))}; },
      "mean of f", "mean of df", "NaN");
  mean.sums = mean.is_linear = true;
  rows.push_back(mean);
  rows.push_back(row_of(
      "Var", "Var<V, $d0>", dimension_of_first,
      [](const Arguments& a) {
        const Expr mean = reduced(a, "Mean", {a[0]});
        const Expr freedom = count_of(a) - a.self->graph->constant(1);
        return Parts{scaled(divided(a.adjoint, freedom), 2.0 * (a[0] - mean))};
      },
      "variance of f, with the number of elements less 1 below",
      "2 sum of (f - mean) df / (n - 1)", "NaN"));
  rows.push_back(row_of("Prod", "Prod<V, $d0>", dimension_of_first, product_adjoints,
                        "product of f", "sum of (product of the others) df", "1"));
  rows.push_back(row_of(
      "NonzeroProd", "Prod<V, $d0>", dimension_of_first,
      [](const Arguments& a) { return Parts{scaled(a.adjoint, a.self / a[0])}; },
      "product of f, for derivatives where f is never 0", "value * sum of df / f", "1"));
  add_conditions(rows);
}

}  // namespace rkeops
