// The simple functions: signs, comparisons, rounding, whole powers.
//
// Shared by the CPU and CUDA, where cuda_math.cuh defines abs, copy_sign, floor and trunc
// before it includes this file.
#ifndef RKEOPS_VECTOR_MATH_BASIC_H
#define RKEOPS_VECTOR_MATH_BASIC_H

#include <rkeops/lanes.h>
#if !defined(__CUDACC__)
#include <rkeops/math/vector_math_machine.h>
#endif

namespace rkeops {

// c0 + c1 x + c2 x^2 + ...
template <class V, class... Rest>
RKEOPS_INLINE V polynomial(V x, double c0, Rest... rest) {
  const V constant = all<V>(static_cast<typename Lanes<V>::T>(c0));
  if constexpr (sizeof...(rest) == 0) {
    return constant;
  } else {
    return constant + x * polynomial(x, rest...);
  }
}

// -1, 0 or 1.
template <class V>
RKEOPS_INLINE V sign(V x) {
  return select(x > all<V>(0), all<V>(1), select(x < all<V>(0), all<V>(-1), x));
}

// 0 below zero, 1 from zero on.
template <class V>
RKEOPS_INLINE V step(V x) {
  return select(x < all<V>(0), all<V>(0), select(x == x, all<V>(1), x));
}

// max(x, 0)
template <class V>
RKEOPS_INLINE V relu(V x) {
  return select(x < all<V>(0), all<V>(0), x);
}

template <class V>
RKEOPS_INLINE V square(V x) {
  return x * x;
}
template <class V>
RKEOPS_INLINE V inverse(V x) {
  return all<V>(1) / x;
}

// The comparisons: 1 where true, 0 where not.
#define RKEOPS_COMPARISON(name, operation)              \
  template <class V>                                    \
  RKEOPS_INLINE V name(V a, V b) {                      \
    return select(a operation b, all<V>(1), all<V>(0)); \
  }
RKEOPS_COMPARISON(less, <)
RKEOPS_COMPARISON(less_equal, <=)
RKEOPS_COMPARISON(greater, >)
RKEOPS_COMPARISON(greater_equal, >=)
RKEOPS_COMPARISON(equal, ==)
RKEOPS_COMPARISON(not_equal, !=)
#undef RKEOPS_COMPARISON

// ---- logic, where NaN is neither true nor false, and other numbers but 0 are true ----

template <class V>
RKEOPS_INLINE V is_nan(V x) {
  return select(x == x, all<V>(0), all<V>(1));
}

// 1 or 0; NaN if it is not known.
template <class V>
RKEOPS_INLINE V truth(V x) {
  return select(x == all<V>(0), all<V>(0), select(x == x, all<V>(1), x));
}
template <class V>
RKEOPS_INLINE V logical_not(V x) {
  return all<V>(1) - truth(x);
}
template <class V>
RKEOPS_INLINE V logical_and(V a, V b) {
  const V zero = all<V>(0), both = select(a == a, truth(b), a);
  return select(a == zero, zero, select(b == zero, zero, both));
}
template <class V>
RKEOPS_INLINE V logical_or(V a, V b) {
  return logical_not(logical_and(logical_not(a), logical_not(b)));
}

// a, but NaN where x is.
template <class V>
RKEOPS_INLINE V if_known(V x, V a) {
  return select(x == x, a, x);
}

// a where the condition is at least 0, else b.
template <class V>
RKEOPS_INLINE V if_else(V condition, V a, V b) {
  return select(condition >= all<V>(0), a, b);
}

// a if x < a, b if x > b, else x. The bounds are lanes or numbers.
template <class V, class A, class B>
RKEOPS_INLINE V clamp(V x, A a, B b) {
  const V low = as_lanes<V>(a), high = as_lanes<V>(b);
  return select(x < low, low, select(x > high, high, x));
}

// x - n floor((x - offset) / n): x moved into [offset, offset + n) by multiples of n.
template <class V, class A, class B>
RKEOPS_INLINE V modulo(V x, A n, B offset) {
  const V period = as_lanes<V>(n);
  return x - period * floor((x - as_lanes<V>(offset)) / period);
}

// x^n by repeated multiplication, x^n = (x^(n/2))^2 or x * x^(n-1); 1 for n = 0,
// whatever x.
template <class V>
RKEOPS_INLINE V integer_power(V x, int n) {
  if (n == 0) return all<V>(1);
  const unsigned exponent = n < 0 ? 0u - n : n;
  unsigned bit = 1;
  while (exponent / 2 >= bit) bit *= 2;
  V power = x;
  for (bit /= 2; bit != 0; bit /= 2) {
    power = square(power);
    if (exponent & bit) power = x * power;
  }
  return n < 0 ? all<V>(1) / power : power;
}

// The same for a constant n, unrolled.
template <int n, class V>
RKEOPS_INLINE V integer_power(V x) {
  if constexpr (n < 0) return all<V>(1) / integer_power<-n>(x);
  if constexpr (n == 0) return all<V>(1);
  if constexpr (n == 1) return x;
  if constexpr (n > 1 && n % 2 == 0) return square(integer_power<n / 2>(x));
  if constexpr (n > 1 && n % 2 == 1) return x * integer_power<n - 1>(x);
}

// To d decimal digits (d < 0: to tens, hundreds, ...): as R does, to the nearer one of
// the two neighbours with so many digits, and to the even one from the middle. Numbers
// that have no more digits stay.
template <class V>
RKEOPS_INLINE V round_digits(V x, int d) {
  const V scale = integer_power(all<V>(10), d < 0 ? -d : d);
  const V scaled = d < 0 ? x / scale : x * scale;
  const V low = floor(scaled), high = ceil(scaled);
  const V below = d < 0 ? low * scale : low / scale;
  const V above = d < 0 ? high * scale : high / scale;
  const V half = low * all<V>(0.5f);
  const V even = select(floor(half) == half, below, above);
  const V to_below = x - below, to_above = above - x;
  const V nearest =
      select(to_below < to_above, below, select(to_below > to_above, above, even));
  return select(low < high, nearest, select(abs(scaled) < all<V>(4194304), below, x));
}

}  // namespace rkeops

#endif
