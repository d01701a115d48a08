// The 32 threads of a warp tell each other numbers. All of them have to ask.
#ifndef RKEOPS_CUDA_WARP_CUH
#define RKEOPS_CUDA_WARP_CUH

#include <rkeops/lanes.h>

namespace rkeops {

constexpr int cuda_warp = 32;
constexpr unsigned all_of_warp = 0xffffffffu;

RKEOPS_INLINE int lane_of_warp() { return int(threadIdx.x % cuda_warp); }

RKEOPS_INLINE bool any_in_warp(bool said) { return __any_sync(all_of_warp, said); }

/// The first of those that say so; there has to be one.
RKEOPS_INLINE int first_in_warp(bool said) {
  return __ffs(int(__ballot_sync(all_of_warp, said))) - 1;
}

/// The threads that have the same number, of so many bits. The instruction for it takes
/// longer.
template <int bits>
RKEOPS_INLINE unsigned equal_in_warp(int number) {
  unsigned equal = all_of_warp;
  RKEOPS_UNROLL
  for (int k = 0; k < bits; ++k) {
    const bool is_set = number >> k & 1;
    const unsigned set = __ballot_sync(all_of_warp, is_set);
    equal &= is_set ? set : ~set;
  }
  return equal;
}

RKEOPS_INLINE unsigned warp_minimum(unsigned x) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  return __reduce_min_sync(all_of_warp, x);
#else
  RKEOPS_UNROLL
  for (int step = cuda_warp / 2; step > 0; step /= 2) {
    const unsigned other = __shfl_xor_sync(all_of_warp, x, step);
    x = other < x ? other : x;
  }
  return x;
#endif
}

RKEOPS_INLINE unsigned long long warp_minimum(unsigned long long x) {
  const unsigned high = unsigned(x >> 32), least = warp_minimum(high);
  const unsigned low = warp_minimum(high == least ? unsigned(x) : ~0u);
  return (unsigned long long)least << 32 | low;
}

template <class Unsigned>
RKEOPS_INLINE Unsigned warp_maximum(Unsigned x) {
  return ~warp_minimum(Unsigned(~x));
}

/// The sum of the numbers of this thread and of those before it.
RKEOPS_INLINE int sum_of_warp_so_far(int number) {
  RKEOPS_UNROLL
  for (int step = 1; step < cuda_warp; step *= 2) {
    const int other = __shfl_up_sync(all_of_warp, number, step);
    if (lane_of_warp() >= step) number += other;
  }
  return number;
}

// ---- numbers as integers that have the same order ----

template <class Scalar>
struct CudaOrder {
  using Bits = typename Lanes<Scalar>::U;
  static constexpr Bits sign = Bits(1) << (8 * sizeof(Bits) - 1);
  /// Comes after all numbers.
  static constexpr Bits none = ~Bits(0);

  /// Not of NaN. Zeros are equal, whatever their sign.
  RKEOPS_INLINE static Bits bits(Scalar x) {
    const Bits bits = same_bits<Bits>(x + Scalar(0));
    return bits & sign ? ~bits : bits | sign;
  }
  RKEOPS_INLINE static Scalar number(Bits bits) {
    return same_bits<Scalar>(bits & sign ? bits & ~sign : Bits(~bits));
  }
};

/// The smallest and the largest number of a warp, which are no NaN.
template <class Scalar>
RKEOPS_INLINE Scalar least_in_warp(Scalar x) {
  using Order = CudaOrder<Scalar>;
  return Order::number(warp_minimum(Order::bits(x)));
}
template <class Scalar>
RKEOPS_INLINE Scalar largest_in_warp(Scalar x) {
  using Order = CudaOrder<Scalar>;
  return Order::number(warp_maximum(Order::bits(x)));
}

}  // namespace rkeops

#endif
