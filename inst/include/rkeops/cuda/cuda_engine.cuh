// The CUDA engine: the kernels of a generated formula, as loops around its stages.
//
//   rkeops_prepare  a thread a column: column stage, one packed record a column; and a
//                   thread a row, where rows have vectors or conditions
//   rkeops_reduce   a thread a few rows: row stage, then every column of its split, from
//                   tiles in shared memory; accumulators go to `partial`, or the result
//                   to `output`
//   rkeops_finish   a thread a row: merges the splits in order and writes `output`
//   rkeops_convert  doubles that are on the GPU already become scalars
//   rkeops_reduce_small  the first three in one, for small problems
//
// The last one is in cuda_small.cuh, the others are in cuda_kernels.cuh. The loop over
// columns is in cuda_columns.cuh, to which cuda_column_tiles.cuh brings them;
// cuda_outer_product.cuh, cuda_patch_sums.cuh and cuda_bounded_loop.cuh have their own.
// Searches that need not see all pairs have kernels of their own, in cuda_pruned.cuh.
// The cuts between launches do not change the blocks in which columns are folded, so
// results are the same on every run.
#ifndef RKEOPS_CUDA_ENGINE_CUH
#define RKEOPS_CUDA_ENGINE_CUH

#include <rkeops/cuda/cuda_kernels.cuh>
#include <rkeops/cuda/cuda_small.cuh>

// The kernels of a generated file, which ends with this line; or with the next, if they
// go over a cover of the pairs (cuda_cover.cuh).
#define RKEOPS_CUDA_KERNELS(Scalar, Formula, Reduction, rows_per_thread,     \
                            columns_per_tile)                                \
  RKEOPS_CUDA_KERNELS_OF(false, Scalar, Formula, Reduction, rows_per_thread, \
                         columns_per_tile)
#define RKEOPS_CUDA_COVERED_KERNELS(Scalar, Formula, Reduction, rows_per_thread, \
                                    columns_per_tile)                            \
  RKEOPS_CUDA_KERNELS_OF(true, Scalar, Formula, Reduction, rows_per_thread,      \
                         columns_per_tile)

#define RKEOPS_CUDA_KERNELS_OF(covered, Scalar, Formula, Reduction, rows_per_thread, \
                               columns_per_tile)                                     \
  using RkeopsKernels = rkeops::CudaKernels<Scalar, Formula, Reduction<Scalar>,      \
                                            rows_per_thread, columns_per_tile>;      \
  using RkeopsSmall = rkeops::CudaSmallProblem<Scalar, Formula, Reduction<Scalar>,   \
                                               rows_per_thread, columns_per_tile>;   \
  __device__ Scalar rkeops_large_parameters[RkeopsKernels::parameters_in_global];    \
  __device__ unsigned rkeops_tickets[rkeops::array_length<RkeopsSmall::blocks>];     \
  extern "C" {                                                                       \
  __device__ rkeops::CudaLaunchPlan rkeops_plan =                                    \
      RkeopsKernels::plan(RkeopsSmall::blocks);                                      \
  __global__ void __launch_bounds__(rkeops::cuda_threads)                            \
      rkeops_prepare(rkeops::CudaArguments arguments) {                              \
    RkeopsKernels::prepare(arguments, rkeops_large_parameters);                      \
  }                                                                                  \
  __global__ void __launch_bounds__(rkeops::cuda_threads,                            \
                                    RkeopsKernels::resident_blocks())                \
      rkeops_reduce(rkeops::CudaArguments arguments) {                               \
    RkeopsKernels::reduce<covered>(arguments, rkeops_large_parameters);              \
  }                                                                                  \
  __global__ void __launch_bounds__(rkeops::cuda_threads)                            \
      rkeops_reduce_small(rkeops::CudaArguments arguments) {                         \
    RkeopsSmall::reduce(arguments, rkeops_large_parameters, rkeops_tickets);         \
  }                                                                                  \
  __global__ void __launch_bounds__(rkeops::cuda_threads)                            \
      rkeops_finish(rkeops::CudaArguments arguments) {                               \
    RkeopsKernels::finish<covered>(arguments);                                       \
  }                                                                                  \
  __global__ void __launch_bounds__(rkeops::cuda_threads)                            \
      rkeops_convert(rkeops::CudaArguments arguments) {                              \
    RkeopsKernels::convert(arguments);                                               \
  }                                                                                  \
  }

#endif
