// Constants, sums, products and powers.
#include "ir/complex_rules.h"
#include "ir/interval_rules.h"
#include "ir/ops_rows.h"
#include "ir/structural_zeros.h"

namespace rkeops {

namespace {

// ---- intervals ----

using namespace intervals;

constexpr double infinity = std::numeric_limits<double>::infinity();

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

// ---- rows ----

constexpr const char* lost_by_roots =
    "where f is near 0 as a difference, as in 1 - x^2, which is (1 - x) * (1 + x)";

void add_sums(Rows& rows) {
  rows.push_back(elementwise("Add(f, g)", "$0 + $1")
                     .value([](const double* a) { return a[0] + a[1]; })
                     .partials([](const Arguments& a) {
                       const Expr unit = a.self->graph->constant(1);
                       return Parts{unit, unit};
                     })
                     .unit(UnitRule::keeps)
                     .analytic(rectangles::of_two<rectangles::add>)
                     .documentation("f + g")
                     .derivative("df + dg")
                     .infix("+", 4)
                     .interval(also_on_gpu(rule_of([](const IntervalLanes* const* a,
                                                      const int*, IntervalLanes& sum) {
                       for (int k = 0; k < IntervalLanes::count; ++k) {
                         sum.lo[k] = a[0]->lo[k] + a[1]->lo[k];
                         sum.hi[k] = a[0]->hi[k] + a[1]->hi[k];
                       }
                     }))));
  rows.push_back(
      elementwise("Subtract(f, g)", "$0 - $1")
          .value([](const double* a) { return a[0] - a[1]; })
          .partials([](const Arguments& a) {
            return Parts{a.self->graph->constant(1), a.self->graph->constant(-1)};
          })
          .unit(UnitRule::keeps)
          .loses_digits("of computed f and g that are nearly equal; differences of "
                        "inputs keep them")
          .analytic(rectangles::of_two<rectangles::subtract>)
          .documentation("f - g")
          .derivative("df - dg")
          .infix("-", 4)
          .interval(also_on_gpu(rule_of(
              [](const IntervalLanes* const* a, const int*, IntervalLanes& result) {
                for (int k = 0; k < IntervalLanes::count; ++k) {
                  const double lo = a[0]->lo[k] - a[1]->hi[k];
                  result.hi[k] = a[0]->hi[k] - a[1]->lo[k];
                  result.lo[k] = lo;
                }
              }))));
}

void add_products(Rows& rows) {
  rows.push_back(elementwise("Mult(f, g)", "$0 * $1")
                     .value([](const double* a) { return a[0] * a[1]; })
                     .partials([](const Arguments& a) {
                       return Parts{a[1], a[0]};
                     })
                     .unit(UnitRule::multiplies)
                     .analytic(rectangles::of_two<rectangles::multiply>)
                     .documentation("f * g")
                     .derivative("g df + f dg")
                     .infix("*", 5)
                     .also({"Scal", "ScalOrMult"})
                     .interval(also_on_gpu(rule_of(two_arguments<product>))));
  rows.push_back(elementwise("Divide(f, g)", "$0 / $1")
                     .value([](const double* a) { return a[0] / a[1]; })
                     .partials([](const Arguments& a) {
                       return Parts{call("Inv", {a[1]}), -(a.self / a[1])};
                     })
                     .unit(UnitRule::divides)
                     .analytic(rectangles::of_two<rectangles::divide>)
                     .documentation("f / g")
                     .derivative("df / g - (f/g) / g dg")
                     .infix("/", 5)
                     .interval(also_on_gpu(rule_of(two_arguments<quotient>, 2))));
  rows.push_back(
      unary("Minus(f)", "-$0")
          .value([](double f) { return -f; })
          .partial([](const Arguments& a) { return a.self->graph->constant(-1); })
          .unit(UnitRule::keeps)
          .analytic(rectangles::of_one<rectangles::negative>)
          .documentation("-f")
          .derivative("-df")
          .infix("-", 6)
          .interval(also_on_gpu(rule_of(one_argument<negative>, 0))));
}

Row integer_power_row() {
  Row row =
      elementwise("Pow(f, int m)", "integer_power<$i0>($0)")
          .partials([](const Arguments& a) {
            const int m = a.integer(0);
            // d f^m = m f^(m-1) df; the exponents -1, 0 and 1 have no power left to take
            if (m == 0) return Parts{a.self->graph->constant(0)};
            if (m == 1) return Parts{a.self->graph->constant(1)};
            if (m == 2) return Parts{2.0 * a[0]};
            return Parts{double(m) * call("Pow", {a[0]}, {m - 1})};
          })
          .analytic(rectangles::with_integer<rectangles::integer_power>)
          .documentation("f to the integer power m, by multiplication; Pow(f, 0) is 1")
          .derivative("m f^(m-1) df")
          .example("Pow(x, 3)")
          .interval(also_on_gpu(rule_of(with_integer<integer_power>, most_factors)));
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

// The logarithm of f is taken as that of 1 where f^g is 0: so adjoints are 0, their
// limit, and not NaN.
Parts power_adjoints(const Arguments& a) {
  const Expr power = a.self, zero = power->graph->constant(0);
  const Expr is_zero = call("Equal", {power, zero});
  const Expr of_exponent = scaled(a.adjoint, call("Log", {a[0]}) * power);
  return {adjoint_of_base(a), chosen(is_zero, zero, of_exponent)};
}

void add_powers(Rows& rows) {
  rows.push_back(
      unary("Square(f)", "square($0)")
          .cost(cost_of_arithmetic)
          .value([](double f) { return f * f; })
          .partial([](const Arguments& a) { return 2.0 * a[0]; })
          .analytic(rectangles::of_one<rectangles::square>)
          .documentation("f^2")
          .derivative("2 f df")
          .interval(also_on_gpu(between(0, infinity, rule_of(one_argument<square>)))));
  rows.push_back(integer_power_row());
  rows.push_back(
      elementwise("Powf(f, g)", "pow($0, $1)")
          .value([](const double* a) { return std::pow(a[0], a[1]); })
          .loses_digits("those of large g * log(f)")
          .analytic(rectangles::of_two<rectangles::power>)
          .documentation("f to the power g, as pow in C")
          .derivative(
              "g f^(g-1) df, 0 at 0 for g from 0 to 1, + log(f) f^g dg, 0 where f^g is")
          .adjoints(power_adjoints)
          .interval(between(0, infinity, rule_of(two_arguments<real_power>, 32))));
  rows.push_back(
      define("Power(f, g)", power_meaning)
          .documentation("f ^ g: Square, Pow, Sqrt or Rsqrt for such a number g, "
                         "otherwise Powf")
          .infix("^", 7));
  // The derivative is taken as 0 at 0, because Rsqrt(0) is 0: what distances need.
  rows.push_back(
      unary("Sqrt(f)", "sqrt($0)")
          .value([](double f) { return std::sqrt(f); })
          .partial([](const Arguments& a) { return 0.5 * call("Rsqrt", {a[0]}); })
          .loses_digits(lost_by_roots)
          .is_fragile()
          .analytic(rectangles::of_one<rectangles::root>)
          .documentation("square root; NaN below 0")
          .derivative("1/2 f^(-1/2) df, 0 at 0")
          .interval(also_on_gpu(between(0, infinity, increasing<root>(2)))));
  rows.push_back(
      unary("Rsqrt(f)", "rsqrt($0)")
          .value([](double f) { return f == 0 ? 0.0 : 1 / std::sqrt(f); })
          .partial([](const Arguments& a) { return -0.5 * call("Pow", {a.self}, {3}); })
          .loses_digits(lost_by_roots)
          .is_fragile()
          .analytic(rectangles::of_one<rectangles::inverse_root>)
          .documentation("f^(-1/2), defined as 0 at 0; NaN below 0")
          .derivative("-1/2 f^(-3/2) df, 0 at 0")
          .interval(between(0, infinity, rule_of(one_argument<inverse_root>, 4))));
  rows.push_back(
      unary("Inv(f)", "inverse($0)")
          .value([](double f) { return 1 / f; })
          .partial([](const Arguments& a) { return -call("Square", {a.self}); })
          .analytic(rectangles::of_one<rectangles::inverse>)
          .documentation("1 / f")
          .derivative("-1/f^2 df")
          .interval(also_on_gpu(rule_of(one_argument<inverse>, 2))));
}

}  // namespace

void add_constant_rows(Rows& rows) {
  rows.push_back(define("IntCst(int n)", "n")
                     .dimensions("1", one)
                     .documentation("the integer n")
                     .example("IntCst(2)"));
  rows.push_back(define("IntInv(int n)", "1 / n")
                     .dimensions("1",
                                 [](const Children&, const Integers& n) {
                                   require(n[0] != 0, "divides by 0");
                                   return 1;
                                 })
                     .documentation("1 / n")
                     .example("IntInv(4)"));
  rows.push_back(define("RatCst(int p, int q)", "p / q")
                     .dimensions("1",
                                 [](const Children&, const Integers& n) {
                                   require(n[1] != 0, "divides by 0");
                                   return 1;
                                 })
                     .documentation("p / q")
                     .example("RatCst(1, 3)"));
  rows.push_back(define("Zero(int D)",
                        [](const DefinitionArguments& a) {
                          return a.graph->constant(0, a.integers[0]);
                        })
                     .dimensions("D",
                                 [](const Children&, const Integers& n) {
                                   require(n[0] >= 1, "needs at least one component");
                                   return n[0];
                                 })
                     .documentation("a vector of D zeros")
                     .example("Zero(3)"));
  rows.push_back(linear("Range(int D)", Form::range)
                     .dimensions("D",
                                 [](const Children&, const Integers& n) {
                                   require(n[0] >= 1, "needs at least one component");
                                   return n[0];
                                 })
                     .documentation("the numbers 0, 1, ..., D - 1")
                     .derivative("0")
                     .example("Range(3)"));
}

void add_arithmetic_rows(Rows& rows) {
  add_sums(rows);
  add_products(rows);
  add_powers(rows);
}

}  // namespace rkeops
