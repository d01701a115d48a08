// The loop over columns: a thread has a few rows, in registers, and folds for them every
// column of its split, from tiles in shared memory. It computes in Scalar and 32-bit
// indices only; doubles and 64-bit indices appear once a block of columns.
#ifndef RKEOPS_CUDA_COLUMNS_CUH
#define RKEOPS_CUDA_COLUMNS_CUH

#include <rkeops/reductions.h>
#include <rkeops/cuda_bounds.cuh>
#include <rkeops/cuda_conditions.cuh>
#include <rkeops/cuda_inner_product.cuh>
#include <rkeops/cuda_outer_product.cuh>
#include <rkeops/cuda_records.cuh>

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

/// Columns are prepared in memory, or, `from_inputs`, where a tile begins. The loops are
/// unrolled as those of `unrolled_rows` rows a thread, on which the order depends in
/// which a block is summed up.
template <class Scalar, class Formula, class Reduction, int rows_per_thread,
          int columns_per_tile, bool from_inputs = false,
          int unrolled_rows = rows_per_thread>
struct CudaColumns {
  using Packed = CudaRecords<Scalar, Formula>;
  using Inner = CudaInnerProduct<Scalar, Formula>;
  using Outer = CudaOuterProduct<Scalar, Formula, Reduction>;
  using Bound = CudaBound<Scalar, Formula>;
  using Conditions = CudaConditions<Formula>;
  static constexpr bool has_inner = Formula::inner_length > 0;
  /// Scalars from one column to the next, and those of them that pairs read.
  static constexpr int record = Outer::used ? Outer::record : Bound::record;
  static constexpr int record_of_pairs = Outer::used ? record : Packed::length;
  static constexpr int slots = Reduction::slots;

  /// Accumulators that would fill the registers stay in `partial`, where they are touched
  /// once a block of columns.
  static constexpr bool slots_in_memory = slots * rows_per_thread > 24 || Outer::used;

  /// Whether the results of the parameter stage are kept in shared memory, most of which
  /// inner and outer products take.
  static constexpr bool parameters_shared =
      Formula::parameters_kept * int(sizeof(Scalar)) <=
      (has_inner || Outer::used ? 1 : 16) * 1024;

  static constexpr bool has_power_table = sizeof(Scalar) > 4 &&
                                          (UsesPairFunctions<Formula>::value ||
                                           UsesPairFunctions<Reduction>::value);

  /// Columns that fit into the 48 KB of shared memory beside tables and parameters, or
  /// where inner products leave room. Records too long for tiles of eight are read from
  /// global memory: every thread of a block reads the same address, and the cache serves
  /// them together.
  static constexpr int fitting =
      has_inner
          ? int(Inner::spare_bytes / sizeof(Scalar)) / array_length<record_of_pairs>
          : (47 * 1024 / int(sizeof(Scalar)) - (has_power_table ? pair_loop::powers : 0) -
             (parameters_shared ? Formula::parameters_kept : 0)) /
                array_length<record_of_pairs>;
  static constexpr bool staged = record_of_pairs > 0 && fitting >= 8;
  /// From one column to the next where pairs find them.
  static constexpr int record_step = staged ? record_of_pairs : record;
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
      cuda_block_unrolled(step, Settles<Reduction>::columns, unrolled_rows,
                          Formula::row_kept + Formula::pair_values + 1);
  static_assert(cuda_column_unit % block == 0, "a launch must end where a block ends");
  static_assert(Outer::used || Reduction::values == Formula::pair_values,
                "a pair gives what is folded");

  /// Whether the next tile is on its way while one is folded: where there is room for
  /// two, folding does not take long (few rows, single precision), and few accumulators
  /// leave registers for it.
  static constexpr bool ahead =
      staged && !has_inner && !from_inputs && 2 * tile <= fitting &&
      sizeof(Scalar) == 4 &&
      (Bound::exists || (rows_per_thread < 8 && slots * rows_per_thread <= 16));
  /// Scalars from one tile to the other, a multiple of 16 bytes.
  static constexpr int tile_scalars = (tile * record_of_pairs + 3) / 4 * 4;

  /// Where records are staged: beside inner products, in the memory these use.
  struct Records {
    CudaFour<Scalar> data[(staged ? (ahead ? 2 : 1) * tile_scalars : 0) / 4 + 1];

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

  struct Row {
    Scalar kept[array_length<Formula::row_kept>];
    Reduction reduction;
    typename CudaChoice<slots_in_memory, SlotsInMemory, SlotsInRegisters>::Type slot;

    RKEOPS_INLINE Slots<Scalar> accumulators() { return slot.all(); }

    /// As they are before the first column of this launch.
    RKEOPS_INLINE void start_accumulators(const CudaArguments& arguments, long long row) {
      const Slots<Scalar> place = partial(arguments, blockIdx.y, row);
      slot.find(place);
      if (arguments.slice_begin == 0) {
        Reduction::initialise(accumulators());
      } else if (!slots_in_memory) {
        copy_slots(place, accumulators());
      }
    }
  };

  /// A block of columns: their records, and their inner products with the row of this
  /// thread, if there are any.
  struct Columns {
    const Scalar* records;
    const Scalar* inner;

    RKEOPS_INLINE Columns from(int c) const {
      return {records + c * record_step, inner + (has_inner ? c * Inner::rows : 0)};
    }
  };

  /// What is done for rare columns: what they need, or nothing.
  enum class Care { full, none };

  /// The values of a column for all rows of the thread. A short record is read once, in
  /// as few loads as possible.
  template <class Values>
  RKEOPS_INLINE static void compute_values(const Scalar* parameter, Columns columns,
                                           const Row (&rows)[rows_per_thread],
                                           Values& value) {
    const typename Packed::Local column(columns.records);
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r)
      compute_pair<Formula>(parameter, rows[r].kept, column.scalars(), columns.inner,
                            value[r]);
  }

  template <Care care>
  RKEOPS_INLINE static void fold_column(const Scalar* parameter, Columns columns,
                                        int position, Row (&rows)[rows_per_thread]) {
    Scalar value[rows_per_thread][array_length<Formula::pair_values>];
    compute_values(parameter, columns, rows, value);
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

  /// What pairs read of a column; its conditions are checked once.
  RKEOPS_INLINE static void keep_column(const Scalar* parameter, const Scalar* input,
                                        bool checks, int* failed, Scalar* kept) {
    if constexpr (Conditions::exist)
      if (checks) Conditions::check_column(parameter, input, failed);
    Formula::template column_stage<Scalar>(parameter, input, kept);
  }

  /// The columns [begin, end), which stand `gap` before their numbers in memory, step by
  /// step: a step is the shortest of what comes in lengths of its own: blocks, tiles of
  /// records, tiles of inner products. Threads of a block walk together.
  struct Walk {
    const CudaArguments& arguments;
    const Scalar* parameter;
    const long long begin, end, gap;
    Shared& shared;
    const Scalar* inner = nullptr;  // products with the row of this thread
    int turn = 0;                   // where the tile of the step begins in shared memory
    // from inputs: those of a column of the next tile, on their way
    Scalar next[array_length < from_inputs ? Formula::column_inputs : 0 > ];

    RKEOPS_INLINE const Scalar* packed(long long first) const {
      return static_cast<const Scalar*>(arguments.column_kept) + (first - gap) * record;
    }
    RKEOPS_INLINE static int offset_of(long long distance) {
      return int(distance) & (cuda_column_unit - 1);
    }
    RKEOPS_INLINE int count(long long first) const {
      return int(least(step, end - first));
    }

    /// Before the first step, where no thread reads shared memory any more.
    RKEOPS_INLINE void start() {
      if constexpr (ahead) {
        turn = tile_scalars;
        if (begin < end) send(begin, 0);
      } else if constexpr (from_inputs) {
        static_assert(tile <= cuda_threads, "a thread has a column of a tile");
        if (begin < end) load_next(begin);
      }
    }

    RKEOPS_INLINE void load_next(long long first) {
      load_inputs<Formula::column_inputs>(arguments.column_inputs,
                                          least(first + threadIdx.x, end - 1), next);
    }

    RKEOPS_INLINE void send(long long first, int to) const {
      Packed::template send<record>(packed(first), int(least(tile, end - first)),
                                    shared.records() + to);
    }

    /// The tile that begins at `first` is in shared memory, and the next one on its way
    /// to where the last one was.
    RKEOPS_INLINE void fetch_tile(long long first, int offset) {
      if constexpr (ahead) {
        wait_for_pieces();
        __syncthreads();
        const long long next = first + least(tile, cuda_column_unit - offset);
        if (next < end) send(next, turn);
        turn = tile_scalars - turn;
      } else if constexpr (from_inputs) {
        __syncthreads();
        if (threadIdx.x < least(tile, end - first)) keep_next();
        __syncthreads();
        if (first + tile < end) load_next(first + tile);
      } else {
        Packed::template copy<record>(packed(first), int(least(tile, end - first)),
                                      shared.records());
      }
    }

    RKEOPS_INLINE void keep_next() const {
      Scalar kept[array_length<record>] = {};
      keep_column(parameter, next, blockIdx.x == 0, arguments.failed, kept);
#pragma unroll(unrolled <record>)
      for (int k = 0; k < record; ++k)
        shared.records()[threadIdx.x * record + k] = kept[k];
    }

    /// What pairs read of the columns from `first` on, where a step begins.
    RKEOPS_INLINE Columns step_at(long long first) {
      const int offset = offset_of(first - begin);
      const bool inner_begins = has_inner && offset % Inner::columns == 0;
      if (inner_begins) inner = inner_products(arguments, parameter, first - gap, shared);
      if (staged && offset % tile == 0) {
        fetch_tile(first, offset);
      } else if (inner_begins) {
        __syncthreads();
      }
      return {staged ? tile_at(first) : packed(first),
              has_inner ? inner + offset % Inner::columns * Inner::rows : nullptr};
    }

    /// The records of a step in shared memory.
    RKEOPS_INLINE Scalar* tile_at(long long first) const {
      return shared.records() + turn + offset_of(first - begin) % tile * record_of_pairs;
    }

    /// Makes a multiple of `run` of the columns of a step, by some that are NaN.
    template <int run>
    RKEOPS_INLINE int complete(long long first) const {
      static_assert(staged && step % run == 0, "records can be added");
      const int given = count(first), whole = (given + run - 1) / run * run;
      if (whole == given) return given;
      Scalar* records = tile_at(first);
      __syncthreads();
      for (int k = given * record_of_pairs + threadIdx.x; k < whole * record_of_pairs;
           k += cuda_threads)
        records[k] = Scalar(__builtin_nan(""));
      __syncthreads();
      return whole;
    }
  };

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
    settle(rows);
  }

  RKEOPS_INLINE static void settle(Row (&rows)[rows_per_thread]) {
    if constexpr (Settles<Reduction>::columns > 0) {
#pragma unroll
      for (int r = 0; r < rows_per_thread; ++r) rows[r].reduction.settle();
    }
  }

  /// Columns of which the loop is unrolled `times` times, and after which sums settle: a
  /// loop in a loop costs more than it takes to settle earlier.
  static constexpr int most_in_run = Settles<Reduction>::columns;
  template <int times>
  static constexpr int wished_run = most_in_run == 0 || (cuda_unrolled <= times &&
                                                         times <= most_in_run)
                                        ? times
                                        : most_in_run;

  /// The same in runs, and what is left of `count` column by column. Where a block is one
  /// step every index into what a reduction keeps is a constant.
  template <int times, Care care>
  RKEOPS_INLINE static void fold_each(const Scalar* parameter, Columns columns, int count,
                                      int position, Row (&rows)[rows_per_thread]) {
    constexpr int run = wished_run<times> < step ? wished_run<times> : step;
    constexpr bool backwards = FoldsBackwards<Reduction>::value;
    if (block == step) position = 0;
    const int whole = block > 32 ? count / run * run : step;
    const auto fold_rest = [&] {
      if (whole < count)
        fold_run<0, 1, care>(parameter, columns.from(whole), count - whole,
                             position + whole, rows);
    };
    if (backwards) fold_rest();
#pragma unroll 1
    for (int done = 0; done < whole; done += run) {
      const int c = backwards ? whole - run - done : done;
      fold_run<run, times, care>(parameter, columns.from(c), run, position + c, rows);
    }
    if (!backwards) fold_rest();
  }

  /// Folds as if no column were rare; false, with nothing done, if that went wrong.
  RKEOPS_INLINE static bool hurry(const Scalar* parameter, Columns columns, int count,
                                  int position, Row (&rows)[rows_per_thread]) {
    Reduction before[rows_per_thread];
    bool well = true;
#pragma unroll
    for (int r = 0; r < rows_per_thread; ++r) {
      before[r] = rows[r].reduction;
      well = well & before[r].may_hurry();
    }
    if (!well) return false;
    fold_each<step_unrolled, Care::none>(parameter, columns, count, position, rows);
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
      if (!hurry(parameter, columns, count, position, rows))
        fold_run<0, 1, Care::full>(parameter, columns, count, position, rows);
    } else {
      fold_each<step_unrolled, Care::full>(parameter, columns, count, position, rows);
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

  RKEOPS_INLINE static Shared& shared_memory() {
    __shared__ Shared shared;
    return shared;
  }

  /// Folds all columns of a walk that has been started.
  RKEOPS_INLINE static void fold_columns(Walk& walk, Row (&rows)[rows_per_thread]) {
    const Scalar* parameter = walk.parameter;
    const long long begin = walk.begin, end = walk.end;
    int in_block = 0;
    for (long long first = begin; first < end; first += step) {
      const Columns columns = walk.step_at(first);
      const int count = walk.count(first);
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

  /// Shows them to a visitor instead, in steps that are whole runs of columns; the last
  /// of them may be NaN.
  template <class Visitor>
  RKEOPS_INLINE static void visit_columns(const CudaArguments& arguments,
                                          const Scalar* parameter, long long begin,
                                          long long end, long long gap, Shared& shared,
                                          Visitor& visitor) {
    Walk walk{arguments, parameter, begin, end, gap, shared};
    walk.start();
    for (long long first = begin; first < end; first += step) {
      const Columns columns = walk.step_at(first);
      visitor.visit(columns, first, walk.template complete<Visitor::run>(first));
    }
  }
};

}  // namespace rkeops

#endif
