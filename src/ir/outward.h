// Real intervals whose ends are rounded outwards: exact results are inside.
#pragma once

#include <algorithm>
#include <cmath>

#include "ir/interval_rules.h"

namespace rkeops::outward {

using intervals::Interval;
using intervals::unknown;

// Sums are exact where they are subnormal; products are not, and get `tiny` beside.
constexpr double unit = 0x1p-52, tiny = 1e-300;
// Functions of the C library are wrong by less than so many units in the last digit.
constexpr double units_of_functions = 8;

inline double down(double x, double units = 1) { return x - std::fabs(x) * units * unit; }
inline double up(double x, double units = 1) { return x + std::fabs(x) * units * unit; }

inline Interval wider(Interval a, double units = 1) {
  return {down(a.lo, units), up(a.hi, units)};
}
/// For results that may be subnormal.
inline Interval wider_by_tiny(Interval a, double units = 1) {
  return {down(a.lo, units) - tiny, up(a.hi, units) + tiny};
}

inline Interval add(Interval a, Interval b) { return wider({a.lo + b.lo, a.hi + b.hi}); }
inline Interval negative(Interval a) { return {-a.hi, -a.lo}; }
inline Interval subtract(Interval a, Interval b) { return add(a, negative(b)); }
inline bool is_zero(Interval a) { return a.lo == 0 && a.hi == 0; }

inline Interval multiply(Interval a, Interval b) {
  if (is_zero(a) || is_zero(b)) return {0, 0};
  const double p = a.lo * b.lo, q = a.lo * b.hi, r = a.hi * b.lo, s = a.hi * b.hi;
  return wider_by_tiny({std::min(std::min(p, q), std::min(r, s)),
                        std::max(std::max(p, q), std::max(r, s))});
}

inline double farthest(Interval a) { return std::max(-a.lo, a.hi); }
inline double nearest(Interval a) { return std::max(0.0, std::max(a.lo, -a.hi)); }

inline Interval square(Interval a) {
  if (is_zero(a)) return a;
  const double n = nearest(a), f = farthest(a);
  return {std::max(0.0, down(n * n) - tiny), up(f * f) + tiny};
}

/// The square root; negative numbers of the interval do not count.
inline Interval root(Interval a) {
  return wider({std::sqrt(std::max(0.0, a.lo)), std::sqrt(std::max(0.0, a.hi))}, 2);
}

/// The values of a function that only rises.
template <double (*f)(double)>
Interval increasing(Interval a) {
  return wider_by_tiny({f(a.lo), f(a.hi)}, units_of_functions);
}

inline Interval sine(Interval a) {
  const Interval s = intervals::sine(a);
  return {std::max(-1.0, s.lo - 16 * unit), std::min(1.0, s.hi + 16 * unit)};
}
inline Interval cosine(Interval a) {
  const Interval s = intervals::cosine(a);
  return {std::max(-1.0, s.lo - 16 * unit), std::min(1.0, s.hi + 16 * unit)};
}

}  // namespace rkeops::outward
