// Comparisons, choices, and what is made of them: 1 where it is true, 0 where it is not.
#include "ir/complex_rules.h"
#include "ir/interval_rules.h"
#include "ir/ops_rows.h"

namespace rkeops {

namespace {

// ---- intervals ----

using namespace intervals;

Interval truth_of(bool always, bool never) { return {double(always), double(!never)}; }

Interval negation(Interval a) { return {1 - a.hi, 1 - a.lo}; }

Interval is_less(Interval a, Interval b) { return truth_of(a.hi < b.lo, a.lo >= b.hi); }
Interval is_at_most(Interval a, Interval b) {
  return truth_of(a.hi <= b.lo, a.lo > b.hi);
}
Interval is_greater(Interval a, Interval b) { return is_less(b, a); }
Interval is_at_least(Interval a, Interval b) { return is_at_most(b, a); }
Interval is_equal(Interval a, Interval b) {
  return truth_of(a.lo == b.hi && a.hi == b.lo, a.hi < b.lo || a.lo > b.hi);
}
Interval is_not_equal(Interval a, Interval b) { return negation(is_equal(a, b)); }

// Whether it is no zero.
Interval truth(Interval a) {
  return truth_of(a.lo > 0 || a.hi < 0, a.lo == 0 && a.hi == 0);
}
Interval both(Interval a, Interval b) {
  const Interval f = truth(a), g = truth(b);
  return {f.lo * g.lo, f.hi * g.hi};
}
Interval either(Interval a, Interval b) {
  return negation(both(negation(truth(a)), negation(truth(b))));
}
Interval is_false(Interval a) { return negation(truth(a)); }

// A known value is no NaN.
Interval never(Interval) { return {0, 0}; }
Interval second(Interval, Interval b) { return b; }

Interval choice(Interval test, Interval a, Interval b) {
  return test.lo >= 0 ? a : test.hi < 0 ? b : hull(a, b);
}

Interval larger(Interval a, Interval b) {
  return {std::max(a.lo, b.lo), std::max(a.hi, b.hi)};
}
Interval smaller(Interval a, Interval b) {
  return {std::min(a.lo, b.lo), std::min(a.hi, b.hi)};
}
Interval clamped(Interval f, Interval a, Interval b) {
  if (a.hi <= b.lo) return larger(a, smaller(f, b));
  return hull(f, hull(a, b));
}

// ---- rows ----

Row comparison(const std::string& name, const char* code,
               double (*evaluate)(double, double), const char* symbol) {
  return elementwise(name + "(f, g)", code)
      .value([evaluate](const double* a) { return evaluate(a[0], a[1]); })
      .derivative("0")
      .gives(Numbers::logical)
      .codes(CodeRule::orders)
      .loses_digits("where f and g are nearly equal and computed; of inputs it is exact")
      .infix(symbol, precedence_of_comparison)
      .hides_missing({0, 1});
}

// ---- logic: NaN is neither true nor false ----

double truth(double f) { return f == 0 || f != f ? f : 1; }

double logical_and(double f, double g) {
  if (f == 0 || g == 0) return 0;
  return f == f ? truth(g) : f;
}

void add_logic(Rows& rows) {
  rows.push_back(elementwise("And(f, g)", "logical_and($0, $1)")
                     .value([](const double* a) { return logical_and(a[0], a[1]); })
                     .gives(Numbers::logical)
                     .documentation("1 where f and g are not 0, 0 where one of them is; "
                                    "else NaN, where one is NaN")
                     .derivative("0")
                     .interval(rule_of(two_arguments<both>, 0)));
  rows.push_back(elementwise("Or(f, g)", "logical_or($0, $1)")
                     .value([](const double* a) {
                       return 1 - logical_and(1 - truth(a[0]), 1 - truth(a[1]));
                     })
                     .gives(Numbers::logical)
                     .documentation("1 where f or g is not 0 and no NaN, 0 where both "
                                    "are 0; else NaN, where one is "
                                    "NaN")
                     .derivative("0")
                     .interval(rule_of(two_arguments<either>, 0)));
  rows.push_back(unary("Not(f)", "logical_not($0)")
                     .value([](double f) { return 1 - truth(f); })
                     .gives(Numbers::logical)
                     .documentation("1 where f is 0, else 0; NaN stays NaN")
                     .derivative("0")
                     .interval(rule_of(one_argument<is_false>, 0)));
  rows.push_back(unary("IsNaN(f)", "is_nan($0)")
                     .value([](double f) { return double(f != f); })
                     .gives(Numbers::logical)
                     .codes(CodeRule::takes)
                     .documentation("1 where f is NaN, else 0")
                     .derivative("0")
                     .interval(rule_of(one_argument<never>, 0)));
  rows.push_back(elementwise("IfKnown(f, a)", "if_known($0, $1)")
                     .value([](const double* a) { return a[0] == a[0] ? a[1] : a[0]; })
                     .documentation("a, but NaN where f is NaN")
                     .derivative("da, but NaN where f is NaN")
                     .adjoints([](const Arguments& a) {
                       return Parts{Expr(), call("IfKnown", {a[0], a.adjoint})};
                     })
                     .interval(rule_of(two_arguments<second>, 0)));
}

void add_comparisons(Rows& rows) {
  rows.push_back(comparison(
                     "Equal", "equal($0, $1)",
                     [](double f, double g) { return double(f == g); }, "==")
                     .codes(CodeRule::equates)
                     .documentation("1 where f = g, else 0; 0 for NaN")
                     .interval(rule_of(two_arguments<is_equal>, 0)));
  rows.push_back(comparison(
                     "NotEqual", "not_equal($0, $1)",
                     [](double f, double g) { return double(f != g); }, "!=")
                     .codes(CodeRule::equates)
                     .documentation("0 where f = g, else 1; 1 for NaN")
                     .interval(rule_of(two_arguments<is_not_equal>, 0)));
  rows.push_back(comparison(
                     "LessThan", "less($0, $1)",
                     [](double f, double g) { return double(f < g); }, "<")
                     .documentation("1 where f < g, else 0; 0 for NaN")
                     .interval(rule_of(two_arguments<is_less>, 0)));
  rows.push_back(comparison(
                     "LessOrEqual", "less_equal($0, $1)",
                     [](double f, double g) { return double(f <= g); }, "<=")
                     .documentation("1 where f <= g, else 0; 0 for NaN")
                     .interval(rule_of(two_arguments<is_at_most>, 0)));
  rows.push_back(comparison(
                     "GreaterThan", "greater($0, $1)",
                     [](double f, double g) { return double(f > g); }, ">")
                     .documentation("1 where f > g, else 0; 0 for NaN")
                     .interval(rule_of(two_arguments<is_greater>, 0)));
  rows.push_back(comparison(
                     "GreaterOrEqual", "greater_equal($0, $1)",
                     [](double f, double g) { return double(f >= g); }, ">=")
                     .documentation("1 where f >= g, else 0; 0 for NaN")
                     .interval(rule_of(two_arguments<is_at_least>, 0)));
}

Expr zero_of(const Arguments& a) { return a.self->graph->constant(0); }

Row if_else_row() {
  Row row = elementwise("IfElse(f, a, b)", "if_else($0, $1, $2)")
                .value([](const double* a) { return a[0] >= 0 ? a[1] : a[2]; })
                .unit(UnitRule::keeps)
                .documentation("a where f >= 0, b elsewhere, also where f is NaN")
                .derivative("da where f >= 0, db elsewhere")
                .example("IfElse(x, y, 1)")
                .interval(rule_of(three_arguments<choice>, 0));
  return row.hides_missing({0}).adjoints([](const Arguments& a) {
    const Expr zero = zero_of(a);
    return Parts{Expr(), call("IfElse", {a[0], a.adjoint, zero}),
                 call("IfElse", {a[0], zero, a.adjoint})};
  });
}

Row larger_or_smaller(const std::string& name, const char* code,
                      Expr (*comes_first)(Expr, Expr)) {
  return elementwise(name + "(f, g)", code).adjoints([comes_first](const Arguments& a) {
    const Expr is_first = comes_first(a[0], a[1]), zero = zero_of(a);
    return Parts{chosen(is_first, a.adjoint, zero), chosen(is_first, zero, a.adjoint)};
  });
}

Row clamp_row() {
  Row row = elementwise("Clamp(f, a, b)", "clamp($0, $1, $2)")
                .value([](const double* a) {
                  return a[0] < a[1] ? a[1] : a[0] > a[2] ? a[2] : a[0];
                })
                .unit(UnitRule::keeps)
                .documentation("a where f < a, b where f > b, else f")
                .derivative("da below a, db above b, df between and at them")
                .interval(rule_of(three_arguments<clamped>, 0));
  return row.example("Clamp(x, p, y)")
      .hides_missing({1, 2})
      .adjoints([](const Arguments& a) {
        const Expr is_below = a[0]<a[1], is_above = a[0]> a[2], zero = zero_of(a);
        return Parts{chosen(is_below, zero, chosen(is_above, zero, a.adjoint)),
                     chosen(is_below, a.adjoint, zero),
                     chosen(is_below, zero, chosen(is_above, a.adjoint, zero))};
      });
}

void add_choices(Rows& rows) {
  rows.push_back(if_else_row());
  rows.push_back(larger_or_smaller("Maximum", "maximum($0, $1)",
                                   [](Expr f, Expr g) { return f >= g; })
                     .unit(UnitRule::keeps)
                     .analytic(rectangles::of_two<rectangles::larger>)
                     .documentation("the larger of f and g; NaN if either is")
                     .derivative("df where f >= g, dg elsewhere")
                     .also({"Max"})
                     .interval(also_on_gpu(rule_of(two_arguments<larger>, 0))));
  rows.push_back(larger_or_smaller("Minimum", "minimum($0, $1)",
                                   [](Expr f, Expr g) { return f <= g; })
                     .unit(UnitRule::keeps)
                     .analytic(rectangles::of_two<rectangles::smaller>)
                     .documentation("the smaller of f and g; NaN if either is")
                     .derivative("df where f <= g, dg elsewhere")
                     .also({"Min"})
                     .interval(also_on_gpu(rule_of(two_arguments<smaller>, 0))));
  rows.push_back(clamp_row());
}

void add_made_of_comparisons(Rows& rows) {
  rows.push_back(define("ClampInt(f, int a, int b)", "Clamp(f, a, b)")
                     .documentation("Clamp(f, a, b) for whole numbers a and b")
                     .example("ClampInt(x, 0, 1)"));
  rows.push_back(define("DiffClampInt(f, int a, int b)", "(f >= a) * (f <= b)")
                     .documentation("1 where a <= f <= b, else 0")
                     .example("DiffClampInt(x, 0, 1)"));
  rows.push_back(
      define("Mod(f, n, d)", "f - n * Floor((f - d) / n)")
          .loses_digits("of f that is large beside the modulus, and near its multiples")
          .documentation(
              "f - n floor((f - d) / n): f shifted by multiples of n into [d, d + n)")
          .example("Mod(x, 2, 0)"));
}

}  // namespace

void add_comparison_rows(Rows& rows) {
  add_comparisons(rows);
  add_logic(rows);
  add_choices(rows);
  add_made_of_comparisons(rows);
}

}  // namespace rkeops
