#include "run/cuda/cuda_transfers.h"

#include <cstring>

#include "run/cuda/cuda_download.h"
#include "run/cuda/gpu_matrix.h"

namespace rkeops {

namespace {

using Size = std::size_t;

}  // namespace

CudaTransfers::CudaTransfers(CudaModule& module, const CudaTask& task,
                             const CudaShare& share, const CudaChunks& chunks,
                             const CudaCuts& cuts, CudaPacing& pacing, bool results_stay)
    : module_(module),
      context_(module.context),
      driver_(context_.driver),
      task_(task),
      share_(share),
      chunks_(chunks),
      cuts_(cuts),
      pacing_(pacing),
      results_stay_(results_stay),
      job_(rows_of(task.job, share)) {}

CudaTransfers::~CudaTransfers() {
  if (chunks_.in_core) return;
  driver_.stream_wait(context_.upload_stream);
  driver_.stream_wait(context_.download_stream);
}

// ---- room ----

void CudaTransfers::allocate_inputs(bool may_stay) {
  if (!chunks_.in_core) return allocate_chunks();
  Job job = job_;
  const CudaColumnChunk& columns = cuts_.columns().front();
  const long long first = cuts_.first_column(columns);
  job.column_inputs =
      rows_of(job_.column_inputs, first, first + cuts_.columns_in_memory(columns));
  inputs_ = std::make_unique<CudaInputs>(module_, job, pacing_.asks(), may_stay);
}

void CudaTransfers::allocate_chunks() {
  Job parameters = job_;
  parameters.row_inputs.clear();
  parameters.column_inputs.clear();
  inputs_ = std::make_unique<CudaInputs>(module_, parameters);
  driver_.check(driver_.stream_wait(context_.stream), "take the inputs");
  for (int k = 0; k < chunks_.row_buffers; ++k) {
    row_inputs_.push_back(
        std::make_unique<CudaChunkInputs>(module_, job_.row_inputs, chunks_.rows));
  }
  column_inputs_ = std::make_unique<CudaChunkInputs>(
      module_, job_.column_inputs, cuts_.columns_in_memory(cuts_.columns().front()));
}

void CudaTransfers::allocate_results() {
  if (job_.resident_output || results_stay_) return;
  for (int k = 0; k < chunks_.row_buffers; ++k) {
    outputs_.push_back(
        context_.allocate(8 * Size(output_stride()) * Size(module_.plan.outputs)));
  }
}

// ---- where things are ----

const void* const* CudaTransfers::row_pointers(const CudaRowChunk& rows) const {
  return device_pointer<const void*>(chunks_.in_core
                                         ? inputs_->row_pointers()
                                         : row_inputs_[Size(rows.buffer)]->pointers());
}

const void* const* CudaTransfers::column_pointers() const {
  return device_pointer<const void*>(chunks_.in_core ? inputs_->column_pointers()
                                                     : column_inputs_->pointers());
}

double* CudaTransfers::output(const CudaRowChunk& rows) const {
  return device_pointer<double>(output_address(rows));
}

CudaAddress CudaTransfers::output_address(const CudaRowChunk& rows) const {
  if (results_stay_) return pinned_address(context_.staging->results);
  if (!job_.resident_output) return outputs_[Size(rows.buffer)].address();
  return job_.resident_output->address() + 8 * Size(share_.row_begin + rows.begin);
}

long long CudaTransfers::output_stride() const {
  return job_.resident_output ? job_.resident_output->rows() : chunks_.rows;
}

std::size_t CudaTransfers::result_bytes() const {
  return 8 * Size(job_.rows) * Size(module_.plan.outputs);
}

// ---- there ----

void CudaTransfers::load_first() {
  if (chunks_.in_core) return;
  load_rows(cuts_.rows().front());
  load_columns(cuts_.columns().front());
}

void CudaTransfers::load_rows(const CudaRowChunk& rows) {
  wait(context_.upload_stream, cuda_events::rows_free(rows));
  row_inputs_[Size(rows.buffer)]->load({{rows.begin, rows.end, 0}},
                                       context_.upload_stream, pacing_.asks());
  record(cuda_events::rows_loaded(rows), context_.upload_stream);
}

void CudaTransfers::load_columns(const CudaColumnChunk& columns) {
  wait(context_.upload_stream, cuda_events::columns_free);
  column_inputs_->load(cuts_.segments(columns), context_.upload_stream, pacing_.asks());
  record(cuda_events::columns_loaded, context_.upload_stream);
}

void CudaTransfers::prefetch(std::size_t row_chunk, std::size_t column_chunk) {
  const Size chunk = row_chunk * cuts_.columns().size() + column_chunk;
  if (chunks_.in_core || chunk < prefetched_) return;
  prefetched_ = chunk + 1;
  const CudaNextChunks next = cuts_.after(row_chunk, column_chunk);
  if (next.rows >= 0) load_rows(cuts_.rows()[Size(next.rows)]);
  if (next.columns >= 0) load_columns(cuts_.columns()[Size(next.columns)]);
  if (to_download_) download(*to_download_);
  to_download_ = nullptr;
}

// ---- what waits for what ----

void CudaTransfers::wait_for_rows(const CudaRowChunk& rows) const {
  if (!chunks_.in_core) wait(context_.stream, cuda_events::rows_loaded(rows));
}

void CudaTransfers::wait_for_columns() const {
  if (!chunks_.in_core) wait(context_.stream, cuda_events::columns_loaded);
}

void CudaTransfers::columns_are_read() const {
  if (!chunks_.in_core) record(cuda_events::columns_free, context_.stream);
}

void CudaTransfers::rows_are_done(const CudaRowChunk& rows, bool is_last) {
  if (chunks_.in_core) return;
  record(cuda_events::rows_free(rows), context_.stream);
  record(cuda_events::results_ready(rows), context_.stream);
  if (!is_last) to_download_ = &rows;
}

void CudaTransfers::record(std::size_t event, CudaStreamHandle stream) const {
  driver_.check(driver_.event_record(context_.event(event), stream), "be timed");
}

void CudaTransfers::wait(CudaStreamHandle stream, std::size_t event) const {
  driver_.check(driver_.stream_wait_event(stream, context_.event(event), 0),
                "order its work");
}

// ---- back ----

void CudaTransfers::touch_output() const {
  if (!chunks_.in_core || job_.resident_output || share_.splits() < task_.schedule.splits)
    return;
  constexpr long long values_a_page = 512;
  for (int k = 0; k < module_.plan.outputs; ++k) {
    double* values = job_.output + k * task_.job.rows + share_.row_begin;
    for (long long row = 0; row < job_.rows; row += values_a_page) values[row] = 0;
  }
}

void CudaTransfers::download(const CudaRowChunk& rows) {
  if (job_.resident_output) return;
  if (results_stay_) {
    staged_ = context_.staging->results;
    return;
  }
  CudaStreamHandle stream = context_.stream;
  if (!chunks_.in_core) {
    stream = context_.download_stream;
    wait(stream, cuda_events::results_ready(rows));
  } else if (output_stride() == task_.job.rows &&
             result_bytes() <= CudaStaging::copied_bytes) {
    context_.stage(output_address(rows), result_bytes());
    staged_ = context_.staging->copied;
    return;
  }
  rkeops::download(
      context_,
      {output_address(rows), output_stride(), job_.output + share_.row_begin + rows.begin,
       task_.job.rows, rows.size(), module_.plan.outputs},
      stream);
}

void CudaTransfers::end_download() {
  driver_.check(driver_.stream_wait(context_.stream), "compute the result");
  if (staged_) std::memcpy(job_.output, staged_, result_bytes());
  staged_ = nullptr;
}

}  // namespace rkeops
