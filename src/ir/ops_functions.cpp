// Functions of one number: exponentials, trigonometry, special functions, kinks and
// steps.
#include "ir/interval_rules.h"
#include "ir/ops_rows.h"
#include "ir/structural_zeros.h"

namespace rkeops {

namespace {

Expr one_of(const Arguments& a) { return a.self->graph->constant(1); }

void add_exponentials(Rows& rows) {
  rows.push_back(faster_in_pairs(unary(
      "Exp", "exp($0)", [](double f) { return std::exp(f); },
      [](const Arguments& a) { return a.self; }, "exponential", "exp(f) df")));
  rows.push_back(unary(
      "Expm1", "expm1($0)", [](double f) { return std::expm1(f); },
      [](const Arguments& a) { return call("Exp", {a[0]}); },
      "exp(f) - 1, accurate near 0", "exp(f) df"));
  rows.push_back(faster_in_pairs(unary(
      "Exp2", "exp2($0)", [](double f) { return std::exp2(f); },
      [](const Arguments& a) { return M_LN2 * a.self; }, "2 to the power f",
      "log(2) 2^f df")));
  rows.push_back(faster_in_pairs(unary(
      "Exp2OfSmall", "exp2_of_small($0)", [](double f) { return std::exp2(f); },
      [](const Arguments& a) { return M_LN2 * a.self; },
      "2 to the power f for f from -100 to 100, and any value for other f: faster than "
      "Exp2",
      "log(2) 2^f df")));
  rows.push_back(unary(
      "Log", "log($0)", [](double f) { return std::log(f); },
      [](const Arguments& a) { return call("Inv", {a[0]}); },
      "natural logarithm; -Inf at 0, NaN below", "df / f"));
  rows.push_back(unary(
      "Log1p", "log1p($0)", [](double f) { return std::log1p(f); },
      [](const Arguments& a) { return call("Inv", {1.0 + a[0]}); },
      "log(1 + f), accurate near 0", "df / (1 + f)"));
  rows.push_back(unary(
      "Log2", "log2($0)", [](double f) { return std::log2(f); },
      [](const Arguments& a) { return M_LOG2E * call("Inv", {a[0]}); },
      "logarithm to base 2", "df / (f log 2)"));
  rows.push_back(unary(
      "Log10", "log10($0)", [](double f) { return std::log10(f); },
      [](const Arguments& a) { return M_LOG10E * call("Inv", {a[0]}); },
      "logarithm to base 10", "df / (f log 10)"));
  rows.push_back(unary(
      "Logistic", "logistic($0)", [](double f) { return 1 / (1 + std::exp(-f)); },
      [](const Arguments& a) { return a.self * (1.0 - a.self); }, "1 / (1 + exp(-f))",
      "s (1 - s) df, s the value"));
  rows.push_back(unary(
      "Softplus", "softplus($0)",
      [](double f) { return std::fmax(f, 0.0) + std::log1p(std::exp(-std::fabs(f))); },
      [](const Arguments& a) { return call("Logistic", {a[0]}); },
      "log(1 + exp(f)), without overflow", "df / (1 + exp(-f))"));
}

void add_trigonometric(Rows& rows) {
  rows.push_back(unary(
      "Sin", "sin($0)", [](double f) { return std::sin(f); },
      [](const Arguments& a) { return call("Cos", {a[0]}); }, "sine", "cos(f) df"));
  rows.push_back(unary(
      "Cos", "cos($0)", [](double f) { return std::cos(f); },
      [](const Arguments& a) { return -call("Sin", {a[0]}); }, "cosine", "-sin(f) df"));
  rows.push_back(unary(
      "Atan", "atan($0)", [](double f) { return std::atan(f); },
      [](const Arguments& a) { return call("Inv", {1.0 + call("Square", {a[0]})}); },
      "arc tangent", "df / (1 + f^2)"));
  rows.push_back(unary(
      "Sinh", "sinh($0)", [](double f) { return std::sinh(f); },
      [](const Arguments& a) { return call("Cosh", {a[0]}); }, "hyperbolic sine",
      "cosh(f) df"));
  rows.push_back(unary(
      "Cosh", "cosh($0)", [](double f) { return std::cosh(f); },
      [](const Arguments& a) { return call("Sinh", {a[0]}); }, "hyperbolic cosine",
      "sinh(f) df"));
  rows.push_back(unary(
      "Tanh", "tanh($0)", [](double f) { return std::tanh(f); },
      [](const Arguments& a) { return 1.0 - call("Square", {a.self}); },
      "hyperbolic tangent", "(1 - tanh(f)^2) df"));
  rows.push_back(unary(
      "Erf", "erf($0)", [](double f) { return std::erf(f); },
      [](const Arguments& a) {
        return M_2_SQRTPI * call("Exp", {-call("Square", {a[0]})});
      },
      "error function", "2/sqrt(pi) exp(-f^2) df"));
  rows.push_back(unary(
      "Tan", "tan($0)", [](double f) { return std::tan(f); },
      [](const Arguments& a) { return 1.0 + call("Square", {a.self}); }, "tangent",
      "(1 + tan(f)^2) df"));
  rows.push_back(unary(
      "Asin", "asin($0)", [](double f) { return std::asin(f); },
      [](const Arguments& a) { return call("Rsqrt", {1.0 - call("Square", {a[0]})}); },
      "arc sine; NaN outside [-1, 1]", "df / sqrt(1 - f^2), 0 at -1 and 1"));
  rows.push_back(unary(
      "Acos", "acos($0)", [](double f) { return std::acos(f); },
      [](const Arguments& a) { return -call("Rsqrt", {1.0 - call("Square", {a[0]})}); },
      "arc cosine; NaN outside [-1, 1]", "-df / sqrt(1 - f^2), 0 at -1 and 1"));
  rows.push_back(unary(
      "Asinh", "asinh($0)", [](double f) { return std::asinh(f); },
      [](const Arguments& a) { return call("Rsqrt", {1.0 + call("Square", {a[0]})}); },
      "inverse hyperbolic sine", "df / sqrt(1 + f^2)"));
  rows.push_back(unary(
      "Acosh", "acosh($0)", [](double f) { return std::acosh(f); },
      [](const Arguments& a) {
        return call("Rsqrt", {call("Square", {a[0]}) - one_of(a)});
      },
      "inverse hyperbolic cosine; NaN below 1", "df / sqrt(f^2 - 1), 0 at 1"));
  rows.push_back(unary(
      "Atanh", "atanh($0)", [](double f) { return std::atanh(f); },
      [](const Arguments& a) { return call("Inv", {1.0 - call("Square", {a[0]})}); },
      "inverse hyperbolic tangent; NaN outside [-1, 1]", "df / (1 - f^2)"));
  rows.push_back(elementwise(
      "Atan2", {"f", "g"}, "atan2($0, $1)",
      [](const double* a) { return std::atan2(a[0], a[1]); },
      [](const Arguments& a) {
        // Rsqrt is 0 at 0
        const Expr squares = call("Square", {a[0]}) + call("Square", {a[1]});
        const Expr inverse = call("Square", {call("Rsqrt", {squares})});
        return Parts{a[1] * inverse, -a[0] * inverse};
      },
      "angle of the point (g, f)", "(g df - f dg) / (f^2 + g^2), 0 at the origin"));
}

// ---- special functions ----

Operation spherical_bessel_row() {
  Operation row = shown(
      unary(
          "SphericalBessel", "spherical_bessel<$i0>($0)", nullptr,
          // j_n' = (n j_(n-1) - (n+1) j_(n+1)) / (2n+1): no division by f
          [](const Arguments& a) {
            const int n = a.integer(0);
            const Expr next = call("SphericalBessel", {a[0]}, {n + 1});
            if (n == 0) return -next;
            const Expr last = call("SphericalBessel", {a[0]}, {n - 1});
            return double(n) / (2 * n + 1) * last - double(n + 1) / (2 * n + 1) * next;
          },
          "spherical Bessel function j_n of the first kind",
          "(n j_(n-1)(f) - (n+1) j_(n+1)(f)) / (2n+1) df"),
      "SphericalBessel(x, 1)");
  row.integer_arguments = {"n"};
  row.dimension = [](const Children& c, const Integers& n) {
    require(n[0] >= 0 && n[0] <= 40, "needs an order from 0 to 40");
    return c[0]->dimension;
  };
  return row;
}

Operation polygamma_row() {
  Operation row = shown(
      unary(
          "Polygamma", "polygamma<$i0>($0)", nullptr,
          [](const Arguments& a) {
            return call("Polygamma", {a[0]}, {a.integer(0) + 1});
          },
          "derivative n + 1 of the log of the gamma function", "Polygamma(f, n + 1) df"),
      "Polygamma(Exp(x), 1)");
  row.integer_arguments = {"n"};
  row.dimension = [](const Children& c, const Integers& n) {
    require(n[0] >= 0 && n[0] <= 20, "needs an order from 0 to 20");
    return c[0]->dimension;
  };
  return row;
}

void add_special(Rows& rows) {
  rows.push_back(unary(
      "Erfc", "erfc($0)", [](double f) { return std::erfc(f); },
      [](const Arguments& a) {
        return -M_2_SQRTPI * call("Exp", {-call("Square", {a[0]})});
      },
      "1 - erf(f), accurate where it is small", "-2/sqrt(pi) exp(-f^2) df"));
  rows.push_back(unary(
      "Lgamma", "lgamma($0)", nullptr,
      [](const Arguments& a) { return call("Digamma", {a[0]}); },
      "log of the absolute value of the gamma function", "digamma(f) df"));
  rows.push_back(unary(
      "Digamma", "digamma($0)", nullptr,
      [](const Arguments& a) { return call("Polygamma", {a[0]}, {1}); },
      "derivative of the log of the gamma function", "Polygamma(f, 1) df"));
  rows.push_back(polygamma_row());
  rows.push_back(spherical_bessel_row());
  rows.push_back(definition(
      "SinXDivX", {"f"}, {}, broadcast_dimension,
      [](const DefinitionArguments& a) { return call("SphericalBessel", {a[0]}, {0}); },
      "sin(f) / f, 1 at 0"));
  // finite at 0 where its slope is not: 0 there, as that of Sqrt, for points that meet
  rows.push_back(choosing(
      unary(
          "XLogX", "xlogx($0)", [](double f) { return f == 0 ? 0.0 : f * std::log(f); },
          nullptr, "f log(f), 0 at 0; NaN below 0", "(log(f) + 1) df, 0 at 0"),
      [](const Arguments& a) {
        const Expr zero = a.self->graph->constant(0);
        return Parts{chosen(call("Equal", {a[0], zero}), zero,
                            scaled(a.adjoint, 1.0 + call("Log", {a[0]})))};
      }));
}

void add_kinked(Rows& rows) {
  rows.push_back(unary(
      "Abs", "abs($0)", [](double f) { return std::fabs(f); },
      [](const Arguments& a) { return call("Sign", {a[0]}); }, "absolute value",
      "sign(f) df, 0 at 0"));
  rows.push_back(unary(
      "Sign", "sign($0)", [](double f) { return f > 0   ? 1.0
                                                : f < 0 ? -1.0
                                                        : f; },
      nullptr, "-1, 0 or 1; NaN stays NaN", "0"));
  rows.push_back(unary(
      "Step", "step($0)", [](double f) { return f < 0    ? 0.0
                                                : f >= 0 ? 1.0
                                                         : f; },
      nullptr, "0 below 0, otherwise 1; NaN stays NaN", "0"));
  rows.push_back(choosing(
      unary(
          "ReLU", "relu($0)", [](double f) { return f < 0 ? 0.0 : f; }, nullptr,
          "0 below 0, otherwise f", "df where f >= 0"),
      [](const Arguments& a) {
        return Parts{call("IfElse", {a[0], a.adjoint, a.self->graph->constant(0)})};
      }));
}

void add_rounding(Rows& rows) {
  rows.push_back(unary(
      "Floor", "floor($0)", [](double f) { return std::floor(f); }, nullptr,
      "largest whole number not above f", "0"));
  rows.push_back(unary(
      "Ceil", "ceil($0)", [](double f) { return std::ceil(f); }, nullptr,
      "smallest whole number not below f", "0"));
  rows.push_back(unary(
      "Trunc", "trunc($0)", [](double f) { return std::trunc(f); }, nullptr,
      "f without its fraction", "0"));
  Operation round =
      shown(unary("Round", "round_digits($0, $i0)", nullptr, nullptr,
                  "f rounded to d decimals, halves to the even digit as in R", "0"),
            "Round(x, 2)");
  round.integer_arguments = {"d"};
  rows.push_back(round);
}

// ---- intervals ----

using intervals::Interval;
using intervals::unknown;

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
double atan_of(double f) { return std::atan(f); }
double sinh_of(double f) { return std::sinh(f); }
double tanh_of(double f) { return std::tanh(f); }
double erf_of(double f) { return std::erf(f); }
double erfc_of(double f) { return std::erfc(f); }
double asin_of(double f) { return std::fabs(f) <= 1 ? std::asin(f) : unknown; }
double acos_of(double f) { return std::fabs(f) <= 1 ? std::acos(f) : unknown; }
double asinh_of(double f) { return std::asinh(f); }
double acosh_of(double f) { return f >= 1 ? std::acosh(f) : unknown; }
double atanh_of(double f) { return std::fabs(f) < 1 ? std::atanh(f) : unknown; }
double sign_of(double f) { return (f > 0) - (f < 0); }
double step_of(double f) { return f >= 0; }
double relu_of(double f) { return std::max(f, 0.0); }
double floor_of(double f) { return std::floor(f); }
double ceil_of(double f) { return std::ceil(f); }
double trunc_of(double f) { return std::trunc(f); }

Interval absolute(Interval a) {
  return {std::max(0.0, std::max(a.lo, -a.hi)), std::max(-a.lo, a.hi)};
}

// "Any value for other f."
Interval exp2_of_small(Interval a) {
  if (!(a.lo >= -100 && a.hi <= 100)) return {unknown, unknown};
  return {std::exp2(a.lo), std::exp2(a.hi)};
}

// Beyond this the reduction of the argument has errors of its own.
constexpr double largest_angle = 1000;

bool has_point_of_period(Interval a, double point) {
  return std::floor((a.hi - point) / (2 * M_PI)) >=
         std::ceil((a.lo - point) / (2 * M_PI));
}

Interval sine(Interval a) {
  if (!(a.lo >= -largest_angle && a.hi <= largest_angle)) return {-1, 1};
  const double p = std::sin(a.lo), q = std::sin(a.hi);
  return {has_point_of_period(a, -M_PI / 2) ? -1 : std::min(p, q),
          has_point_of_period(a, M_PI / 2) ? 1 : std::max(p, q)};
}

Interval cosine(Interval a) {
  if (!(a.lo >= -largest_angle && a.hi <= largest_angle)) return {-1, 1};
  const double p = std::cos(a.lo), q = std::cos(a.hi);
  return {has_point_of_period(a, M_PI) ? -1 : std::min(p, q),
          has_point_of_period(a, 0) ? 1 : std::max(p, q)};
}

Interval hyperbolic_cosine(Interval a) {
  const Interval size = absolute(a);
  return {std::cosh(size.lo), std::cosh(size.hi)};
}

IntervalRule with_units(double units, IntervalRule rule) {
  rule.units = units;
  return rule;
}

void give_function_intervals(Rows& rows) {
  using namespace intervals;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  give_intervals(
      rows,
      {{"Exp", between(0, infinity, increasing<exp_of>(4))},
       {"Expm1", between(-1, infinity, increasing<expm1_of>(8))},
       {"Exp2", between(0, infinity, increasing<exp2_of>(4))},
       {"Exp2OfSmall", between(0, infinity, rule_of(one_argument<exp2_of_small>, 4))},
       {"Log", increasing<log_of>(8)},
       {"Log1p", increasing<log1p_of>(8)},
       {"Log2", increasing<log2_of>(8)},
       {"Log10", increasing<log10_of>(8)},
       {"Logistic", between(0, 1, increasing<logistic_of>(8))},
       {"Softplus", between(0, infinity, increasing<softplus_of>(8))},
       {"Sin", between(-1, 1, with_units(4, rule_of(one_argument<sine>, 4)))},
       {"Cos", between(-1, 1, with_units(4, rule_of(one_argument<cosine>, 4)))},
       {"Atan", increasing<atan_of>(8)},
       {"Sinh", increasing<sinh_of>(16)},
       {"Cosh", between(1, infinity, rule_of(one_argument<hyperbolic_cosine>, 16))},
       {"Tanh", between(-1, 1, increasing<tanh_of>(8))},
       {"Erf", between(-1, 1, increasing<erf_of>(8))},
       {"Erfc", with_units(1, between(0, 2, decreasing<erfc_of>(64)))},
       {"Asin", increasing<asin_of>(8)},
       {"Acos", with_units(4, decreasing<acos_of>(8))},
       {"Asinh", increasing<asinh_of>(8)},
       {"Acosh", with_units(4, between(0, infinity, increasing<acosh_of>(8)))},
       {"Atanh", increasing<atanh_of>(16)},
       {"Abs", between(0, infinity, rule_of(one_argument<absolute>, 0))},
       {"Sign", increasing<sign_of>(0)},
       {"Step", increasing<step_of>(0)},
       {"ReLU", increasing<relu_of>(0)},
       {"Floor", increasing<floor_of>(0)},
       {"Ceil", increasing<ceil_of>(0)},
       {"Trunc", increasing<trunc_of>(0)}});
}

}  // namespace

void add_function_rows(Rows& rows) {
  add_exponentials(rows);
  add_trigonometric(rows);
  add_special(rows);
  add_kinked(rows);
  add_rounding(rows);
  give_function_intervals(rows);
}

}  // namespace rkeops
