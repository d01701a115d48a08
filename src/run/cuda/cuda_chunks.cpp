#include "run/cuda/cuda_chunks.h"

#include <rkeops/cuda/cuda_arguments.h>

#include <algorithm>

#include "run/cuda/cuda_context.h"

namespace rkeops {

namespace {

using Size = std::size_t;

long long block_rows(const CudaWork& work) {
  return (long long)cuda_threads * work.rows_per_thread;
}

/// The most items of `each` bytes in `room`, a multiple of `unit`.
long long fitting(Size room, Size each, long long unit) {
  const Size items = each == 0 ? Size(1) << 40 : room / each;
  return (long long)(items / Size(unit)) * unit;
}

Size difference(Size a, Size b) { return a > b ? a - b : 0; }

Size column_bytes(const CudaBytes& bytes) {
  return bytes.column_inputs + bytes.column_work;
}

/// Bytes of a row in a chunk that another follows; one chunk alone has one buffer.
Size chunk_row_bytes(const CudaBytes& bytes, int buffers) {
  return Size(buffers) * (bytes.row_inputs + bytes.row_output) + bytes.row_work +
         bytes.accumulators;
}

class Planner {
 public:
  Planner(const CudaWork& work, const CudaSchedule& schedule, const CudaShare& share,
          const CudaBytes& bytes, Size budget)
      : work_(work),
        schedule_(schedule),
        share_(share),
        bytes_(bytes),
        budget_(budget),
        columns_(columns_of(work, schedule, share)),
        all_rows_(whole_blocks(work, share.rows())) {}

  CudaChunks chunks() const {
    CudaChunks result;
    if (all_at_once(result) || with_all_columns(result) || with_chunks(result))
      return result;
    throw_too_little();
  }

 private:
  /// Splits and columns of everything.
  void take_all_columns(CudaChunks& chunks) const {
    chunks.splits = share_.splits();
    chunks.columns = schedule_.columns_a_split;
    chunks.columns_stay = true;
  }

  bool all_at_once(CudaChunks& chunks) const {
    long long part = std::min(whole_blocks(work_, schedule_.rows_a_part), all_rows_);
    const Size others = bytes_in_core(work_, schedule_, share_, bytes_, 0);
    if (others > budget_) return false;
    part =
        std::min(part, fitting(budget_ - others, bytes_.accumulators, block_rows(work_)));
    if (part < std::min(all_rows_, 16 * block_rows(work_))) return false;
    chunks.in_core = true;
    chunks.rows = share_.rows();
    // parts of about the same length: a short one would not fill the GPU
    const long long parts = part > 0 ? divide_up(all_rows_, part) : 1;
    chunks.rows_a_part = whole_blocks(work_, divide_up(all_rows_, parts));
    take_all_columns(chunks);
    return true;
  }

  /// All columns, and chunks of rows with what is left, if that is a good part.
  bool with_all_columns(CudaChunks& chunks) const {
    const Size of_columns = bytes_.fixed + Size(columns_) * column_bytes(bytes_);
    if (of_columns > budget_ / 10 * 6) return false;
    if (!take_rows(chunks, budget_ - of_columns)) return false;
    take_all_columns(chunks);
    return true;
  }

  bool with_chunks(CudaChunks& chunks) const {
    if (budget_ < bytes_.fixed) return false;
    const Size room = budget_ - bytes_.fixed;
    if (!take_rows(chunks, room / 10 * 6) && !take_rows(chunks, room)) return false;
    const Size of_rows = Size(chunks.rows) * chunk_row_bytes(bytes_, chunks.row_buffers);
    return take_columns(chunks, difference(room, of_rows));
  }

  bool take_rows(CudaChunks& chunks, Size room) const {
    const long long unit = block_rows(work_);
    chunks.row_buffers = 1;
    chunks.rows = fitting(room, chunk_row_bytes(bytes_, 1), unit);
    if (chunks.rows < all_rows_) {
      chunks.row_buffers = 2;
      chunks.rows = fitting(room, chunk_row_bytes(bytes_, 2), unit);
    }
    chunks.rows = chunks.rows_a_part = std::min(chunks.rows, all_rows_);
    return chunks.rows > 0;
  }

  /// Slices of all splits, if they can be long enough to be folded in whole blocks; else
  /// some of the splits.
  bool take_columns(CudaChunks& chunks, Size room) const {
    const long long all = schedule_.columns_a_split;
    const long long most = fitting(room, column_bytes(bytes_), 1);
    const long long slice = most / share_.splits() / cuda_column_unit * cuda_column_unit;
    chunks.splits = share_.splits();
    chunks.columns = std::min(slice, all);
    if (slice == 0) {
      chunks.columns = std::min<long long>(cuda_column_unit, all);
      chunks.splits =
          int(std::min<long long>(most / std::max(chunks.columns, 1ll), share_.splits()));
    }
    chunks.columns_stay = chunks.columns >= all && chunks.splits == share_.splits();
    return chunks.splits > 0;
  }

  Size least() const {
    return bytes_.fixed + Size(block_rows(work_)) * chunk_row_bytes(bytes_, 2) +
           Size(cuda_column_unit) * column_bytes(bytes_);
  }

  [[noreturn]] void throw_too_little() const {
    throw CudaOutOfMemory(
        ErrorKind::gpu,
        "The GPU has not enough memory: " + readable_bytes(budget_) +
            " may be used, and the smallest parts of " + std::to_string(share_.rows()) +
            " rows and " + std::to_string(columns_) + " columns take about " +
            readable_bytes(least() + least() / 8) + ".",
        {},
        {"The option `gpu_memory` says how much may be used; `nvidia-smi` shows which "
         "programs use the memory of the GPU.",
         "Remove matrices made by to_gpu() that are not needed any more, or use_cpu()."});
  }

  const CudaWork& work_;
  const CudaSchedule& schedule_;
  const CudaShare& share_;
  const CudaBytes& bytes_;
  const Size budget_;
  const long long columns_, all_rows_;
};

}  // namespace

long long whole_blocks(const CudaWork& work, long long rows) {
  const long long unit = block_rows(work);
  return divide_up(rows, unit) * unit;
}

long long columns_of(const CudaWork& work, const CudaSchedule& schedule,
                     const CudaShare& share) {
  return std::min(work.columns, share.split_end * schedule.columns_a_split) -
         std::min(work.columns, share.split_begin * schedule.columns_a_split);
}

Size bytes_in_core(const CudaWork& work, const CudaSchedule& schedule,
                   const CudaShare& share, const CudaBytes& bytes,
                   long long rows_a_part) {
  return bytes.fixed +
         Size(share.rows()) *
             (bytes.row_inputs_in_core + bytes.row_work + bytes.row_output) +
         Size(columns_of(work, schedule, share)) *
             (bytes.column_inputs_in_core + bytes.column_work) +
         Size(rows_a_part) * bytes.accumulators;
}

CudaChunks cuda_chunks(const CudaWork& work, const CudaSchedule& schedule,
                       const CudaShare& share, const CudaBytes& bytes, Size budget) {
  return Planner(work, schedule, share, bytes, budget).chunks();
}

}  // namespace rkeops
