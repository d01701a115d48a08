// The error function and the logarithm of the gamma function.
#ifndef RKEOPS_VECTOR_MATH_SPECIAL_H
#define RKEOPS_VECTOR_MATH_SPECIAL_H

#include <rkeops/math/vector_math_exp.h>

namespace rkeops {

// erf x = x + x E(x^2) for |x| < 1.
template <class V>
RKEOPS_INLINE V erf_near_zero(V x) {
  const V z = x * x;
  if constexpr (is_float<V>) {
    return x + x * polynomial(z, 0.12837916572671975, -0.37612625824264954,
                              0.11283585148886707, -0.02685381194483339,
                              0.00518832770184126, -0.00080101937553420,
                              0.00007853861755133);
  } else {
    return x + x * polynomial(z, 0.1283791670955125737, -0.37612638903183747604,
                              0.11283791670954857483, -0.026866170645072893247,
                              0.0052239776247808512521, -0.00085483269787413406488,
                              0.0001205533103686881557, -0.000014925593506164248964,
                              1.6460972805594551861e-6, -1.6350025103818892531e-7,
                              1.4657879059632505484e-8, -1.136566300517888836e-9,
                              5.9452568681775401422e-11);
  }
}

// -log(1 - erf(1 + t)), for 1 + t up to where erf is 1.
template <class V>
RKEOPS_INLINE V erf_exponent(V t) {
  if constexpr (is_float<V>) {
    return polynomial(t, 1.8496055156538490257, 2.6389668798102046265,
                      0.84311760772293032323, 0.041503496866764427837,
                      -0.0098954583385474234132, 0.0018293813679837905038,
                      -0.00018637867427658945939);
  } else {
    return polynomial(
        t, 1.8496055099332482552, 2.6389675142347885822, 0.84310725635865896933,
        0.041561098042183236826, -0.010033825378470096345, 0.0019779025941237805823,
        -0.00023732259113242226505, -0.000026277560890385822632,
        0.000027158473022678304075, -9.6079540396310991776e-6, 2.0587365704329735996e-6,
        -1.4203116737077078426e-7, -9.8060663125945315148e-8, 5.2269026047508445215e-8,
        -1.4987285820507511524e-8, 2.88161534894115279e-9, -3.7096891788555085093e-10,
        2.9067562539496991715e-11, -1.0496417797644192653e-12);
  }
}

template <class V>
RKEOPS_INLINE V erf(V x) {
  const V size = abs(x), one = all<V>(1);
  const V bounded = minimum(size, as_lanes<V>(is_float<V> ? 4 : 6));
  const V far = one - exp(-erf_exponent(bounded - one));
  return select(size < one, erf_near_zero(x), copy_sign(far, x));
}

RKEOPS_INLINE float libm_erfc(float x) { return __builtin_erfcf(x); }
RKEOPS_INLINE double libm_erfc(double x) { return __builtin_erfc(x); }
template <class V>
RKEOPS_INLINE V erfc(V x) {
  return for_each_lane([](auto number) { return libm_erfc(number); }, x);
}

RKEOPS_INLINE float libm_lgamma(float x) { return __builtin_lgammaf(x); }
RKEOPS_INLINE double libm_lgamma(double x) { return __builtin_lgamma(x); }
template <class V>
RKEOPS_INLINE V lgamma(V x) {
  return for_each_lane([](auto number) { return libm_lgamma(number); }, x);
}

}  // namespace rkeops

#endif
