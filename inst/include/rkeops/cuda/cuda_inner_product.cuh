// Inner products on the GPU (see inner_product.h), like a product of matrices: a block of
// threads computes those of its rows and a tile of columns, a few terms at a time. Each
// thread computes a patch of the tile in registers, so a number read from shared memory
// serves several pairs; while it does, it reads the next terms from global memory. The
// results go to shared memory, where each thread finds those of its own row.
#ifndef RKEOPS_CUDA_INNER_PRODUCT_CUH
#define RKEOPS_CUDA_INNER_PRODUCT_CUH

#include <rkeops/cuda/cuda_arguments.h>
#include <rkeops/inner_product.h>
#include <rkeops/cuda/cuda_records.cuh>

namespace rkeops {

/// Four numbers that are read and written together.
template <class Scalar>
struct alignas(16) CudaVector4 {
  Scalar of[4];
};

/// So many fours, of which thread t of a block has number n * cuda_threads + t.
template <int fours>
struct CudaSharedFours {
  static constexpr int a_thread = (fours + cuda_threads - 1) / cuda_threads;

  RKEOPS_INLINE static int number(int n) { return n * cuda_threads + int(threadIdx.x); }
  RKEOPS_INLINE static bool has(int n) {
    return fours % cuda_threads == 0 || number(n) < fours;
  }
};

/// The vectors of `elements` rows or columns come into shared memory by `terms` terms
/// at a time, of `count` vectors of `length` components. In global memory vectors are
/// component-major: component k of element e at [k * stride + e].
template <class Scalar, int elements, int count, int length, int terms>
struct CudaTerms {
  using Four = CudaVector4<Scalar>;
  static constexpr int fours_a_row = elements / 4;
  static constexpr int fours = count * terms * fours_a_row;
  using Mine = CudaSharedFours<fours>;

  /// Rows of fours from one four of a thread to its next. Row number p has vector p /
  /// terms, term p % terms.
  static constexpr int rows_a_step = cuda_threads / fours_a_row;
  static_assert(cuda_threads % fours_a_row == 0 &&
                    (rows_a_step % terms == 0 || terms % rows_a_step == 0),
                "the fours of a thread are as far apart in all threads");
  RKEOPS_INLINE static constexpr int component_of_row(int row) {
    return row / terms * length + row % terms;
  }

  /// Vector m, term k, element e at [(m * terms + k) * elements + e].
  struct Shared {
    Four data[fours];

    RKEOPS_INLINE Four four(int m, int k, int element) const {
      return data[(m * terms + k) * fours_a_row + element / 4];
    }
  };

  Four ahead[Mine::a_thread];
  const Scalar* from;  // the first four of this thread in the terms that come next

  /// The first terms of the elements from `first` on come next.
  RKEOPS_INLINE void start(const void* vectors, long long stride, long long first) {
    const int row = int(threadIdx.x) / fours_a_row;
    from = static_cast<const Scalar*>(vectors) + component_of_row(row) * stride + first +
           int(threadIdx.x) % fours_a_row * 4;
  }
  /// The first terms of the elements `distance` further come next, once all have come.
  RKEOPS_INLINE void start_again(long long stride, int distance) {
    constexpr int passed = (length + terms - 1) / terms * terms;
    from += distance - passed * stride;
  }

  /// Reads the next terms, of which there are `terms_left`; `whole`: as many as can be.
  template <bool whole>
  RKEOPS_INLINE void read(long long stride, int terms_left) {
    const int first_term = int(threadIdx.x) / fours_a_row % terms;
#pragma unroll
    for (int n = 0; n < Mine::a_thread; ++n) {
      if (!Mine::has(n)) continue;
      if (!whole && first_term + n * rows_a_step % terms >= terms_left) continue;
      ahead[n] = *reinterpret_cast<const Four*>(from + component_of_row(n * rows_a_step) *
                                                           stride);
    }
    from += terms * stride;
  }

  RKEOPS_INLINE void write(Shared& to) const {
#pragma unroll
    for (int n = 0; n < Mine::a_thread; ++n) {
      if (Mine::has(n)) to.data[Mine::number(n)] = ahead[n];
    }
  }
};

/// How the threads of a block share a tile, of a row a thread and of columns that fill 32
/// KB: 16 x 8 patches.
template <class Scalar>
struct CudaTilePatch {
  static constexpr int tile_rows = cuda_threads, tile_columns = 256 / sizeof(Scalar);
  static constexpr int row_fours = 2, column_fours = tile_columns / 32;
  static constexpr int rows = 4 * row_fours, columns = 4 * column_fours;
  /// Threads that have patches of the same rows.
  static constexpr int sharers = 8;
  /// From one four of a patch to the next.
  static constexpr int row_step = 64, column_step = 32;

  /// Row r and column c of the patch of this thread, counted from those of the tile, and
  /// the number of this thread among its sharers. A warp has 8 x 4 patches. Those of
  /// lanes whose numbers differ in the lowest bit have the same rows, in the next bit the
  /// same columns: the GPU then serves loads of 16 bytes for half a warp at once.
  RKEOPS_INLINE static int row_of(int r) {
    return r / 4 * row_step + 4 * (warp() % 2 * 8 + lane() / 2 % 8) + r % 4;
  }
  RKEOPS_INLINE static int column_of(int c) {
    return c / 4 * column_step + 4 * sharer() + c % 4;
  }
  RKEOPS_INLINE static int sharer() {
    return warp() / 2 * 4 + lane() / 16 * 2 + lane() % 2;
  }

 private:
  RKEOPS_INLINE static int warp() { return threadIdx.x / 32; }
  RKEOPS_INLINE static int lane() { return threadIdx.x % 32; }
};

template <class Scalar, class Formula, bool exists = (Formula::inner_length > 0)>
struct CudaInnerProduct {
  static constexpr int length = Formula::inner_length;
  static constexpr int row_count = Formula::row_vector_count,
                       column_count = Formula::column_vector_count;

  using Place = CudaTilePatch<Scalar>;
  static constexpr int rows = Place::tile_rows, columns = Place::tile_columns;
  static constexpr int row_fours = Place::row_fours, column_fours = Place::column_fours;
  static constexpr int patch_rows = Place::rows, patch_columns = Place::columns;
  static constexpr int vectors = row_count > column_count ? row_count : column_count;
  static constexpr int wished_terms = 32 / int(sizeof(Scalar)) / vectors;
  static constexpr int terms = wished_terms > 0 ? wished_terms : 1;

  using Four = CudaVector4<Scalar>;
  using RowTerms = CudaTerms<Scalar, rows, row_count, length, terms>;
  using ColumnTerms = CudaTerms<Scalar, columns, column_count, length, terms>;

  struct Terms {
    typename RowTerms::Shared of_rows[2];
    typename ColumnTerms::Shared of_columns[2];
  };
  /// Between two tiles the memory of the terms is free for other uses.
  static constexpr int spare_bytes = sizeof(Terms);
  static constexpr int tile_bytes = columns * rows * sizeof(Scalar);

  struct Shared {
    union {
      Terms terms;
      Four spare[spare_bytes / sizeof(Four)];
    };
    Four tile[columns * rows / 4];

    RKEOPS_INLINE Scalar* records() { return spare[0].of; }
    RKEOPS_INLINE double* sums() { return reinterpret_cast<double*>(tile); }
    RKEOPS_INLINE const Scalar* results() const {
      return reinterpret_cast<const Scalar*>(tile);
    }
  };

  using Patch = Scalar[patch_rows][patch_columns];

  /// Folds term `first_term + k` for the whole patch.
  RKEOPS_INLINE static void add_term(const Scalar* parameter, const Terms& shared,
                                     int buffer, int first_term, int k, Patch& total) {
    Four row[row_count][row_fours], column[column_count][column_fours];
#pragma unroll
    for (int m = 0; m < row_count; ++m) {
#pragma unroll
      for (int f = 0; f < row_fours; ++f)
        row[m][f] = shared.of_rows[buffer].four(m, k, Place::row_of(4 * f));
    }
#pragma unroll
    for (int m = 0; m < column_count; ++m) {
#pragma unroll
      for (int f = 0; f < column_fours; ++f)
        column[m][f] = shared.of_columns[buffer].four(m, k, Place::column_of(4 * f));
    }
#pragma unroll
    for (int r = 0; r < patch_rows; ++r) {
#pragma unroll
      for (int c = 0; c < patch_columns; ++c) {
        Scalar of_row[row_count], of_column[column_count];
#pragma unroll
        for (int m = 0; m < row_count; ++m) of_row[m] = row[m][r / 4].of[r % 4];
#pragma unroll
        for (int m = 0; m < column_count; ++m) of_column[m] = column[m][c / 4].of[c % 4];
        Formula::template term<Scalar>(parameter, of_row, of_column, first_term + k,
                                       total[r][c]);
      }
    }
  }

  /// To a tile whose column c and row r is number c * rows + r.
  RKEOPS_INLINE static void write_patch(const Patch& total, Four* tile) {
#pragma unroll
    for (int c = 0; c < patch_columns; ++c) {
#pragma unroll
      for (int f = 0; f < row_fours; ++f) {
        const int column = Place::column_of(c), row = Place::row_of(4 * f);
        Four results;
#pragma unroll
        for (int r = 0; r < 4; ++r) results.of[r] = total[f * 4 + r][c];
        tile[(column * rows + row) / 4] = results;
      }
    }
  }

  /// The terms that come next, of one tile of columns after the other, on their way while
  /// something else is done.
  struct Ahead {
    RowTerms row_terms;
    ColumnTerms column_terms;

    RKEOPS_INLINE void start(const CudaArguments& arguments, long long first_row,
                             long long first_column) {
      row_terms.start(arguments.row_vectors, arguments.row_vector_stride, first_row);
      column_terms.start(arguments.column_vectors, arguments.column_vector_stride,
                         first_column);
      read(arguments, 0);
    }
    RKEOPS_INLINE void start_next_tile(const CudaArguments& arguments) {
      row_terms.start_again(arguments.row_vector_stride, 0);
      column_terms.start_again(arguments.column_vector_stride, columns);
      read(arguments, 0);
    }
    RKEOPS_INLINE void read(const CudaArguments& arguments, int first_term) {
      if (first_term + terms <= length)
        read_terms<true>(arguments, terms);
      else
        read_terms<false>(arguments, length - first_term);
    }
    template <bool whole>
    RKEOPS_INLINE void read_terms(const CudaArguments& arguments, int terms_left) {
      row_terms.template read<whole>(arguments.row_vector_stride, terms_left);
      column_terms.template read<whole>(arguments.column_vector_stride, terms_left);
    }
    RKEOPS_INLINE void write(Terms& shared, int buffer) const {
      row_terms.write(shared.of_rows[buffer]);
      column_terms.write(shared.of_columns[buffer]);
    }
  };

  /// The inner products of a tile, those of this thread. `ahead` has the first terms, and
  /// then those of the next tile, if there is one. Where registers allow it, the turns of
  /// both buffers are `written_out`, whose addresses are constants then.
  template <bool written_out>
  RKEOPS_INLINE static void compute_patch(const CudaArguments& arguments,
                                          const Scalar* parameter, bool has_next,
                                          Ahead& ahead, Terms& shared, Patch& total) {
#pragma unroll
    for (int r = 0; r < patch_rows; ++r) {
#pragma unroll
      for (int c = 0; c < patch_columns; ++c) total[r][c] = Formula::inner_start;
    }
    __syncthreads();
    int buffer = 0;
    if constexpr (written_out) {
#pragma unroll 2
      for (int term = 0; term < length; term += terms, buffer = 1 - buffer)
        add_terms(arguments, parameter, has_next, term, buffer, ahead, shared, total);
    } else {
      for (int term = 0; term < length; term += terms, buffer = 1 - buffer)
        add_terms(arguments, parameter, has_next, term, buffer, ahead, shared, total);
    }
  }

  /// The terms from `term` on, which go to this buffer; those that follow are read.
  RKEOPS_INLINE static void add_terms(const CudaArguments& arguments,
                                      const Scalar* parameter, bool has_next, int term,
                                      int buffer, Ahead& ahead, Terms& shared,
                                      Patch& total) {
    ahead.write(shared, buffer);
    __syncthreads();
    if (term + terms < length)
      ahead.read(arguments, term + terms);
    else if (has_next)
      ahead.start_next_tile(arguments);
    if (term + terms <= length) {
#pragma unroll
      for (int k = 0; k < terms; ++k) add_term(parameter, shared, buffer, term, k, total);
    } else {
#pragma unroll
      for (int k = 0; k < length % terms; ++k)
        add_term(parameter, shared, buffer, term, k, total);
    }
  }

  /// All of them, in shared memory. Threads must wait for each other before they read
  /// them.
  RKEOPS_INLINE static void compute(const CudaArguments& arguments,
                                    const Scalar* parameter, long long first_row,
                                    long long first_column, Shared& shared) {
    Patch total;
    Ahead ahead;
    ahead.start(arguments, first_row, first_column);
    compute_patch<false>(arguments, parameter, false, ahead, shared.terms, total);
    write_patch(total, shared.tile);
  }
};

/// The records of the columns of one tile after the other, for which there is little
/// shared memory beside inner products. Short ones have some of their own, and come while
/// the tile before is folded.
template <class Scalar, class Formula, int columns, int stride>
struct CudaTileRecords {
  using Packed = CudaRecords<Scalar, Formula>;
  static constexpr bool have_memory = Packed::length > 0 && Packed::length <= 4;
  static constexpr int fours = have_memory ? columns * Packed::length / 4 : 0;
  using Memory = CudaVector4<Scalar>[2 * fours + 1];

  Memory& memory;
  int turn = 0;

  RKEOPS_INLINE void send(const Scalar* from, long long count) {
    Packed::template send<stride>(from, int(least(columns, count)),
                                  memory[turn * fours].of);
  }

  /// Before the first tile. There are `count` columns from its first one on.
  RKEOPS_INLINE void start(const Scalar* from, long long count) {
    if constexpr (have_memory) send(from, count);
  }

  /// The records of the tile of these columns, by all threads of a block, which wait for
  /// each other; in `free` memory, where they have none of their own.
  RKEOPS_INLINE const Scalar* fetch(const Scalar* from, long long count, Scalar* free) {
    if constexpr (have_memory) {
      wait_for_pieces();
      __syncthreads();
      const Scalar* here = memory[turn * fours].of;
      turn = 1 - turn;
      if (count > columns) send(from + columns * stride, count - columns);
      return here;
    } else if constexpr (Packed::length > 0) {
      Packed::template copy<stride>(from, int(least(columns, count)), free);
    }
    return free;
  }
};

/// This one is for formulas that have no inner product.
template <class Scalar, class Formula>
struct CudaInnerProduct<Scalar, Formula, false> {
  static constexpr int rows = cuda_threads, columns = cuda_column_unit, spare_bytes = 0;
  struct Terms {};
  struct Shared {};
};

}  // namespace rkeops

#endif
