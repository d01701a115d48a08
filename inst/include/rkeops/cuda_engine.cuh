// The CUDA engine: the three kernels of a generated formula, as loops around its stages.
//
//   rkeops_prepare  a thread a column: column stage, one packed record a column
//   rkeops_reduce   a thread a few rows: row stage, then every column of its split, read
//   from
//                   tiles in shared memory; accumulators go to `partial`, or the result
//                   to `output`
//   rkeops_finish   a thread a row: merges the splits in order and writes `output`
//
// The pair loop computes in Scalar and 32-bit indices only; doubles and 64-bit indices
// appear once a block of columns. Where launches cut the columns does not change the
// blocks, so results are the same on every run.
#ifndef RKEOPS_CUDA_ENGINE_CUH
#define RKEOPS_CUDA_ENGINE_CUH

#include <rkeops/cuda_arguments.h>
#include <rkeops/lanes.h>

// reductions compute with the functions of the GPU
#include <rkeops/cuda_math.cuh>

#include <rkeops/reductions.h>

namespace rkeops {

/// Length of an array of n elements, which C++ wants to have at least one.
template <int n>
constexpr int array_length = n > 0 ? n : 1;

/// How often to unroll a loop whose index should be a constant, so that arrays stay in
/// registers.
template <int n>
constexpr int unrolled = n <= 256 ? array_length<n> : 1;

/// Columns of a tile: as many as are wished for and fit, a multiple of the block where
/// that is possible and else a power of two.
constexpr int cuda_tile_length(int wished, int fitting, int block) {
  const int length = wished < fitting ? wished : fitting;
  if (length >= block) return length / block * block;
  int power = 1;
  while (2 * power <= length) power *= 2;
  return power;
}

/// How often the loop over a block is unrolled. A short one completely, because
/// reductions that keep what they fold do so in registers; a long one a few times. Both
/// within a budget of code.
constexpr int cuda_block_unrolled(int block, int rows, int scalars_a_pair) {
  int times = block <= 32 ? block : rows == 1 ? 8 : 4;
  while (times > 1 && times * rows * scalars_a_pair > 1024) times /= 2;
  return times;
}

RKEOPS_INLINE long long least(long long a, long long b) { return a < b ? a : b; }

/// What records are read by: 16 bytes if their length allows it, else one scalar.
template <class Scalar, bool wide>
struct CudaPiece {
  using Type = Scalar;
};
template <>
struct CudaPiece<float, true> {
  using Type = float4;
};
template <>
struct CudaPiece<double, true> {
  using Type = double2;
};

template <class Scalar, class Formula, class Reduction, int rows_per_thread,
          int columns_per_tile>
struct CudaKernels {
  static constexpr int record = cuda_record_scalars(Formula::column_kept, sizeof(Scalar));
  using Piece = typename CudaPiece<Scalar, record * sizeof(Scalar) % 16 == 0>::Type;
  static constexpr int pieces_a_record = int(record * sizeof(Scalar) / sizeof(Piece));
  static constexpr int slots = Reduction::slots;
  static constexpr int outputs = result_components<Formula, Reduction>();

  static constexpr bool parameters_shared =
      cuda_parameters_shared(Formula::parameters_kept, sizeof(Scalar));
  static constexpr int parameters_in_global =
      parameters_shared ? 1 : Formula::parameters_kept;

  /// Columns that fit into the 48 KB of shared memory beside the parameters. Records too
  /// long for tiles of eight are read from global memory: every thread of a block reads
  /// the same address, and the cache serves them together.
  static constexpr int fitting = (47 * 1024 / int(sizeof(Scalar)) -
                                  (parameters_shared ? Formula::parameters_kept : 0)) /
                                 array_length<record>;
  static constexpr bool staged = record > 0 && fitting >= 8;
  static constexpr int tile =
      staged ? cuda_tile_length(columns_per_tile, fitting, Reduction::block)
             : Reduction::block;

  /// Columns folded between begin() and end() of the reduction: all in one tile.
  static constexpr int block = tile < Reduction::block ? tile : Reduction::block;
  static constexpr int block_unrolled = cuda_block_unrolled(
      block, rows_per_thread, Formula::row_kept + Formula::pair_values + 1);
  static_assert(cuda_column_unit % block == 0, "a launch must end where a block ends");
  static_assert(Reduction::values == Formula::pair_values, "a pair gives what is folded");

  static constexpr CudaLaunchPlan plan() {
    int parameters = Formula::parameter_inputs, rows = Formula::row_inputs;
    if constexpr (Formula::has_finish_stage) {
      parameters += Formula::finish_parameters;
      rows += Formula::finish_rows;
    }
    return {int(sizeof(Scalar)),   slots, outputs,    Formula::column_kept,
            rows_per_thread,       tile,  parameters, rows,
            Formula::column_inputs};
  }

  struct Row {
    Scalar kept[array_length<Formula::row_kept>];
    Reduction reduction;
    double slot[array_length<slots>];

    RKEOPS_INLINE Slots<Scalar> accumulators() { return Slots<Scalar>{slot, 1}; }
  };

  /// Parameter stage, by one thread of each block: into shared memory, or where that has
  /// no room, into `large`, to which all blocks write the same values.
  RKEOPS_INLINE static const Scalar* stage_parameters(const double* values,
                                                      Scalar* large) {
    __shared__ Scalar
        shared[parameters_shared ? array_length<Formula::parameters_kept> : 1];
    Scalar* kept = parameters_shared ? shared : large;
    if (Formula::parameters_kept == 0) return kept;
    if (threadIdx.x == 0) {
      Scalar input[array_length<Formula::parameter_inputs>];
#pragma unroll(unrolled <Formula::parameter_inputs>)
      for (int k = 0; k < Formula::parameter_inputs; ++k) input[k] = Scalar(values[k]);
      Formula::template parameter_stage<Scalar>(input, kept);
    }
    __syncthreads();
    return kept;
  }

  RKEOPS_INLINE static void prepare(const CudaArguments& arguments, Scalar* large) {
    const Scalar* parameter = stage_parameters(arguments.parameters, large);
    const long long j = (long long)blockIdx.x * cuda_threads + threadIdx.x;
    if (j >= arguments.columns) return;
    Scalar input[array_length<Formula::column_inputs>];
    Scalar kept[array_length<record>] = {};
#pragma unroll(unrolled <Formula::column_inputs>)
    for (int k = 0; k < Formula::column_inputs; ++k) {
      input[k] = Scalar(arguments.column_inputs[k][j]);
    }
    Formula::template column_stage<Scalar>(parameter, input, kept);
    Scalar* to = static_cast<Scalar*>(arguments.column_kept) + j * record;
#pragma unroll(unrolled <record>)
    for (int k = 0; k < record; ++k) to[k] = kept[k];
  }

  /// The accumulators of a row and a split in `partial`.
  RKEOPS_INLINE static Slots<Scalar> partial(const CudaArguments& arguments, int split,
                                             long long row) {
    const long long part = arguments.row_end - arguments.row_begin;
    double* first = arguments.partial + (long long)split * slots * part;
    return Slots<Scalar>{first + (row - arguments.row_begin), part};
  }

  RKEOPS_INLINE static void copy_slots(Slots<Scalar> from, Slots<Scalar> to) {
#pragma unroll(unrolled <slots>)
    for (int k = 0; k < slots; ++k) to.data[k * to.stride] = from.data[k * from.stride];
  }

  RKEOPS_INLINE static void start_row(const CudaArguments& arguments,
                                      const Scalar* parameter, long long row,
                                      Row& state) {
    Scalar input[array_length<Formula::row_inputs>];
#pragma unroll(unrolled <Formula::row_inputs>)
    for (int k = 0; k < Formula::row_inputs; ++k) {
      input[k] = Scalar(arguments.row_inputs[k][row]);
    }
    Formula::template row_stage<Scalar>(parameter, input, state.kept);
    if (arguments.slice_begin == 0) {
      Reduction::initialise(state.accumulators());
    } else {
      copy_slots(partial(arguments, blockIdx.y, row), state.accumulators());
    }
  }

  RKEOPS_INLINE static void copy_tile(const Scalar* from, int count, Scalar* to) {
    const int pieces = count * pieces_a_record;
    __syncthreads();
    for (int k = threadIdx.x; k < pieces; k += cuda_threads) {
      reinterpret_cast<Piece*>(to)[k] = reinterpret_cast<const Piece*>(from)[k];
    }
    __syncthreads();
  }

  /// A short record is read once for all rows of the thread, in as few loads as possible.
  RKEOPS_INLINE static void fold_column(const Scalar* parameter, const Scalar* column,
                                        int position, Row (&rows)[rows_per_thread]) {
    Piece pieces[array_length<pieces_a_record>];
    if (record > 0 && record <= 32) {
#pragma unroll(unrolled <pieces_a_record>)
      for (int k = 0; k < pieces_a_record; ++k) {
        pieces[k] = reinterpret_cast<const Piece*>(column)[k];
      }
      column = reinterpret_cast<const Scalar*>(pieces);
    }
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      Scalar value[array_length<Formula::pair_values>];
      Formula::template pair_stage<Scalar>(parameter, rows[r].kept, column, value);
      rows[r].reduction.fold(value, position);
    }
  }

  /// Folds a block of `length` columns, or of `count` where that is 0, whose first one is
  /// column `first` of the problem.
  template <int length>
  RKEOPS_INLINE static void fold_block(const Scalar* parameter, const Scalar* columns,
                                       int count, long long first,
                                       Row (&rows)[rows_per_thread]) {
    constexpr int times = length > 0 ? block_unrolled : 1;
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      rows[r].reduction.begin(rows[r].accumulators(), first);
    }
#pragma unroll(times)
    for (int c = 0; c < (length > 0 ? length : count); ++c) {
      fold_column(parameter, columns + c * record, c, rows);
    }
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      rows[r].reduction.end(rows[r].accumulators(), first);
    }
  }

  /// Folds the columns [begin, end), block by block. What is left at the end is one more
  /// block, or single columns where blocks are short: then every index into what a block
  /// keeps is a constant.
  RKEOPS_INLINE static void fold_columns(const CudaArguments& arguments,
                                         const Scalar* parameter, long long begin,
                                         long long end, Row (&rows)[rows_per_thread]) {
    alignas(16) __shared__ Scalar shared[staged ? tile * record : 1];
    const Scalar* packed = static_cast<const Scalar*>(arguments.column_kept);
    int in_tile = 0;  // where the block begins
    for (long long first = begin; first < end; first += block) {
      if (staged && in_tile == 0) {
        copy_tile(packed + first * record, int(least(tile, end - first)), shared);
      }
      const Scalar* columns =
          staged ? shared + in_tile * record : packed + first * record;
      const int count = int(least(block, end - first));
      if (count == block) {
        fold_block<block>(parameter, columns, block, first, rows);
      } else if (block <= 32) {
        for (int c = 0; c < count; ++c) {
          fold_block<1>(parameter, columns + c * record, 1, first + c, rows);
        }
      } else {
        fold_block<0>(parameter, columns, count, first, rows);
      }
      in_tile = in_tile + block == tile ? 0 : in_tile + block;
    }
  }

  /// In double precision; the inputs of the finish stage stand behind those of the
  /// others.
  RKEOPS_INLINE static void finish_row(const CudaArguments& arguments, long long row,
                                       const double* reduced, double* result) {
    if constexpr (Formula::has_finish_stage) {
      double parameter[array_length<Formula::finish_parameters>];
      double input[array_length<Formula::finish_rows>];
#pragma unroll(unrolled <Formula::finish_parameters>)
      for (int k = 0; k < Formula::finish_parameters; ++k) {
        parameter[k] = arguments.parameters[Formula::parameter_inputs + k];
      }
#pragma unroll(unrolled <Formula::finish_rows>)
      for (int k = 0; k < Formula::finish_rows; ++k) {
        input[k] = arguments.row_inputs[Formula::row_inputs + k][row];
      }
      Formula::template finish_stage<double>(parameter, input, reduced, result);
    }
  }

  RKEOPS_INLINE static void write_result(const CudaArguments& arguments,
                                         Slots<Scalar> accumulators, long long row) {
    double reduced[array_length<Reduction::outputs>];
    Reduction::finish(accumulators, reduced);
    double finished[array_length < Formula::has_finish_stage ? outputs : 0 > ];
    finish_row(arguments, row, reduced, finished);
    const double* result = Formula::has_finish_stage ? finished : reduced;
#pragma unroll(unrolled <outputs>)
    for (int k = 0; k < outputs; ++k) {
      arguments.output[k * arguments.rows + row] = result[k];
    }
  }

  /// Threads beyond the last row compute that one again and write nothing.
  RKEOPS_INLINE static void reduce(const CudaArguments& arguments, Scalar* large) {
    const Scalar* parameter = stage_parameters(arguments.parameters, large);
    const long long first_row = arguments.row_begin + threadIdx.x +
                                (long long)blockIdx.x * (rows_per_thread * cuda_threads);
    Row rows[rows_per_thread];
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      const long long row = least(first_row + r * cuda_threads, arguments.row_end - 1);
      start_row(arguments, parameter, row, rows[r]);
    }
    const long long split_begin = blockIdx.y * arguments.columns_per_split;
    const long long split_end =
        least(split_begin + arguments.columns_per_split, arguments.columns);
    fold_columns(arguments, parameter, split_begin + arguments.slice_begin,
                 least(split_begin + arguments.slice_end, split_end), rows);
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      const long long row = first_row + r * cuda_threads;
      if (row >= arguments.row_end) continue;
      if (arguments.finish) {
        write_result(arguments, rows[r].accumulators(), row);
      } else {
        copy_slots(rows[r].accumulators(), partial(arguments, blockIdx.y, row));
      }
    }
  }

  RKEOPS_INLINE static void finish(const CudaArguments& arguments) {
    const long long row =
        arguments.row_begin + (long long)blockIdx.x * cuda_threads + threadIdx.x;
    if (row >= arguments.row_end) return;
    double merged[array_length<slots>];
    const Slots<Scalar> into{merged, 1};
    copy_slots(partial(arguments, 0, row), into);
#pragma unroll 4
    for (int split = 1; split < arguments.splits; ++split) {
      Reduction::merge(into, partial(arguments, split, row));
    }
    write_result(arguments, into, row);
  }
};

}  // namespace rkeops

// The kernels of a generated file, which ends with this line.
#define RKEOPS_CUDA_KERNELS(Scalar, Formula, Reduction, rows_per_thread,          \
                            columns_per_tile)                                     \
  using RkeopsKernels = rkeops::CudaKernels<Scalar, Formula, Reduction<Scalar>,   \
                                            rows_per_thread, columns_per_tile>;   \
  __device__ Scalar rkeops_large_parameters[RkeopsKernels::parameters_in_global]; \
  extern "C" {                                                                    \
  __device__ rkeops::CudaLaunchPlan rkeops_plan = RkeopsKernels::plan();          \
  __global__ void __launch_bounds__(rkeops::cuda_threads)                         \
      rkeops_prepare(rkeops::CudaArguments arguments) {                           \
    RkeopsKernels::prepare(arguments, rkeops_large_parameters);                   \
  }                                                                               \
  __global__ void __launch_bounds__(rkeops::cuda_threads)                         \
      rkeops_reduce(rkeops::CudaArguments arguments) {                            \
    RkeopsKernels::reduce(arguments, rkeops_large_parameters);                    \
  }                                                                               \
  __global__ void __launch_bounds__(rkeops::cuda_threads)                         \
      rkeops_finish(rkeops::CudaArguments arguments) {                            \
    RkeopsKernels::finish(arguments);                                             \
  }                                                                               \
  }

#endif
