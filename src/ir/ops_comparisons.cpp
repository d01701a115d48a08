// Comparisons, choices, and what is made of them: 1 where it is true, 0 where it is not.
#include "ir/interval_rules.h"
#include "ir/ops_rows.h"

namespace rkeops {

namespace {

Operation comparison(const char* name, const char* code,
                     double (*evaluate)(double, double), const char* symbol,
                     const char* documentation) {
  const Operation row = elementwise(
      name, {"f", "g"}, code,
      [evaluate](const double* a) { return evaluate(a[0], a[1]); }, nullptr,
      documentation, "0");
  return hiding_missing(infix(row, symbol, precedence_of_comparison), {0, 1});
}

// ---- logic: NaN is neither true nor false ----

double truth(double f) { return f == 0 || f != f ? f : 1; }

double logical_and(double f, double g) {
  if (f == 0 || g == 0) return 0;
  return f == f ? truth(g) : f;
}

void add_logic(Rows& rows) {
  rows.push_back(elementwise(
      "And", {"f", "g"}, "logical_and($0, $1)",
      [](const double* a) { return logical_and(a[0], a[1]); }, nullptr,
      "1 where f and g are not 0, 0 where one of them is; else NaN, where one is NaN",
      "0"));
  rows.push_back(elementwise(
      "Or", {"f", "g"}, "logical_or($0, $1)",
      [](const double* a) { return 1 - logical_and(1 - truth(a[0]), 1 - truth(a[1])); },
      nullptr,
      "1 where f or g is not 0 and no NaN, 0 where both are 0; else NaN, where one is "
      "NaN",
      "0"));
  rows.push_back(unary(
      "Not", "logical_not($0)", [](double f) { return 1 - truth(f); }, nullptr,
      "1 where f is 0, else 0; NaN stays NaN", "0"));
  rows.push_back(unary(
      "IsNaN", "is_nan($0)", [](double f) { return double(f != f); }, nullptr,
      "1 where f is NaN, else 0", "0"));
  rows.push_back(
      choosing(elementwise(
                   "IfKnown", {"f", "a"}, "if_known($0, $1)",
                   [](const double* a) { return a[0] == a[0] ? a[1] : a[0]; }, nullptr,
                   "a, but NaN where f is NaN", "da, but NaN where f is NaN"),
               [](const Arguments& a) {
                 return Parts{Expr(), call("IfKnown", {a[0], a.adjoint})};
               }));
}

void add_comparisons(Rows& rows) {
  rows.push_back(comparison(
      "Equal", "equal($0, $1)", [](double f, double g) { return double(f == g); },
      "==", "1 where f = g, else 0; 0 for NaN"));
  rows.push_back(comparison(
      "NotEqual", "not_equal($0, $1)", [](double f, double g) { return double(f != g); },
      "!=", "0 where f = g, else 1; 1 for NaN"));
  rows.push_back(comparison(
      "LessThan", "less($0, $1)", [](double f, double g) { return double(f < g); }, "<",
      "1 where f < g, else 0; 0 for NaN"));
  rows.push_back(comparison(
      "LessOrEqual", "less_equal($0, $1)",
      [](double f, double g) { return double(f <= g); },
      "<=", "1 where f <= g, else 0; 0 for NaN"));
  rows.push_back(comparison(
      "GreaterThan", "greater($0, $1)", [](double f, double g) { return double(f > g); },
      ">", "1 where f > g, else 0; 0 for NaN"));
  rows.push_back(comparison(
      "GreaterOrEqual", "greater_equal($0, $1)",
      [](double f, double g) { return double(f >= g); },
      ">=", "1 where f >= g, else 0; 0 for NaN"));
}

Expr zero_of(const Arguments& a) { return a.self->graph->constant(0); }

Operation if_else_row() {
  Operation row = shown(elementwise(
                            "IfElse", {"f", "a", "b"}, "if_else($0, $1, $2)",
                            [](const double* a) { return a[0] >= 0 ? a[1] : a[2]; },
                            nullptr, "a where f >= 0, b elsewhere, also where f is NaN",
                            "da where f >= 0, db elsewhere"),
                        "IfElse(x, y, 1)");
  return choosing(hiding_missing(row, {0}), [](const Arguments& a) {
    const Expr zero = zero_of(a);
    return Parts{Expr(), call("IfElse", {a[0], a.adjoint, zero}),
                 call("IfElse", {a[0], zero, a.adjoint})};
  });
}

Operation larger_or_smaller(const char* name, const char* code,
                            Expr (*comes_first)(Expr, Expr), const char* documentation,
                            const char* derivative) {
  return choosing(
      elementwise(name, {"f", "g"}, code, nullptr, nullptr, documentation, derivative),
      [comes_first](const Arguments& a) {
        const Expr is_first = comes_first(a[0], a[1]), zero = zero_of(a);
        return Parts{chosen(is_first, a.adjoint, zero),
                     chosen(is_first, zero, a.adjoint)};
      });
}

Operation clamp_row() {
  const Operation row = elementwise(
      "Clamp", {"f", "a", "b"}, "clamp($0, $1, $2)",
      [](const double* a) { return a[0] < a[1]   ? a[1]
                                   : a[0] > a[2] ? a[2]
                                                 : a[0]; },
      nullptr, "a where f < a, b where f > b, else f",
      "da below a, db above b, df between and at them");
  return choosing(
      hiding_missing(shown(row, "Clamp(x, p, y)"), {1, 2}), [](const Arguments& a) {
        const Expr is_below = a[0]<a[1], is_above = a[0]> a[2], zero = zero_of(a);
        return Parts{chosen(is_below, zero, chosen(is_above, zero, a.adjoint)),
                     chosen(is_below, a.adjoint, zero),
                     chosen(is_below, zero, chosen(is_above, a.adjoint, zero))};
      });
}

void add_choices(Rows& rows) {
  rows.push_back(if_else_row());
  rows.push_back(also_called(
      larger_or_smaller(
          "Maximum", "maximum($0, $1)", [](Expr f, Expr g) { return f >= g; },
          "the larger of f and g; NaN if either is", "df where f >= g, dg elsewhere"),
      {"Max"}));
  rows.push_back(also_called(
      larger_or_smaller(
          "Minimum", "minimum($0, $1)", [](Expr f, Expr g) { return f <= g; },
          "the smaller of f and g; NaN if either is", "df where f <= g, dg elsewhere"),
      {"Min"}));
  rows.push_back(clamp_row());
}

Expr clamped_to_integers(const DefinitionArguments& a) {
  const Expr low = a.graph->constant(a.integers[0]),
             high = a.graph->constant(a.integers[1]);
  return call("Clamp", {a[0], low, high});
}

void add_made_of_comparisons(Rows& rows) {
  rows.push_back(
      shown(definition("ClampInt", {"f"}, {"a", "b"}, broadcast_dimension,
                       clamped_to_integers, "Clamp(f, a, b) for whole numbers a and b"),
            "ClampInt(x, 0, 1)"));
  rows.push_back(shown(definition(
                           "DiffClampInt", {"f"}, {"a", "b"}, broadcast_dimension,
                           [](const DefinitionArguments& a) {
                             return (a[0] >= a.graph->constant(a.integers[0])) *
                                    (a[0] <= a.graph->constant(a.integers[1]));
                           },
                           "1 where a <= f <= b, else 0"),
                       "DiffClampInt(x, 0, 1)"));
  rows.push_back(
      shown(definition(
                "Mod", {"f", "n", "d"}, {}, broadcast_dimension,
                [](const DefinitionArguments& a) {
                  return a[0] - a[1] * call("Floor", {(a[0] - a[2]) / a[1]});
                },
                "f - n floor((f - d) / n): f shifted by multiples of n into [d, d + n)"),
            "Mod(x, 2, 0)"));
}

// ---- intervals ----

using intervals::Interval;

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
  return test.lo >= 0 ? a : test.hi < 0 ? b : intervals::hull(a, b);
}

Interval larger(Interval a, Interval b) {
  return {std::max(a.lo, b.lo), std::max(a.hi, b.hi)};
}
Interval smaller(Interval a, Interval b) {
  return {std::min(a.lo, b.lo), std::min(a.hi, b.hi)};
}
Interval clamped(Interval f, Interval a, Interval b) {
  if (a.hi <= b.lo) return larger(a, smaller(f, b));
  return intervals::hull(f, intervals::hull(a, b));
}

void give_comparison_intervals(Rows& rows) {
  using namespace intervals;
  give_intervals(rows, {{"Equal", rule_of(two_arguments<is_equal>, 0)},
                        {"NotEqual", rule_of(two_arguments<is_not_equal>, 0)},
                        {"LessThan", rule_of(two_arguments<is_less>, 0)},
                        {"LessOrEqual", rule_of(two_arguments<is_at_most>, 0)},
                        {"GreaterThan", rule_of(two_arguments<is_greater>, 0)},
                        {"GreaterOrEqual", rule_of(two_arguments<is_at_least>, 0)},
                        {"And", rule_of(two_arguments<both>, 0)},
                        {"Or", rule_of(two_arguments<either>, 0)},
                        {"Not", rule_of(one_argument<is_false>, 0)},
                        {"IsNaN", rule_of(one_argument<never>, 0)},
                        {"IfKnown", rule_of(two_arguments<second>, 0)},
                        {"IfElse", rule_of(three_arguments<choice>, 0)},
                        {"Maximum", rule_of(two_arguments<larger>, 0)},
                        {"Minimum", rule_of(two_arguments<smaller>, 0)},
                        {"Clamp", rule_of(three_arguments<clamped>, 0)}});
}

}  // namespace

void add_comparison_rows(Rows& rows) {
  add_comparisons(rows);
  add_logic(rows);
  add_choices(rows);
  add_made_of_comparisons(rows);
  give_comparison_intervals(rows);
}

}  // namespace rkeops
