// Functions made of the others by formula.
//
// Shared by the CPU and CUDA, where cuda_math.cuh defines exp, log, log1p, sin, cos and
// tan before it includes this file.
#ifndef RKEOPS_VECTOR_MATH_COMPOSED_H
#define RKEOPS_VECTOR_MATH_COMPOSED_H

#include <rkeops/math/vector_math_basic.h>
#if !defined(__CUDACC__)
#include <rkeops/math/vector_math_exp.h>
#include <rkeops/math/vector_math_log.h>
#include <rkeops/math/vector_math_trigonometry.h>
#endif

namespace rkeops {

// 1 / (1 + e^-x), without overflow and exact to the smallest values.
template <class V>
RKEOPS_INLINE V logistic(V x) {
  const V e = exp(-abs(x));
  return select(x < all<V>(0), e, all<V>(1)) / (all<V>(1) + e);
}

// log(1 + e^x), without overflow.
template <class V>
RKEOPS_INLINE V softplus(V x) {
  return maximum(x, all<V>(0)) + log1p(exp(-abs(x)));
}

// Matern functions of t = r^2: e^-r for order 0, (1 + r) e^-r for 1, (1 + r + t / 3) e^-r
// for 2.
template <class V>
RKEOPS_INLINE V matern_of_square(V t, int order) {
  const V r = sqrt(t), power = exp(-r), one = all<V>(1);
  if (order == 0) return power;
  const V factor = order == 1 ? one + r : one + r + t / all<V>(3);
  return select(power == all<V>(0), power, factor * power);
}
template <int order, class V>
RKEOPS_INLINE V matern_of_square(V t) {
  static_assert(0 <= order && order <= 2, "a Matern function of another order");
  return matern_of_square(t, order);
}

// Wendland's function (1 - r)^4 (1 + 4 r) for r = sqrt(t) below 1, else 0.
template <class V>
RKEOPS_INLINE V wendland_of_square(V t) {
  const V r = sqrt(t), rest = maximum(all<V>(1) - r, all<V>(0));
  const V square = rest * rest;
  return select(rest == all<V>(0), rest, square * square * (all<V>(1) + all<V>(4) * r));
}

// x log x, 0 at 0.
template <class V>
RKEOPS_INLINE V xlogx(V x) {
  return select(x == all<V>(0), all<V>(0), x * log(x));
}

// sin(x) / x, 1 at 0.
template <class V>
RKEOPS_INLINE V sinxdivx(V x) {
  return select(x == all<V>(0), all<V>(1), sin(x) / x);
}

// Its derivative (x cos x - sin x) / x^2, 0 at 0; a series where the difference cancels.
template <class V>
RKEOPS_INLINE V sinxdivx_derivative(V x) {
  const V z = x * x;
  V near;
  if constexpr (is_float<V>) {
    near = polynomial(z, -0.33333333332944008, 0.03333333314196812, -0.00119047467609255,
                      0.00002204164419030, -2.4572390016e-7);
  } else {
    near = polynomial(z, -0.33333333333333333333, 0.033333333333333332739,
                      -0.0011904761904761781144, 0.000022045855379090505272,
                      -2.5052108347073015674e-7, 1.9270844454208516219e-9,
                      -1.0705069067819827427e-11, 4.4393328162117925628e-14);
  }
  const V far = (cos(x) - sin(x) / x) / x;
  return select(abs(x) < all<V>(1), x * near, far);
}

// The derivative of log gamma, in double: psi(x) = psi(x + 1) - 1/x up to where the
// asymptotic series holds; psi(x) = psi(1 - x) - pi / tan(pi x) below 0; NaN at poles.
template <class V>
RKEOPS_INLINE V digamma_of_doubles(V x) {
  const V zero = all<V>(0), one = all<V>(1), enough = all<V>(10);
  const auto reflected = x <= zero;
  V y = select(reflected, one - x, x), sum = zero;
  while (any(y < enough)) {
    const auto low = y < enough;
    sum = sum + select(low, one / y, zero);
    y = select(low, y + one, y);
  }
  const V z = one / (y * y);
  const V series = z * polynomial(z, 1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240,
                                  1.0 / 132, -691.0 / 32760, 1.0 / 12);
  const V value = ((log(y) - all<V>(0.5) / y) - series) - sum;
  const V pi = all<V>(3.14159265358979323846);
  const V turn = pi / tan(pi * (x - floor(x + all<V>(0.5))));
  const V pole = all<V>(__builtin_nan(""));
  return select(reflected, select(x == floor(x), pole, value - turn), value);
}
template <class V>
RKEOPS_INLINE V digamma(V x) {
  return in_double([](auto doubles) { return digamma_of_doubles(doubles); }, x);
}

}  // namespace rkeops

#endif
