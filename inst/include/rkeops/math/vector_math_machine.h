// The machine does these in one instruction, but C++ cannot say so: fused multiply-add,
// rounding, square root, scaling by powers of two. Each has a portable path, for
// machines without the instruction and for lanes that fit no register.
#ifndef RKEOPS_VECTOR_MATH_MACHINE_H
#define RKEOPS_VECTOR_MATH_MACHINE_H

#include <rkeops/lanes.h>

// Fused multiply-add for lanes of this size.
#if defined(RKEOPS_TARGET_FMA) && \
    (RKEOPS_VECTOR_BYTES <= 32 || defined(RKEOPS_TARGET_AVX512F))
#define RKEOPS_FUSED 1
#else
#define RKEOPS_FUSED 0
#endif

// VSCALEF, VRANGE and friends come with these two.
#if defined(RKEOPS_TARGET_AVX512F) && defined(RKEOPS_TARGET_AVX512DQ)
#define RKEOPS_AVX512 1
#else
#define RKEOPS_AVX512 0
#endif

namespace rkeops {

// The layout of a floating-point type.
template <class T>
struct Format;
template <>
struct Format<float> {
  static constexpr int mantissa_bits = 23;
  static constexpr int bias = 127;
  static constexpr int sign = -0x7fffffff - 1;
  static constexpr float smallest_normal = 0x1p-126f;
  static constexpr float integers_from = 0x1p23f;  // no fractions from here on
  static constexpr float round_shift = 0x1.8p23f;  // x + this rounds x
};
template <>
struct Format<double> {
  static constexpr int mantissa_bits = 52;
  static constexpr long long bias = 1023;
  static constexpr long long sign = -0x7fffffffffffffffLL - 1;
  static constexpr double smallest_normal = 0x1p-1022;
  static constexpr double integers_from = 0x1p52;
  static constexpr double round_shift = 0x1.8p52;
};
template <class V>
using FormatOf = Format<typename Lanes<V>::T>;

// The sign bit of x, all other bits zero.
template <class V>
RKEOPS_INLINE typename Lanes<V>::I sign_bit(V x) {
  return same_bits<typename Lanes<V>::I>(x) & FormatOf<V>::sign;
}

template <class V>
RKEOPS_INLINE V abs(V x) {
  return same_bits<V>(same_bits<typename Lanes<V>::I>(x) & ~FormatOf<V>::sign);
}

// The size of the first with the sign of the second.
template <class V>
RKEOPS_INLINE V copy_sign(V size, V sign) {
  return same_bits<V>(same_bits<typename Lanes<V>::I>(abs(size)) | sign_bit(sign));
}

template <class V>
RKEOPS_INLINE V infinity() {
  return all<V>(static_cast<typename Lanes<V>::T>(__builtin_inf()));
}
template <class V>
RKEOPS_INLINE V not_a_number() {
  return all<V>(static_cast<typename Lanes<V>::T>(__builtin_nan("")));
}

// f of every lane, for functions that only exist for numbers.
template <class V, class Function>
RKEOPS_INLINE V for_each_lane(Function f, V x) {
  typename Lanes<V>::T values[Lanes<V>::count];
  store(values, x);
  for (int k = 0; k < Lanes<V>::count; ++k) values[k] = f(values[k]);
  return load<V>(values);
}
template <class V, class Function>
RKEOPS_INLINE V for_each_lane(Function f, V x, V y) {
  typename Lanes<V>::T values[Lanes<V>::count], others[Lanes<V>::count];
  store(values, x);
  store(others, y);
  for (int k = 0; k < Lanes<V>::count; ++k) values[k] = f(values[k], others[k]);
  return load<V>(values);
}

// f of the lanes as doubles: float vectors go through in two halves.
template <int part>
RKEOPS_INLINE DoubleLanes half_in_double(FloatLanes v) {
  HalfFloatLanes halves[2];
  __builtin_memcpy(halves, &v, sizeof(v));
  return __builtin_convertvector(halves[part], DoubleLanes);
}
template <class V, class Function, class... More>
RKEOPS_INLINE V in_double(Function f, V x, More... more) {
  if constexpr (is_same<V, FloatLanes>) {
    const HalfFloatLanes halves[2] = {
        __builtin_convertvector(f(half_in_double<0>(x), half_in_double<0>(more)...),
                                HalfFloatLanes),
        __builtin_convertvector(f(half_in_double<1>(x), half_in_double<1>(more)...),
                                HalfFloatLanes)};
    return same_bits<V>(halves);
  } else {
    return narrow<V>(f(widen(x), widen(more)...));
  }
}

// a * b + c, rounded once, where the machine has the instruction.
#if RKEOPS_FUSED
RKEOPS_INLINE float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
RKEOPS_INLINE double fused(double a, double b, double c) {
  return __builtin_fma(a, b, c);
}
#if defined(RKEOPS_TARGET_AVX512F) && RKEOPS_VECTOR_BYTES == 64
RKEOPS_INLINE FloatLanes fused(FloatLanes a, FloatLanes b, FloatLanes c) {
  return __builtin_ia32_vfmaddps512_mask(a, b, c, -1, 4);
}
RKEOPS_INLINE DoubleLanes fused(DoubleLanes a, DoubleLanes b, DoubleLanes c) {
  return __builtin_ia32_vfmaddpd512_mask(a, b, c, -1, 4);
}
#elif RKEOPS_VECTOR_BYTES == 32
RKEOPS_INLINE FloatLanes fused(FloatLanes a, FloatLanes b, FloatLanes c) {
  return __builtin_ia32_vfmaddps256(a, b, c);
}
RKEOPS_INLINE DoubleLanes fused(DoubleLanes a, DoubleLanes b, DoubleLanes c) {
  return __builtin_ia32_vfmaddpd256(a, b, c);
}
#elif RKEOPS_VECTOR_BYTES == 16
RKEOPS_INLINE FloatLanes fused(FloatLanes a, FloatLanes b, FloatLanes c) {
  return __builtin_ia32_vfmaddps(a, b, c);
}
RKEOPS_INLINE DoubleLanes fused(DoubleLanes a, DoubleLanes b, DoubleLanes c) {
  return __builtin_ia32_vfmaddpd(a, b, c);
}
#endif
RKEOPS_INLINE WideLanes fused(const WideLanes& a, const WideLanes& b,
                              const WideLanes& c) {
  DoubleLanes x[2], y[2], z[2];
  __builtin_memcpy(x, &a, sizeof(a));
  __builtin_memcpy(y, &b, sizeof(b));
  __builtin_memcpy(z, &c, sizeof(c));
  x[0] = fused(x[0], y[0], z[0]);
  x[1] = fused(x[1], y[1], z[1]);
  return same_bits<WideLanes>(x);
}
#endif

// The upper half of the bits of x, so that products of two such numbers are exact.
template <class V>
RKEOPS_INLINE V upper_half(V x) {
  using I = typename Lanes<V>::I;
  constexpr long long mask = is_float<V> ? -(1LL << 12) : -(1LL << 27);
  return same_bits<V>(same_bits<I>(x) & static_cast<decltype(FormatOf<V>::sign)>(mask));
}

// Gives what a * b loses when it is rounded to product.
template <class V>
RKEOPS_INLINE V product_error(V a, V b, V product) {
#if RKEOPS_FUSED
  return fused(a, b, -product);
#else
  const V a1 = upper_half(a), a2 = a - a1;
  const V b1 = upper_half(b), b2 = b - b1;
  return ((a1 * b1 - product) + (a1 * b2 + a2 * b1)) + a2 * b2;
#endif
}

// Rounding: to nearest (ties to even), down, up, towards zero. The numbers are those of
// the instructions.
enum Rounding { kNearest = 8, kDown = 9, kUp = 10, kTowardsZero = 11 };

template <Rounding mode, class V>
RKEOPS_INLINE V round_portably(V x) {
  using I = typename Lanes<V>::I;
  const V shift = all<V>(FormatOf<V>::integers_from);
  const V size = same_bits<V>(same_bits<I>(x) ^ sign_bit(x));
  const V whole = select(size < shift, (size + shift) - shift, size);
  const V nearest = same_bits<V>(same_bits<I>(whole) | sign_bit(x));
  const V zero = all<V>(0), one = all<V>(1);
  V result = nearest;
  if constexpr (mode == kDown) result = nearest - select(nearest > x, one, zero);
  if constexpr (mode == kUp) result = nearest + select(nearest < x, one, zero);
  if constexpr (mode == kTowardsZero) {
    const V down = whole - select(whole > size, one, zero);
    return same_bits<V>(same_bits<I>(down) | sign_bit(x));
  }
  return same_bits<V>((same_bits<I>(result) & ~FormatOf<V>::sign) | sign_bit(x));
}

template <Rounding mode, class V>
RKEOPS_INLINE V round_lanes(V x) {
  return round_portably<mode>(x);
}
#if defined(RKEOPS_TARGET_AVX512F) && RKEOPS_VECTOR_BYTES == 64
template <Rounding mode>
RKEOPS_INLINE FloatLanes round_lanes(FloatLanes x) {
  return __builtin_ia32_rndscaleps_mask(x, mode, x, -1, 4);
}
template <Rounding mode>
RKEOPS_INLINE DoubleLanes round_lanes(DoubleLanes x) {
  return __builtin_ia32_rndscalepd_mask(x, mode, x, -1, 4);
}
#elif defined(RKEOPS_TARGET_AVX) && RKEOPS_VECTOR_BYTES == 32
template <Rounding mode>
RKEOPS_INLINE FloatLanes round_lanes(FloatLanes x) {
  return __builtin_ia32_roundps256(x, mode);
}
template <Rounding mode>
RKEOPS_INLINE DoubleLanes round_lanes(DoubleLanes x) {
  return __builtin_ia32_roundpd256(x, mode);
}
#endif

RKEOPS_INLINE float sqrt_lanes(float x) { return __builtin_sqrtf(x); }
RKEOPS_INLINE double sqrt_lanes(double x) { return __builtin_sqrt(x); }
template <class V>
RKEOPS_INLINE V sqrt_lanes(V x) {
  return for_each_lane([](auto number) { return sqrt_lanes(number); }, x);
}
#if defined(RKEOPS_TARGET_AVX512F) && RKEOPS_VECTOR_BYTES == 64
RKEOPS_INLINE FloatLanes sqrt_lanes(FloatLanes x) {
#if defined(__clang__)
  return __builtin_ia32_sqrtps512(x, 4);
#else
  return __builtin_ia32_sqrtps512_mask(x, x, -1, 4);
#endif
}
RKEOPS_INLINE DoubleLanes sqrt_lanes(DoubleLanes x) {
#if defined(__clang__)
  return __builtin_ia32_sqrtpd512(x, 4);
#else
  return __builtin_ia32_sqrtpd512_mask(x, x, -1, 4);
#endif
}
#elif defined(RKEOPS_TARGET_AVX) && RKEOPS_VECTOR_BYTES == 32
RKEOPS_INLINE FloatLanes sqrt_lanes(FloatLanes x) { return __builtin_ia32_sqrtps256(x); }
RKEOPS_INLINE DoubleLanes sqrt_lanes(DoubleLanes x) {
  return __builtin_ia32_sqrtpd256(x);
}
#elif defined(__SSE2__) && RKEOPS_VECTOR_BYTES == 16
RKEOPS_INLINE FloatLanes sqrt_lanes(FloatLanes x) { return __builtin_ia32_sqrtps(x); }
RKEOPS_INLINE DoubleLanes sqrt_lanes(DoubleLanes x) { return __builtin_ia32_sqrtpd(x); }
#endif

template <class V>
RKEOPS_INLINE V sqrt(V x) {
  return sqrt_lanes(x);
}

// 1 / sqrt(x); 0 at 0, so that gradients of norms vanish where they do not exist.
template <class V>
RKEOPS_INLINE V rsqrt(V x) {
  return select(x == all<V>(0), all<V>(0), all<V>(1) / sqrt(x));
}

template <class V>
RKEOPS_INLINE V floor(V x) {
  return round_lanes<kDown>(x);
}
template <class V>
RKEOPS_INLINE V ceil(V x) {
  return round_lanes<kUp>(x);
}
template <class V>
RKEOPS_INLINE V trunc(V x) {
  return round_lanes<kTowardsZero>(x);
}

// p * 2^n for p near 1 and whole n, |n| at most twice the largest exponent: two factors
// make subnormal results round once and overflow become infinite.
template <class V>
RKEOPS_INLINE V scale_portably(V p, V n) {
  using I = typename Lanes<V>::I;
  constexpr int bits = FormatOf<V>::mantissa_bits;
  const V shift = all<V>(FormatOf<V>::round_shift), half = all<V>(0.5f);
  const I one = same_bits<I>(all<V>(1));
  const V first = n * half + shift;
  const V second = (n - (first - shift)) + shift;
  return p * same_bits<V>((same_bits<I>(first) << bits) + one) *
         same_bits<V>((same_bits<I>(second) << bits) + one);
}

}  // namespace rkeops

#endif
