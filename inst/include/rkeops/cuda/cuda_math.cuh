// The names of vector_math.h for plain float and double in CUDA code.
//
// Generated kernels include this file where CPU code includes vector_math.h, so that one
// text of a formula serves both. The functions are those of CUDA, rounded as they are
// without fast-math flags; nvcc brings their declarations along.
#ifndef RKEOPS_CUDA_MATH_CUH
#define RKEOPS_CUDA_MATH_CUH

#include <rkeops/lanes.h>

namespace rkeops {

#define RKEOPS_CUDA_FUNCTION(name)                           \
  RKEOPS_INLINE float name(float x) { return ::name##f(x); } \
  RKEOPS_INLINE double name(double x) { return ::name(x); }

RKEOPS_CUDA_FUNCTION(exp)
RKEOPS_CUDA_FUNCTION(expm1)
RKEOPS_CUDA_FUNCTION(log)
RKEOPS_CUDA_FUNCTION(log2)
RKEOPS_CUDA_FUNCTION(log10)
RKEOPS_CUDA_FUNCTION(log1p)
RKEOPS_CUDA_FUNCTION(sqrt)
RKEOPS_CUDA_FUNCTION(sin)
RKEOPS_CUDA_FUNCTION(cos)
RKEOPS_CUDA_FUNCTION(tan)
RKEOPS_CUDA_FUNCTION(asin)
RKEOPS_CUDA_FUNCTION(acos)
RKEOPS_CUDA_FUNCTION(atan)
RKEOPS_CUDA_FUNCTION(sinh)
RKEOPS_CUDA_FUNCTION(cosh)
RKEOPS_CUDA_FUNCTION(tanh)
RKEOPS_CUDA_FUNCTION(asinh)
RKEOPS_CUDA_FUNCTION(acosh)
RKEOPS_CUDA_FUNCTION(atanh)
RKEOPS_CUDA_FUNCTION(erf)
RKEOPS_CUDA_FUNCTION(erfc)
RKEOPS_CUDA_FUNCTION(lgamma)
RKEOPS_CUDA_FUNCTION(floor)
RKEOPS_CUDA_FUNCTION(ceil)
RKEOPS_CUDA_FUNCTION(trunc)

#undef RKEOPS_CUDA_FUNCTION

RKEOPS_INLINE float abs(float x) { return ::fabsf(x); }
RKEOPS_INLINE double abs(double x) { return ::fabs(x); }

// 2^x. One instruction for float, within 2 units in the last place; results below 2^-126
// are 0.
RKEOPS_INLINE float exp2(float x) {
#if defined(__CUDA_ARCH__)
  float power;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(x));
  return power;
#else
  return ::exp2f(x);  // where kernels run on the processor, in tests
#endif
}

// 2^(k / 64).
static __device__ const double power_table[64] = {
    0x1.0000000000000p0, 0x1.02c9a3e778061p0, 0x1.059b0d3158574p0, 0x1.0874518759bc8p0,
    0x1.0b5586cf9890fp0, 0x1.0e3ec32d3d1a2p0, 0x1.11301d0125b51p0, 0x1.1429aaea92de0p0,
    0x1.172b83c7d517bp0, 0x1.1a35beb6fcb75p0, 0x1.1d4873168b9aap0, 0x1.2063b88628cd6p0,
    0x1.2387a6e756238p0, 0x1.26b4565e27cddp0, 0x1.29e9df51fdee1p0, 0x1.2d285a6e4030bp0,
    0x1.306fe0a31b715p0, 0x1.33c08b26416ffp0, 0x1.371a7373aa9cbp0, 0x1.3a7db34e59ff7p0,
    0x1.3dea64c123422p0, 0x1.4160a21f72e2ap0, 0x1.44e086061892dp0, 0x1.486a2b5c13cd0p0,
    0x1.4bfdad5362a27p0, 0x1.4f9b2769d2ca7p0, 0x1.5342b569d4f82p0, 0x1.56f4736b527dap0,
    0x1.5ab07dd485429p0, 0x1.5e76f15ad2148p0, 0x1.6247eb03a5585p0, 0x1.6623882552225p0,
    0x1.6a09e667f3bcdp0, 0x1.6dfb23c651a2fp0, 0x1.71f75e8ec5f74p0, 0x1.75feb564267c9p0,
    0x1.7a11473eb0187p0, 0x1.7e2f336cf4e62p0, 0x1.82589994cce13p0, 0x1.868d99b4492edp0,
    0x1.8ace5422aa0dbp0, 0x1.8f1ae99157736p0, 0x1.93737b0cdc5e5p0, 0x1.97d829fde4e50p0,
    0x1.9c49182a3f090p0, 0x1.a0c667b5de565p0, 0x1.a5503b23e255dp0, 0x1.a9e6b5579fdbfp0,
    0x1.ae89f995ad3adp0, 0x1.b33a2b84f15fbp0, 0x1.b7f76f2fb5e47p0, 0x1.bcc1e904bc1d2p0,
    0x1.c199bdd85529cp0, 0x1.c67f12e57d14bp0, 0x1.cb720dcef9069p0, 0x1.d072d4a07897cp0,
    0x1.d5818dcfba487p0, 0x1.da9e603db3285p0, 0x1.dfc97337b9b5fp0, 0x1.e502ee78b3ff6p0,
    0x1.ea4afa2a490dap0, 0x1.efa1bee615a27p0, 0x1.f50765b6e4540p0, 0x1.fa7c1819e90d8p0};

// Within 2 units in the last place, in less time than CUDA's: 2^x = 2^(k / 64) 2^f with
// |f| <= 1 / 128, the first from the table, the second from its Taylor polynomial, whose
// remainder is below 2^-54. For |x| <= 1000; NaN if x is.
RKEOPS_INLINE double exp2_from_table(double x) {
  constexpr double shift = 0x1.8p46;  // a sum with it is a multiple of 1 / 64
  const double sum = x + shift;
  const double f = x - (sum - shift);
  const int k = static_cast<int>(same_bits<long long>(sum));
  const double tail =
      ::fma(::fma(::fma(::fma(0x1.5d87fe78a6731p-10, f, 0x1.3b2ab6fba4e77p-7), f,
                        0x1.c6b08d704a0c0p-5),
                  f, 0x1.ebfbdff82c58fp-3),
            f, 0x1.62e42fefa39efp-1) *
      f;
  const long long exponent = static_cast<long long>(k >> 6) << 52;
  const double power =
      same_bits<double>(same_bits<long long>(power_table[k & 63]) + exponent);
  return ::fma(power, tail, power);
}

// Results below 2^-1022 are 0. No branch, and integers where they can decide: they have
// units of their own.
RKEOPS_INLINE double exp2(double x) {
  const double result = exp2_from_table(x);
  const long long bits = same_bits<long long>(x);
  const int high = static_cast<int>(bits >> 32);
  const int size = (high & 0x7fffffff) | (static_cast<int>(bits) != 0);
  const bool negative = high<0, is_nan = size> 0x7ff00000;
  const bool fits = size < (negative ? 0x408ff000 : 0x40900000);  // -1022, 1024
  return fits || is_nan ? result : negative ? 0.0 : __builtin_inf();
}

// 2^x for |x| <= 100.
RKEOPS_INLINE float exp2_of_small(float x) { return exp2(x); }
RKEOPS_INLINE double exp2_of_small(double x) { return exp2_from_table(x); }

RKEOPS_INLINE float copy_sign(float size, float sign) { return ::copysignf(size, sign); }
RKEOPS_INLINE double copy_sign(double size, double sign) {
  return ::copysign(size, sign);
}

// 1 / sqrt(x); 0 at 0.
RKEOPS_INLINE float rsqrt(float x) { return x == 0 ? 0 : ::rsqrtf(x); }
RKEOPS_INLINE double rsqrt(double x) { return x == 0 ? 0 : ::rsqrt(x); }

RKEOPS_INLINE float atan2(float y, float x) { return ::atan2f(y, x); }
RKEOPS_INLINE double atan2(double y, double x) { return ::atan2(y, x); }

// The exponent is any number.
template <class Y>
RKEOPS_INLINE float pow(float x, Y y) {
  return ::powf(x, static_cast<float>(y));
}
template <class Y>
RKEOPS_INLINE double pow(double x, Y y) {
  return ::pow(x, static_cast<double>(y));
}

// f of the number as a double, for functions that need the precision.
template <class V, class Function>
RKEOPS_INLINE V in_double(Function f, V x) {
  return narrow<V>(f(widen(x)));
}

}  // namespace rkeops

#include <rkeops/math/soft_dtw.h>
#include <rkeops/math/vector_math_basic.h>
#include <rkeops/math/vector_math_composed.h>
#include <rkeops/math/vector_math_orders.h>

#endif
