// Intervals: what a stage of a formula computes when its text is read with them in place
// of numbers. They hold every number that the stage computes with numbers of the
// intervals it gets, rounded as the GPU does it, with or without fused multiplications:
// an end is rounded away from the other, and rounding to the nearest does not go beyond.
//
// NaN as both ends says that nothing is known, and everything that is computed with it
// says so, too. Values that are NaN are in no interval; where they matter, `is_strict`,
// nothing is known of what may be NaN, such as the difference of infinite numbers.
//
// Operations of the table whose text can be read so are marked there (`bounds_on_gpu`).
#ifndef RKEOPS_CUDA_INTERVAL_CUH
#define RKEOPS_CUDA_INTERVAL_CUH

#include <rkeops/lanes.h>
#include <rkeops/cuda/cuda_math.cuh>

namespace rkeops {

// ---- rounded down and up; in tests on a processor to the neighbour of the nearest ----

#if defined(__CUDA_ARCH__)
#define RKEOPS_CUDA_ROUNDED(name, down, up, of_float, of_double)                      \
  RKEOPS_INLINE float down(float a, float b) { return __f##of_float##_rd(a, b); }     \
  RKEOPS_INLINE float up(float a, float b) { return __f##of_float##_ru(a, b); }       \
  RKEOPS_INLINE double down(double a, double b) { return __d##of_double##_rd(a, b); } \
  RKEOPS_INLINE double up(double a, double b) { return __d##of_double##_ru(a, b); }
RKEOPS_CUDA_ROUNDED(sum, sum_down, sum_up, add, add)
RKEOPS_CUDA_ROUNDED(product, product_down, product_up, mul, mul)
RKEOPS_CUDA_ROUNDED(quotient, quotient_down, quotient_up, div, div)
#undef RKEOPS_CUDA_ROUNDED
#else
/// 0 stays: no engine gives another sign to what is computed from there.
template <class T>
RKEOPS_INLINE T beside(T x) {
  return x == T(0) ? x : next_below(x);
}
#define RKEOPS_CUDA_ROUNDED(operation, down, up) \
  template <class T>                             \
  RKEOPS_INLINE T down(T a, T b) {               \
    return beside(a operation b);                \
  }                                              \
  template <class T>                             \
  RKEOPS_INLINE T up(T a, T b) {                 \
    return -beside(-(a operation b));            \
  }
RKEOPS_CUDA_ROUNDED(+, sum_down, sum_up)
RKEOPS_CUDA_ROUNDED(*, product_down, product_up)
RKEOPS_CUDA_ROUNDED(/, quotient_down, quotient_up)
#undef RKEOPS_CUDA_ROUNDED
#endif

/// The smaller and the larger of two, of which one may be NaN and does not count then.
RKEOPS_INLINE float lower(float a, float b) { return ::fminf(a, b); }
RKEOPS_INLINE double lower(double a, double b) { return ::fmin(a, b); }
RKEOPS_INLINE float upper(float a, float b) { return ::fmaxf(a, b); }
RKEOPS_INLINE double upper(double a, double b) { return ::fmax(a, b); }

/// x, or 0 where it is negative; NaN stays.
template <class T>
RKEOPS_INLINE T at_least_zero(T x) {
  return x < T(0) ? T(0) : x;
}

template <class T>
struct CudaNumbers;
template <>
struct CudaNumbers<float> {
  static constexpr float epsilon = 0x1p-23f;
  static constexpr float tiny = 0x1p-125f;  // of what is smaller nothing may be left
};
template <>
struct CudaNumbers<double> {
  static constexpr double epsilon = 0x1p-52, tiny = 0x1p-1021;
};

template <class T, bool is_strict>
struct CudaInterval {
  T lo, hi;

  CudaInterval() = default;
  RKEOPS_INLINE CudaInterval(T x) : lo(x), hi(x) {}
  RKEOPS_INLINE CudaInterval(T lo, T hi) : lo(lo), hi(hi) {}

  RKEOPS_INLINE static CudaInterval unknown() { return {T(__builtin_nan(""))}; }

  RKEOPS_INLINE CudaInterval unless(bool is_unknown) const {
    return is_strict && is_unknown ? unknown() : *this;
  }
  RKEOPS_INLINE bool may_be(T x) const { return lo <= x && x <= hi; }
  RKEOPS_INLINE bool may_be_infinite() const {
    return lo == -T(__builtin_inf()) || hi == T(__builtin_inf());
  }

  /// With errors of so many units in the last place.
  RKEOPS_INLINE CudaInterval widened(int ulps) const {
    using Numbers = CudaNumbers<T>;
    const T part = T(ulps) * Numbers::epsilon;
    return {sum_down(lo, -sum_up(product_up(rkeops::abs(lo), part), Numbers::tiny)),
            sum_up(hi, sum_up(product_up(rkeops::abs(hi), part), Numbers::tiny))};
  }

  RKEOPS_INLINE CudaInterval operator-() const { return {-hi, -lo}; }

  RKEOPS_INLINE friend CudaInterval operator+(CudaInterval a, CudaInterval b) {
    const T infinity = T(__builtin_inf());
    return CudaInterval(sum_down(a.lo, b.lo), sum_up(a.hi, b.hi))
        .unless((a.hi == infinity && b.lo == -infinity) ||
                (a.lo == -infinity && b.hi == infinity));
  }
  RKEOPS_INLINE friend CudaInterval operator-(CudaInterval a, CudaInterval b) {
    return a + -b;
  }
  RKEOPS_INLINE CudaInterval& operator+=(CudaInterval b) { return *this = *this + b; }

  RKEOPS_INLINE friend CudaInterval operator*(CudaInterval a, CudaInterval b) {
    return CudaInterval(lower(lower(product_down(a.lo, b.lo), product_down(a.lo, b.hi)),
                              lower(product_down(a.hi, b.lo), product_down(a.hi, b.hi))),
                        upper(upper(product_up(a.lo, b.lo), product_up(a.lo, b.hi)),
                              upper(product_up(a.hi, b.lo), product_up(a.hi, b.hi))))
        .unless((a.may_be(0) && b.may_be_infinite()) ||
                (b.may_be(0) && a.may_be_infinite()));
  }
  RKEOPS_INLINE friend CudaInterval operator/(CudaInterval a, CudaInterval b) {
    if (!(b.lo > T(0) || b.hi < T(0))) return unknown();
    return CudaInterval(
               lower(lower(quotient_down(a.lo, b.lo), quotient_down(a.lo, b.hi)),
                     lower(quotient_down(a.hi, b.lo), quotient_down(a.hi, b.hi))),
               upper(upper(quotient_up(a.lo, b.lo), quotient_up(a.lo, b.hi)),
                     upper(quotient_up(a.hi, b.lo), quotient_up(a.hi, b.hi))))
        .widened(2)
        .unless(a.may_be_infinite() && b.may_be_infinite());
  }
};

template <class Scalar, bool is_strict>
struct Lanes<CudaInterval<Scalar, is_strict>> {
  using T = Scalar;
};

// ---- the functions that stages call ----

template <class T, bool is_strict>
RKEOPS_INLINE CudaInterval<T, is_strict> abs(CudaInterval<T, is_strict> a) {
  return {at_least_zero(upper(a.lo, -a.hi)), upper(-a.lo, a.hi)};
}

template <class T, bool is_strict>
RKEOPS_INLINE CudaInterval<T, is_strict> square(CudaInterval<T, is_strict> a) {
  const CudaInterval<T, is_strict> size = abs(a);
  return {product_down(size.lo, size.lo), product_up(size.hi, size.hi)};
}

template <class T, bool is_strict>
RKEOPS_INLINE CudaInterval<T, is_strict> maximum(CudaInterval<T, is_strict> a,
                                                 CudaInterval<T, is_strict> b) {
  return {maximum(a.lo, b.lo), maximum(a.hi, b.hi)};
}

template <class T, bool is_strict>
RKEOPS_INLINE CudaInterval<T, is_strict> minimum(CudaInterval<T, is_strict> a,
                                                 CudaInterval<T, is_strict> b) {
  return {minimum(a.lo, b.lo), minimum(a.hi, b.hi)};
}

template <class T, bool is_strict>
RKEOPS_INLINE CudaInterval<T, is_strict> relu(CudaInterval<T, is_strict> a) {
  return {at_least_zero(a.lo), at_least_zero(a.hi)};
}

/// Numbers below 0 have no root.
template <class T, bool is_strict>
RKEOPS_INLINE CudaInterval<T, is_strict> sqrt(CudaInterval<T, is_strict> a) {
  const CudaInterval<T, is_strict> root(sqrt(at_least_zero(a.lo)), sqrt(a.hi));
  const CudaInterval<T, is_strict> wide = root.widened(2);
  return CudaInterval<T, is_strict>(at_least_zero(wide.lo), wide.hi).unless(a.lo < T(0));
}

template <class T, bool is_strict>
RKEOPS_INLINE CudaInterval<T, is_strict> exp(CudaInterval<T, is_strict> a) {
  const CudaInterval<T, is_strict> wide =
      CudaInterval<T, is_strict>(exp(a.lo), exp(a.hi)).widened(4);
  return {at_least_zero(wide.lo), wide.hi};
}

template <class T, bool is_strict>
RKEOPS_INLINE CudaInterval<T, is_strict> exp2(CudaInterval<T, is_strict> a) {
  const CudaInterval<T, is_strict> wide =
      CudaInterval<T, is_strict>(exp2(a.lo), exp2(a.hi)).widened(4);
  return {at_least_zero(wide.lo), wide.hi};
}

/// Numbers below 0 have no logarithm, and that of 0 is infinite.
template <class T, bool is_strict>
RKEOPS_INLINE CudaInterval<T, is_strict> log(CudaInterval<T, is_strict> a) {
  if (!(a.lo > T(0))) return CudaInterval<T, is_strict>::unknown();
  return CudaInterval<T, is_strict>(log(a.lo), log(a.hi)).widened(8);
}

}  // namespace rkeops

#endif
