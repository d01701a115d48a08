// Sums over inner products, folded where these are: in the patch of rows and columns that
// a thread has in registers (cuda_inner_product.cuh). Each thread sums over its columns
// for the rows of its patch; once a block of columns these sums meet in shared memory,
// where those of a row are merged, always in the same order, by the thread of that row.
#ifndef RKEOPS_CUDA_PATCH_SUMS_CUH
#define RKEOPS_CUDA_PATCH_SUMS_CUH

#include <rkeops/reductions/accumulators.h>
#include <rkeops/cuda/cuda_inner_product.cuh>
#include <rkeops/cuda/cuda_records.cuh>

namespace rkeops {

template <class Scalar, class Formula, class Reduction,
          bool exists = (Formula::inner_length > 0)>
struct CudaPatchSums {
  using Inner = CudaInnerProduct<Scalar, Formula>;
  using Packed = CudaRecords<Scalar, Formula>;
  static constexpr int rows_a_block = Inner::rows, slots = Reduction::slots;
  static constexpr int rows = Inner::patch_rows, columns = Inner::patch_columns;
  static constexpr int sharers = CudaTilePatch<Scalar>::sharers;

  /// Used where there is room for the sums and the records, whose order does not matter.
  static constexpr bool used =
      Formula::inner_length > 0 &&
      MergesInAnyOrder<Reduction>::value&& Reduction::block ==
          cuda_column_unit&& Formula::row_kept <= 2 &&
      sharers* slots * 8 <=
          Inner::tile_bytes /
              rows_a_block&& Packed::length* Inner::columns* int(sizeof(Scalar)) <=
          Inner::spare_bytes;

  struct Row {
    Scalar kept[array_length<Formula::row_kept>];
    Reduction reduction;
  };

  RKEOPS_INLINE static void start_rows(const CudaArguments& arguments,
                                       const Scalar* parameter, long long first_row,
                                       Row (&state)[rows]) {
#pragma unroll
    for (int r = 0; r < rows; ++r)
      keep_row<Formula>(arguments, parameter, first_row + Inner::Place::row_of(r),
                        state[r].kept);
  }

  RKEOPS_INLINE static void begin_block(long long first_column, Row (&state)[rows]) {
    double none[slots];
    Reduction::initialise({none, 1});
#pragma unroll
    for (int r = 0; r < rows; ++r) state[r].reduction.begin({none, 1}, first_column);
  }

  /// Folds the columns of a tile, the first of which is at `position` of its block.
  template <bool whole>
  RKEOPS_INLINE static void fold(const Scalar* parameter,
                                 const typename Inner::Patch& patch,
                                 const Scalar* records, int count, int position,
                                 Row (&state)[rows]) {
#pragma unroll
    for (int c = 0; c < columns; ++c) {
      const int column = Inner::Place::column_of(c);
      if (!whole && column >= count) continue;
      const typename Packed::Local record(records + column * Packed::length);
#pragma unroll
      for (int r = 0; r < rows; ++r) {
        Scalar value[array_length<Formula::pair_values>];
        compute_pair<Formula>(parameter, state[r].kept, record.scalars(), &patch[r][c],
                              value);
        state[r].reduction.fold(value, position + column);
      }
    }
  }

  /// Ends a block: its sums go to `into`, the accumulators of the row of this thread.
  RKEOPS_INLINE static void merge(Row (&state)[rows], double* shared,
                                  Slots<Scalar> into) {
    constexpr int from_slot_to_slot = sharers * rows_a_block;
    const int mine = Inner::Place::sharer() * rows_a_block;
#pragma unroll
    for (int r = 0; r < rows; ++r) {
      double found[slots];
      Reduction::initialise({found, 1});
      state[r].reduction.end({found, 1}, 0);
#pragma unroll
      for (int k = 0; k < slots; ++k)
        shared[k * from_slot_to_slot + mine + Inner::Place::row_of(r)] = found[k];
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < sharers; ++k)
      Reduction::merge(into,
                       {shared + k * rows_a_block + threadIdx.x, from_slot_to_slot});
  }

  /// Folds the columns [begin, end), which stand `gap` before their numbers in memory,
  /// for the rows of this block.
  RKEOPS_INLINE static void fold_columns(const CudaArguments& arguments,
                                         const Scalar* parameter, long long begin,
                                         long long end, long long gap,
                                         Slots<Scalar> into) {
    using Records = CudaTileRecords<Scalar, Formula, Inner::columns, Packed::length>;
    __shared__ typename Inner::Shared shared;
    __shared__ typename Records::Memory memory;
    const long long first_row =
        arguments.row_begin + (long long)blockIdx.x * rows_a_block;
    const Scalar* packed = static_cast<const Scalar*>(arguments.column_kept);
    Row state[rows];
    start_rows(arguments, parameter, first_row, state);
    typename Inner::Ahead ahead;
    Records tiles{memory};
    if (begin < end) {
      ahead.start(arguments, first_row, begin - gap);
      tiles.start(packed + (begin - gap) * Packed::length, end - begin);
    }
    for (long long first = begin; first < end; first += Inner::columns) {
      const int position = int(first - begin) & (cuda_column_unit - 1);
      const int count = int(least(Inner::columns, end - first));
      if (position == 0) begin_block(first, state);
      typename Inner::Patch patch;
      Inner::template compute_patch<true>(
          arguments, parameter, first + Inner::columns < end, ahead, shared.terms, patch);
      const Scalar* records = tiles.fetch(packed + (first - gap) * Packed::length,
                                          end - first, shared.records());
      if (count == Inner::columns) {
        fold<true>(parameter, patch, records, count, position, state);
      } else {
        fold<false>(parameter, patch, records, count, position, state);
      }
      if (position + Inner::columns == cuda_column_unit || first + Inner::columns >= end)
        merge(state, shared.sums(), into);
    }
  }
};

/// This one is for formulas that have no inner product.
template <class Scalar, class Formula, class Reduction>
struct CudaPatchSums<Scalar, Formula, Reduction, false> {
  static constexpr bool used = false;
};

}  // namespace rkeops

#endif
