// CUDA C++ for g++, as far as generated kernels use it. The script `nvcc` beside this
// file includes it before the source; driver.cpp runs the threads.
#pragma once

#include <math.h>

#define __CUDACC__
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __shared__ static  // blocks run one after the other
#define __align__(n) alignas(n)

struct uint3 {
  unsigned x, y, z;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(16) double2 {
  double x, y;
};

// Set by the driver before it runs or resumes a thread.
struct EmulatedThread {
  uint3 thread, block, block_size, grid_size;
  void (*wait_for_block)();
};
extern "C" {
EmulatedThread rkeops_emulated_thread;
}
#define threadIdx rkeops_emulated_thread.thread
#define blockIdx rkeops_emulated_thread.block
#define blockDim rkeops_emulated_thread.block_size
#define gridDim rkeops_emulated_thread.grid_size

inline void __syncthreads() { rkeops_emulated_thread.wait_for_block(); }

inline float rsqrtf(float x) { return 1 / sqrtf(x); }
inline double rsqrt(double x) { return 1 / sqrt(x); }

// ---- warps: a thread says something, waits until the others of its warp have, and then
// reads what they said ----

struct EmulatedWarp {
  unsigned long long said[32];
};
static EmulatedWarp rkeops_emulated_warps[32];

template <class T, class Read>
auto emulated_exchange(T value, Read read) {
  EmulatedWarp& warp = rkeops_emulated_warps[threadIdx.x / 32];
  unsigned long long bits = 0;
  __builtin_memcpy(&bits, &value, sizeof(value));
  warp.said[threadIdx.x % 32] = bits;
  rkeops_emulated_thread.wait_for_block();
  const auto result = read(warp.said);
  rkeops_emulated_thread.wait_for_block();
  return result;
}

/// The value that the thread with number `from(own number)` said.
template <class T, class From>
T emulated_shuffle(T value, From from) {
  return emulated_exchange(value, [from](const unsigned long long* said) {
    T other;
    __builtin_memcpy(&other, said + from(int(threadIdx.x % 32)), sizeof(other));
    return other;
  });
}

template <class T>
T __shfl_xor_sync(unsigned, T value, int mask) {
  return emulated_shuffle(value, [mask](int lane) { return lane ^ mask; });
}

template <class T>
T __shfl_up_sync(unsigned, T value, int step) {
  return emulated_shuffle(value,
                          [step](int lane) { return lane < step ? lane : lane - step; });
}

inline unsigned __match_any_sync(unsigned, int value) {
  return emulated_exchange(value, [](const unsigned long long* said) {
    unsigned equal = 0;
    for (int k = 0; k < 32; ++k)
      if (said[k] == said[threadIdx.x % 32]) equal |= 1u << k;
    return equal;
  });
}

inline unsigned __ballot_sync(unsigned, bool value) {
  return emulated_exchange(value, [](const unsigned long long* said) {
    unsigned true_ones = 0;
    for (int k = 0; k < 32; ++k)
      if (said[k]) true_ones |= 1u << k;
    return true_ones;
  });
}

inline bool __any_sync(unsigned mask, bool value) {
  return __ballot_sync(mask, value) != 0;
}

inline void __syncwarp() {
  emulated_exchange(0, [](const unsigned long long*) { return 0; });
}

template <class T>
T atomicAdd(T* to, T value) {
  const T before = *to;
  *to += value;
  return before;
}

inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
