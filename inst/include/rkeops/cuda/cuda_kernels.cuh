// The kernels of the CUDA engine (see cuda_engine.cuh), but for the one for small
// problems.
#ifndef RKEOPS_CUDA_KERNELS_CUH
#define RKEOPS_CUDA_KERNELS_CUH

#include <rkeops/cuda/cuda_arguments.h>
#include <rkeops/lanes.h>

// reductions compute with the functions of the GPU
#include <rkeops/cuda/cuda_pair_math.cuh>

#include <rkeops/reductions/accumulators.h>
#include <rkeops/cuda/cuda_bounded_loop.cuh>
#include <rkeops/cuda/cuda_columns.cuh>
#include <rkeops/cuda/cuda_conditions.cuh>
#include <rkeops/cuda/cuda_cover.cuh>
#include <rkeops/cuda/cuda_patch_sums.cuh>

namespace rkeops {

template <class Scalar, class Formula, class Reduction, int rows_per_thread,
          int columns_per_tile>
struct CudaKernels {
  using Loop = CudaColumns<Scalar, Formula, Reduction, rows_per_thread, columns_per_tile>;
  using Tiles = typename Loop::Tiles;
  using Row = typename Loop::Row;
  using Outer = typename Tiles::Outer;
  using Patches = CudaPatchSums<Scalar, Formula, Reduction>;
  using Bound = CudaBound<Scalar, Formula>;
  using Bounded = CudaBoundedLoop<Scalar, Formula, Reduction, Loop, rows_per_thread>;
  using Conditions = CudaConditions<Formula>;
  static constexpr bool has_inner = Tiles::has_inner;
  static constexpr bool slots_in_memory = Loop::slots_in_memory;
  static constexpr bool parameters_shared = Tiles::parameters_shared;
  static constexpr int record = Tiles::record, slots = Loop::slots;
  static constexpr int outputs = result_components<Formula, Reduction>();
  static constexpr int finished_outputs = Formula::has_finish_stage ? outputs : 0;
  static constexpr int row_vectors = row_vector_scalars<Formula>,
                       column_vectors = column_vector_scalars<Formula>;
  static constexpr int row_scalars = row_vectors + Bound::row_scalars;

  /// For several columns of the smallest or largest values.
  static constexpr bool searches = HasRareColumns<Reduction>::value && slots > 2;

  /// Blocks of threads that a multiprocessor should hold at least, or 0 if the compiler
  /// may choose.
  static constexpr int resident_blocks() {
    if (Outer::used) return Outer::resident_blocks;
    if constexpr (Bound::exists) return Bounded::resident_blocks;
    if (has_inner) return 0;
    // in double precision it would take too few registers to compute several pairs at
    // once, and of exponentials with few accumulators
    if (sizeof(Scalar) > 4) return 4;
    if (Settles<Reduction>::columns == 0) return 0;
    // sums that settle have two numbers and an accumulator a slot
    constexpr int registers = rows_per_thread * (Formula::row_kept + 4 * slots);
    if (registers <= 60) return UsesPairFunctions<Formula>::value ? 4 : 0;
    // registers of the fourth block, for accumulators that wait most of the time
    return registers > 80 && registers <= 112 ? 4 : 0;
  }

  static constexpr int parameters_in_global =
      parameters_shared ? 1 : Formula::parameters_kept;

  /// With those of the finish stage, if there is one.
  static constexpr int count_inputs(bool of_rows) {
    int count = of_rows ? Formula::row_inputs : Formula::parameter_inputs;
    if constexpr (Formula::has_finish_stage)
      count += of_rows ? Formula::finish_rows : Formula::finish_parameters;
    return count;
  }
  static constexpr int all_row_inputs = count_inputs(true),
                       all_parameter_inputs = count_inputs(false);

  static constexpr CudaLaunchPlan plan(int small_blocks) {
    const int column_kept = Outer::used || Bound::exists ? record : Formula::column_kept;
    return {int(sizeof(Scalar)),  slots,           outputs,
            column_kept,          rows_per_thread, Tiles::tile,
            all_parameter_inputs, all_row_inputs,  Formula::column_inputs,
            row_scalars,          column_vectors,  slots_in_memory,
            Conditions::exist,    searches,        small_blocks};
  }

  /// Parameter stage, by one thread of each block: into shared memory, or where that has
  /// no room, into `large`, to which all blocks write the same values.
  RKEOPS_INLINE static const Scalar* stage_parameters(const double* values,
                                                      Scalar* large) {
    __shared__ Scalar
        shared[parameters_shared ? array_length<Formula::parameters_kept> : 1];
    Scalar* kept = parameters_shared ? shared : large;
    if (Formula::parameters_kept == 0) return kept;
    if (threadIdx.x == 0) compute_parameters(values, kept);
    __syncthreads();
    return kept;
  }

  RKEOPS_INLINE static void compute_parameters(const double* values, Scalar* kept) {
    Scalar input[array_length<Formula::parameter_inputs>];
#pragma unroll(unrolled <Formula::parameter_inputs>)
    for (int k = 0; k < Formula::parameter_inputs; ++k) input[k] = Scalar(values[k]);
    Formula::template parameter_stage<Scalar>(input, kept);
  }

  /// From component `first` on of those of an element.
  template <int scalars>
  RKEOPS_INLINE static void store_vectors(const Scalar* vector, void* to,
                                          long long stride, long long element,
                                          int first = 0) {
#pragma unroll(unrolled <scalars>)
    for (int k = 0; k < scalars; ++k)
      static_cast<Scalar*>(to)[(first + k) * stride + element] = vector[k];
  }

  RKEOPS_INLINE static void prepare_column(const CudaArguments& arguments,
                                           const Scalar* parameter, long long j) {
    Scalar input[array_length<Formula::column_inputs>];
    Scalar kept[array_length<record>] = {};
    load_inputs<Formula::column_inputs>(arguments.column_inputs, j, input);
    Tiles::keep_column(parameter, input, true, arguments.failed, kept);
    if constexpr (Outer::used) Outer::keep_vectors(parameter, input, kept);
    if constexpr (Bound::exists) Bound::keep_column(parameter, input, kept);
    Scalar* to = static_cast<Scalar*>(arguments.column_kept) + j * record;
#pragma unroll(unrolled <record>)
    for (int k = 0; k < record; ++k) to[k] = kept[k];
    if constexpr (has_inner) {
      Scalar vector[column_vectors];
      Formula::template column_vectors<Scalar>(parameter, input, vector);
      store_vectors<column_vectors>(vector, arguments.column_vectors,
                                    arguments.column_vector_stride, j);
    }
  }

  RKEOPS_INLINE static void prepare_row(const CudaArguments& arguments,
                                        const Scalar* parameter, long long i) {
    if constexpr (row_scalars == 0 && !Conditions::exist) return;
    Scalar input[array_length<Formula::row_inputs>];
    load_inputs<Formula::row_inputs>(arguments.row_inputs, i, input);
    if constexpr (Conditions::exist)
      Conditions::check_row(parameter, input, arguments.failed);
    if constexpr (has_inner) {
      Scalar vector[row_vectors];
      Formula::template row_vectors<Scalar>(parameter, input, vector);
      store_vectors<row_vectors>(vector, arguments.row_vectors,
                                 arguments.row_vector_stride, i);
    }
    if constexpr (Bound::row_scalars > 0) {
      Scalar numbers[Bound::row_scalars];
      Bound::keep_row(parameter, input, numbers);
      store_vectors<Bound::row_scalars>(numbers, arguments.row_vectors,
                                        arguments.row_vector_stride, i, row_vectors);
    }
  }

  /// The first line of blocks prepares columns, a second one rows.
  RKEOPS_INLINE static void prepare(const CudaArguments& arguments, Scalar* large) {
    const Scalar* parameter = stage_parameters(arguments.parameters, large);
    const long long element = (long long)blockIdx.x * cuda_threads + threadIdx.x;
    if (blockIdx.y == 0) {
      if (element < arguments.columns) prepare_column(arguments, parameter, element);
    } else {
      if (element < arguments.rows) prepare_row(arguments, parameter, element);
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
        const void* from = arguments.row_inputs[Formula::row_inputs + k];
        input[k] = static_cast<const Scalar*>(from)[row];
      }
      Formula::template finish_stage<double>(parameter, input, reduced, result);
    }
  }

  RKEOPS_INLINE static void write_result(const CudaArguments& arguments,
                                         Slots<Scalar> accumulators, long long row) {
    double reduced[array_length<Reduction::outputs>];
    Reduction::finish(accumulators, reduced);
    write_reduced(arguments, reduced, row);
  }

  /// Writes the result of the finish stage for a row, or else the reduction.
  RKEOPS_INLINE static void write_reduced(const CudaArguments& arguments,
                                          const double* reduced, long long row) {
    double finished[array_length<finished_outputs>];
    finish_row(arguments, row, reduced, finished);
    const double* result = Formula::has_finish_stage ? finished : reduced;
#pragma unroll(unrolled <outputs>)
    for (int k = 0; k < outputs; ++k) {
      arguments.output[k * arguments.rows + row] = result[k];
    }
  }

  static constexpr long long rows_a_block = rows_per_thread * cuda_threads;

  template <bool covered>
  RKEOPS_INLINE static void reduce(const CudaArguments& given, Scalar* large) {
    if constexpr (Tiles::has_power_table) pair_loop::fill_power_table();
    typename CudaCoveredPart<covered>::Arguments arguments =
        CudaCoveredPart<covered>::of_block(given, blockIdx.x, rows_a_block);
    const Scalar* parameter = stage_parameters(arguments.parameters, large);
    const long long first_row =
        arguments.row_begin + threadIdx.x + (long long)blockIdx.x * rows_a_block;
    Row rows[rows_per_thread];
    const bool checks = row_scalars == 0 && arguments.checks_rows && blockIdx.y == 0;
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      const long long row = first_row + r * cuda_threads;
      keep_row<Formula>(arguments, parameter, row, rows[r].kept, checks);
      if (!Bound::exists) rows[r].start_accumulators(arguments, row);
    }
    const long long split_begin =
        (arguments.first_split + (long long)blockIdx.y) * arguments.columns_per_split;
    const long long split_end =
        least(split_begin + arguments.columns_per_split, arguments.columns);
    const long long begin = split_begin + arguments.slice_begin;
    const long long end = least(split_begin + arguments.slice_end, split_end);
    const long long gap = blockIdx.y * arguments.split_gap;
    CudaCoveredPart<covered>::for_ranges(
        arguments, split_begin, begin, end, [&](long long first, long long last) {
          fold_columns(arguments, parameter, rows, first_row, first, last, gap);
        });
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      const long long row = first_row + r * cuda_threads;
      if (arguments.finish) {
        if (row < arguments.row_end) write_result(arguments, rows[r].accumulators(), row);
      } else if (!slots_in_memory) {
        Loop::copy_slots(rows[r].accumulators(),
                         Loop::partial(arguments, blockIdx.y, row));
      }
    }
  }

  RKEOPS_INLINE static void fold_columns(const CudaArguments& arguments,
                                         const Scalar* parameter,
                                         Row (&rows)[rows_per_thread],
                                         long long first_row, long long begin,
                                         long long end, long long gap) {
    if constexpr (Outer::used) {
      static_assert(rows_per_thread == 1, "a thread has the accumulators of its row");
      Outer::fold_columns(arguments, parameter, begin, end, gap, rows[0].accumulators());
    } else if constexpr (Patches::used) {
      Patches::fold_columns(arguments, parameter, begin, end, gap,
                            rows[0].accumulators());
    } else if constexpr (Bound::exists) {
      Bounded{arguments, parameter, rows, first_row, begin, end, gap}.fold_columns();
    } else {
      typename Tiles::Walk walk{arguments, parameter, begin,
                                end,       gap,       Tiles::shared_memory()};
      walk.start();
      Loop::fold_columns(walk, rows);
    }
  }

  template <bool covered>
  RKEOPS_INLINE static void finish(const CudaArguments& given) {
    const long long place = (long long)blockIdx.x * cuda_threads + threadIdx.x;
    typename CudaCoveredPart<covered>::Arguments arguments =
        CudaCoveredPart<covered>::of_block(given, place / rows_a_block, rows_a_block);
    merge_row(arguments, arguments.row_begin + place);
  }

  RKEOPS_INLINE static void merge_row(const CudaArguments& arguments, long long row) {
    if (row >= arguments.row_end) return;
    double merged[array_length<slots>];
    const Slots<Scalar> into{merged, 1};
    Loop::copy_slots(Loop::partial(arguments, 0, row), into);
    for (int split = 1; split < arguments.splits; split += read_together)
      merge_splits(arguments, split, row, into);
    write_result(arguments, into, row);
  }

  /// Splits that are read at the same time, before they are merged in their order.
  static constexpr int read_together = slots == 1 ? 16 : slots > 1 && slots <= 8 ? 4 : 1;

  RKEOPS_INLINE static void merge_splits(const CudaArguments& arguments, int first,
                                         long long row, Slots<Scalar> into) {
    if constexpr (read_together == 1) {
      Reduction::merge(into, Loop::partial(arguments, first, row));
    } else {
      // the last split again, instead of none: a load that depends on something would
      // wait for it
      double read[read_together][array_length<slots>];
#pragma unroll
      for (int n = 0; n < read_together; ++n) {
        const int split = int(least(first + n, arguments.splits - 1));
        Loop::copy_slots(Loop::partial(arguments, split, row), Slots<Scalar>{read[n], 1});
      }
#pragma unroll
      for (int n = 0; n < read_together; ++n) {
        if (first + n < arguments.splits)
          Reduction::merge(into, Slots<Scalar>{read[n], 1});
      }
    }
  }

  /// The second index of the grid is that of the component.
  RKEOPS_INLINE static void convert(const CudaArguments& arguments) {
    const long long row = (long long)blockIdx.x * cuda_threads + threadIdx.x;
    if (row >= arguments.rows) return;
    const long long component = blockIdx.y;
    const double value =
        arguments.parameters[component * arguments.row_vector_stride + row];
    static_cast<Scalar*>(
        arguments.column_kept)[component * arguments.column_vector_stride + row] =
        Scalar(value);
  }
};

}  // namespace rkeops

#endif
