// Outer products on the GPU (see outer_product.h): after the numbers of the pairs, a
// second product of matrices. A block of threads has the numbers of its rows and of a
// tile of columns in shared memory, and brings the vectors of a few columns at a time
// beside them; each thread keeps the sums of a patch of rows and components in registers,
// so that what it reads from shared memory serves several sums.
//
// Components that are more than the threads have registers for are summed up in several
// rounds over all columns, each of which computes the numbers of the pairs again.
#ifndef RKEOPS_CUDA_OUTER_PRODUCT_CUH
#define RKEOPS_CUDA_OUTER_PRODUCT_CUH

#include <rkeops/outer_product.h>
#include <rkeops/reductions/accumulators.h>
#include <rkeops/cuda/cuda_inner_product.cuh>
#include <rkeops/cuda/cuda_records.cuh>

namespace rkeops {

/// This one is for formulas that have no outer product.
template <class Scalar, class Formula, class Reduction,
          bool exists = HasOuterProduct<Formula>::value>
struct CudaOuterProduct {
  static constexpr bool used = false;
  static constexpr int record = 0, resident_blocks = 0;
};

template <class Scalar, class Formula, class Reduction>
struct CudaOuterProduct<Scalar, Formula, Reduction, true> {
  static constexpr bool used = true;
  static_assert(Formula::pair_values == 1 && Formula::outer_row_vector_count == 0,
                "the plan of a GPU has no others");

  using Inner = CudaInnerProduct<Scalar, Formula>;
  using Packed = CudaRecords<Scalar, Formula>;
  using Component = typename Reduction::Component;
  static_assert(Component::slots == 1, "sums of blocks");
  using Four = CudaVector4<Scalar>;
  static constexpr bool has_inner = Formula::inner_length > 0;
  static constexpr int length = Formula::outer_length,
                       vector_count = Formula::outer_column_vector_count;

  /// `prepare` packs this of a column: its numbers for the pair stage, then the vectors,
  /// each padded to whole fours.
  static constexpr int padded = (length + 3) / 4 * 4, kept = (Packed::length + 3) / 4 * 4,
                       record = kept + vector_count * padded;

  RKEOPS_INLINE static void keep_vectors(const Scalar* parameter, const Scalar* input,
                                         Scalar* to) {
    if constexpr (vector_count > 0) {
      Scalar vector[vector_count * length];
      Formula::template outer_column_vectors<Scalar>(parameter, input, vector);
#pragma unroll
      for (int m = 0; m < vector_count; ++m) {
#pragma unroll(unrolled <length>)
        for (int k = 0; k < length; ++k)
          to[kept + m * padded + k] = vector[m * length + k];
      }
    }
  }

  using Place = CudaTilePatch<Scalar>;
  static constexpr int rows = Place::tile_rows, columns = Place::tile_columns;
  static constexpr int patch_rows = Place::rows;
  static constexpr int row_fours = Place::row_fours, sharers = Place::sharers;

  /// The components of a patch, and of all patches together: those of a round.
  static constexpr int most = sharers * 32 / int(sizeof(Scalar));
  static constexpr int rounds = (length + most - 1) / most;
  static constexpr int patch_components =
      ((length + rounds - 1) / rounds + sharers - 1) / sharers;
  static constexpr int round = sharers * patch_components;

  /// Blocks of threads that a multiprocessor should hold: where inner products and sums
  /// take fewer registers, one more.
  static constexpr int resident_blocks = has_inner || patch_components > 4 ||
                                                 sizeof(Scalar) > 4
                                             ? 2
                                             : 3;

  /// Columns whose vectors are in shared memory together; sums settle after so many.
  static constexpr int wished_run = 32 / array_length<vector_count>;
  static constexpr int run = wished_run < columns ? wished_run : columns;

  /// Beside inner products.
  using Records = CudaTileRecords<Scalar, Formula, columns, record>;

  struct Shared {
    union {
      typename Inner::Terms terms;
      Four vectors[(run + 1) * vector_count * round / 4 + 1];
      Four records[columns * array_length<Packed::length> / 4];
    };
    Four numbers[(columns + 1) * rows / 4];  // of column c and row r: c * rows + r
    typename Records::Memory beside;
  };

  /// Component c of the patch of this thread: fours that are read together, and then
  /// single ones.
  static constexpr int fours = patch_components / 4;
  RKEOPS_INLINE static int component_of(int c) {
    const int single = c - 4 * fours;
    return single < 0 ? Place::column_of(c)
                      : sharers * (4 * fours + single) + Place::sharer();
  }

  /// The vectors of a run of columns, their components from `first_component` on, on the
  /// way into shared memory.
  struct Vectors {
    static constexpr int fours_a_vector = round / 4,
                         fours_a_column = array_length<vector_count * fours_a_vector>,
                         fours = run * vector_count * fours_a_vector;
    using Mine = CudaSharedFours<fours>;

    Four ahead[array_length<Mine::a_thread>];

    /// The column, and the four of it, that four n of this thread is. Where columns come
    /// in whole steps, the place of one n is that of another but for a constant.
    static constexpr int columns_a_step = cuda_threads / fours_a_column;
    static constexpr bool in_whole_steps = cuda_threads % fours_a_column == 0;
    RKEOPS_INLINE static int column_of(int n) {
      if (in_whole_steps) return n * columns_a_step + int(threadIdx.x) / fours_a_column;
      return Mine::number(n) / fours_a_column;
    }
    RKEOPS_INLINE static int four_of(int n) {
      if (in_whole_steps) return int(threadIdx.x) % fours_a_column;
      return Mine::number(n) % fours_a_column;
    }

    /// Reads `count` columns, from `first_column` on.
    RKEOPS_INLINE void read(const CudaArguments& arguments, long long first_column,
                            int count, int first_component) {
      const Scalar* from = records_of(arguments, first_column) + kept + first_component;
      if (count >= run)
        read_columns<true>(from, run, first_component);
      else
        read_columns<false>(from, count, first_component);
    }
    template <bool whole>
    RKEOPS_INLINE void read_columns(const Scalar* from, int count, int first_component) {
#pragma unroll
      for (int n = 0; n < Mine::a_thread; ++n) {
        const int column = column_of(n), vector = four_of(n) / fours_a_vector,
                  component = four_of(n) % fours_a_vector * 4;
        if (!Mine::has(n) || (!whole && column >= count)) continue;
        if (rounds * round > padded && first_component + component >= padded) continue;
        ahead[n] = *reinterpret_cast<const Four*>(from + column * record +
                                                  vector * padded + component);
      }
    }
    /// By all threads of a block; waits for what they did before, and until it is done.
    RKEOPS_INLINE void write(Shared& shared) const {
      __syncthreads();
#pragma unroll
      for (int n = 0; n < Mine::a_thread; ++n) {
        if (Mine::has(n)) shared.vectors[Mine::number(n)] = ahead[n];
      }
      __syncthreads();
    }
  };

  using Sums = Component[patch_rows][patch_components];

  RKEOPS_INLINE static void begin_block(Sums& sums, long long first_column) {
    double none[1];
#pragma unroll
    for (int r = 0; r < patch_rows; ++r) {
#pragma unroll
      for (int c = 0; c < patch_components; ++c)
        sums[r][c].begin({none, 1}, first_column);
    }
  }

  RKEOPS_INLINE static void settle(Sums& sums) {
    if constexpr (Settles<Component>::columns > 0) {
#pragma unroll
      for (int r = 0; r < patch_rows; ++r) {
#pragma unroll
        for (int c = 0; c < patch_components; ++c) sums[r][c].settle();
      }
    }
  }

  using FourSlots = CudaVector4<double>;

  /// Ends a block of columns: adds its sums to the accumulators in memory; `block` has
  /// those of the first row of this block of threads. Of one component after the other:
  /// what reads more at a time has fewer registers for the loops before.
  RKEOPS_INLINE static void end_block(Sums& sums, long long first_column,
                                      int first_component, Slots<Scalar> block) {
#pragma unroll
    for (int c = 0; c < patch_components; ++c) {
      const int component = first_component + component_of(c);
      if (length % round != 0 && component >= length) continue;
      double* first = block.data + (long long)component * block.stride;
      FourSlots slots[row_fours];
#pragma unroll
      for (int f = 0; f < row_fours; ++f)
        slots[f] = *reinterpret_cast<FourSlots*>(first + Place::row_of(4 * f));
#pragma unroll
      for (int r = 0; r < patch_rows; ++r)
        sums[r][c].end({&slots[r / 4].of[r % 4], 1}, first_column);
#pragma unroll
      for (int f = 0; f < row_fours; ++f)
        *reinterpret_cast<FourSlots*>(first + Place::row_of(4 * f)) = slots[f];
    }
  }

  /// The numbers of this block's rows and of the columns from these on, by patches of
  /// inner products.
  struct ByPatches {
    Scalar of_row[patch_rows][array_length<Formula::row_kept>];
    typename Inner::Ahead ahead;
    Records tiles;

    RKEOPS_INLINE explicit ByPatches(Shared& shared) : tiles{shared.beside} {}

    RKEOPS_INLINE void start(const CudaArguments& arguments, const Scalar* parameter,
                             long long first_row) {
#pragma unroll
      for (int r = 0; r < patch_rows; ++r)
        keep_row<Formula>(arguments, parameter, first_row + Place::row_of(r), of_row[r]);
    }
    /// There are `count` columns, and more in the tiles that follow.
    RKEOPS_INLINE void begin(const CudaArguments& arguments, long long first_row,
                             long long first_column, long long count) {
      ahead.start(arguments, first_row, first_column);
      tiles.start(records_of(arguments, first_column), count);
    }
    RKEOPS_INLINE void compute(const CudaArguments& arguments, const Scalar* parameter,
                               long long first_column, long long count, Shared& shared) {
      typename Inner::Patch patch;
      Inner::template compute_patch<false>(arguments, parameter, count > columns, ahead,
                                           shared.terms, patch);
      const Scalar* records =
          tiles.fetch(records_of(arguments, first_column), count, shared.records[0].of);
#pragma unroll
      for (int c = 0; c < Inner::patch_columns; ++c) {
        const int column = Place::column_of(c);
        const typename Packed::Local column_record(records + column * Packed::length);
#pragma unroll
        for (int r = 0; r < patch_rows; ++r) {
          const Scalar inner = patch[r][c];
          compute_pair<Formula>(parameter, of_row[r], column_record.scalars(), &inner,
                                &patch[r][c]);
        }
      }
      Inner::write_patch(patch, shared.numbers);
    }
  };

  /// The same, by a thread a row.
  struct ByRows {
    Scalar of_row[array_length<Formula::row_kept>];

    RKEOPS_INLINE explicit ByRows(Shared&) {}

    RKEOPS_INLINE void start(const CudaArguments& arguments, const Scalar* parameter,
                             long long first_row) {
      keep_row<Formula>(arguments, parameter, first_row + threadIdx.x, of_row);
    }
    RKEOPS_INLINE void begin(const CudaArguments&, long long, long long, long long) {}
    RKEOPS_INLINE void compute(const CudaArguments& arguments, const Scalar* parameter,
                               long long first_column, long long count,
                               Shared& shared) const {
      __syncthreads();
      if (Packed::length > 0)
        Packed::template copy<record>(records_of(arguments, first_column),
                                      int(least(columns, count)), shared.records[0].of);
      Scalar* to = reinterpret_cast<Scalar*>(shared.numbers) + threadIdx.x;
      // several together: what is written could change what is read, for the compiler
      constexpr int together = 8;
#pragma unroll 1
      for (int first = 0; first < columns; first += together, to += together * rows) {
        Scalar number[together];
#pragma unroll
        for (int c = 0; c < together; ++c) {
          const typename Packed::Local column_record(shared.records[0].of +
                                                     (first + c) * Packed::length);
          const Scalar* no_inner = nullptr;
          compute_pair<Formula>(parameter, of_row, column_record.scalars(), no_inner,
                                &number[c]);
        }
#pragma unroll
        for (int c = 0; c < together; ++c) to[c * rows] = number[c];
      }
    }
  };

  RKEOPS_INLINE static const Scalar* records_of(const CudaArguments& arguments,
                                                long long first_column) {
    return static_cast<const Scalar*>(arguments.column_kept) + first_column * record;
  }

  /// A thread reads this of a column: the numbers of its rows and the vectors of its
  /// components.
  struct Column {
    Four number[row_fours];
    Scalar vector[patch_components][array_length<vector_count>];

    /// Column `column` of a run, given what this thread reads of the first one.
    RKEOPS_INLINE void read(const Four* numbers, const Four* of_run, const Scalar* single,
                            int column) {
#pragma unroll
      for (int f = 0; f < row_fours; ++f)
        number[f] = numbers[(column * rows + f * Place::row_step) / 4];
#pragma unroll
      for (int m = 0; m < vector_count; ++m) {
        const int first = (column * vector_count + m) * round;
#pragma unroll
        for (int f = 0; f < fours; ++f) {
          const Four four = of_run[(first + f * Place::column_step) / 4];
#pragma unroll
          for (int e = 0; e < 4; ++e) vector[4 * f + e][m] = four.of[e];
        }
#pragma unroll
        for (int c = 4 * fours; c < patch_components; ++c)
          vector[c][m] = single[first + c * sharers];
      }
    }
    RKEOPS_INLINE void fold(const Scalar* parameter, int column, int first_component,
                            Sums& sums) const {
#pragma unroll
      for (int c = 0; c < patch_components; ++c) {
#pragma unroll
        for (int r = 0; r < patch_rows; ++r) {
          Scalar value;
          Formula::template outer_component<Scalar>(
              parameter, nullptr, vector[c], &number[r / 4].of[r % 4],
              first_component + component_of(c), value);
          sums[r][c].fold(&value, column);
        }
      }
    }
  };

  /// Folds the first `count` columns of a run, which begins at `position` of the tile.
  /// Reads each column while it folds the one before.
  template <bool whole>
  RKEOPS_INLINE static void fold_run(const Scalar* parameter, const Shared& shared,
                                     int position, int count, int first_component,
                                     Sums& sums) {
    const Four* numbers = shared.numbers + (position * rows + Place::row_of(0)) / 4;
    const Four* of_run = shared.vectors + Place::column_of(0) / 4;
    const Scalar* single = shared.vectors[0].of + Place::sharer();
    constexpr int times = whole ? 4 : 1;
    Column column;
    column.read(numbers, of_run, single, 0);
#pragma unroll(times)
    for (int c = 0; c < (whole ? run : count); ++c) {
      const Column now = column;
      column.read(numbers, of_run, single, c + 1);  // behind the last one is room
      now.fold(parameter, position + c, first_component, sums);
    }
    settle(sums);
  }

  /// A round: the components from `first_component` on, of the columns [begin, end),
  /// which stand `gap` before their numbers in memory.
  template <class Numbers>
  RKEOPS_INLINE static void fold_round(const CudaArguments& arguments,
                                       const Scalar* parameter, Numbers& numbers,
                                       long long first_row, long long begin,
                                       long long end, long long gap, int first_component,
                                       Slots<Scalar> block, Shared& shared) {
    Sums sums;
    if (begin < end) numbers.begin(arguments, first_row, begin - gap, end - begin);
    for (long long first = begin; first < end; first += columns) {
      const int position = int(first - begin) & (cuda_column_unit - 1);
      const int count = int(least(columns, end - first));
      if (position == 0) begin_block(sums, first);
      numbers.compute(arguments, parameter, first - gap, end - first, shared);
      Vectors ahead;
      ahead.read(arguments, first - gap, count, first_component);
      for (int c = 0; c < count; c += run) {
        ahead.write(shared);
        if (c + run < count)
          ahead.read(arguments, first - gap + c + run, count - c - run, first_component);
        if (count - c >= run) {
          fold_run<true>(parameter, shared, c, run, first_component, sums);
        } else {
          fold_run<false>(parameter, shared, c, count - c, first_component, sums);
        }
      }
      if (position + columns == cuda_column_unit || first + columns >= end)
        end_block(sums, first, first_component, block);
    }
  }

  /// Folds the columns [begin, end) for the rows of this block; `mine` has the
  /// accumulators of the row of this thread, in memory.
  RKEOPS_INLINE static void fold_columns(const CudaArguments& arguments,
                                         const Scalar* parameter, long long begin,
                                         long long end, long long gap,
                                         Slots<Scalar> mine) {
    static_assert(sizeof(Shared) <= 47 * 1024, "there is no more shared memory");
    __shared__ Shared shared;
    const long long first_row = arguments.row_begin + (long long)blockIdx.x * rows;
    const Slots<Scalar> block{mine.data - threadIdx.x, mine.stride};
    typename CudaChoice<has_inner, ByPatches, ByRows>::Type numbers(shared);
    numbers.start(arguments, parameter, first_row);
    __syncthreads();  // the accumulators that other threads have initialised
#pragma unroll 1
    for (int component = 0; component < length; component += round)
      fold_round(arguments, parameter, numbers, first_row, begin, end, gap, component,
                 block, shared);
    __syncthreads();
    if (begin < end) Reduction::add_columns(mine, int(end - begin));
  }
};

}  // namespace rkeops

#endif
