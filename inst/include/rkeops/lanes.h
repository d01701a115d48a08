// Lanes: the values that generated code computes with.
//
// A type V is either a vector of RKEOPS_VECTOR_BYTES bytes (GCC and clang vector
// extensions), a vector of doubles with as many lanes as a float vector (Wide), or a
// plain float or double. Everything here works for all of them, so that one generated
// text serves SIMD code, remainders and CUDA threads. No header is included: generated
// programs must compile in a fraction of a second.
#ifndef RKEOPS_LANES_H
#define RKEOPS_LANES_H

// The instructions that may be used. Who compiles for another machine than that of the
// command line (the interpreter, with `#pragma GCC target`) says so itself.
#if !defined(RKEOPS_TARGET_GIVEN)
#if defined(__AVX512F__)
#define RKEOPS_TARGET_AVX512F
#endif
#if defined(__AVX512DQ__)
#define RKEOPS_TARGET_AVX512DQ
#endif
#if defined(__AVX__)
#define RKEOPS_TARGET_AVX
#endif
#if defined(__FMA__)
#define RKEOPS_TARGET_FMA
#endif
#endif

#if !defined(RKEOPS_VECTOR_BYTES)
#if defined(RKEOPS_TARGET_AVX512F)
#define RKEOPS_VECTOR_BYTES 64
#elif defined(RKEOPS_TARGET_AVX)
#define RKEOPS_VECTOR_BYTES 32
#else
#define RKEOPS_VECTOR_BYTES 16
#endif
#endif

#if defined(__CUDACC_RTC__)
#include <rkeops/cuda_builtins.cuh>
#endif

#if defined(__CUDACC__)
#define RKEOPS_INLINE __device__ __forceinline__
#define RKEOPS_UNROLL _Pragma("unroll")
#elif defined(__clang__)
#define RKEOPS_INLINE inline __attribute__((always_inline))
#define RKEOPS_UNROLL _Pragma("unroll")
#else
#define RKEOPS_INLINE inline __attribute__((always_inline))
#define RKEOPS_UNROLL _Pragma("GCC unroll 16")
#endif

// For what runs rarely and is called from several places: one copy compiles sooner.
#if defined(__CUDACC__)
#define RKEOPS_OUTLINE __device__ __noinline__
#else
#define RKEOPS_OUTLINE __attribute__((noinline))
#endif

// Before loops that run rarely: unrolled, as the CUDA compilers do by themselves, they
// take seconds to compile.
#if defined(__CUDACC__)
#define RKEOPS_ROLLED _Pragma("unroll 1")
#else
#define RKEOPS_ROLLED
#endif

// GCC fuses products and sums wherever it can, clang only within one expression, which
// leaves the steps of a polynomial, each a call, unfused.
#if defined(__clang__) && !defined(__CUDACC__)
#pragma clang fp contract(fast)
#endif

namespace rkeops {

// Lanes<V> tells what V is made of: T scalar, I signed integers of the same width, U the
// unsigned ones, Mask what a comparison gives, Wide as many doubles as V has lanes.
template <class V>
struct Lanes;

// LanesOf<T> names the widest vectors of T that the machine computes with at once.
template <class T>
struct LanesOf;

template <>
struct Lanes<float> {
  using T = float;
  using I = int;
  using U = unsigned;
  using Mask = bool;
  using Wide = double;
  static constexpr int count = 1;
};

template <>
struct Lanes<double> {
  using T = double;
  using I = long long;
  using U = unsigned long long;
  using Mask = bool;
  using Wide = double;
  static constexpr int count = 1;
};

#if defined(__CUDACC__)

template <class Scalar>
struct LanesOf : Lanes<Scalar> {
  using V = Scalar;
};

#else

// Registers that hold lanes.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int vector_registers = 32;
#else
constexpr int vector_registers = 16;
#endif

#define RKEOPS_VECTOR(name, scalar, bytes) \
  typedef scalar name __attribute__((vector_size(bytes)))

RKEOPS_VECTOR(FloatLanes, float, RKEOPS_VECTOR_BYTES);
RKEOPS_VECTOR(FloatLanesI, int, RKEOPS_VECTOR_BYTES);
RKEOPS_VECTOR(FloatLanesU, unsigned, RKEOPS_VECTOR_BYTES);
RKEOPS_VECTOR(HalfFloatLanes, float, RKEOPS_VECTOR_BYTES / 2);
RKEOPS_VECTOR(DoubleLanes, double, RKEOPS_VECTOR_BYTES);
RKEOPS_VECTOR(DoubleLanesI, long long, RKEOPS_VECTOR_BYTES);
RKEOPS_VECTOR(DoubleLanesU, unsigned long long, RKEOPS_VECTOR_BYTES);
RKEOPS_VECTOR(WideLanes, double, 2 * RKEOPS_VECTOR_BYTES);
RKEOPS_VECTOR(WideLanesI, long long, 2 * RKEOPS_VECTOR_BYTES);
RKEOPS_VECTOR(WideLanesU, unsigned long long, 2 * RKEOPS_VECTOR_BYTES);

#undef RKEOPS_VECTOR

template <>
struct Lanes<FloatLanes> {
  using T = float;
  using I = FloatLanesI;
  using U = FloatLanesU;
  using Mask = decltype(FloatLanes{} < FloatLanes{});
  using Wide = WideLanes;
  static constexpr int count = RKEOPS_VECTOR_BYTES / sizeof(float);
};

template <>
struct Lanes<DoubleLanes> {
  using T = double;
  using I = DoubleLanesI;
  using U = DoubleLanesU;
  using Mask = decltype(DoubleLanes{} < DoubleLanes{});
  using Wide = DoubleLanes;
  static constexpr int count = RKEOPS_VECTOR_BYTES / sizeof(double);
};

template <>
struct Lanes<WideLanes> {
  using T = double;
  using I = WideLanesI;
  using U = WideLanesU;
  using Mask = decltype(WideLanes{} < WideLanes{});
  using Wide = WideLanes;
  static constexpr int count = 2 * RKEOPS_VECTOR_BYTES / sizeof(double);
};

template <>
struct LanesOf<float> : Lanes<FloatLanes> {
  using V = FloatLanes;
};

template <>
struct LanesOf<double> : Lanes<DoubleLanes> {
  using V = DoubleLanes;
};

#endif

template <class V>
constexpr bool is_float = sizeof(typename Lanes<V>::T) == sizeof(float);

// The same bits as another type of the same size.
template <class To, class From>
RKEOPS_INLINE To same_bits(const From& from) {
  static_assert(sizeof(To) == sizeof(From), "same_bits() keeps the size");
  To to;
  __builtin_memcpy(&to, &from, sizeof(to));
  return to;
}

// Every lane equal to s. (V{} + s would cost an addition: 0 + s is not s for s = -0.)
template <class V>
RKEOPS_INLINE V all(typename Lanes<V>::T s) {
  return s - V{};
}

// A number or a vector as V, so that functions take constants and lanes alike.
template <class A, class B>
constexpr bool is_same = false;
template <class A>
constexpr bool is_same<A, A> = true;

template <class V, class A>
RKEOPS_INLINE V as_lanes(A a) {
  if constexpr (is_same<V, A>) {
    return a;
  } else {
    return all<V>(static_cast<typename Lanes<V>::T>(a));
  }
}

// a where the mask is true, b elsewhere.
template <class Mask, class V>
RKEOPS_INLINE V select(Mask mask, V a, V b) {
  return mask ? a : b;
}

// The lanes in which the mask is false.
RKEOPS_INLINE bool where_not(bool mask) { return !mask; }
template <class Mask>
RKEOPS_INLINE Mask where_not(Mask mask) {
  return mask == Mask{};
}

// The value in lane k.
RKEOPS_INLINE float lane(float v, int) { return v; }
RKEOPS_INLINE double lane(double v, int) { return v; }
template <class V>
RKEOPS_INLINE typename Lanes<V>::T lane(V v, int k) {
  return v[k];
}

// Whether any lane of the mask is true.
RKEOPS_INLINE bool any(bool mask) { return mask; }
template <class Mask>
RKEOPS_INLINE bool any(Mask mask) {
#if defined(RKEOPS_TARGET_AVX512F)
  using Words = int __attribute__((vector_size(64)));
  if constexpr (sizeof(Mask) == 64) {
    Words words = same_bits<Words>(mask);
    return __builtin_ia32_cmpd512_mask(words, Words{}, 4, -1) != 0;
  }
#endif
#if defined(RKEOPS_TARGET_AVX)
  using Floats = float __attribute__((vector_size(32)));
  if constexpr (sizeof(Mask) == 32) {
    return __builtin_ia32_movmskps256(same_bits<Floats>(mask)) != 0;
  }
#endif
  unsigned long long words[sizeof(Mask) / 8], found = 0;
  __builtin_memcpy(words, &mask, sizeof(mask));
  RKEOPS_UNROLL
  for (unsigned k = 0; k < sizeof(Mask) / 8; ++k) found |= words[k];
  return found != 0;
}

// Lanes from and to unaligned memory of the same scalar type. A single one is read as
// such: nvcc reads memory of unknown alignment byte by byte.
template <class V>
RKEOPS_INLINE V load(const typename Lanes<V>::T* from) {
  if constexpr (Lanes<V>::count == 1) {
    return *from;
  } else {
    V v;
    __builtin_memcpy(&v, from, sizeof(v));
    return v;
  }
}
template <class V>
RKEOPS_INLINE void store(typename Lanes<V>::T* to, V v) {
  if constexpr (Lanes<V>::count == 1)
    *to = v;
  else
    __builtin_memcpy(to, &v, sizeof(v));
}

// The first n lanes from memory, the others copies of lane 0: computing with them is
// harmless and never slower. And the first n lanes to memory.
template <class V>
RKEOPS_INLINE V load(const typename Lanes<V>::T* from, int n) {
  typename Lanes<V>::T values[Lanes<V>::count];
  for (int k = 0; k < Lanes<V>::count; ++k) values[k] = from[k < n ? k : 0];
  return load<V>(values);
}
template <class V>
RKEOPS_INLINE void store(typename Lanes<V>::T* to, V v, int n) {
  typename Lanes<V>::T values[Lanes<V>::count];
  store(values, v);
  for (int k = 0; k < n; ++k) to[k] = values[k];
}

// Lanes as doubles, and back.
RKEOPS_INLINE double widen(float v) { return v; }
RKEOPS_INLINE double widen(double v) { return v; }
template <class V>
RKEOPS_INLINE V narrow(double wide) {
  return static_cast<V>(wide);
}

#if !defined(__CUDACC__)
RKEOPS_INLINE DoubleLanes widen(DoubleLanes v) { return v; }
RKEOPS_INLINE WideLanes widen(WideLanes v) { return v; }
RKEOPS_INLINE WideLanes widen(FloatLanes v) {
  return __builtin_convertvector(v, WideLanes);
}
template <class V>
RKEOPS_INLINE V narrow(const DoubleLanes& wide) {
  return wide;
}
template <class V>
RKEOPS_INLINE V narrow(const WideLanes& wide) {
  return __builtin_convertvector(wide, V);
}
#endif

// Lanes from and to memory of doubles, whatever their own scalar type; and the same for
// the first n lanes only.
template <class V>
RKEOPS_INLINE V load_converted(const double* from) {
  return narrow<V>(load<typename Lanes<V>::Wide>(from));
}
template <class V>
RKEOPS_INLINE V load_converted(const double* from, int n) {
  return narrow<V>(load<typename Lanes<V>::Wide>(from, n));
}
template <class V>
RKEOPS_INLINE void store_converted(double* to, V v) {
  store(to, widen(v));
}
template <class V>
RKEOPS_INLINE void store_converted(double* to, V v, int n) {
  store(to, widen(v), n);
}

// The largest number below v; v itself where there is none.
template <class V>
RKEOPS_INLINE V next_below(V v) {
  using I = typename Lanes<V>::I;
  const I bits = same_bits<I>(v), one = I{} + 1;
  const V beside = same_bits<V>(select(v > V{}, bits - one, bits + one));
  const V smallest = same_bits<V>(one);
  const V below = select(v == V{}, V{} - smallest, beside);
  return select(v > all<V>(-__builtin_inf()), below, v);
}

// Smaller and larger of two; NaN if either is NaN, as min() and max() of R.
template <class V>
RKEOPS_INLINE V minimum(V a, V b) {
  return select(a == a, select(a < b, a, b), a);
}
template <class V>
RKEOPS_INLINE V maximum(V a, V b) {
  return select(a == a, select(a > b, a, b), a);
}

}  // namespace rkeops

#endif
