// Functions of one number: exponentials, special functions, kinks and steps.
#include "ir/complex_rules.h"
#include "ir/interval_rules.h"
#include "ir/ops_rows.h"
#include "ir/structural_zeros.h"

namespace rkeops {

namespace {

// ---- intervals ----

using namespace intervals;

constexpr double infinity = std::numeric_limits<double>::infinity();

// std::exp and its kind have several versions: these have the one of doubles.
double exp_of(double f) { return std::exp(f); }
double expm1_of(double f) { return std::expm1(f); }
double exp2_of(double f) { return std::exp2(f); }
double log_of(double f) { return f > 0 ? std::log(f) : unknown; }
double log2_of(double f) { return f > 0 ? std::log2(f) : unknown; }
double log10_of(double f) { return f > 0 ? std::log10(f) : unknown; }
double log1p_of(double f) { return f > -1 ? std::log1p(f) : unknown; }
double logistic_of(double f) { return 1 / (1 + std::exp(-f)); }
double softplus_of(double f) {
  return std::max(f, 0.0) + std::log1p(std::exp(-std::fabs(f)));
}
double erfc_of(double f) { return std::erfc(f); }
double sign_of(double f) { return (f > 0) - (f < 0); }
double step_of(double f) { return f >= 0; }
double relu_of(double f) { return std::max(f, 0.0); }
double floor_of(double f) { return std::floor(f); }
double ceil_of(double f) { return std::ceil(f); }
double trunc_of(double f) { return std::trunc(f); }

Interval absolute(Interval a) {
  return {std::max(0.0, std::max(a.lo, -a.hi)), std::max(-a.lo, a.hi)};
}

// Falls to 1 / e, then rises.
Interval xlogx(Interval a) {
  if (!(a.lo >= 0)) return {unknown, unknown};
  const auto of = [](double f) { return f == 0 ? 0.0 : f * std::log(f); };
  const double lowest = std::exp(-1.0), p = of(a.lo), q = of(a.hi);
  const bool turns = a.lo <= lowest && lowest <= a.hi;
  return {turns ? -lowest : std::min(p, q), std::max(p, q)};
}

// "Any value for other f."
Interval exp2_of_small(Interval a) {
  if (!(a.lo >= -100 && a.hi <= 100)) return {unknown, unknown};
  return {std::exp2(a.lo), std::exp2(a.hi)};
}

// ---- rows ----

constexpr const char* lost_near_1 = "near 1; Log1p(x) is Log(1 + x)";
constexpr const char* lost_at_steps = "at its steps, where f was computed";

void add_exponentials(Rows& rows) {
  rows.push_back(unary("Exp(f)", "exp($0)")
                     .value([](double f) { return std::exp(f); })
                     .partial([](const Arguments& a) { return a.self; })
                     .loses_digits(lost_by_exponentials)
                     .analytic(rectangles::of_one<rectangles::exponential>)
                     .documentation("exponential")
                     .derivative("exp(f) df")
                     .has_pair_function()
                     .interval(also_on_gpu(between(0, infinity, increasing<exp_of>(4)))));
  rows.push_back(unary("Expm1(f)", "expm1($0)")
                     .value([](double f) { return std::expm1(f); })
                     .partial([](const Arguments& a) { return call("Exp", {a[0]}); })
                     .analytic(rectangles::of_one<rectangles::exponential_less_1>)
                     .documentation("exp(f) - 1, accurate near 0")
                     .derivative("exp(f) df")
                     .interval(between(-1, infinity, increasing<expm1_of>(8))));
  rows.push_back(
      unary("Exp2(f)", "exp2($0)")
          .value([](double f) { return std::exp2(f); })
          .partial([](const Arguments& a) { return M_LN2 * a.self; })
          .loses_digits(lost_by_exponentials)
          .analytic(rectangles::of_one<rectangles::exponential_of_2>)
          .documentation("2 to the power f")
          .derivative("log(2) 2^f df")
          .has_pair_function()
          .interval(also_on_gpu(between(0, infinity, increasing<exp2_of>(4)))));
  rows.push_back(
      unary("Exp2OfSmall(f)", "exp2_of_small($0)")
          .value([](double f) { return std::exp2(f); })
          .partial([](const Arguments& a) { return M_LN2 * a.self; })
          .analytic(rectangles::of_one<rectangles::exponential_of_2>)
          .documentation("2 to the power f for f from -100 to 100, and any value for "
                         "other f: faster than "
                         "Exp2")
          .derivative("log(2) 2^f df")
          .has_pair_function()
          .interval(between(0, infinity, rule_of(one_argument<exp2_of_small>, 4))));
}

void add_logarithms(Rows& rows) {
  rows.push_back(unary("Log(f)", "log($0)")
                     .value([](double f) { return std::log(f); })
                     .partial([](const Arguments& a) { return call("Inv", {a[0]}); })
                     .loses_digits(lost_near_1)
                     .analytic(rectangles::of_one<rectangles::logarithm>)
                     .documentation("natural logarithm; -Inf at 0, NaN below")
                     .derivative("df / f")
                     .interval(also_on_gpu(increasing<log_of>(8))));
  rows.push_back(
      unary("Log1p(f)", "log1p($0)")
          .value([](double f) { return std::log1p(f); })
          .partial([](const Arguments& a) { return call("Inv", {1.0 + a[0]}); })
          .analytic(rectangles::of_one<rectangles::logarithm_of_1_and>)
          .documentation("log(1 + f), accurate near 0")
          .derivative("df / (1 + f)")
          .interval(increasing<log1p_of>(8)));
  rows.push_back(
      unary("Log2(f)", "log2($0)")
          .value([](double f) { return std::log2(f); })
          .partial([](const Arguments& a) { return M_LOG2E * call("Inv", {a[0]}); })
          .loses_digits(lost_near_1)
          .analytic(rectangles::of_one<rectangles::logarithm_to_2>)
          .documentation("logarithm to base 2")
          .derivative("df / (f log 2)")
          .interval(increasing<log2_of>(8)));
  rows.push_back(
      unary("Log10(f)", "log10($0)")
          .value([](double f) { return std::log10(f); })
          .partial([](const Arguments& a) { return M_LOG10E * call("Inv", {a[0]}); })
          .loses_digits(lost_near_1)
          .analytic(rectangles::of_one<rectangles::logarithm_to_10>)
          .documentation("logarithm to base 10")
          .derivative("df / (f log 10)")
          .interval(increasing<log10_of>(8)));
  rows.push_back(unary("Logistic(f)", "logistic($0)")
                     .value([](double f) { return 1 / (1 + std::exp(-f)); })
                     .partial([](const Arguments& a) { return a.self * (1.0 - a.self); })
                     .analytic(rectangles::of_one<rectangles::logistic>)
                     .documentation("1 / (1 + exp(-f))")
                     .derivative("s (1 - s) df, s the value")
                     .interval(between(0, 1, increasing<logistic_of>(8))));
  rows.push_back(unary("Softplus(f)", "softplus($0)")
                     .value([](double f) {
                       return std::fmax(f, 0.0) + std::log1p(std::exp(-std::fabs(f)));
                     })
                     .partial([](const Arguments& a) { return call("Logistic", {a[0]}); })
                     .analytic(rectangles::of_one<rectangles::softplus>)
                     .documentation("log(1 + exp(f)), without overflow")
                     .derivative("df / (1 + exp(-f))")
                     .interval(between(0, infinity, increasing<softplus_of>(8))));
}

// ---- special functions ----

Row spherical_bessel_row() {
  Row row =
      unary("SphericalBessel(f, int n)", "spherical_bessel<$i0>($0)")
          .partial(  // j_n' = (n j_(n-1) - (n+1) j_(n+1)) / (2n+1): no division by f
              [](const Arguments& a) {
                const int n = a.integer(0);
                const Expr next = call("SphericalBessel", {a[0]}, {n + 1});
                if (n == 0) return -next;
                const Expr last = call("SphericalBessel", {a[0]}, {n - 1});
                return double(n) / (2 * n + 1) * last -
                       double(n + 1) / (2 * n + 1) * next;
              })
          .documentation("spherical Bessel function j_n of the first kind")
          .derivative("(n j_(n-1)(f) - (n+1) j_(n+1)(f)) / (2n+1) df")
          .example("SphericalBessel(x, 1)");
  row.dimensions("D -> D", [](const Children& c, const Integers& n) {
    require(n[0] >= 0 && n[0] <= 40, "needs an order from 0 to 40");
    return c[0]->dimension;
  });
  return row;
}

Row polygamma_row() {
  Row row = unary("Polygamma(f, int n)", "polygamma<$i0>($0)")
                .partial([](const Arguments& a) {
                  return call("Polygamma", {a[0]}, {a.integer(0) + 1});
                })
                .documentation("derivative n + 1 of the log of the gamma function")
                .derivative("Polygamma(f, n + 1) df")
                .example("Polygamma(Exp(x), 1)");
  row.dimensions("D -> D", [](const Children& c, const Integers& n) {
    require(n[0] >= 0 && n[0] <= 20, "needs an order from 0 to 20");
    return c[0]->dimension;
  });
  return row;
}

void add_special(Rows& rows) {
  rows.push_back(unary("Erfc(f)", "erfc($0)")
                     .value([](double f) { return std::erfc(f); })
                     .partial([](const Arguments& a) {
                       return -M_2_SQRTPI * call("Exp", {-call("Square", {a[0]})});
                     })
                     .analytic(rectangles::of_one<rectangles::rest_of_error_function>)
                     .documentation("1 - erf(f), accurate where it is small")
                     .derivative("-2/sqrt(pi) exp(-f^2) df")
                     .interval(with_units(1, between(0, 2, decreasing<erfc_of>(64)))));
  rows.push_back(unary("Lgamma(f)", "lgamma($0)")
                     .partial([](const Arguments& a) { return call("Digamma", {a[0]}); })
                     .loses_digits("near 1 and 2")
                     .documentation("log of the absolute value of the gamma function")
                     .derivative("digamma(f) df"));
  rows.push_back(
      unary("Digamma(f)", "digamma($0)")
          .partial([](const Arguments& a) { return call("Polygamma", {a[0]}, {1}); })
          .documentation("derivative of the log of the gamma function")
          .derivative("Polygamma(f, 1) df"));
  rows.push_back(polygamma_row());
  rows.push_back(spherical_bessel_row());
  rows.push_back(
      define("SinXDivX(f)", "SphericalBessel(f, 0)").documentation("sin(f) / f, 1 at 0"));
  // finite at 0 where its slope is not: 0 there, as that of Sqrt, for points that meet
  rows.push_back(unary("XLogX(f)", "xlogx($0)")
                     .value([](double f) { return f == 0 ? 0.0 : f * std::log(f); })
                     .analytic(rectangles::of_one<rectangles::times_logarithm>)
                     .documentation("f log(f), 0 at 0; NaN below 0")
                     .derivative("(log(f) + 1) df, 0 at 0")
                     .interval(rule_of(one_argument<xlogx>, 16))
                     .adjoints([](const Arguments& a) {
                       const Expr zero = a.self->graph->constant(0);
                       return Parts{chosen(call("Equal", {a[0], zero}), zero,
                                           scaled(a.adjoint, 1.0 + call("Log", {a[0]})))};
                     }));
}

void add_kinked(Rows& rows) {
  rows.push_back(unary("Abs(f)", "abs($0)")
                     .value([](double f) { return std::fabs(f); })
                     .partial([](const Arguments& a) { return call("Sign", {a[0]}); })
                     .unit(UnitRule::keeps)
                     .analytic(rectangles::of_one<rectangles::absolute>)
                     .documentation("absolute value")
                     .derivative("sign(f) df, 0 at 0")
                     .interval(also_on_gpu(
                         between(0, infinity, rule_of(one_argument<absolute>, 0)))));
  rows.push_back(unary("Sign(f)", "sign($0)")
                     .value([](double f) { return f > 0   ? 1.0
                                                  : f < 0 ? -1.0
                                                          : f; })
                     .loses_digits(lost_at_steps)
                     .analytic(rectangles::of_one<rectangles::sign>)
                     .documentation("-1, 0 or 1; NaN stays NaN")
                     .derivative("0")
                     .interval(increasing<sign_of>(0)));
  rows.push_back(unary("Step(f)", "step($0)")
                     .value([](double f) { return f < 0    ? 0.0
                                                  : f >= 0 ? 1.0
                                                           : f; })
                     .loses_digits(lost_at_steps)
                     .analytic(rectangles::of_one<rectangles::step>)
                     .documentation("0 below 0, otherwise 1; NaN stays NaN")
                     .derivative("0")
                     .interval(increasing<step_of>(0)));
  rows.push_back(
      unary("ReLU(f)", "relu($0)")
          .value([](double f) { return f < 0 ? 0.0 : f; })
          .unit(UnitRule::keeps)
          .analytic(rectangles::of_one<rectangles::not_below_0>)
          .documentation("0 below 0, otherwise f")
          .derivative("df where f >= 0")
          .adjoints([](const Arguments& a) {
            return Parts{call("IfElse", {a[0], a.adjoint, a.self->graph->constant(0)})};
          })
          .interval(also_on_gpu(increasing<relu_of>(0))));
}

void add_rounding(Rows& rows) {
  rows.push_back(unary("Floor(f)", "floor($0)")
                     .value([](double f) { return std::floor(f); })
                     .loses_digits(lost_at_steps)
                     .documentation("largest whole number not above f")
                     .derivative("0")
                     .interval(increasing<floor_of>(0)));
  rows.push_back(unary("Ceil(f)", "ceil($0)")
                     .value([](double f) { return std::ceil(f); })
                     .in_r({"ceiling"})
                     .loses_digits(lost_at_steps)
                     .documentation("smallest whole number not below f")
                     .derivative("0")
                     .interval(increasing<ceil_of>(0)));
  rows.push_back(unary("Trunc(f)", "trunc($0)")
                     .value([](double f) { return std::trunc(f); })
                     .loses_digits(lost_at_steps)
                     .documentation("f without its fraction")
                     .derivative("0")
                     .interval(increasing<trunc_of>(0)));
  Row round =
      unary("Round(f, int d)", "round_digits($0, $i0)")
          .loses_digits(lost_at_steps)
          .documentation("f rounded to d decimals, halves to the even digit as in R")
          .derivative("0")
          .example("Round(x, 2)");
  rows.push_back(round);
}

}  // namespace

void add_function_rows(Rows& rows) {
  add_exponentials(rows);
  add_logarithms(rows);
  add_trigonometric_rows(rows);
  add_special(rows);
  add_kinked(rows);
  add_rounding(rows);
}

}  // namespace rkeops
