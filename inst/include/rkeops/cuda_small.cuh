// Small problems in one launch, because three take longer than what they do:
//
//   rkeops_reduce_small  a thread a row: the threads of a block prepare the columns of a
//                        tile where they are read, in shared memory; and of the blocks
//                        that have the splits of the same rows the last one to be done
//                        merges what all of them have found, in the order of the splits
//
// Columns are folded as the other kernels fold them, and results are theirs to the bit.
#ifndef RKEOPS_CUDA_SMALL_CUH
#define RKEOPS_CUDA_SMALL_CUH

#include <rkeops/cuda_engine.cuh>

namespace rkeops {

template <class Scalar, class Formula, class Reduction, int rows_per_thread,
          int columns_per_tile>
struct CudaSmallProblem {
  /// What else is done of the formula.
  using Kernels =
      CudaKernels<Scalar, Formula, Reduction, rows_per_thread, columns_per_tile>;
  using Loop =
      CudaColumns<Scalar, Formula, Reduction, 1, columns_per_tile, true, rows_per_thread>;

  /// Where nothing else has to be prepared, every row goes its own way (those of a thread
  /// hurry together, or do not), and what blocks have found is merged in no time.
  static constexpr bool exists = !Kernels::has_inner && !Kernels::Outer::used &&
                                 !Kernels::Bound::exists && !CanHurry<Reduction>::value &&
                                 Loop::staged && !Loop::slots_in_memory &&
                                 Loop::slots <= 8 && Kernels::parameters_shared;

  /// Blocks of rows at most, each of which has a ticket.
  static constexpr int blocks = exists ? 256 : 0;

  /// Whether this is the last block of its rows, which then sees what the others have
  /// written. Tickets are 0 between launches.
  RKEOPS_INLINE static bool is_last(unsigned* ticket) {
    __shared__ bool last;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
      last = atomicAdd(ticket, 1u) == gridDim.y - 1;
      if (last) *ticket = 0;
    }
    __syncthreads();
    __threadfence();
    return last;
  }

  RKEOPS_INLINE static void reduce(const CudaArguments& arguments, Scalar* large,
                                   unsigned* tickets) {
    if constexpr (exists) {
      if constexpr (Loop::has_power_table) pair_loop::fill_power_table();
      const Scalar* parameter = Kernels::stage_parameters(arguments.parameters, large);
      const long long row = (long long)blockIdx.x * cuda_threads + threadIdx.x;
      typename Loop::Row rows[1];
      keep_row<Formula>(arguments, parameter, row, rows[0].kept);
      if (blockIdx.y == 0 && row < arguments.row_end)
        Kernels::prepare_row(arguments, parameter, row);
      rows[0].start_accumulators(arguments, row);
      const long long begin = (long long)blockIdx.y * arguments.columns_per_split;
      const long long end = least(begin + arguments.columns_per_split, arguments.columns);
      Loop::fold_columns(arguments, parameter, begin, end, 0, rows);
      if (gridDim.y == 1) {
        if (row < arguments.row_end)
          Kernels::write_result(arguments, rows[0].accumulators(), row);
        return;
      }
      Loop::copy_slots(rows[0].accumulators(), Loop::partial(arguments, blockIdx.y, row));
      if (is_last(tickets + blockIdx.x)) Kernels::finish(arguments);
    }
  }
};

}  // namespace rkeops

#endif
