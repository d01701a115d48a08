// The names of vector_math.h for plain float and double in CUDA code.
//
// Generated kernels include this file where CPU code includes vector_math.h, so that one
// text of a formula serves both. The functions are those of CUDA, rounded as they are
// without fast-math flags; nvcc brings their declarations along.
#ifndef RKEOPS_CUDA_MATH_CUH
#define RKEOPS_CUDA_MATH_CUH

#include "lanes.h"

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
RKEOPS_INLINE double exp2(double x) { return ::exp2(x); }

RKEOPS_INLINE float abs(float x) { return ::fabsf(x); }
RKEOPS_INLINE double abs(double x) { return ::fabs(x); }
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

#include "soft_dtw.h"
#include "vector_math_basic.h"
#include "vector_math_composed.h"
#include "vector_math_orders.h"

#endif
