// Constants, sums, products and powers.
#include "ir/interval_rules.h"
#include "ir/ops_rows.h"
#include "ir/structural_zeros.h"

namespace rkeops {

void add_constant_rows(Rows& rows) {
  rows.push_back(shown(
      definition(
          "IntCst", {}, {"n"}, one,
          [](const DefinitionArguments& a) { return a.graph->constant(a.integers[0]); },
          "the integer n"),
      "IntCst(2)"));
  rows.push_back(shown(definition(
                           "IntInv", {}, {"n"},
                           [](const Children&, const Integers& n) {
                             require(n[0] != 0, "divides by 0");
                             return 1;
                           },
                           [](const DefinitionArguments& a) {
                             return a.graph->constant(1.0 / a.integers[0]);
                           },
                           "1 / n"),
                       "IntInv(4)"));
  rows.push_back(shown(definition(
                           "RatCst", {}, {"p", "q"},
                           [](const Children&, const Integers& n) {
                             require(n[1] != 0, "divides by 0");
                             return 1;
                           },
                           [](const DefinitionArguments& a) {
                             return a.graph->constant(double(a.integers[0]) /
                                                      a.integers[1]);
                           },
                           "p / q"),
                       "RatCst(1, 3)"));
  rows.push_back(shown(definition(
                           "Zero", {}, {"D"},
                           [](const Children&, const Integers& n) {
                             require(n[0] >= 1, "needs at least one component");
                             return n[0];
                           },
                           [](const DefinitionArguments& a) {
                             return a.graph->constant(0, a.integers[0]);
                           },
                           "a vector of D zeros"),
                       "Zero(3)"));
  Operation range;
  range.name = "Range";
  range.integer_arguments = {"D"};
  range.form = Form::range;
  range.dimension = [](const Children&, const Integers& n) {
    require(n[0] >= 1, "needs at least one component");
    return n[0];
  };
  range.documentation = "the numbers 0, 1, ..., D - 1";
  range.derivative = "0";
  range.example = "Range(3)";
  rows.push_back(range);
  describe_dimensions(
      rows,
      {{"IntCst", "1"}, {"IntInv", "1"}, {"RatCst", "1"}, {"Zero", "D"}, {"Range", "D"}});
}

namespace {

void add_sums_and_products(Rows& rows) {
  rows.push_back(
      infix(elementwise(
                "Add", {"f", "g"}, "$0 + $1", [](const double* a) { return a[0] + a[1]; },
                [](const Arguments& a) {
                  const Expr unit = a.self->graph->constant(1);
                  return Parts{unit, unit};
                },
                "f + g", "df + dg"),
            "+", 4));
  rows.push_back(infix(
      elementwise(
          "Subtract", {"f", "g"}, "$0 - $1", [](const double* a) { return a[0] - a[1]; },
          [](const Arguments& a) {
            return Parts{a.self->graph->constant(1), a.self->graph->constant(-1)};
          },
          "f - g", "df - dg"),
      "-", 4));
  rows.push_back(also_called(infix(elementwise(
                                       "Mult", {"f", "g"}, "$0 * $1",
                                       [](const double* a) { return a[0] * a[1]; },
                                       [](const Arguments& a) {
                                         return Parts{a[1], a[0]};
                                       },
                                       "f * g", "g df + f dg"),
                                   "*", 5),
                             {"Scal", "ScalOrMult"}));
  rows.push_back(infix(
      elementwise(
          "Divide", {"f", "g"}, "$0 / $1", [](const double* a) { return a[0] / a[1]; },
          [](const Arguments& a) {
            return Parts{call("Inv", {a[1]}), -(a.self / a[1])};
          },
          "f / g", "df / g - (f/g) / g dg"),
      "/", 5));
  rows.push_back(infix(
      unary(
          "Minus", "-$0", [](double f) { return -f; },
          [](const Arguments& a) { return a.self->graph->constant(-1); }, "-f", "-df"),
      "-", 6));
}

Operation integer_power_row() {
  Operation row = shown(
      elementwise(
          "Pow", {"f"}, "integer_power<$i0>($0)", nullptr,
          [](const Arguments& a) {
            const int m = a.integer(0);
            // d f^m = m f^(m-1) df; the exponents -1, 0 and 1 have no power left to take
            if (m == 0) return Parts{a.self->graph->constant(0)};
            if (m == 1) return Parts{a.self->graph->constant(1)};
            if (m == 2) return Parts{2.0 * a[0]};
            return Parts{double(m) * call("Pow", {a[0]}, {m - 1})};
          },
          "f to the integer power m, by multiplication; Pow(f, 0) is 1", "m f^(m-1) df"),
      "Pow(x, 3)");
  row.integer_arguments = {"m"};
  return row;
}

// f ^ g: numbers as exponents have operations of their own, exact and with their own
// derivatives.
Expr power_meaning(const DefinitionArguments& a) {
  const Expr f = a[0], g = a[1];
  if (g->kind != NodeKind::constant || g->dimension != 1) return call("Powf", {f, g});
  const double exponent = g->value;
  if (exponent == 1) return f;
  if (exponent == 2) return call("Square", {f});
  if (exponent == 0.5) return call("Sqrt", {f});
  if (exponent == -0.5) return call("Rsqrt", {f});
  const bool is_small_integer =
      exponent == std::floor(exponent) && std::fabs(exponent) <= 64;
  if (is_small_integer) return call("Pow", {f}, {int(exponent)});
  return call("Powf", {f, g});
}

// 0 where f is 0 and its power is finite but not the slope, for an exponent from 0 to 1:
// as the slope of Sqrt there. At the exponent 0 the slope is 0 anyway.
Expr adjoint_of_base(const Arguments& a) {
  const Expr f = a[0], g = a[1], zero = f->graph->constant(0),
             one = f->graph->constant(1);
  const Expr slope = scaled(a.adjoint, g * call("Powf", {f, g - one}));
  const Expr is_zero = call("Equal", {f, zero});
  if (g->kind == NodeKind::constant) {
    return g->value >= 0 && g->value < 1 ? chosen(is_zero, zero, slope) : slope;
  }
  return chosen(is_zero * (g >= zero) * (g < one) + call("Equal", {g, zero}), zero,
                slope);
}

// Where f^g is 0 its logarithm is taken as that of 1: so they are 0 and not NaN, which is
// their limit.
Parts power_adjoints(const Arguments& a) {
  const Expr power = a.self, zero = power->graph->constant(0);
  const Expr is_zero = call("Equal", {power, zero});
  const Expr of_exponent = scaled(a.adjoint, call("Log", {a[0]}) * power);
  return {adjoint_of_base(a), chosen(is_zero, zero, of_exponent)};
}

void add_powers(Rows& rows) {
  rows.push_back(unary(
      "Square", "square($0)", [](double f) { return f * f; },
      [](const Arguments& a) { return 2.0 * a[0]; }, "f^2", "2 f df"));
  rows.push_back(integer_power_row());
  rows.push_back(choosing(
      elementwise(
          "Powf", {"f", "g"}, "pow($0, $1)",
          [](const double* a) { return std::pow(a[0], a[1]); }, nullptr,
          "f to the power g, as pow in C",
          "g f^(g-1) df, 0 at 0 for g from 0 to 1, + log(f) f^g dg, 0 where f^g is"),
      power_adjoints));
  rows.push_back(
      infix(definition("Power", {"f", "g"}, {}, broadcast_dimension, power_meaning,
                       "f ^ g: Square, Pow, Sqrt or Rsqrt for such a number g, "
                       "otherwise Powf"),
            "^", 7));
  // The derivative is taken as 0 at 0, because Rsqrt(0) is 0: what distances need.
  rows.push_back(unary(
      "Sqrt", "sqrt($0)", [](double f) { return std::sqrt(f); },
      [](const Arguments& a) { return 0.5 * call("Rsqrt", {a[0]}); },
      "square root; NaN below 0", "1/2 f^(-1/2) df, 0 at 0"));
  rows.push_back(unary(
      "Rsqrt", "rsqrt($0)", [](double f) { return f == 0 ? 0.0 : 1 / std::sqrt(f); },
      [](const Arguments& a) { return -0.5 * call("Pow", {a.self}, {3}); },
      "f^(-1/2), defined as 0 at 0; NaN below 0", "-1/2 f^(-3/2) df, 0 at 0"));
  rows.push_back(unary(
      "Inv", "inverse($0)", [](double f) { return 1 / f; },
      [](const Arguments& a) { return -call("Square", {a.self}); }, "1 / f",
      "-1/f^2 df"));
}

// ---- intervals ----

using intervals::Interval;
using intervals::unknown;

Interval product(Interval a, Interval b) {
  const double p = a.lo * b.lo, q = a.lo * b.hi, r = a.hi * b.lo, s = a.hi * b.hi;
  return {std::min(std::min(p, q), std::min(r, s)),
          std::max(std::max(p, q), std::max(r, s))};
}

Interval negative(Interval a) { return {-a.hi, -a.lo}; }

Interval inverse(Interval a) {
  const bool is_defined = a.lo > 0 || a.hi < 0;
  return {is_defined ? 1 / a.hi : unknown, is_defined ? 1 / a.lo : unknown};
}

// Rounded itself, so that a factor 1 of the quotient is not rounded twice.
Interval quotient(Interval a, Interval b) {
  if (!(b.lo > 0 || b.hi < 0)) return {unknown, unknown};
  const double p = a.lo / b.lo, q = a.lo / b.hi, r = a.hi / b.lo, s = a.hi / b.hi;
  return {std::min(std::min(p, q), std::min(r, s)),
          std::max(std::max(p, q), std::max(r, s))};
}

Interval square(Interval a) {
  const double nearest = std::max(0.0, std::max(a.lo, -a.hi));
  const double farthest = std::max(-a.lo, a.hi);
  return {nearest * nearest, farthest * farthest};
}

// Products of so many factors are not bounded: their errors add up.
constexpr int most_factors = 16;

Interval integer_power(Interval a, int m) {
  if (m < 0) return inverse(integer_power(a, -m));
  if (m > most_factors) return {unknown, unknown};
  if (m == 0) return {1, 1};
  if (m % 2 == 1) return {std::pow(a.lo, m), std::pow(a.hi, m)};
  const double nearest = std::max(0.0, std::max(a.lo, -a.hi));
  return {std::pow(nearest, m), std::pow(std::max(-a.lo, a.hi), m)};
}

// Monotone in each argument, but in opposite directions for bases below and above 1.
Interval real_power(Interval a, Interval b) {
  if (!(a.lo > 0)) return {unknown, unknown};
  const double p = std::pow(a.lo, b.lo), q = std::pow(a.lo, b.hi),
               r = std::pow(a.hi, b.lo), s = std::pow(a.hi, b.hi);
  return {std::min(std::min(p, q), std::min(r, s)),
          std::max(std::max(p, q), std::max(r, s))};
}

double root(double f) { return std::sqrt(f); }

Interval inverse_root(Interval a) {
  const bool is_defined = a.lo > 0;
  return {is_defined ? 1 / std::sqrt(a.hi) : unknown,
          is_defined ? 1 / std::sqrt(a.lo) : unknown};
}

void give_arithmetic_intervals(Rows& rows) {
  using namespace intervals;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  give_intervals(
      rows,
      {{"Add", rule_of([](const IntervalLanes* const* a, const int*, IntervalLanes& sum) {
          for (int k = 0; k < IntervalLanes::count; ++k) {
            sum.lo[k] = a[0]->lo[k] + a[1]->lo[k];
            sum.hi[k] = a[0]->hi[k] + a[1]->hi[k];
          }
        })},
       {"Subtract",
        rule_of([](const IntervalLanes* const* a, const int*, IntervalLanes& result) {
          for (int k = 0; k < IntervalLanes::count; ++k) {
            const double lo = a[0]->lo[k] - a[1]->hi[k];
            result.hi[k] = a[0]->hi[k] - a[1]->lo[k];
            result.lo[k] = lo;
          }
        })},
       {"Mult", rule_of(two_arguments<product>)},
       {"Divide", rule_of(two_arguments<quotient>, 2)},
       {"Minus", rule_of(one_argument<negative>, 0)},
       {"Square", between(0, infinity, rule_of(one_argument<square>))},
       {"Pow", rule_of(with_integer<integer_power>, most_factors)},
       {"Powf", between(0, infinity, rule_of(two_arguments<real_power>, 32))},
       {"Sqrt", between(0, infinity, increasing<root>(2))},
       {"Rsqrt", between(0, infinity, rule_of(one_argument<inverse_root>, 4))},
       {"Inv", rule_of(one_argument<inverse>, 2)}});
}

}  // namespace

void add_arithmetic_rows(Rows& rows) {
  add_sums_and_products(rows);
  add_powers(rows);
  give_arithmetic_intervals(rows);
}

}  // namespace rkeops
