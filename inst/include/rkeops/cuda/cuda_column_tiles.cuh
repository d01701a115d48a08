// The columns of a split, tile by tile, on their way into shared memory: how long tiles
// are, and the walk over them that cuda_columns.cuh and cuda_bounded_loop.cuh share.
#ifndef RKEOPS_CUDA_COLUMN_TILES_CUH
#define RKEOPS_CUDA_COLUMN_TILES_CUH

#include <rkeops/reductions/accumulators.h>
#include <rkeops/cuda/cuda_bounds.cuh>
#include <rkeops/cuda/cuda_conditions.cuh>
#include <rkeops/cuda/cuda_inner_product.cuh>
#include <rkeops/cuda/cuda_outer_product.cuh>
#include <rkeops/cuda/cuda_records.cuh>

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

/// Columns are prepared in memory, or, `from_inputs`, where a tile begins.
template <class Scalar, class Formula, class Reduction, int rows_per_thread,
          int columns_per_tile, bool from_inputs>
struct CudaColumnTiles {
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
  /// The same from inputs: of a column, which a thread has on the way.
  static constexpr int inputs_ahead = from_inputs ? Formula::column_inputs : 0;
  /// Scalars from one tile to the other, a multiple of 16 bytes.
  static constexpr int tile_scalars = (tile * record_of_pairs + 3) / 4 * 4;

  /// Records beside inner products are staged in the memory that these use.
  struct Records {
    CudaVector4<Scalar> data[(staged ? (ahead ? 2 : 1) * tile_scalars : 0) / 4 + 1];

    RKEOPS_INLINE Scalar* records() { return data[0].of; }
  };
  using Shared = typename CudaChoice<has_inner, typename Inner::Shared, Records>::Type;

  RKEOPS_INLINE static Shared& shared_memory() {
    __shared__ Shared shared;
    return shared;
  }

  /// A block of columns: their records, and their inner products with the row of this
  /// thread, if there are any.
  struct Columns {
    const Scalar* records;
    const Scalar* inner;

    RKEOPS_INLINE Columns from(int c) const {
      return {records + c * record_step, inner + (has_inner ? c * Inner::rows : 0)};
    }
  };

  /// Inner products of a tile of columns with the row of this thread, among the block's.
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

  /// Keeps what pairs read of a column, and checks its conditions once.
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
    Scalar next[array_length<inputs_ahead>];  // of a column of the next tile

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

    /// Pairs read this of the columns from `first` on, where a step begins.
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
};

}  // namespace rkeops

#endif
