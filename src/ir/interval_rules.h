// The words in which the interval rules of the table of operations are written.
#pragma once

#include <algorithm>
#include <cmath>

#include "ir/interval.h"

namespace rkeops::intervals {

struct Interval {
  double lo, hi;
};

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

inline Interval hull(Interval a, Interval b) {
  return {std::min(a.lo, b.lo), std::max(a.hi, b.hi)};
}
inline Interval lane(const IntervalLanes& from, int k) {
  return {from.lo[k], from.hi[k]};
}

// ---- a rule for one box -> a rule for all lanes ----

template <Interval (*rule)(Interval)>
void one_argument(const IntervalLanes* const* a, const int*, IntervalLanes& result) {
  for (int k = 0; k < IntervalLanes::count; ++k) {
    const Interval value = rule(lane(*a[0], k));
    result.lo[k] = value.lo;
    result.hi[k] = value.hi;
  }
}

template <Interval (*rule)(Interval, int)>
void with_integer(const IntervalLanes* const* a, const int* integers,
                  IntervalLanes& result) {
  for (int k = 0; k < IntervalLanes::count; ++k) {
    const Interval value = rule(lane(*a[0], k), integers[0]);
    result.lo[k] = value.lo;
    result.hi[k] = value.hi;
  }
}

template <Interval (*rule)(Interval, Interval)>
void two_arguments(const IntervalLanes* const* a, const int*, IntervalLanes& result) {
  for (int k = 0; k < IntervalLanes::count; ++k) {
    const Interval value = rule(lane(*a[0], k), lane(*a[1], k));
    result.lo[k] = value.lo;
    result.hi[k] = value.hi;
  }
}

template <Interval (*rule)(Interval, Interval, Interval)>
void three_arguments(const IntervalLanes* const* a, const int*, IntervalLanes& result) {
  for (int k = 0; k < IntervalLanes::count; ++k) {
    const Interval value = rule(lane(*a[0], k), lane(*a[1], k), lane(*a[2], k));
    result.lo[k] = value.lo;
    result.hi[k] = value.hi;
  }
}

inline IntervalRule rule_of(IntervalRule::Apply apply, double ulps = 1,
                            double units = 0) {
  IntervalRule rule;
  rule.apply = apply;
  rule.ulps = ulps;
  rule.units = units;
  return rule;
}

template <double (*f)(double)>
Interval of_increasing(Interval a) {
  return {f(a.lo), f(a.hi)};
}
template <double (*f)(double)>
Interval of_decreasing(Interval a) {
  return {f(a.hi), f(a.lo)};
}

/// A function of one number that only rises, or only falls.
template <double (*f)(double)>
IntervalRule increasing(double ulps) {
  return rule_of(one_argument<of_increasing<f>>, ulps);
}
template <double (*f)(double)>
IntervalRule decreasing(double ulps) {
  return rule_of(one_argument<of_decreasing<f>>, ulps);
}

// ---- waves ----

// Beyond this the reduction of the argument has errors of its own.
constexpr double largest_angle = 1000;

inline bool has_point_of_period(Interval a, double point) {
  return std::floor((a.hi - point) / (2 * M_PI)) >=
         std::ceil((a.lo - point) / (2 * M_PI));
}

inline Interval sine(Interval a) {
  if (!(a.lo >= -largest_angle && a.hi <= largest_angle)) return {-1, 1};
  const double p = std::sin(a.lo), q = std::sin(a.hi);
  return {has_point_of_period(a, -M_PI / 2) ? -1 : std::min(p, q),
          has_point_of_period(a, M_PI / 2) ? 1 : std::max(p, q)};
}

inline Interval cosine(Interval a) {
  if (!(a.lo >= -largest_angle && a.hi <= largest_angle)) return {-1, 1};
  const double p = std::cos(a.lo), q = std::cos(a.hi);
  return {has_point_of_period(a, M_PI) ? -1 : std::min(p, q),
          has_point_of_period(a, 0) ? 1 : std::max(p, q)};
}

/// The rule, where no computed value is beyond these numbers.
inline IntervalRule between(double least, double most, IntervalRule rule) {
  rule.least = least;
  rule.most = most;
  return rule;
}

/// The rule, with errors of so many units of 1.
inline IntervalRule with_units(double units, IntervalRule rule) {
  rule.units = units;
  return rule;
}

/// The rule, which cuda_interval.cuh has, too.
inline IntervalRule also_on_gpu(IntervalRule rule) {
  rule.is_of_gpu = true;
  return rule;
}

}  // namespace rkeops::intervals
