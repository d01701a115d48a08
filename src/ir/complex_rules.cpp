#include "ir/complex_rules.h"

#include "ir/outward.h"

namespace rkeops::rectangles {

namespace {

using outward::down;
using outward::up;

constexpr double nothing = intervals::unknown;

Rectangle not_known() { return {{nothing, nothing}, {nothing, nothing}, nothing}; }

// The modulus is that of the farthest corner, where that is less.
Rectangle clipped(Interval re, Interval im, double modulus) {
  const double corner = up(std::hypot(outward::farthest(re), outward::farthest(im)), 4);
  return {re, im, std::min(up(modulus), corner)};
}

Rectangle of_parts(Interval re, Interval im) {
  return clipped(re, im, std::numeric_limits<double>::infinity());
}

Rectangle real(double value) { return {{value, value}, {0, 0}, std::fabs(value)}; }
Rectangle near(double value) {
  return {{down(value), up(value)}, {0, 0}, up(std::fabs(value))};
}

double exp_of(double f) { return std::exp(f); }
double log_of(double f) { return std::log(f); }
double sinh_of(double f) { return std::sinh(f); }
double erf_of(double f) { return std::erf(f); }

Interval hyperbolic_cosine_of(Interval a) {
  const Interval value = {std::cosh(outward::nearest(a)),
                          std::cosh(outward::farthest(a))};
  return outward::wider(value, outward::units_of_functions);
}
Interval hyperbolic_sine_of(Interval a) {
  return outward::is_zero(a) ? a : outward::increasing<sinh_of>(a);
}
Interval sine_of(Interval a) { return outward::is_zero(a) ? a : outward::sine(a); }

// i times it
Rectangle turned(const Rectangle& a) {
  return {outward::negative(a.im), a.re, a.modulus};
}

}  // namespace

Rectangle lane(const ComplexLanes& from, int k) {
  return {
      {from.re.lo[k], from.re.hi[k]}, {from.im.lo[k], from.im.hi[k]}, from.modulus[k]};
}

// Not known where anything is not finite.
void set_lane(ComplexLanes& to, int k, const Rectangle& value) {
  const double all = 0 * (value.re.lo + value.re.hi + value.im.lo + value.im.hi);
  to.re.lo[k] = value.re.lo;
  to.re.hi[k] = value.re.hi;
  to.im.lo[k] = value.im.lo;
  to.im.hi[k] = value.im.hi;
  to.modulus[k] = all == 0 && std::isfinite(value.modulus) ? value.modulus : nothing;
}

// ---- arithmetic ----

Rectangle add(const Rectangle& a, const Rectangle& b) {
  return clipped(outward::add(a.re, b.re), outward::add(a.im, b.im),
                 a.modulus + b.modulus);
}

Rectangle negative(const Rectangle& a) {
  return {outward::negative(a.re), outward::negative(a.im), a.modulus};
}

Rectangle subtract(const Rectangle& a, const Rectangle& b) { return add(a, negative(b)); }

Rectangle multiply(const Rectangle& a, const Rectangle& b) {
  using outward::multiply;
  return clipped(outward::subtract(multiply(a.re, b.re), multiply(a.im, b.im)),
                 outward::add(multiply(a.re, b.im), multiply(a.im, b.re)),
                 up(a.modulus * b.modulus) + outward::tiny);
}

Rectangle square(const Rectangle& a) {
  const Interval half = outward::multiply(a.re, a.im);
  return clipped(outward::subtract(outward::square(a.re), outward::square(a.im)),
                 {2 * half.lo, 2 * half.hi}, up(a.modulus * a.modulus) + outward::tiny);
}

// x / (x^2 + y^2) rises and then falls with a positive x, so its least value is at an
// end.
Rectangle inverse(const Rectangle& a) {
  if (a.re.hi < 0) return negative(inverse(negative(a)));
  const Interval x2 = outward::square(a.re), y2 = outward::square(a.im);
  const double least = down(x2.lo + y2.lo);
  if (!(a.re.lo > 0) || !(least > 0)) return not_known();
  const double largest = up(1 / std::sqrt(least), 4);
  const double at_lo = a.re.lo / up(up(a.re.lo * a.re.lo) + y2.hi),
               at_hi = a.re.hi / up(up(a.re.hi * a.re.hi) + y2.hi);
  const double slope = std::min(largest, up(outward::farthest(a.im) / least, 2));
  const Interval im = {a.im.hi > 0 ? -slope : 0, a.im.lo < 0 ? slope : 0};
  return clipped({down(std::min(at_lo, at_hi), 2), largest}, im, largest);
}

Rectangle divide(const Rectangle& a, const Rectangle& b) {
  return multiply(a, inverse(b));
}

Rectangle integer_power(const Rectangle& a, int m) {
  if (m < 0) return inverse(integer_power(a, -m));
  if (m == 0) return real(1);
  if (m == 1) return a;
  const Rectangle half = square(integer_power(a, m / 2));
  return m % 2 == 0 ? half : multiply(half, a);
}

// The argument is from -pi / 2 to pi / 2: the cut is where the real part is not positive.
Rectangle root(const Rectangle& a) {
  if (!(a.re.lo > 0)) return not_known();
  const Interval y = {outward::nearest(a.im), outward::farthest(a.im)};
  const auto size = [](double x, double v) { return std::sqrt(x * x + v * v); };
  const double re_lo = std::sqrt((size(a.re.lo, y.lo) + a.re.lo) / 2),
               re_hi = std::sqrt((size(a.re.hi, y.hi) + a.re.hi) / 2);
  // y / (2 re), which does not cancel
  const double steepest =
      y.hi / (2 * down(std::sqrt((size(a.re.lo, y.hi) + a.re.lo) / 2), 8));
  const Interval im = {a.im.lo < 0 ? -up(steepest, 2) : 0,
                       a.im.hi > 0 ? up(steepest, 2) : 0};
  return clipped({down(re_lo, 8), up(re_hi, 8)}, im, up(std::sqrt(a.modulus), 2));
}

Rectangle inverse_root(const Rectangle& a) { return inverse(root(a)); }

// ---- exponentials and logarithms ----

Rectangle exponential(const Rectangle& a) {
  const Interval size = outward::increasing<exp_of>(a.re);
  const Interval positive = {std::max(0.0, size.lo), size.hi};
  return clipped(outward::multiply(positive, outward::cosine(a.im)),
                 outward::multiply(positive, sine_of(a.im)), positive.hi);
}

Rectangle exponential_less_1(const Rectangle& a) {
  return subtract(exponential(a), real(1));
}

Rectangle exponential_of_2(const Rectangle& a) {
  return exponential(multiply(a, near(M_LN2)));
}

// The angle is at most pi / 2.
Rectangle logarithm(const Rectangle& a) {
  if (!(a.re.lo > 0)) return not_known();
  const Interval squares = outward::add(outward::square(a.re), outward::square(a.im));
  if (!(squares.lo > 0)) return not_known();
  const Interval twice = outward::increasing<log_of>(squares);
  const double lowest = std::atan2(a.im.lo, a.im.lo < 0 ? a.re.lo : a.re.hi),
               highest = std::atan2(a.im.hi, a.im.hi > 0 ? a.re.lo : a.re.hi);
  return of_parts({twice.lo / 2, twice.hi / 2},
                  {down(lowest, outward::units_of_functions),
                   up(highest, outward::units_of_functions)});
}

Rectangle logarithm_of_1_and(const Rectangle& a) { return logarithm(add(real(1), a)); }
Rectangle logarithm_to_2(const Rectangle& a) {
  return multiply(logarithm(a), near(M_LOG2E));
}
Rectangle logarithm_to_10(const Rectangle& a) {
  return multiply(logarithm(a), near(M_LOG10E));
}

Rectangle power(const Rectangle& a, const Rectangle& b) {
  return exponential(multiply(b, logarithm(a)));
}

Rectangle logistic(const Rectangle& a) {
  if (a.re.lo + a.re.hi > 0) return inverse(add(real(1), exponential(negative(a))));
  const Rectangle e = exponential(a);
  return divide(e, add(real(1), e));
}

Rectangle softplus(const Rectangle& a) {
  if (a.re.lo + a.re.hi > 0)
    return add(a, logarithm(add(real(1), exponential(negative(a)))));
  return logarithm(add(real(1), exponential(a)));
}

Rectangle times_logarithm(const Rectangle& a) { return multiply(a, logarithm(a)); }

Rectangle matern_of_square(const Rectangle& a, int order) {
  const Rectangle r = root(a), e = exponential(negative(r));
  if (order == 0) return e;
  const Rectangle linear = add(real(1), r);
  if (order == 1) return multiply(linear, e);
  return multiply(add(linear, divide(a, real(3))), e);
}

// Two functions, which meet at 1.
Rectangle wendland_of_square(const Rectangle& a) {
  if (a.re.lo >= 1) return real(0);
  if (!(a.re.hi < 1)) return not_known();
  const Rectangle r = root(a), rest = subtract(real(1), r);
  return multiply(square(square(rest)), add(real(1), multiply(real(4), r)));
}

// ---- trigonometric functions ----

Rectangle sine(const Rectangle& a) {
  const Interval size = hyperbolic_cosine_of(a.im);
  return clipped(outward::multiply(sine_of(a.re), size),
                 outward::multiply(outward::cosine(a.re), hyperbolic_sine_of(a.im)),
                 size.hi);
}

Rectangle cosine(const Rectangle& a) {
  const Interval size = hyperbolic_cosine_of(a.im);
  return clipped(
      outward::multiply(outward::cosine(a.re), size),
      outward::negative(outward::multiply(sine_of(a.re), hyperbolic_sine_of(a.im))),
      size.hi);
}

// sinh(z) = -i sin(i z), cosh(z) = cos(i z)
Rectangle hyperbolic_sine(const Rectangle& a) {
  return negative(turned(sine(turned(a))));
}
Rectangle hyperbolic_cosine(const Rectangle& a) { return cosine(turned(a)); }

// The exponential that is at most about 1.
Rectangle hyperbolic_tangent(const Rectangle& a) {
  if (a.re.lo + a.re.hi < 0) return negative(hyperbolic_tangent(negative(a)));
  const Rectangle e = exponential(multiply(real(-2), a));
  return divide(subtract(real(1), e), add(real(1), e));
}

// The bound goes from the value at the real part along y, where the slope 1 / (1 + z^2)
// is 1 / ((1 - y + i x) (1 + y - i x)).
Rectangle arc_tangent(const Rectangle& a) {
  const double y = outward::farthest(a.im), x = outward::nearest(a.re);
  if (!(y < 1)) return not_known();
  const double slope = 1 / (std::hypot(1 - y, x) * std::hypot(1, x));
  const double way = up(y * slope, 16);
  const Interval value = outward::wider({std::atan(a.re.lo), std::atan(a.re.hi)},
                                        outward::units_of_functions);
  const Interval im = {-way, way};
  return of_parts(outward::add(value, im), im);
}

namespace {

// How far erf(x + i y) is from erf(x): its slope is 2 / sqrt(pi) exp(y^2 - x^2).
double way_of_error_function(const Rectangle& a) {
  const double y = outward::farthest(a.im), x = outward::nearest(a.re);
  return up(M_2_SQRTPI * y * std::exp((y - x) * (y + x)),
            outward::units_of_functions + 4 * (y * y + x * x)) +
         (y > 0 ? outward::tiny : 0);
}

}  // namespace

Rectangle error_function(const Rectangle& a) {
  const double way = way_of_error_function(a);
  const Interval im = {-way, way};
  return of_parts(outward::add(outward::increasing<erf_of>(a.re), im), im);
}

Rectangle rest_of_error_function(const Rectangle& a) {
  const double way = way_of_error_function(a);
  const Interval im = {-way, way};
  // erfc is less exact far out than other functions
  const Interval value = outward::wider_by_tiny({std::erfc(a.re.hi), std::erfc(a.re.lo)},
                                                8 * outward::units_of_functions);
  return of_parts(outward::add(value, im), im);
}

// ---- kinks ----

Rectangle absolute(const Rectangle& a) {
  return a.re.lo >= 0 ? a : a.re.hi <= 0 ? negative(a) : not_known();
}
Rectangle sign(const Rectangle& a) {
  return a.re.lo > 0 ? real(1) : a.re.hi < 0 ? real(-1) : not_known();
}
Rectangle step(const Rectangle& a) {
  return a.re.lo >= 0 ? real(1) : a.re.hi < 0 ? real(0) : not_known();
}
Rectangle not_below_0(const Rectangle& a) {
  return a.re.lo >= 0 ? a : a.re.hi <= 0 ? real(0) : not_known();
}
Rectangle larger(const Rectangle& a, const Rectangle& b) {
  return a.re.lo >= b.re.hi ? a : a.re.hi <= b.re.lo ? b : not_known();
}
Rectangle smaller(const Rectangle& a, const Rectangle& b) {
  return a.re.lo >= b.re.hi ? b : a.re.hi <= b.re.lo ? a : not_known();
}

}  // namespace rkeops::rectangles
