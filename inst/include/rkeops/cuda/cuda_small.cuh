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

#include <rkeops/cuda/cuda_kernels.cuh>

namespace rkeops {

template <class Scalar, class Formula, class Reduction, int rows_per_thread,
          int columns_per_tile>
struct CudaSmallProblem {
  /// The other kernels of the formula.
  using Kernels =
      CudaKernels<Scalar, Formula, Reduction, rows_per_thread, columns_per_tile>;
  using Loop =
      CudaColumns<Scalar, Formula, Reduction, 1, columns_per_tile, true, rows_per_thread>;
  using Tiles = typename Loop::Tiles;

  /// Exists where nothing else has to be prepared, every row goes its own way (those of a
  /// thread hurry together, or do not), and what blocks have found is merged in no time.
  static constexpr bool exists = !Kernels::has_inner && !Kernels::Outer::used &&
                                 !Kernels::Bound::exists && !CanHurry<Reduction>::value &&
                                 Tiles::staged && !Loop::slots_in_memory &&
                                 Loop::slots <= 8 && Kernels::parameters_shared;

  /// Blocks of rows at most, each of which has a ticket.
  static constexpr int blocks = exists ? 256 : 0;

  /// Whether this is the last block of its rows, which then sees what the others have
  /// written. Tickets are 0 between launches.
  RKEOPS_INLINE static bool is_last(unsigned* ticket) {
    __shared__ bool last;
    __syncthreads();
    if (threadIdx.x == 0) {
      last = take_ticket(ticket) == gridDim.y - 1;
      if (last) *ticket = 0;
    }
    __syncthreads();
    return last;
  }

  /// Whoever takes a later ticket sees what this block has written before. One thread
  /// does that for all, which is faster than a __threadfence() of each.
  RKEOPS_INLINE static unsigned take_ticket(unsigned* ticket) {
#if defined(__CUDA_ARCH__)
    unsigned number;
    asm volatile("atom.add.acq_rel.gpu.u32 %0, [%1], 1;"
                 : "=r"(number)
                 : "l"(ticket)
                 : "memory");
    return number;
#else
    return (*ticket)++;
#endif
  }

  /// The addresses of inputs are read from the arguments, if all of them are there.
  RKEOPS_INLINE static CudaArguments with_first_inputs(const CudaArguments& given) {
    constexpr int of_rows = Kernels::all_row_inputs;
    CudaArguments arguments = given;
    if (of_rows + Formula::column_inputs <= cuda_first_inputs) {
      arguments.row_inputs = given.first_inputs;
      arguments.column_inputs = given.first_inputs + of_rows;
    }
    return arguments;
  }

  /// A few parameters are computed by every thread, which has not to wait for another.
  static constexpr bool has_few_parameters =
      Formula::parameter_inputs <= 16 && Formula::parameters_kept <= 16;
  static constexpr int own_parameters = has_few_parameters ? Formula::parameters_kept : 0;

  RKEOPS_INLINE static void reduce(const CudaArguments& given, Scalar* large,
                                   unsigned* tickets) {
    if constexpr (exists) {
      const CudaArguments arguments = with_first_inputs(given);
      if constexpr (Tiles::has_power_table) pair_loop::fill_power_table();
      Scalar own[array_length<own_parameters>];
      const Scalar* parameter = own;
      if constexpr (!has_few_parameters)
        parameter = Kernels::stage_parameters(arguments.parameters, large);
      const long long begin = (long long)blockIdx.y * arguments.columns_per_split;
      const long long end = least(begin + arguments.columns_per_split, arguments.columns);
      typename Tiles::Walk walk{arguments, parameter, begin,
                                end,       0,         Tiles::shared_memory()};
      walk.start();
      if constexpr (has_few_parameters)
        Kernels::compute_parameters(arguments.parameters, own);
      const long long row = (long long)blockIdx.x * cuda_threads + threadIdx.x;
      typename Loop::Row rows[1];
      keep_row<Formula>(arguments, parameter, row, rows[0].kept, blockIdx.y == 0);
      rows[0].start_accumulators(arguments, row);
      Loop::fold_columns(walk, rows);
      if (gridDim.y == 1) {
        if (row < arguments.row_end)
          Kernels::write_result(arguments, rows[0].accumulators(), row);
        return;
      }
      Loop::copy_slots(rows[0].accumulators(), Loop::partial(arguments, blockIdx.y, row));
      if (is_last(tickets + blockIdx.x)) Kernels::merge_row(arguments, row);
    }
  }
};

}  // namespace rkeops

#endif
