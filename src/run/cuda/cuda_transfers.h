// Copies to one GPU and back. The stream of the kernels does everything where
// all fits. Where chunks follow each other, a second stream brings the next chunk while
// this one is computed, and a third takes the last results away; events say what may be
// read and overwritten (see cuda_cuts.h).
#pragma once

#include <memory>
#include <vector>

#include "run/cuda/cuda_cuts.h"
#include "run/cuda/cuda_inputs.h"
#include "run/cuda/cuda_pacing.h"

namespace rkeops {

class CudaTransfers {
 public:
  /// `results_stay`: kernels write them to pinned memory, which this process reads.
  CudaTransfers(CudaModule& module, const CudaTask& task, const CudaShare& share,
                const CudaChunks& chunks, const CudaCuts& cuts, CudaPacing& pacing,
                bool results_stay);
  CudaTransfers(const CudaTransfers&) = delete;
  /// Waits for all copies: buffers go back to the context.
  ~CudaTransfers();

  /// Makes room for the inputs, and starts to copy those that are there at once.
  void allocate_inputs(bool may_stay);
  void allocate_results();

  const CudaInputs& inputs() const { return *inputs_; }
  const void* const* row_pointers(const CudaRowChunk& rows) const;
  const void* const* column_pointers() const;
  double* output(const CudaRowChunk& rows) const;
  long long output_stride() const;

  /// Starts to bring the first chunk.
  void load_first();
  /// The kernels that follow wait until a chunk has come.
  void wait_for_rows(const CudaRowChunk& rows) const;
  void wait_for_columns() const;
  /// The kernels before have read the columns; or have done all with the rows, the
  /// results of which are fetched when the next chunk has been started.
  void columns_are_read() const;
  void rows_are_done(const CudaRowChunk& rows, bool is_last);
  /// Brings what comes after this chunk, and takes away what is done, once for each
  /// chunk.
  void prefetch(std::size_t row_chunk, std::size_t column_chunk);

  /// While the GPU computes: memory that is written for the first time takes a while, and
  /// all of it will be written.
  void touch_output() const;
  void download(const CudaRowChunk& rows);
  /// Waits for all that is to be done; staged results are all of a job that is in core.
  void end_download();

 private:
  void allocate_chunks();
  void load_rows(const CudaRowChunk& rows);
  void load_columns(const CudaColumnChunk& columns);
  CudaAddress output_address(const CudaRowChunk& rows) const;
  std::size_t result_bytes() const;
  void record(std::size_t event, CudaStreamHandle stream) const;
  void wait(CudaStreamHandle stream, std::size_t event) const;

  CudaModule& module_;
  CudaContext& context_;
  const CudaDriver& driver_;
  const CudaTask& task_;
  const CudaShare share_;
  const CudaChunks chunks_;
  const CudaCuts& cuts_;
  CudaPacing& pacing_;
  const bool results_stay_;
  const Job job_;                       // the rows of the share
  std::unique_ptr<CudaInputs> inputs_;  // all, or the parameters
  std::vector<std::unique_ptr<CudaChunkInputs>> row_inputs_;
  std::unique_ptr<CudaChunkInputs> column_inputs_;
  std::vector<CudaBuffer> outputs_;
  const CudaRowChunk* to_download_ = nullptr;
  std::size_t prefetched_ = 0;    // chunks
  const void* staged_ = nullptr;  // results, once the stream has been waited for
};

}  // namespace rkeops
