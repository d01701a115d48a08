// Logarithms and what is made of them.
//
// The one idea: x = 2^e m with m near 1 (between sqrt(1/2) and sqrt(2), or 3/4 and 3/2
// where an instruction says so); with f = m - 1 and s = f / (2 + f),
// log m = 2 s + s R(s^2), written so that f itself is never rounded.
#ifndef RKEOPS_VECTOR_MATH_LOG_H
#define RKEOPS_VECTOR_MATH_LOG_H

#include <rkeops/math/vector_math_exp.h>

namespace rkeops {

// x = 2^exponent * mantissa
template <class V>
struct Parts {
  V exponent;
  V mantissa;
};

// The parts of a positive finite x, subnormal or not.
template <class V>
RKEOPS_INLINE Parts<V> split_portably(V x) {
  using I = typename Lanes<V>::I;
  using U = typename Lanes<V>::U;
  using F = FormatOf<V>;
  constexpr auto unit = static_cast<decltype(F::sign)>(1) << F::mantissa_bits;
  const auto subnormal = x < all<V>(F::smallest_normal);
  const V lift = as_lanes<V>(is_float<V> ? 0x1p25 : 0x1p54);
  const I root =
      same_bits<I>(as_lanes<V>(is_float<V> ? 0x1.6a09e6p-1 : 0x1.6a09e667f3bcdp-1));
  const I bits = same_bits<I>(select(subnormal, x * lift, x)) - root;
  const U biased = same_bits<U>(bits + F::bias * unit) >> F::mantissa_bits;
  const V whole = all<V>(F::integers_from);
  const V exponent = same_bits<V>(same_bits<I>(biased) | same_bits<I>(whole)) -
                     (whole + all<V>(F::bias));
  const V lifted = as_lanes<V>(is_float<V> ? 25 : 54);
  return {exponent - select(subnormal, lifted, all<V>(0)),
          same_bits<V>((bits & (unit - 1)) + root)};
}

template <class V>
RKEOPS_INLINE Parts<V> split_positive(V x) {
  return split_portably(x);
}

// Whether split_positive() gives parts of which the formula for log also makes the limits
// at 0, infinity, negative numbers and NaN.
template <class V>
constexpr bool splits_limits = false;

#if RKEOPS_AVX512 && RKEOPS_VECTOR_BYTES == 64

// VGETMANT between 3/4 and 3/2, NaN for negative x; VGETEXP is the floor of log2.
RKEOPS_INLINE Parts<FloatLanes> split_positive(FloatLanes x) {
  const FloatLanes m = __builtin_ia32_getmantps512_mask(x, 0xb, x, -1, 4);
  return {__builtin_ia32_getexpps512_mask(x, x, -1, 4) -
              __builtin_ia32_getexpps512_mask(m, m, -1, 4),
          m};
}
RKEOPS_INLINE Parts<DoubleLanes> split_positive(DoubleLanes x) {
  const DoubleLanes m = __builtin_ia32_getmantpd512_mask(x, 0xb, x, -1, 4);
  return {__builtin_ia32_getexppd512_mask(x, x, -1, 4) -
              __builtin_ia32_getexppd512_mask(m, m, -1, 4),
          m};
}
template <>
constexpr bool splits_limits<FloatLanes> = true;
template <>
constexpr bool splits_limits<DoubleLanes> = true;

#endif

// R(s^2) of the head comment.
template <class V>
RKEOPS_INLINE V log_tail(V z) {
  if constexpr (is_float<V>) {
    return z *
           polynomial(z, 0.66666947133002665, 0.39957821998836628, 0.30360975309294479);
  } else {
    return z * polynomial(z, 0.66666666666666597144, 0.40000000000056104741,
                          0.28571428555963442479, 0.2222222428155708907,
                          0.18181666747483701131, 0.15391084124146067424,
                          0.13174057175854729938, 0.13839999917866551092);
  }
}

// log(1 + f) = f - correction
template <class V>
RKEOPS_INLINE V log_correction(V f) {
  const V s = f / (all<V>(2) + f);
  const V half_square = all<V>(0.5f) * f * f;
  return half_square - s * (half_square + log_tail(s * s));
}

// The value of a logarithm for finite positive x, its limits for the others.
template <class V>
RKEOPS_INLINE V with_log_limits(V x, V value) {
  const V at_zero = select(x == all<V>(0), -infinity<V>(), not_a_number<V>());
  const V limit = select(x > all<V>(0), x, select(x == x, at_zero, x));
  return select(x > all<V>(0), select(x < infinity<V>(), value, limit), limit);
}

template <class V>
RKEOPS_INLINE V log(V x) {
  const Parts<V> parts = split_positive(x);
  const V f = parts.mantissa - all<V>(1), e = parts.exponent;
  const V high = as_lanes<V>(is_float<V> ? 0x1.62e4p-1 : 0x1.62e42feep-1);
  const V low = as_lanes<V>(is_float<V> ? 0x1.7f7d1cf79abcap-20 : 0x1.a39ef35793c76p-33);
  const V value = e * high - ((log_correction(f) - e * low) - f);
  return splits_limits<V> ? value : with_log_limits(x, value);
}

// e * log_b(2) + log(m) / log(b), for the bases 2 and 10: log m is kept as an upper half
// and a rest, so that the product with 1 / log(b) = high + low is not rounded twice.
template <class V>
RKEOPS_INLINE V log_to_base(V x, double two_high, double two_low, double high,
                            double low) {
  const Parts<V> parts = split_positive(x);
  const V f = parts.mantissa - all<V>(1), e = parts.exponent;
  const V correction = log_correction(f);
  const V upper = upper_half(f - correction);
  const V lower = (f - upper) - correction;
  const V rest = e * as_lanes<V>(two_low) + (upper + lower) * as_lanes<V>(low) +
                 lower * as_lanes<V>(high);
  const V main = upper * as_lanes<V>(high), start = e * as_lanes<V>(two_high);
  const V sum = start + main;
  return with_log_limits(x, sum + ((main - (sum - start)) + rest));
}

template <class V>
RKEOPS_INLINE V log2(V x) {
  return is_float<V> ? log_to_base(x, 1, 0, 0x1.714p+0, 0x1.47652b82fe177p-12)
                     : log_to_base(x, 1, 0, 0x1.715476p+0, 0x1.4ae0bf85ddf44p-26);
}
template <class V>
RKEOPS_INLINE V log10(V x) {
  return is_float<V> ? log_to_base(x, 0x1.344p-2, 0x1.3509f79fef312p-18, 0x1.bcap-2,
                                   0x1.7b1526e50e32ap-14)
                     : log_to_base(x, 0x1.34413508p-2, 0x1.f79fef311f12bp-34,
                                   0x1.bcb7b1p-2, 0x1.49b9438ca9aaep-28);
}

// log(1 + x): the logarithm of the rounded sum u, plus what the rounding lost over u.
template <class V>
RKEOPS_INLINE V log1p(V x) {
  const V u = all<V>(1) + x;
  const V lost = select(x > all<V>(1), all<V>(1) - (u - x), x - (u - all<V>(1)));
  const auto finite = abs(u) < infinity<V>();
  const V correction = select(u == all<V>(0), u, lost / u);
  const V sum = log(u) + select(finite, correction, all<V>(0));
  return select(x == all<V>(0), x, sum);
}

// Inverse hyperbolic functions; far out they are log(2 |x|).
template <class V>
RKEOPS_INLINE V asinh(V x) {
  const V size = abs(x), one = all<V>(1);
  const auto far = size > as_lanes<V>(is_float<V> ? 0x1p14 : 0x1p28);
  const V near = select(far, one, size), square = near * near;
  const V argument = near + square / (one + sqrt(square + one));
  const V result =
      select(far, log(size) + as_lanes<V>(0.69314718055994530942), log1p(argument));
  return copy_sign(result, x);
}
template <class V>
RKEOPS_INLINE V acosh(V x) {
  const auto far = x > as_lanes<V>(is_float<V> ? 0x1p14 : 0x1p28);
  const V t = select(far, all<V>(1), x - all<V>(1));
  const V near = log1p(t + sqrt(t) * sqrt(t + all<V>(2)));
  return select(far, log(x) + as_lanes<V>(0.69314718055994530942), near);
}
template <class V>
RKEOPS_INLINE V atanh(V x) {
  const V size = abs(x);
  const V argument = (size + size) / (all<V>(1) - size);
  return copy_sign(all<V>(0.5f) * log1p(argument), x);
}

}  // namespace rkeops

#endif
