// Trigonometric and hyperbolic functions and their inverses, and the error function.
#include <cmath>
#include <limits>

#include "ir/complex_rules.h"
#include "ir/interval_rules.h"
#include "ir/ops_rows.h"

namespace rkeops {

namespace {

// ---- intervals ----

using namespace intervals;

constexpr double infinity = std::numeric_limits<double>::infinity();

double atan_of(double f) { return std::atan(f); }
double sinh_of(double f) { return std::sinh(f); }
double tanh_of(double f) { return std::tanh(f); }
double asin_of(double f) { return std::fabs(f) <= 1 ? std::asin(f) : unknown; }
double acos_of(double f) { return std::fabs(f) <= 1 ? std::acos(f) : unknown; }
double asinh_of(double f) { return std::asinh(f); }
double acosh_of(double f) { return f >= 1 ? std::acosh(f) : unknown; }
double atanh_of(double f) { return std::fabs(f) < 1 ? std::atanh(f) : unknown; }
double erf_of(double f) { return std::erf(f); }

Interval hyperbolic_cosine(Interval a) {
  const double smallest = std::max(0.0, std::max(a.lo, -a.hi));
  return {std::cosh(smallest), std::cosh(std::max(-a.lo, a.hi))};
}

// ---- rows ----

Expr one_of(const Arguments& a) { return a.self->graph->constant(1); }

constexpr const char* lost_by_turns =
    "of large f, of which only the part of a turn counts; 1 - Cos(x) is "
    "2 * Square(Sin(x / 2))";
constexpr const char* lost_near_poles =
    "half of them near 1 and -1; for points on a sphere Haversine keeps them";

void add_smooth_everywhere(Rows& rows) {
  rows.push_back(
      unary("Sin(f)", "sin($0)")
          .value([](double f) { return std::sin(f); })
          .partial([](const Arguments& a) { return call("Cos", {a[0]}); })
          .loses_digits(lost_by_turns)
          .analytic(rectangles::of_one<rectangles::sine>)
          .documentation("sine")
          .derivative("cos(f) df")
          .interval(between(-1, 1, with_units(4, rule_of(one_argument<sine>, 4)))));
  rows.push_back(
      unary("Cos(f)", "cos($0)")
          .value([](double f) { return std::cos(f); })
          .partial([](const Arguments& a) { return -call("Sin", {a[0]}); })
          .loses_digits(lost_by_turns)
          .analytic(rectangles::of_one<rectangles::cosine>)
          .documentation("cosine")
          .derivative("-sin(f) df")
          .interval(between(-1, 1, with_units(4, rule_of(one_argument<cosine>, 4)))));
  rows.push_back(unary("Atan(f)", "atan($0)")
                     .value([](double f) { return std::atan(f); })
                     .partial([](const Arguments& a) {
                       return call("Inv", {1.0 + call("Square", {a[0]})});
                     })
                     .analytic(rectangles::of_one<rectangles::arc_tangent>)
                     .documentation("arc tangent")
                     .derivative("df / (1 + f^2)")
                     .interval(increasing<atan_of>(8)));
  rows.push_back(unary("Sinh(f)", "sinh($0)")
                     .value([](double f) { return std::sinh(f); })
                     .partial([](const Arguments& a) { return call("Cosh", {a[0]}); })
                     .loses_digits(lost_by_exponentials)
                     .analytic(rectangles::of_one<rectangles::hyperbolic_sine>)
                     .documentation("hyperbolic sine")
                     .derivative("cosh(f) df")
                     .interval(increasing<sinh_of>(16)));
  rows.push_back(
      unary("Cosh(f)", "cosh($0)")
          .value([](double f) { return std::cosh(f); })
          .partial([](const Arguments& a) { return call("Sinh", {a[0]}); })
          .loses_digits(lost_by_exponentials)
          .analytic(rectangles::of_one<rectangles::hyperbolic_cosine>)
          .documentation("hyperbolic cosine")
          .derivative("sinh(f) df")
          .interval(between(1, infinity, rule_of(one_argument<hyperbolic_cosine>, 16))));
  rows.push_back(
      unary("Tanh(f)", "tanh($0)")
          .value([](double f) { return std::tanh(f); })
          .partial([](const Arguments& a) { return 1.0 - call("Square", {a.self}); })
          .analytic(rectangles::of_one<rectangles::hyperbolic_tangent>)
          .documentation("hyperbolic tangent")
          .derivative("(1 - tanh(f)^2) df")
          .interval(between(-1, 1, increasing<tanh_of>(8))));
  rows.push_back(unary("Erf(f)", "erf($0)")
                     .value([](double f) { return std::erf(f); })
                     .partial([](const Arguments& a) {
                       return M_2_SQRTPI * call("Exp", {-call("Square", {a[0]})});
                     })
                     .analytic(rectangles::of_one<rectangles::error_function>)
                     .documentation("error function")
                     .derivative("2/sqrt(pi) exp(-f^2) df")
                     .interval(between(-1, 1, increasing<erf_of>(8))));
}

void add_tangent_and_inverses(Rows& rows) {
  rows.push_back(
      unary("Tan(f)", "tan($0)")
          .value([](double f) { return std::tan(f); })
          .partial([](const Arguments& a) { return 1.0 + call("Square", {a.self}); })
          .loses_digits(lost_by_turns)
          .documentation("tangent")
          .derivative("(1 + tan(f)^2) df"));
  rows.push_back(unary("Asin(f)", "asin($0)")
                     .value([](double f) { return std::asin(f); })
                     .partial([](const Arguments& a) {
                       return call("Rsqrt", {1.0 - call("Square", {a[0]})});
                     })
                     .loses_digits(lost_near_poles)
                     .is_fragile()
                     .documentation("arc sine; NaN outside [-1, 1]")
                     .derivative("df / sqrt(1 - f^2), 0 at -1 and 1")
                     .interval(increasing<asin_of>(8)));
  rows.push_back(unary("Acos(f)", "acos($0)")
                     .value([](double f) { return std::acos(f); })
                     .partial([](const Arguments& a) {
                       return -call("Rsqrt", {1.0 - call("Square", {a[0]})});
                     })
                     .loses_digits(lost_near_poles)
                     .is_fragile()
                     .documentation("arc cosine; NaN outside [-1, 1]")
                     .derivative("-df / sqrt(1 - f^2), 0 at -1 and 1")
                     .interval(with_units(4, decreasing<acos_of>(8))));
}

void add_inverse_hyperbolic(Rows& rows) {
  rows.push_back(unary("Asinh(f)", "asinh($0)")
                     .value([](double f) { return std::asinh(f); })
                     .partial([](const Arguments& a) {
                       return call("Rsqrt", {1.0 + call("Square", {a[0]})});
                     })
                     .documentation("inverse hyperbolic sine")
                     .derivative("df / sqrt(1 + f^2)")
                     .interval(increasing<asinh_of>(8)));
  rows.push_back(
      unary("Acosh(f)", "acosh($0)")
          .value([](double f) { return std::acosh(f); })
          .partial([](const Arguments& a) {
            return call("Rsqrt", {call("Square", {a[0]}) - one_of(a)});
          })
          .loses_digits("half of them near 1")
          .is_fragile()
          .documentation("inverse hyperbolic cosine; NaN below 1")
          .derivative("df / sqrt(f^2 - 1), 0 at 1")
          .interval(with_units(4, between(0, infinity, increasing<acosh_of>(8)))));
  rows.push_back(unary("Atanh(f)", "atanh($0)")
                     .value([](double f) { return std::atanh(f); })
                     .partial([](const Arguments& a) {
                       return call("Inv", {1.0 - call("Square", {a[0]})});
                     })
                     .loses_digits("near 1 and -1")
                     .documentation("inverse hyperbolic tangent; NaN outside [-1, 1]")
                     .derivative("df / (1 - f^2)")
                     .interval(increasing<atanh_of>(16)));
  rows.push_back(elementwise("Atan2(f, g)", "atan2($0, $1)")
                     .value([](const double* a) { return std::atan2(a[0], a[1]); })
                     .partials([](const Arguments& a) {
                       // Rsqrt is 0 at 0
                       const Expr squares =
                           call("Square", {a[0]}) + call("Square", {a[1]});
                       const Expr inverse = call("Square", {call("Rsqrt", {squares})});
                       return Parts{a[1] * inverse, -a[0] * inverse};
                     })
                     .documentation("angle of the point (g, f)")
                     .derivative("(g df - f dg) / (f^2 + g^2), 0 at the origin"));
}

}  // namespace

void add_trigonometric_rows(Rows& rows) {
  add_smooth_everywhere(rows);
  add_tangent_and_inverses(rows);
  add_inverse_hyperbolic(rows);
}

}  // namespace rkeops
