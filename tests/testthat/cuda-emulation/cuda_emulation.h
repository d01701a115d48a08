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
