#include "run/cuda/cuda_cuts.h"

#include <algorithm>

namespace rkeops {

namespace {

using Size = std::size_t;

constexpr long long most_blocks_across_the_bus = 8;

bool is_read_in_place(const CudaLaunchPlan& plan, const MatrixView& matrix) {
  return matrix.resident && plan.scalar_bytes == 8;
}

// Bytes a row of matrices takes, in chunks and where everything is in memory.
void count_inputs(const CudaLaunchPlan& plan, const std::vector<MatrixView>& matrices,
                  Size& in_chunks, Size& in_core) {
  for (const MatrixView& matrix : matrices) {
    const Size bytes = Size(matrix.components) * Size(plan.scalar_bytes);
    in_chunks += bytes;
    if (!is_read_in_place(plan, matrix)) in_core += bytes;
  }
}

}  // namespace

CudaCuts::CudaCuts(const CudaWork& work, const CudaSchedule& schedule,
                   const CudaShare& share, const CudaChunks& chunks)
    : schedule_(schedule), all_columns_(work.columns), first_split_(share.split_begin) {
  for (long long begin = 0; begin < share.rows(); begin += chunks.rows) {
    rows_.push_back({begin, std::min(begin + chunks.rows, share.rows()),
                     int(rows_.size()) % chunks.row_buffers});
  }
  const long long all = schedule.columns_a_split;
  for (int split = share.split_begin; split < share.split_end; split += chunks.splits) {
    const int last = std::min(split + chunks.splits, share.split_end);
    long long begin = 0;
    do {
      const long long end = std::min(begin + chunks.columns, all);
      columns_.push_back({split, last, begin, end});
      begin = end;
    } while (begin < all);
  }
}

long long CudaCuts::first_column(const CudaColumnChunk& chunk) const {
  return chunk.split_begin * schedule_.columns_a_split + chunk.begin;
}

std::vector<CudaSegment> CudaCuts::segments(const CudaColumnChunk& chunk) const {
  std::vector<CudaSegment> result;
  for (int split = chunk.split_begin; split < chunk.split_end; ++split) {
    const long long first = split * schedule_.columns_a_split;
    const long long begin = first + chunk.begin;
    const long long end = std::min(first + chunk.end, all_columns_);
    if (begin < end)
      result.push_back({begin, end, (split - chunk.split_begin) * chunk.size()});
  }
  return result;
}

long long CudaCuts::columns_in_memory(const CudaColumnChunk& chunk) const {
  const std::vector<CudaSegment> all = segments(chunk);
  if (all.empty()) return 0;
  return all.back().to + all.back().end - all.back().begin;
}

long long CudaCuts::gap(const CudaColumnChunk& chunk) const {
  return schedule_.columns_a_split - chunk.size();
}

CudaNextChunks CudaCuts::after(std::size_t row_chunk, std::size_t column_chunk) const {
  const bool last_columns = column_chunk + 1 == columns_.size();
  const bool last_rows = row_chunk + 1 == rows_.size();
  CudaNextChunks next{-1, -1};
  if (last_columns && !last_rows) next.rows = (long long)row_chunk + 1;
  if (columns_.size() > 1 && !(last_columns && last_rows))
    next.columns = last_columns ? 0 : (long long)column_chunk + 1;
  return next;
}

CudaColumnOffsets CudaCuts::offsets(const CudaColumnChunk& chunk,
                                    const CudaLaunchPlan& plan, long long places) const {
  const auto first = Size(first_column(chunk));
  const auto split = Size(chunk.split_begin - first_split_);
  return {first * cuda_record_bytes(plan), first * Size(plan.scalar_bytes),
          8 * split * Size(plan.slots) * Size(places)};
}

std::vector<MatrixView> rows_of(const std::vector<MatrixView>& matrices, long long begin,
                                long long end) {
  if (matrices.empty() || (begin == 0 && end == matrices.front().rows)) return matrices;
  std::vector<MatrixView> result;
  for (const MatrixView& matrix : matrices) result.push_back(matrix.part(begin, end));
  return result;
}

Job rows_of(const Job& job, const CudaShare& share) {
  Job result = job;
  if (share.rows() == job.rows) return result;
  result.row_inputs = rows_of(job.row_inputs, share.row_begin, share.row_end);
  result.rows = share.rows();
  return result;
}

Size cuda_record_bytes(const CudaLaunchPlan& plan) {
  return Size(plan.scalar_bytes) *
         Size(cuda_record_scalars(plan.column_kept, plan.scalar_bytes));
}

Size cuda_vector_bytes(const CudaLaunchPlan& plan, int scalars, long long elements) {
  return Size(scalars) * Size(plan.scalar_bytes) * Size(cuda_vector_stride(elements));
}

CudaBytes cuda_bytes(const CudaLaunchPlan& plan, const Job& job, int splits) {
  const auto scalar = Size(plan.scalar_bytes);
  CudaBytes bytes;
  count_inputs(plan, job.row_inputs, bytes.row_inputs, bytes.row_inputs_in_core);
  count_inputs(plan, job.column_inputs, bytes.column_inputs, bytes.column_inputs_in_core);
  bytes.row_work = scalar * Size(plan.row_vector_scalars);
  bytes.row_output = job.resident_output ? 0 : 8 * Size(plan.outputs);
  bytes.accumulators = 8 * Size(plan.slots) * Size(splits);
  bytes.column_work = scalar * Size(plan.column_vector_scalars) + cuda_record_bytes(plan);
  // tables, what completes vectors, and whole pages
  bytes.fixed =
      8 * Size(plan.parameter_inputs + 3 * plan.row_inputs + 2 * plan.column_inputs) +
      2 * cuda_threads * (bytes.row_work + bytes.column_work) + (64 << 10);
  return bytes;
}

bool is_one_small_launch(const CudaTask& task, const CudaShare& share,
                         const CudaChunks& chunks, long long slice) {
  return task.schedule.is_small && chunks.in_core && !task.job.cover &&
         chunks.rows_a_part >= share.rows() && share.splits() == task.schedule.splits &&
         slice >= task.schedule.columns_a_split;
}

bool inputs_may_stay(const CudaTask& task, const CudaShare& share) {
  return divide_up(share.rows(), cuda_threads) * task.schedule.splits <=
         most_blocks_across_the_bus;
}

}  // namespace rkeops
