// How much of a reduction is in the memory of a GPU at once. Plain numbers; none of them
// changes a bit of the result, because the blocks of columns and the splits are those of
// the schedule.
#pragma once

#include <cstddef>

#include "run/cuda/cuda_schedule.h"

namespace rkeops {

/// The part of a reduction that one GPU does: some rows against some of the splits.
struct CudaShare {
  long long row_begin, row_end;
  int split_begin, split_end;

  long long rows() const { return row_end - row_begin; }
  int splits() const { return split_end - split_begin; }
};

/// Rows [begin, end) of a matrix become the rows from `to` on of a part of it.
struct CudaSegment {
  long long begin, end, to;
};

/// Bytes of GPU memory that a reduction needs.
struct CudaBytes {
  std::size_t fixed = 0;                                     // whatever the sizes
  std::size_t row_inputs = 0, row_work = 0, row_output = 0;  // a row
  std::size_t accumulators = 0;                              // a row of a launch
  std::size_t column_inputs = 0, column_work = 0;            // a column
  // Kernels read matrices that are on the GPU as they are: less is needed there.
  std::size_t row_inputs_in_core = 0, column_inputs_in_core = 0;
};

struct CudaChunks {
  /// Everything is in memory at once: one chunk.
  bool in_core = false;
  long long rows = 0;         // of a chunk
  int row_buffers = 1;        // for the inputs and results of rows: 2 where chunks follow
  long long rows_a_part = 0;  // of a launch
  /// A chunk of columns: the same `columns` of each of so many splits.
  int splits = 1;
  long long columns = 0;
  bool columns_stay = false;  // one chunk of columns
};

/// Chunks that fit into `budget` bytes. Throws CudaOutOfMemory that names sizes if not
/// even the smallest do.
CudaChunks cuda_chunks(const CudaWork& work, const CudaSchedule& schedule,
                       const CudaShare& share, const CudaBytes& bytes,
                       std::size_t budget);

/// Everything at once takes so many bytes, with the accumulators of so many rows.
std::size_t bytes_in_core(const CudaWork& work, const CudaSchedule& schedule,
                          const CudaShare& share, const CudaBytes& bytes,
                          long long rows_a_part);

/// Columns of the splits of a share.
long long columns_of(const CudaWork& work, const CudaSchedule& schedule,
                     const CudaShare& share);

/// Rows of whole blocks of threads.
long long whole_blocks(const CudaWork& work, long long rows);

}  // namespace rkeops
