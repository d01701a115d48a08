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

// Reductions of conditions where data may be missing: of what `decider` makes of f the
// reduction decides, and else it is missing where any element is.
ReductionMeaning deciding(const char* name, Expr (*decider)(Expr f), double decision) {
  return [name, decider, decision](const ReductionArguments& a) {
    const Expr f = a.children[0];
    const auto any = [&](Expr condition) {
      return a.graph->reduce(reduction_named("Any"), a.reduced, {condition}, {}, a.over);
    };
    const Expr missing = a.graph->constant(std::numeric_limits<double>::quiet_NaN());
    const Expr value = a.graph->reduce(reduction_named(name), a.reduced, {f}, {}, a.over);
    const Expr known = chosen(any(call("IsNaN", {f})), missing, value);
    if (!decider) return known;
    return chosen(any(decider(f)), a.graph->constant(decision), known);
  };
}

Expr is_true(Expr f) {
  return call("And", {call("Not", {call("IsNaN", {f})}),
                      call("NotEqual", {f, f->graph->constant(0)})});
}

Expr is_false(Expr f) { return call("Equal", {f, f->graph->constant(0)}); }

// Rows that know of elements only whether they are 0.
void add_conditions(std::vector<Reduction>& rows) {
  rows.push_back(reduction("Count(f)", "Count<V, $d0>")
                     .with_missing(deciding("Count", nullptr, 0))
                     .documentation("number of elements where f is not 0")
                     .empty("0"));
  rows.push_back(reduction("Any(f)", "Any<V, $d0>")
                     .with_missing(deciding("Any", is_true, 1))
                     .gives(ResultKind::truths)
                     .documentation("1 if f is not 0 somewhere, else 0")
                     .empty("0"));
  rows.push_back(reduction("All(f)", "All<V, $d0>")
                     .with_missing(deciding("All", is_false, 0))
                     .gives(ResultKind::truths)
                     .documentation("1 if f is not 0 everywhere, else 0")
                     .empty("1"));
}

Parts variance_adjoints(const Arguments& a) {
  const Expr mean = reduced(a, "Mean", {a[0]});
  const Expr freedom = count_of(a) - a.self->graph->constant(1);
  return {scaled(divided(a.adjoint, freedom), 2.0 * (a[0] - mean))};
}

}  // namespace

void add_sums(std::vector<Reduction>& rows) {
  rows.push_back(reduction("Sum(f)", "Sum<V, $d0, SumScheme::$scheme>")
                     .follows_sum_scheme()
                     .is_linear()
                     .adds(Adds::values)
                     .stays_on_gpu()
                     .adjoints([](const Arguments& a) { return Parts{a.adjoint}; })
                     .documentation("sum of f")
                     .derivative("sum of df")
                     .empty("0"));
  rows.push_back(reduction("Mean(f)", "Mean<V, $d0, SumScheme::$scheme>")
                     .follows_sum_scheme()
                     .is_linear()
                     .stays_on_gpu()
                     .adjoints([](const Arguments& a) {
                       return Parts{divided(a.adjoint, count_of(a))};
                     })
                     .documentation("mean of f")
                     .derivative("mean of df")
                     .empty("NaN"));
  rows.push_back(
      reduction("Var(f)", "Var<V, $d0>")
          .adjoints(variance_adjoints)
          .documentation("variance of f, with the number of elements less 1 below")
          .derivative("2 sum of (f - mean) df / (n - 1)")
          .empty("NaN"));
  rows.push_back(reduction("Prod(f)", "Prod<V, $d0>")
                     .adjoints(product_adjoints)
                     .documentation("product of f")
                     .derivative("sum of (product of the others) df")
                     .empty("1"));
  rows.push_back(reduction("NonzeroProd(f)", "Prod<V, $d0>")
                     .adjoints([](const Arguments& a) {
                       return Parts{scaled(a.adjoint, a.self / a[0])};
                     })
                     .documentation("product of f, for derivatives where f is never 0")
                     .derivative("value * sum of df / f")
                     .empty("1"));
  add_conditions(rows);
}

}  // namespace rkeops
