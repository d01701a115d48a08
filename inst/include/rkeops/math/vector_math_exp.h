// Exponentials and what is made of them.
//
// The one idea: 2^x = 2^n 2^f with n = round(x) and a polynomial for 2^f, |f| <= 1/2;
// e^x likewise with f = x - n log 2. The constant coefficient is exactly 1, so that
// exp(0) is 1. Coefficients are minimax (Remez); float ones minimise the error in units
// in the last place, rounding included.
#ifndef RKEOPS_VECTOR_MATH_EXP_H
#define RKEOPS_VECTOR_MATH_EXP_H

#include <rkeops/math/vector_math_basic.h>
#include <rkeops/math/vector_math_machine.h>

namespace rkeops {

// 2^f for |f| <= 1/2.
template <class V>
RKEOPS_INLINE V exp2_reduced(V f) {
  if constexpr (is_float<V>) {
    return polynomial(f, 1, 0.693146825, 0.240222409, 0.0555092767, 0.00967152882,
                      0.00132090366);
  } else {
    return polynomial(
        f, 1, 0.69314718055994532578, 0.24022650695910131298, 0.055504108664820085928,
        0.0096181291075941025847, 0.0013333558146773806034, 0.00015403530457136606289,
        0.000015252733494057535836, 1.3215435269043422578e-6, 1.0178199126662461608e-7,
        7.0737856860707658297e-9, 4.4348466283614745488e-10);
  }
}

// e^f for |f| <= log(2) / 2.
template <class V>
RKEOPS_INLINE V exp_reduced(V f) {
  if constexpr (is_float<V>) {
    return polynomial(f, 1, 0.999999464, 0.499991268, 0.166681901, 0.0419000946,
                      0.00826087128);
  } else {
    return polynomial(
        f, 1, 1.0000000000000000236, 0.50000000000000125079, 0.1666666666666621782,
        0.041666666666517693402, 0.0083333333335492675687, 0.0013888888946391977252,
        0.00019841269437887547634, 0.000024801490592344150095, 2.7557625552289457061e-6,
        2.7631050907144605218e-7, 2.4991851344750867731e-8);
  }
}

// x, or the bound that it is beyond, where 2^n is surely infinite or 0; NaN stays NaN.
template <class V>
RKEOPS_INLINE V at_least(V x, double low) {
  const V least = as_lanes<V>(low);
  return select(least > x, least, x);
}
template <class V>
RKEOPS_INLINE V at_most(V x, double high) {
  const V most = as_lanes<V>(high);
  return select(most < x, most, x);
}
template <class V>
RKEOPS_INLINE V within(V x, double low, double high) {
  return at_most(at_least(x, low), high);
}

// x - n log 2, in two steps, the first exact.
template <class V>
RKEOPS_INLINE V minus_log2_multiple(V x, V n) {
  const V high = as_lanes<V>(is_float<V> ? 0x1.62e4p-1 : 0x1.62e42feep-1);
  const V low = as_lanes<V>(is_float<V> ? 0x1.7f7d1cf79abcap-20 : 0x1.a39ef35793c76p-33);
  return (x - n * high) - n * low;
}

// p 2^n, where that is a normal number, or infinity for p = 1 and the n after the last; n
// is in the last bits of `shifted` (round_shift).
template <class V>
RKEOPS_INLINE V add_to_exponent(V p, V shifted) {
  using U = typename Lanes<V>::U;  // what overflows is not used
  return same_bits<V>(same_bits<U>(p) +
                      (same_bits<U>(shifted) << FormatOf<V>::mantissa_bits));
}

// The same, where that may be too small: in the `tiny` lanes. In single precision what is
// not a normal number is 0. In double precision only what does not `count` is, which
// costs nothing (products that are too small take long); the others are rare. NaN is one
// of both: the bits that the NA of R has would become an exponent.
template <class V, class Mask>
RKEOPS_INLINE V power_or_zero(V p, V shifted, const Mask& tiny, const Mask& count) {
  const V power = select(tiny, V{}, add_to_exponent(p, shifted));
  if constexpr (!is_float<V>) {
    const Mask subnormal = tiny & count;
    if (__builtin_expect(any(subnormal), 0)) {
      const V n = shifted - all<V>(FormatOf<V>::round_shift);
      return select(subnormal, scale_portably(p, n), power);
    }
  }
  return power;
}

// The lanes below `low`. In double precision NaN is among them, since its bits are not
// those of an exponent.
template <class V>
RKEOPS_INLINE auto not_at_least(V x, double low) {
  if constexpr (is_float<V>)
    return as_lanes<V>(low) > x;
  else
    return where_not(x >= as_lanes<V>(low));
}

template <class V>
RKEOPS_INLINE V exp2_portably(V x) {
  const V shift = all<V>(FormatOf<V>::round_shift);
  const V bounded = at_most(x, is_float<V> ? 128 : 1024), shifted = bounded + shift;
  const V p = exp2_reduced(bounded - (shifted - shift));
  return power_or_zero(p, shifted, not_at_least<V>(x, is_float<V> ? -126 : -1021),
                       where_not(x < as_lanes<V>(-1075)));
}

// Arguments of exp<shift>: the largest whose result is finite, and one below which
// results are not normal (in single precision the first such).
template <int shift, class V>
struct ExpBounds {
  static_assert(shift == 0 || shift == -1, "there are bounds for these");
  static constexpr bool half = shift == -1;
  static constexpr double most = is_float<V> ? half ? 89.415985 : 88.722832
                                 : half      ? 710.47586007394386
                                             : 709.78271289338397;
  static constexpr double tiny = is_float<V> ? half ? -86.643394 : -87.33654 : -707;
};

// 2^shift e^x: a shift of -1 reaches half of what overflows.
template <int shift, class V>
RKEOPS_INLINE V exp_portably(V x) {
  using Bounds = ExpBounds<shift, V>;
  const V to_integer = all<V>(FormatOf<V>::round_shift);
  const V shifted = x * as_lanes<V>(1.4426950408889634074) + to_integer;
  const V p = exp_reduced(minus_log2_multiple(x, shifted - to_integer));
  const V power =
      power_or_zero(p, shift == 0 ? shifted : shifted + all<V>(shift),
                    not_at_least<V>(x, Bounds::tiny), where_not(x < as_lanes<V>(-745.2)));
  return select(x > as_lanes<V>(Bounds::most), all<V>(__builtin_inff()), power);
}

template <class V>
RKEOPS_INLINE V exp2_lanes(V x) {
  return exp2_portably(x);
}
template <int shift, class V>
RKEOPS_INLINE V scaled_exp(V x) {
  return exp_portably<shift>(x);
}

#if RKEOPS_AVX512 && RKEOPS_VECTOR_BYTES == 64

// p * 2^n for any n. When p is NaN, infinite n still give infinity and 0: no bounds on
// the argument of exp2 are needed.
RKEOPS_INLINE FloatLanes scale(FloatLanes p, FloatLanes n) {
  return __builtin_ia32_scalefps512_mask(p, n, p, -1, 4);
}
RKEOPS_INLINE DoubleLanes scale(DoubleLanes p, DoubleLanes n) {
  return __builtin_ia32_scalefpd512_mask(p, n, p, -1, 4);
}

// f with its size bounded by 1 (VRANGE): huge arguments reduce to anything.
RKEOPS_INLINE FloatLanes at_most_one(FloatLanes f) {
  return __builtin_ia32_rangeps512_mask(f, all<FloatLanes>(1), 2, f, -1, 4);
}
RKEOPS_INLINE DoubleLanes at_most_one(DoubleLanes f) {
  return __builtin_ia32_rangepd512_mask(f, all<DoubleLanes>(1), 2, f, -1, 4);
}

template <int shift, class V>
RKEOPS_INLINE V exp_with_scale(V x) {
  const V n = round_lanes<kNearest>(x * as_lanes<V>(1.4426950408889634074));
  const V p = exp_reduced(at_most_one(minus_log2_multiple(x, n)));
  return scale(p, shift == 0 ? n : n + all<V>(shift));
}

RKEOPS_INLINE FloatLanes exp2_lanes(FloatLanes x) {
  const FloatLanes n = round_lanes<kNearest>(x);
  return scale(exp2_reduced(x - n), n);
}
RKEOPS_INLINE DoubleLanes exp2_lanes(DoubleLanes x) {
  const DoubleLanes n = round_lanes<kNearest>(x);
  return scale(exp2_reduced(x - n), n);
}
template <int shift>
RKEOPS_INLINE FloatLanes scaled_exp(FloatLanes x) {
  return exp_with_scale<shift>(x);
}
template <int shift>
RKEOPS_INLINE DoubleLanes scaled_exp(DoubleLanes x) {
  return exp_with_scale<shift>(x);
}

#endif

template <class V>
RKEOPS_INLINE V exp2(V x) {
  return exp2_lanes(x);
}

// 2^x for |x| <= 100: the power of two is a normal number, so its exponent can be written
// as an integer, at once.
template <class V>
RKEOPS_INLINE V exp2_of_small(V x) {
#if RKEOPS_AVX512 && RKEOPS_VECTOR_BYTES == 64
  return exp2_lanes(x);  // has an instruction for that
#else
  using I = typename Lanes<V>::I;
  const V shift = all<V>(FormatOf<V>::round_shift);
  const V shifted = x + shift;
  const V power = same_bits<V>((same_bits<I>(shifted) << FormatOf<V>::mantissa_bits) +
                               same_bits<I>(all<V>(1)));
  return exp2_reduced(x - (shifted - shift)) * power;
#endif
}

template <class V>
RKEOPS_INLINE V exp(V x) {
  return scaled_exp<0>(x);
}

// (e^f - 1 - f) / f^2 for |f| <= log(2) / 2.
template <class V>
RKEOPS_INLINE V expm1_tail(V f) {
  if constexpr (is_float<V>) {
    return polynomial(f, 0.50000000441713006, 0.16666666371757745, 0.04166636088978324,
                      0.00833338895332671, 0.00139406289560224, 0.00019846168180968);
  } else {
    return polynomial(
        f, 0.50000000000000000084, 0.16666666666666676508, 0.04166666666666650956,
        0.0083333333333216907492, 0.0013888888888961920873, 0.00019841269885968274952,
        0.000024801587173548698532, 2.7557244371523987274e-6, 2.7557401678726444058e-7,
        2.510897990163626126e-8, 2.0875658179878577421e-9);
  }
}

// e^x = 2 (s g + s) and e^x - 1 = 2 (s g + (s - 1/2)), with s = 2^(n-1), g = e^f - 1.
template <class V>
struct NearOne {
  V s;
  V g;
};
template <class V>
RKEOPS_INLINE NearOne<V> exp_near_one(V x) {
  using I = typename Lanes<V>::I;
  x = is_float<V> ? within(x, -87, 89) : within(x, -708, 710);
  const V shift = all<V>(FormatOf<V>::round_shift);
  const V shifted = x * as_lanes<V>(1.4426950408889634074) + shift;
  const V n = shifted - shift;
  const V high = as_lanes<V>(is_float<V> ? 0x1.62e4p-1 : 0x1.62e42feep-1);
  const V low = as_lanes<V>(is_float<V> ? 0x1.7f7d1cf79abcap-20 : 0x1.a39ef35793c76p-33);
  const V start = x - n * high, f = start - n * low;
  const V lost = (start - f) - n * low;
  const V s = same_bits<V>((same_bits<I>(shifted) << FormatOf<V>::mantissa_bits) +
                           same_bits<I>(all<V>(0.5f)));
  return {s, f + (f * f * expm1_tail(f) + lost)};
}

template <class V>
RKEOPS_INLINE V expm1(V x) {
  const NearOne<V> e = exp_near_one(x);
  const V half = e.s * e.g + (e.s - all<V>(0.5f));
  return select(x == all<V>(0), x, half + half);
}

// sinh and cosh of large x come from h = e^|x| / 2, which overflows when they do.
template <class V>
RKEOPS_INLINE V sinh(V x) {
  const V size = abs(x);
  const V e = expm1(minimum(size, all<V>(1)));
  const V h = scaled_exp<-1>(size);
  const V small = all<V>(0.5f) * (e + e / (e + all<V>(1)));
  return copy_sign(select(size < all<V>(1), small, h - all<V>(0.25f) / h), x);
}
template <class V>
RKEOPS_INLINE V cosh(V x) {
  const V h = scaled_exp<-1>(abs(x));
  return h + all<V>(0.25f) / h;
}

// With q = exp(-2|x|) and e = q - 1, tanh |x| = -e / (e + 2), written so that the
// rounding of the quotient matters little: (e^2 / (e + 2) - e) / 2 below 1, and
// 1 - 2 q / (e + 2) above.
template <class V>
RKEOPS_INLINE V tanh(V x) {
  const V size = abs(x);
  const auto near = size < all<V>(1);
  const NearOne<V> parts = exp_near_one(all<V>(-2) * size);
  const V product = parts.s * parts.g;
  const V start = parts.s - all<V>(0.5f);
  const V half_e = start + product, e = half_e + half_e;
  const V lost = product - (half_e - start);
  const V half_q = product + parts.s, q = half_q + half_q;
  const V quotient = select(near, e * half_e, q + q) / (e + all<V>(2));
  return copy_sign(select(near, (quotient - lost) - half_e, all<V>(1) - quotient), x);
}

}  // namespace rkeops

#endif
