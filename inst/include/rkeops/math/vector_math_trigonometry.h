// Circular functions and their inverses.
//
// The one idea: x = n pi/2 + f with |f| <= pi/4, n pi/2 subtracted in four exact parts;
// the quadrant n mod 4 tells which of sin f and cos f, and the sign. Huge arguments go
// to libm, lane by lane.
#ifndef RKEOPS_VECTOR_MATH_TRIGONOMETRY_H
#define RKEOPS_VECTOR_MATH_TRIGONOMETRY_H

#include <rkeops/math/vector_math_basic.h>
#include <rkeops/math/vector_math_machine.h>

namespace rkeops {

RKEOPS_INLINE float libm_sin(float x) { return __builtin_sinf(x); }
RKEOPS_INLINE double libm_sin(double x) { return __builtin_sin(x); }
RKEOPS_INLINE float libm_cos(float x) { return __builtin_cosf(x); }
RKEOPS_INLINE double libm_cos(double x) { return __builtin_cos(x); }
RKEOPS_INLINE float libm_tan(float x) { return __builtin_tanf(x); }
RKEOPS_INLINE double libm_tan(double x) { return __builtin_tan(x); }

// sin f and cos f of the reduced argument, and the quadrant in the lowest two bits.
template <class V>
struct Circular {
  V sine;
  V cosine;
  typename Lanes<V>::I quadrant;
};

// Up to here n has so few bits that its products with the parts of pi/2 are exact.
template <class V>
RKEOPS_INLINE V largest_reducible() {
  return as_lanes<V>(is_float<V> ? 12800.0 : 1.0e7);
}

template <class V>
RKEOPS_INLINE Circular<V> reduced_circular(V x) {
  const V shift = all<V>(FormatOf<V>::round_shift);
  const V shifted = x * as_lanes<V>(0.63661977236758134308) + shift;
  const V n = shifted - shift;
  const V part1 = as_lanes<V>(is_float<V> ? 0x1.92p+0 : 0x1.921fb54p+0);
  const V part2 = as_lanes<V>(is_float<V> ? 0x1.fb4p-12 : 0x1.10b46118p-30);
  const V part3 = as_lanes<V>(is_float<V> ? 0x1.444p-24 : 0x1.313198ap-61);
  const V part4 =
      as_lanes<V>(is_float<V> ? 0x1.68c234c4c6629p-39 : 0x1.701b839a25205p-92);
  const V first = x - n * part1, second = first - n * part2, third = second - n * part3;
  const V lost_before = ((first - second) - n * part2) + ((second - third) - n * part3);
  const V rest = n * part4 - lost_before;
  const V f = third - rest, lost = (third - f) - rest;
  const V z = f * f;
  V sine, cosine;
  if constexpr (is_float<V>) {
    sine = polynomial(z, -0.16666654596850732, 0.00833215983607830, -0.00019515149847542);
    cosine =
        polynomial(z, 0.04166664565732617, -0.00138873149783886, 0.00002443300830725);
  } else {
    sine = polynomial(z, -0.16666666666666630643, 0.0083333333333220960889,
                      -0.00019841269829570808592, 2.7557313614654353303e-6,
                      -2.5050746674394017371e-8, 1.5896165165586990261e-10);
    cosine = polynomial(z, 0.041666666666666592742, -0.0013888888888873024299,
                        0.000024801587288831072307, -2.7557314173177218154e-7,
                        2.0875699989417230799e-9, -1.135849134500693081e-11);
  }
  const V half = all<V>(0.5f) * z, head = all<V>(1) - half;
  const V head_lost = (all<V>(1) - head) - half;
  return {f + (f * z * sine + lost), head + (head_lost + (z * z * cosine - f * lost)),
          same_bits<typename Lanes<V>::I>(shifted)};
}

// One of the two by the lowest bit of the quadrant, its sign by the next.
template <class V>
RKEOPS_INLINE V in_quadrant(V sine, V cosine, typename Lanes<V>::I quadrant) {
  using I = typename Lanes<V>::I;
  constexpr int to_sign = sizeof(typename Lanes<V>::T) * 8 - 2;
  const V value = select((quadrant & 1) == I{}, sine, cosine);
  return same_bits<V>(same_bits<I>(value) ^ ((quadrant << to_sign) & FormatOf<V>::sign));
}

template <class V>
RKEOPS_INLINE V sin(V x) {
  if (__builtin_expect(any(abs(x) > largest_reducible<V>()), 0)) {
    return for_each_lane([](auto number) { return libm_sin(number); }, x);
  }
  const Circular<V> c = reduced_circular(x);
  return select(x == all<V>(0), x, in_quadrant(c.sine, c.cosine, c.quadrant));
}

template <class V>
RKEOPS_INLINE V cos(V x) {
  if (__builtin_expect(any(abs(x) > largest_reducible<V>()), 0)) {
    return for_each_lane([](auto number) { return libm_cos(number); }, x);
  }
  const Circular<V> c = reduced_circular(x);
  return in_quadrant(c.sine, c.cosine, c.quadrant + 1);
}

template <class V>
RKEOPS_INLINE V tan(V x) {
  using I = typename Lanes<V>::I;
  if (__builtin_expect(any(abs(x) > largest_reducible<V>()), 0)) {
    return for_each_lane([](auto number) { return libm_tan(number); }, x);
  }
  const Circular<V> c = reduced_circular(x);
  const auto even = (c.quadrant & 1) == I{};
  const V value = select(even, c.sine, -c.cosine) / select(even, c.cosine, c.sine);
  return select(x == all<V>(0), x, value);
}

// atan t = base + atan z with z = t, (t - 1) / (t + 1) or -1 / t, so that |z| is at most
// tan(pi/8); for t = numerator / denominator, both at least 0.
template <class V>
RKEOPS_INLINE V atan_of_ratio(V numerator, V denominator) {
  const auto large = numerator > as_lanes<V>(2.4142135623730950488) * denominator;
  const auto small = numerator <= as_lanes<V>(0.41421356237309504880) * denominator;
  const V zero = all<V>(0);
  const V top =
      select(large, -denominator, select(small, numerator, numerator - denominator));
  const V bottom =
      select(large, numerator, select(small, denominator, numerator + denominator));
  const V high =
      select(large, as_lanes<V>(is_float<V> ? 0x1.921fb4p+0 : 0x1.921fb54442d18p+0),
             select(small, zero,
                    as_lanes<V>(is_float<V> ? 0x1.921fb4p-1 : 0x1.921fb54442d18p-1)));
  const V low = select(
      large, as_lanes<V>(is_float<V> ? 0x1.4442d18469899p-24 : 0x1.1a62633145c07p-54),
      select(small, zero,
             as_lanes<V>(is_float<V> ? 0x1.4442d18469899p-25 : 0x1.1a62633145c07p-55)));
  const V t = top / bottom, z = t * t;
  V tail;
  if constexpr (is_float<V>) {
    tail = polynomial(z, -0.33333315105266227, 0.19998465999410082, -0.14243422261218788,
                      0.10592946232558917, -0.06075915473256040);
  } else {
    tail = polynomial(
        z, -0.33333333333333194776, 0.19999999999952820006, -0.14285714280121337045,
        0.11111110779798759785, -0.090908976550601557088, 0.076920584297293301849,
        -0.06663084160131131069, 0.058477470865031844747, -0.050386735180505355608,
        0.038048735606559867793, -0.017890081006817585985);
  }
  return high + (t + (t * z * tail + low));
}

template <class V>
RKEOPS_INLINE V atan(V x) {
  return copy_sign(atan_of_ratio(abs(x), all<V>(1)), x);
}

RKEOPS_INLINE float libm_atan2(float y, float x) { return __builtin_atan2f(y, x); }
RKEOPS_INLINE double libm_atan2(double y, double x) { return __builtin_atan2(y, x); }
template <class V>
RKEOPS_INLINE V atan2(V y, V x) {
  return for_each_lane([](auto a, auto b) { return libm_atan2(a, b); }, y, x);
}

// asin x = atan(x / sqrt(1 - x^2)), acos x = 2 atan(sqrt((1 - x) / (1 + x))).
template <class V>
RKEOPS_INLINE V asin(V x) {
  const V size = abs(x), one = all<V>(1);
  return copy_sign(atan_of_ratio(size, sqrt((one - size) * (one + size))), x);
}
template <class V>
RKEOPS_INLINE V acos(V x) {
  const V one = all<V>(1);
  const V half = atan_of_ratio(sqrt(one - x), sqrt(one + x));
  return half + half;
}

}  // namespace rkeops

#endif
