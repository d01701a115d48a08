// Families of functions with an order: what the derivatives of sin(x)/x and of the
// digamma function are made of. The order is a number, for the interpreter, or a template
// argument, for generated code: what depends on it alone is then computed by the
// compiler.
#ifndef RKEOPS_VECTOR_MATH_ORDERS_H
#define RKEOPS_VECTOR_MATH_ORDERS_H

namespace rkeops {

// j_n(x) near 0: x^n / (2n+1)!! * sum over m of (-x^2/2)^m / (m! (2n+3) (2n+5) ...
// (2n+2m+1)).
template <class V>
RKEOPS_INLINE V spherical_bessel_series(V x, int n) {
  using T = typename Lanes<V>::T;
  const V z = x * x * T(-0.5);
  V term = all<V>(T(1)), sum = all<V>(T(1));
  for (int m = 1; m <= 26; ++m) {
    term = term * z * T(1.0 / (double(m) * (2 * n + 2 * m + 1)));
    sum = sum + term;
  }
  V scale = all<V>(T(1));
  for (int k = 1; k <= n; ++k) scale = scale * x * T(1.0 / (2 * k + 1));
  return scale * sum;
}

// Upward recurrence j_(k+1) = (2k+1)/x j_k - j_(k-1), stable for |x| > k.
template <class V>
RKEOPS_INLINE V spherical_bessel_recurrence(V x, int n) {
  using T = typename Lanes<V>::T;
  const V inverted = inverse(x);
  V before = sin(x) * inverted;
  V current = (before - cos(x)) * inverted;
  for (int k = 1; k < n; ++k) {
    const V next = current * inverted * T(2 * k + 1) - before;
    before = current;
    current = next;
  }
  return current;
}

// Spherical Bessel function of the first kind; order 0 is sin(x)/x.
template <class V>
RKEOPS_INLINE V spherical_bessel(V x, int n) {
  if (n == 0) return sinxdivx(x);
  using T = typename Lanes<V>::T;
  return select(abs(x) < all<V>(T(n + 1)), spherical_bessel_series(x, n),
                spherical_bessel_recurrence(x, n));
}
template <int n, class V>
RKEOPS_INLINE V spherical_bessel(V x) {
  if constexpr (n == 0) return sinxdivx(x);
  if constexpr (n > 0) return spherical_bessel(x, n);
}

// Derivative n + 1 of log gamma, n >= 1: (-1)^(n+1) n! times the sum over k >= 0 of
// (x+k)^-(n+1). Terms are added until x + k is large, the rest is the formula of Euler
// and Maclaurin.
template <class V>
RKEOPS_INLINE V polygamma(V x, int n) {
  if (n == 0) return digamma(x);
  using T = typename Lanes<V>::T;
  const V large = all<V>(T(12 + n));
  V y = x, sum = all<V>(T(0));
  // far below zero there is nothing but poles and rounding
  for (int k = 0; k < 100000 && any(y < large); ++k) {
    const auto below = y < large;
    sum = select(below, sum + integer_power(y, -(n + 1)), sum);
    y = select(below, y + T(1), y);
  }
  // B_2j / (2j)!
  constexpr double bernoulli[] = {1.0 / 12,           -1.0 / 720,
                                  1.0 / 30240,        -1.0 / 1209600,
                                  1.0 / 47900160,     -691.0 / 1307674368000.0,
                                  1.0 / 74724249600.0};
  const V inverted = inverse(y), squared = inverted * inverted;
  V power = integer_power(inverted, n);
  sum = sum + power * T(1.0 / n) + power * inverted * T(0.5);
  power = power * squared;
  double rising = n + 1;
  for (int j = 0; j < 7; ++j) {
    sum = sum + power * T(bernoulli[j] * rising);
    power = power * squared;
    rising *= double(n + 2 * j + 2) * (n + 2 * j + 3);
  }
  double factorial = n % 2 == 1 ? 1 : -1;
  for (int k = 2; k <= n; ++k) factorial *= k;
  return sum * T(factorial);
}
template <int n, class V>
RKEOPS_INLINE V polygamma(V x) {
  if constexpr (n == 0) return digamma(x);
  if constexpr (n > 0) return polygamma(x, n);
}

}  // namespace rkeops

#endif
