// The chunks that the share of one GPU is cut into, what comes after what, and where in
// its memory things lie. Numbers alone, which tests/testthat/cpp/cuda_cuts.cpp tests
// without a GPU.
#pragma once

#include <rkeops/cuda/cuda_arguments.h>

#include <cstddef>
#include <vector>

#include "base/job.h"
#include "run/cuda/cuda_chunks.h"

namespace rkeops {

/// A reduction, cut for the GPUs.
struct CudaTask {
  const Job& job;
  CudaWork work;
  CudaSchedule schedule;
};

/// Rows of a share, counted from its first one.
struct CudaRowChunk {
  long long begin, end;
  int buffer;  // where their inputs and results are
  long long size() const { return end - begin; }
};

/// Columns [begin, end) of each of some splits.
struct CudaColumnChunk {
  int split_begin, split_end;
  long long begin, end;
  int splits() const { return split_end - split_begin; }
  long long size() const { return end - begin; }
};

/// The chunks that are brought while one is computed; -1: none.
struct CudaNextChunks {
  long long rows, columns;
};

/// How far before a buffer the kernels look for the things of a chunk of columns, which
/// they find by the numbers of columns in the whole reduction; and how far behind the
/// first accumulators those of its splits are. In bytes.
struct CudaColumnOffsets {
  std::size_t records, vectors, accumulators;
};

class CudaCuts {
 public:
  CudaCuts(const CudaWork& work, const CudaSchedule& schedule, const CudaShare& share,
           const CudaChunks& chunks);

  const std::vector<CudaRowChunk>& rows() const { return rows_; }
  const std::vector<CudaColumnChunk>& columns() const { return columns_; }
  int chunks() const { return int(rows_.size() * columns_.size()); }

  /// The number, in the whole reduction, of the first column of a chunk.
  long long first_column(const CudaColumnChunk& chunk) const;
  /// The columns of a chunk in the matrices of the reduction, and in memory one split
  /// after the other.
  std::vector<CudaSegment> segments(const CudaColumnChunk& chunk) const;
  /// The last split can have fewer columns than the chunk.
  long long columns_in_memory(const CudaColumnChunk& chunk) const;
  /// The columns of a split that are missing between it and the next one.
  long long gap(const CudaColumnChunk& chunk) const;

  CudaNextChunks after(std::size_t row_chunk, std::size_t column_chunk) const;

  /// `places`: the rows of accumulators of a launch.
  CudaColumnOffsets offsets(const CudaColumnChunk& chunk, const CudaLaunchPlan& plan,
                            long long places) const;

 private:
  const CudaSchedule schedule_;
  const long long all_columns_;
  const int first_split_;
  std::vector<CudaRowChunk> rows_;
  std::vector<CudaColumnChunk> columns_;
};

/// Events of a context by number. A chunk that has come may be read, one that has been
/// read may be overwritten: columns once they are prepared, rows when they are finished,
/// so rows have two buffers.
namespace cuda_events {
inline std::size_t rows_loaded(const CudaRowChunk& chunk) {
  return std::size_t(chunk.buffer);
}
inline std::size_t rows_free(const CudaRowChunk& chunk) { return 2 + rows_loaded(chunk); }
inline std::size_t results_ready(const CudaRowChunk& chunk) {
  return 4 + rows_loaded(chunk);
}
constexpr std::size_t columns_loaded = 6, columns_free = 7;
}  // namespace cuda_events

/// The rows of a share as a job of their own.
Job rows_of(const Job& job, const CudaShare& share);

/// The rows [begin, end) of matrices.
std::vector<MatrixView> rows_of(const std::vector<MatrixView>& matrices, long long begin,
                                long long end);

/// The bytes of a packed column.
std::size_t cuda_record_bytes(const CudaLaunchPlan& plan);
/// The bytes of the vectors of so many rows or columns, of so many scalars each.
std::size_t cuda_vector_bytes(const CudaLaunchPlan& plan, int scalars,
                              long long elements);

/// The memory that a reduction needs, with accumulators of so many splits.
CudaBytes cuda_bytes(const CudaLaunchPlan& plan, const Job& job, int splits);

/// Is a reduction done by one launch of the kernel for small problems? `slice` are the
/// columns of each split in the first launch.
bool is_one_small_launch(const CudaTask& task, const CudaShare& share,
                         const CudaChunks& chunks, long long slice);

/// The inputs of such a launch may stay in the memory of this process where few blocks
/// read them, each of them across the bus.
bool inputs_may_stay(const CudaTask& task, const CudaShare& share);

}  // namespace rkeops
