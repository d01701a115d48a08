// pow(x, y) = 2^(y log2 |x|), with the special cases of C.
//
// The one idea: y log2|x| reaches 1024 and every bit of its fraction counts, so that
// log2|x| is computed as an unevaluated sum of two numbers (some 66 bits). For float
// lanes, plain double has bits enough.
#ifndef RKEOPS_VECTOR_MATH_POWER_H
#define RKEOPS_VECTOR_MATH_POWER_H

#include <rkeops/math/vector_math_log.h>

namespace rkeops {

// high + low, low much smaller than high.
template <class V>
struct Pair {
  V high;
  V low;
};

// a + b as a pair, for |a| >= |b|.
template <class V>
RKEOPS_INLINE Pair<V> pair_sum(V a, V b) {
  const V sum = a + b;
  return {sum, b - (sum - a)};
}
template <class V>
RKEOPS_INLINE Pair<V> pair_product(V a, V b) {
  const V product = a * b;
  return {product, product_error(a, b, product)};
}
template <class V>
RKEOPS_INLINE Pair<V> operator*(Pair<V> a, Pair<V> b) {
  const Pair<V> p = pair_product(a.high, b.high);
  return pair_sum(p.high, p.low + (a.high * b.low + a.low * b.high));
}
template <class V>
RKEOPS_INLINE Pair<V> operator+(Pair<V> a, Pair<V> b) {
  const Pair<V> s = pair_sum(a.high, b.high);
  return pair_sum(s.high, s.low + (a.low + b.low));
}

// a / b as a pair; the rest of the division needs no second exact one.
template <class V>
RKEOPS_INLINE Pair<V> pair_quotient(V a, Pair<V> b) {
  const V over_b = all<V>(1) / b.high, quotient = a * over_b;
  const Pair<V> back = pair_product(quotient, b.high);
  const V rest = ((a - back.high) - back.low) - quotient * b.low;
  return pair_sum(quotient, rest * over_b);
}

// log2 x for finite positive double lanes: with s = (m - 1) / (m + 1),
// log m = 2 s (1 + s^2/3 + s^4 Q(s^2)).
template <class V>
RKEOPS_INLINE Pair<V> log2_pair(V x) {
  const Parts<V> parts = split_positive(x);
  const V f = parts.mantissa - all<V>(1);
  const Pair<V> s = pair_quotient(f, pair_sum(all<V>(2), f));
  const Pair<V> z = s * s;
  const V tail =
      z.high * polynomial(z.high, 0.19999999999999861324, 0.14285714285789128382,
                          0.11111111095540890213, 0.090909107704842744934,
                          0.076922029486210061725, 0.06670582979377182423,
                          0.057960170541159269503, 0.062867209358925461794);
  const Pair<V> third = {all<V>(0x1.5555555555555p-2), all<V>(0x1.5555555555555p-56)};
  const Pair<V> series =
      pair_sum(all<V>(1), all<V>(0)) + z * (third + Pair<V>{tail, all<V>(0)});
  const Pair<V> two_over_log2 = {all<V>(0x1.71547652b82fep+1),
                                 all<V>(0x1.777d0ffda0d24p-55)};
  const Pair<V> log2_mantissa = s * two_over_log2 * series;
  const Pair<V> sum = pair_sum(parts.exponent, log2_mantissa.high);
  const V e = parts.exponent;
  return {select(e == all<V>(0), log2_mantissa.high, sum.high),
          select(e == all<V>(0), all<V>(0), sum.low) + log2_mantissa.low};
}

template <class V>
RKEOPS_INLINE V nearest_portably(V x) {
  const V shift = all<V>(FormatOf<V>::round_shift);
  return (x + shift) - shift;
}

// 2^(h + l) for |l| < 1.
template <class V>
RKEOPS_INLINE V exp2_pair(V h, V l) {
  const V n = nearest_portably(h);
  return scale_portably(exp2_reduced((h - n) + l), n);
}

// |x|^y for double lanes.
template <class V>
RKEOPS_INLINE V positive_power(V x, V y) {
  const V zero = all<V>(0), infinite = infinity<V>();
  const auto regular_x = x < infinite;
  const auto positive = x > zero;
  const V safe = select(positive, select(regular_x, x, all<V>(1)), all<V>(1));
  const Pair<V> logarithm = log2_pair(safe);
  const V limit = select(positive, select(regular_x, logarithm.high, x), -infinite);
  const V product = y * limit;
  const V bounded = within(product, -1100, 1100);
  const V error = product_error(y, logarithm.high, bounded) + y * logarithm.low;
  return exp2_pair(bounded, select(bounded == product, error, zero));
}

// The special cases of C around |x|^y: signs of negative x, NaN, and the ones.
template <class V>
RKEOPS_INLINE V power_with_sign(V x, V y, V size) {
  using I = typename Lanes<V>::I;
  const V zero = all<V>(0), one = all<V>(1), half = y * all<V>(0.5f);
  const auto whole = trunc(y) == y;
  const V odd = select(whole, select(trunc(half) == half, zero, one), zero);
  const V negative_odd = select(odd == one, x, zero);
  const V signed_size = same_bits<V>(same_bits<I>(size) | sign_bit(negative_odd));
  const V fraction = select(x == -infinity<V>(), size, not_a_number<V>());
  const V of_negative = select(whole, signed_size, fraction);
  V result = select(x < zero, of_negative, signed_size);
  result =
      select(abs(x) == one,
             select(x == one, one, select(abs(y) == infinity<V>(), one, result)), result);
  result = select(x == x, select(y == y, result, y), select(y == zero, one, x));
  return select(y == zero, one, select(x == one, one, result));
}

// |x|^y, for float lanes.
template <class V>
RKEOPS_INLINE V positive_power_in_double(V x, V y) {
  return in_double([](auto a, auto b) { return exp2(b * log2(a)); }, x, y);
}

// The exponent is lanes or a number.
template <class V, class Y>
RKEOPS_INLINE V pow(V x, Y exponent) {
  const V y = as_lanes<V>(exponent), size = abs(x);
  if constexpr (is_float<V>) {
    return power_with_sign(x, y, positive_power_in_double(size, y));
  } else {
    return power_with_sign(x, y, positive_power(size, y));
  }
}

}  // namespace rkeops

#endif
