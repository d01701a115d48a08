// The CUDA engine: the kernels of a generated formula, as loops around its stages.
//
//   rkeops_prepare  a thread a column: column stage, one packed record a column; and a
//                   thread a row, where rows have vectors or conditions
//   rkeops_reduce   a thread a few rows: row stage, then every column of its split, from
//                   tiles in shared memory; accumulators go to `partial`, or the result
//                   to `output`
//   rkeops_finish   a thread a row: merges the splits in order and writes `output`
//   rkeops_convert  doubles that are on the GPU already become scalars
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
#include <rkeops/cuda_conditions.cuh>
#include <rkeops/cuda_inner_product.cuh>
#include <rkeops/cuda_outer_product.cuh>
#include <rkeops/cuda_patches.cuh>

namespace rkeops {

/// Columns of a tile: as many as are wished for and fit, a multiple of the block where
/// that is possible and else a power of two.
constexpr int cuda_tile_length(int wished, int fitting, int block) {
  const int length = wished < fitting ? wished : fitting;
  if (length >= block) return length / block * block;
  int power = 1;
  while (2 * power <= length) power *= 2;
  return power;
}

/// How often long loops are unrolled.
constexpr int cuda_unrolled = 8;

/// How often the loop over a block is unrolled. A short one completely, because
/// reductions that keep what they fold do so in registers; a long one a few times, or as
/// far as sums go before they settle. All within a budget of code.
constexpr int cuda_block_unrolled(int block, int settles, int rows, int scalars_a_pair) {
  int times = block <= 32 ? block : settles > 0 ? settles : cuda_unrolled;
  while (times > 1 && times * rows * scalars_a_pair > 1280) times /= 2;
  return times;
}

template <class Scalar, class Formula, class Reduction, int rows_per_thread,
          int columns_per_tile>
struct CudaKernels {
  using Packed = CudaRecords<Scalar, Formula>;
  static constexpr int slots = Reduction::slots;
  static constexpr int outputs = result_components<Formula, Reduction>();
  using Outer = CudaOuterProduct<Scalar, Formula, Reduction>;
  static constexpr int record = Outer::used ? Outer::record : Packed::length;

  /// Accumulators that would fill the registers stay in `partial`, where they are touched
  /// once a block of columns.
  static constexpr bool slots_in_memory = slots * rows_per_thread > 24 || Outer::used;

  /// Blocks of threads that a multiprocessor should hold at least, or 0 if the compiler
  /// may choose. Sums that settle have two numbers and an accumulator a slot; where they
  /// are many the compiler would take registers of the fourth block for them, although
  /// accumulators wait most of the time.
  static constexpr int registers_of_rows =
      rows_per_thread * (Formula::row_kept + 4 * slots);
  static constexpr int resident_blocks =
      Outer::used ? Outer::resident_blocks
      : Settles<Reduction>::columns > 0 && Formula::inner_length == 0 &&
              registers_of_rows > 80 && registers_of_rows <= 112
          ? 4
          : 0;

  using Inner = CudaInnerProduct<Scalar, Formula>;
  using Patches = CudaPatches<Scalar, Formula, Reduction>;
  using Conditions = CudaConditions<Formula>;
  static constexpr bool has_inner = Formula::inner_length > 0;
  static constexpr int row_vectors = row_vector_scalars<Formula>,
                       column_vectors = column_vector_scalars<Formula>;

  /// Whether the results of the parameter stage are kept in shared memory, most of which
  /// inner and outer products take.
  static constexpr bool parameters_shared =
      Formula::parameters_kept * int(sizeof(Scalar)) <=
      (has_inner || Outer::used ? 1 : 16) * 1024;
  static constexpr int parameters_in_global =
      parameters_shared ? 1 : Formula::parameters_kept;

  /// Columns that fit into the 48 KB of shared memory beside the parameters, or where
  /// inner products leave room. Records too long for tiles of eight are read from global
  /// memory: every thread of a block reads the same address, and the cache serves them
  /// together.
  static constexpr int fitting =
      has_inner ? int(Inner::spare_bytes / sizeof(Scalar)) / array_length<record>
                : (47 * 1024 / int(sizeof(Scalar)) -
                   (parameters_shared ? Formula::parameters_kept : 0)) /
                      array_length<record>;
  static constexpr bool staged = record > 0 && fitting >= 8;
  static constexpr int wished_columns = has_inner ? Inner::columns : columns_per_tile;
  static constexpr int tile =
      staged ? cuda_tile_length(wished_columns, fitting, Reduction::block)
             : wished_columns;

  /// Columns folded between begin() and end() of the reduction: several tiles if it does
  /// not mind, else a part of one. And those folded in one loop.
  static constexpr bool in_one_tile =
      Reduction::block <= tile || FoldsBackwards<Reduction>::value;
  static constexpr int block =
      in_one_tile && tile < Reduction::block ? tile : Reduction::block;
  static constexpr int step = block < tile ? block : tile;
  static constexpr int step_unrolled =
      cuda_block_unrolled(step, Settles<Reduction>::columns, rows_per_thread,
                          Formula::row_kept + Formula::pair_values + 1);
  static_assert(cuda_column_unit % block == 0, "a launch must end where a block ends");
  static_assert(Outer::used || Reduction::values == Formula::pair_values,
                "a pair gives what is folded");

  static constexpr CudaLaunchPlan plan() {
    int parameters = Formula::parameter_inputs, rows = Formula::row_inputs;
    if constexpr (Formula::has_finish_stage) {
      parameters += Formula::finish_parameters;
      rows += Formula::finish_rows;
    }
    const int column_kept = Outer::used ? record : Formula::column_kept;
    return {int(sizeof(Scalar)),    slots,       outputs,        column_kept,
            rows_per_thread,        tile,        parameters,     rows,
            Formula::column_inputs, row_vectors, column_vectors, slots_in_memory,
            Conditions::exist};
  }

  /// Where records are staged: beside inner products, in the memory these use.
  struct Records {
    CudaFour<Scalar> data[(staged ? tile * record + 3 : 1) / 4 + 1];

    RKEOPS_INLINE Scalar* records() { return data[0].of; }
  };
  using Shared = typename CudaChoice<has_inner, typename Inner::Shared, Records>::Type;

  struct SlotsInRegisters {
    double values[array_length<slots>];

    RKEOPS_INLINE void find(Slots<Scalar>) {}
    RKEOPS_INLINE Slots<Scalar> all() { return {values, 1}; }
  };
  struct SlotsInMemory {
    Slots<Scalar> place;  // in `partial`

    RKEOPS_INLINE void find(Slots<Scalar> in_partial) { place = in_partial; }
    RKEOPS_INLINE Slots<Scalar> all() { return place; }
  };

  struct Row {
    Scalar kept[array_length<Formula::row_kept>];
    Reduction reduction;
    typename CudaChoice<slots_in_memory, SlotsInMemory, SlotsInRegisters>::Type slot;

    RKEOPS_INLINE Slots<Scalar> accumulators() { return slot.all(); }
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

  template <int scalars>
  RKEOPS_INLINE static void store_vectors(const Scalar* vector, void* to,
                                          long long stride, long long element) {
#pragma unroll(unrolled <scalars>)
    for (int k = 0; k < scalars; ++k)
      static_cast<Scalar*>(to)[k * stride + element] = vector[k];
  }

  RKEOPS_INLINE static void prepare_column(const CudaArguments& arguments,
                                           const Scalar* parameter, long long j) {
    Scalar input[array_length<Formula::column_inputs>];
    Scalar kept[array_length<record>] = {};
    load_inputs<Formula::column_inputs>(arguments.column_inputs, j, input);
    if constexpr (Conditions::exist)
      Conditions::check_column(parameter, input, arguments.failed);
    Formula::template column_stage<Scalar>(parameter, input, kept);
    if constexpr (Outer::used) Outer::keep_vectors(parameter, input, kept);
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
    if constexpr (!has_inner && !Conditions::exist) return;
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

  /// The accumulators of a row and a split in `partial`, which has places for whole
  /// blocks of rows.
  RKEOPS_INLINE static Slots<Scalar> partial(const CudaArguments& arguments, int split,
                                             long long row) {
    double* first = arguments.partial + (long long)split * slots * arguments.places;
    return Slots<Scalar>{first + (row - arguments.row_begin), arguments.places};
  }

  RKEOPS_INLINE static void copy_slots(Slots<Scalar> from, Slots<Scalar> to) {
#pragma unroll(unrolled <slots>)
    for (int k = 0; k < slots; ++k) to.data[k * to.stride] = from.data[k * from.stride];
  }

  RKEOPS_INLINE static void start_row(const CudaArguments& arguments,
                                      const Scalar* parameter, long long row,
                                      Row& state) {
    Scalar input[array_length<Formula::row_inputs>];
    // threads beyond the last row compute that one again, for nothing
    load_inputs<Formula::row_inputs>(arguments.row_inputs,
                                     least(row, arguments.row_end - 1), input);
    Formula::template row_stage<Scalar>(parameter, input, state.kept);
    const Slots<Scalar> place = partial(arguments, blockIdx.y, row);
    state.slot.find(place);
    if (arguments.slice_begin == 0) {
      Reduction::initialise(state.accumulators());
    } else if (!slots_in_memory) {
      copy_slots(place, state.accumulators());
    }
  }

  /// A block of columns: their records, and their inner products with the row of this
  /// thread, if there are any.
  struct Columns {
    const Scalar* records;
    const Scalar* inner;

    RKEOPS_INLINE Columns from(int c) const {
      return {records + c * record, inner + (has_inner ? c * Inner::rows : 0)};
    }
  };

  /// What is done for rare columns: what they need, or nothing.
  enum class Care { full, none };

  /// A short record is read once for all rows of the thread, in as few loads as possible.
  template <Care care>
  RKEOPS_INLINE static void fold_column(const Scalar* parameter, Columns columns,
                                        int position, Row (&rows)[rows_per_thread]) {
    const typename Packed::Local column(columns.records);
    Scalar value[rows_per_thread][array_length<Formula::pair_values>];
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r)
      compute_pair<Formula>(parameter, rows[r].kept, column.scalars(), columns.inner,
                            value[r]);
    if constexpr (care == Care::none) {
#pragma unroll
      for (int r = 0; r < rows_per_thread; ++r) rows[r].reduction.add(value[r], position);
    } else if constexpr (HasRareColumns<Reduction>::value) {
      fold_rare(value, position, rows);
    } else {
#pragma unroll
      for (int r = 0; r < rows_per_thread; ++r)
        rows[r].reduction.fold(value[r], position);
    }
  }

  /// One branch for the rows of a thread: more would keep their work apart.
  template <class Values>
  RKEOPS_INLINE static void fold_rare(const Values& value, int position,
                                      Row (&rows)[rows_per_thread]) {
    bool any_rare = false;
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r)
      any_rare = any_rare | rows[r].reduction.rare(value[r]);
    if (__builtin_expect(any_rare, 0)) {
#pragma unroll
      for (int r = 0; r < rows_per_thread; ++r) {
        if (rows[r].reduction.rare(value[r])) rows[r].reduction.treat(value[r], position);
      }
    }
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) rows[r].reduction.add(value[r], position);
  }

  /// Brings what pairs read of the columns from `first` on into shared memory, where a
  /// tile begins.
  RKEOPS_INLINE static void fetch_tiles(const CudaArguments& arguments,
                                        const Scalar* parameter, long long first,
                                        int offset, long long end, Shared& shared,
                                        const Scalar*& inner) {
    const bool inner_begins = has_inner && offset % Inner::columns == 0;
    if (inner_begins) inner = inner_products(arguments, parameter, first, shared);
    if (staged && offset % tile == 0) {
      const Scalar* packed = static_cast<const Scalar*>(arguments.column_kept);
      Packed::copy(packed + first * record, int(least(tile, end - first)),
                   shared.records());
    } else if (inner_begins) {
      __syncthreads();
    }
  }

  RKEOPS_INLINE static Columns find_columns(const CudaArguments& arguments,
                                            Shared& shared, const Scalar* inner,
                                            long long first, int offset) {
    const Scalar* packed = static_cast<const Scalar*>(arguments.column_kept);
    return {staged ? shared.records() + offset % tile * record : packed + first * record,
            has_inner ? inner + offset % Inner::columns * Inner::rows : nullptr};
  }

  /// Of a tile of columns with the rows of this block: those of the row of this thread.
  RKEOPS_INLINE static const Scalar* inner_products(const CudaArguments& arguments,
                                                    const Scalar* parameter,
                                                    long long first_column,
                                                    Shared& shared) {
    if constexpr (has_inner) {
      static_assert(rows_per_thread == 1, "a thread has the row of its results");
      const long long first_row =
          arguments.row_begin + (long long)blockIdx.x * cuda_threads;
      Inner::compute(arguments, parameter, first_row, first_column, shared);
      return shared.results() + threadIdx.x;
    }
    return nullptr;
  }

  RKEOPS_INLINE static void begin_block(long long first, Row (&rows)[rows_per_thread]) {
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r)
      rows[r].reduction.begin(rows[r].accumulators(), first);
  }
  RKEOPS_INLINE static void end_block(long long first, Row (&rows)[rows_per_thread]) {
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r)
      rows[r].reduction.end(rows[r].accumulators(), first);
  }

  /// Folds `length` columns, or `count` where that is 0, the first of which is at
  /// `position` of the block.
  template <int length, int times, Care care>
  RKEOPS_INLINE static void fold_run(const Scalar* parameter, Columns columns, int count,
                                     int position, Row (&rows)[rows_per_thread]) {
#pragma unroll(times)
    for (int n = 0; n < (length > 0 ? length : count); ++n) {
      const int c = fold_order<Reduction>(n, length > 0 ? length : count);
      fold_column<care>(parameter, columns.from(c), position + c, rows);
    }
  }

  /// The same, in runs after which sums settle. Where a block is one step every index
  /// into what a reduction keeps is a constant.
  template <int length, int times, Care care>
  RKEOPS_INLINE static void fold_each(const Scalar* parameter, Columns columns, int count,
                                      int position, Row (&rows)[rows_per_thread]) {
    constexpr int most = Settles<Reduction>::columns;
    // a loop in a loop costs more than it takes to settle earlier
    constexpr int wanted = times >= cuda_unrolled && times < most ? times : most;
    constexpr int run = length > 0 && length < wanted ? length : wanted;
    if (block == step) position = 0;
    if constexpr (run == 0) {
      fold_run<length, times, care>(parameter, columns, count, position, rows);
    } else {
      static_assert(length % run == 0, "a step has whole runs");
#pragma unroll 1
      for (int c = 0; c < (length > 0 ? length : count); c += run) {
        fold_run<length == 0 ? 0 : run, times, care>(
            parameter, columns.from(c), int(least(run, count - c)), position + c, rows);
#pragma unroll
        for (int r = 0; r < rows_per_thread; ++r) rows[r].reduction.settle();
      }
    }
  }

  /// Folds a step as if no column were rare; false, with nothing done, if that went
  /// wrong.
  RKEOPS_INLINE static bool hurry(const Scalar* parameter, Columns columns, int position,
                                  Row (&rows)[rows_per_thread]) {
    Reduction before[rows_per_thread];
    bool well = true;
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      before[r] = rows[r].reduction;
      well = well & before[r].may_hurry();
    }
    if (!well) return false;
    fold_each<step, step_unrolled, Care::none>(parameter, columns, step, position, rows);
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) well = well & rows[r].reduction.went_well();
    if (well) return true;
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) rows[r].reduction = before[r];
    return false;
  }

  RKEOPS_INLINE static void fold_step(const Scalar* parameter, Columns columns, int count,
                                      int position, Row (&rows)[rows_per_thread]) {
    if constexpr (CanHurry<Reduction>::value) {
      if (count == step && hurry(parameter, columns, position, rows)) return;
      fold_each<0, 1, Care::full>(parameter, columns, count, position, rows);
    } else if (count == step) {
      fold_each<step, step_unrolled, Care::full>(parameter, columns, step, position,
                                                 rows);
    } else {
      fold_each<0, 1, Care::full>(parameter, columns, count, position, rows);
    }
  }

  /// A block of short blocks that is not complete, column by column.
  RKEOPS_INLINE static void fold_singly(const Scalar* parameter, Columns columns,
                                        int count, long long first,
                                        Row (&rows)[rows_per_thread]) {
    for (int c = 0; c < count; ++c) {
      begin_block(first + c, rows);
      fold_column<Care::full>(parameter, columns.from(c), 0, rows);
      end_block(first + c, rows);
    }
  }

  /// Folds the columns [begin, end), which stand `gap` before their numbers in memory. A
  /// step is the shortest of what comes in lengths of its own: blocks, tiles of records,
  /// tiles of inner products.
  RKEOPS_INLINE static void fold_columns(const CudaArguments& arguments,
                                         const Scalar* parameter, long long begin,
                                         long long end, long long gap,
                                         Row (&rows)[rows_per_thread]) {
    __shared__ Shared shared;
    const Scalar* inner = nullptr;
    int in_block = 0;
    for (long long first = begin; first < end; first += step) {
      const int offset = int(first - begin) & (cuda_column_unit - 1);
      fetch_tiles(arguments, parameter, first - gap, offset, end - gap, shared, inner);
      const Columns columns = find_columns(arguments, shared, inner, first - gap, offset);
      const int count = int(least(step, end - first));
      if (count < step && block <= 32) {
        fold_singly(parameter, columns, count, first, rows);
        break;
      }
      if (in_block == 0) begin_block(first, rows);
      fold_step(parameter, columns, count, in_block, rows);
      in_block += step;
      if (in_block == block || first + step >= end) {
        end_block(first + step - in_block, rows);
        in_block = 0;
      }
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
    double finished[array_length < Formula::has_finish_stage ? outputs : 0 > ];
    finish_row(arguments, row, reduced, finished);
    const double* result = Formula::has_finish_stage ? finished : reduced;
#pragma unroll(unrolled <outputs>)
    for (int k = 0; k < outputs; ++k) {
      arguments.output[k * arguments.rows + row] = result[k];
    }
  }

  RKEOPS_INLINE static void reduce(const CudaArguments& arguments, Scalar* large) {
    const Scalar* parameter = stage_parameters(arguments.parameters, large);
    const long long first_row = arguments.row_begin + threadIdx.x +
                                (long long)blockIdx.x * (rows_per_thread * cuda_threads);
    Row rows[rows_per_thread];
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      start_row(arguments, parameter, first_row + r * cuda_threads, rows[r]);
    }
    const long long split_begin =
        (arguments.first_split + (long long)blockIdx.y) * arguments.columns_per_split;
    const long long split_end =
        least(split_begin + arguments.columns_per_split, arguments.columns);
    const long long begin = split_begin + arguments.slice_begin;
    const long long end = least(split_begin + arguments.slice_end, split_end);
    const long long gap = blockIdx.y * arguments.split_gap;
    if constexpr (Outer::used) {
      static_assert(rows_per_thread == 1, "a thread has the accumulators of its row");
      Outer::fold_columns(arguments, parameter, begin, end, gap, rows[0].accumulators());
    } else if constexpr (Patches::used) {
      Patches::fold_columns(arguments, parameter, begin, end, gap,
                            rows[0].accumulators());
    } else {
      fold_columns(arguments, parameter, begin, end, gap, rows);
    }
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      const long long row = first_row + r * cuda_threads;
      if (arguments.finish) {
        if (row < arguments.row_end) write_result(arguments, rows[r].accumulators(), row);
      } else if (!slots_in_memory) {
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
  __global__ void __launch_bounds__(rkeops::cuda_threads,                         \
                                    RkeopsKernels::resident_blocks)               \
      rkeops_reduce(rkeops::CudaArguments arguments) {                            \
    RkeopsKernels::reduce(arguments, rkeops_large_parameters);                    \
  }                                                                               \
  __global__ void __launch_bounds__(rkeops::cuda_threads)                         \
      rkeops_finish(rkeops::CudaArguments arguments) {                            \
    RkeopsKernels::finish(arguments);                                             \
  }                                                                               \
  __global__ void __launch_bounds__(rkeops::cuda_threads)                         \
      rkeops_convert(rkeops::CudaArguments arguments) {                           \
    RkeopsKernels::convert(arguments);                                            \
  }                                                                               \
  }

#endif
