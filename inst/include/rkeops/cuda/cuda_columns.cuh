// The loop over columns: a thread has a few rows, in registers, and folds for them every
// column of its split, from tiles in shared memory. It computes in Scalar and 32-bit
// indices only; doubles and 64-bit indices appear once a block of columns.
#ifndef RKEOPS_CUDA_COLUMNS_CUH
#define RKEOPS_CUDA_COLUMNS_CUH

#include <rkeops/reductions/accumulators.h>
#include <rkeops/cuda/cuda_column_tiles.cuh>

namespace rkeops {

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

/// The loops are unrolled as those of `unrolled_rows` rows a thread, on which the order
/// depends in which a block is summed up. Columns come as CudaColumnTiles brings them.
template <class Scalar, class Formula, class Reduction, int rows_per_thread,
          int columns_per_tile, bool from_inputs = false,
          int unrolled_rows = rows_per_thread>
struct CudaColumns {
  using Tiles = CudaColumnTiles<Scalar, Formula, Reduction, rows_per_thread,
                                columns_per_tile, from_inputs>;
  using Packed = typename Tiles::Packed;
  using Outer = typename Tiles::Outer;
  using Columns = typename Tiles::Columns;
  using Shared = typename Tiles::Shared;
  using Walk = typename Tiles::Walk;
  static constexpr int slots = Tiles::slots, block = Tiles::block, step = Tiles::step;

  /// Accumulators that would fill the registers stay in `partial`, where they are touched
  /// once a block of columns.
  static constexpr bool slots_in_memory = slots * rows_per_thread > 24 || Outer::used;

  static constexpr int step_unrolled =
      cuda_block_unrolled(step, Settles<Reduction>::columns, unrolled_rows,
                          Formula::row_kept + Formula::pair_values + 1);

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

  /// Rare columns get the care they need, or none.
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
