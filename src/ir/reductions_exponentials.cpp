// Rows of the table of reductions: sums of exponentials without overflow.
#include "ir/reductions_rows.h"
#include "ir/selection.h"
#include "ir/structural_zeros.h"

namespace rkeops {

namespace {

using Children = std::vector<Expr>;
using Integers = std::vector<int>;
using Arguments = ReductionDerivative;
using Parts = ReductionParts;

// The exponent is one number, whatever the rest.
ReductionDimension of_scalar(long long (*dimension)(const Children& c)) {
  return [dimension](const Children& c, const Integers&) {
    if (c[0]->dimension != 1) {
      throw DimensionProblem{"reduces a formula of dimension 1, not " +
                             std::to_string(c[0]->dimension)};
    }
    return dimension(c);
  };
}

long long of_weight(const Children& c) { return c[1]->dimension; }

void add_log_sum_exps(std::vector<Reduction>& rows) {
  rows.push_back(reduction("LogSumExp(f)", "LogSumExp<V>")
                     .dimensions("1 -> 1", of_scalar([](const Children&) { return 1LL; }))
                     .adds(Adds::exponentials)
                     .shift(Shift::is_added)
                     .stays_on_gpu()
                     .adjoints([](const Arguments& a) {
                       return Parts{scaled(a.adjoint, call("Exp", {a[0] - a.self}))};
                     })
                     .documentation("log of the sum of exp(f), without overflow")
                     .derivative("sum of exp(f - value) df")
                     .empty("-Inf"));
  rows.push_back(reduction("LogSumExpWeight(f, weight)", "LogSumExpWeight<V, $d1>")
                     .also({"LogSumExp"})
                     .dimensions("1, n -> n", of_scalar(of_weight))
                     .adds(Adds::weighted_exponentials)
                     .shift(Shift::is_added)
                     .adjoints([](const Arguments& a) {
                       const Expr shares =
                           scaled(a.adjoint, call("Exp", {a[0] - a.self}));
                       return Parts{total_of(scaled(shares, a[1])), shares};
                     })
                     .documentation("log of the sum of exp(f) * weight, without overflow")
                     .derivative("sum of exp(f - value) (weight df + dweight)")
                     .empty("-Inf"));
  // a sum without weights is kept for the mean, too
  rows.push_back(
      reduction("SumSoftMaxWeight(f, weight)", "SumSoftMaxWeight<V, $d1>")
          .also({"SoftMax"})
          .dimensions("1, n -> n", of_scalar(of_weight))
          .adds(Adds::exponentials)
          .shift(Shift::vanishes)
          .adjoints([](const Arguments& a) {
            const Expr share = call("Exp", {a[0] - reduced(a, "LogSumExp", {a[0]})});
            const Expr beside = total_of(scaled(a.adjoint, a[1] - a.self));
            return Parts{scaled(beside, share), scaled(a.adjoint, share)};
          })
          .documentation("sum of exp(f) * weight over the sum of exp(f)")
          .derivative("sum of exp(f) / sum(exp(f)) ((weight - value) df + dweight)")
          .empty("NaN"));
}

// (m, s): the derivative of s counts the change of m.
Parts shifted_adjoints(const Arguments& a, Expr weight) {
  const int sums = a.self->dimension - 1;
  const Expr m = slice(a.self, 0, 1), s = slice(a.self, 1, sums);
  const Expr g_m = part_of(a.adjoint, 0, 1), g_s = part_of(a.adjoint, 1, sums);
  const Expr share = call("Exp", {a[0] - m});
  const Expr place = reduced(a, "ArgMaxParts", {a[0]});
  const Expr of_m =
      joined(g_m, scaled(total_of(scaled(g_s, s)), g_m->graph->constant(-1)));
  const Expr through_sum = scaled(weight ? total_of(scaled(g_s, weight)) : g_s, share);
  Parts parts = {joined(through_sum, at_place(a, place, 0, of_m))};
  if (weight) parts.push_back(scaled(g_s, share));
  return parts;
}

void add_shifted(std::vector<Reduction>& rows) {
  rows.push_back(
      reduction("Max_SumShiftExp(f)", "MaxSumShiftExp<V>")
          .also({"Max_SumShiftExpWeight"})
          .dimensions("1 -> 2", of_scalar([](const Children&) { return 2LL; }))
          .adds(Adds::exponentials)
          .adjoints([](const Arguments& a) { return shifted_adjoints(a, Expr()); })
          .documentation("m = max of f, then the sum of exp(f - m)")
          .derivative("that of each of the two")
          .empty("-Inf, 0"));
  rows.push_back(
      reduction("Max_SumShiftExpWeight(f, weight)", "MaxSumShiftExpWeight<V, $d1>")
          .dimensions("1, n -> 1 + n",
                      of_scalar([](const Children& c) { return 1 + of_weight(c); }))
          .adds(Adds::weighted_exponentials)
          .adjoints([](const Arguments& a) { return shifted_adjoints(a, a[1]); })
          .documentation("m = max of f, then the sum of exp(f - m) * weight")
          .derivative("that of each of the two")
          .empty("-Inf, 0"));
}

}  // namespace

void add_exponentials(std::vector<Reduction>& rows) {
  add_log_sum_exps(rows);
  add_shifted(rows);
}

}  // namespace rkeops
