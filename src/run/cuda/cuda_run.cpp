#include "run/cuda/cuda_run.h"

#include <algorithm>

#include "base/diagnostic.h"
#include "run/cuda/cuda_download.h"

namespace rkeops {

namespace {

using Size = std::size_t;

unsigned blocks_for(long long items, long long items_a_block) {
  return static_cast<unsigned>(divide_up(items, items_a_block));
}

}  // namespace

CudaRun::CudaRun(CudaModule& module, const CudaTask& task, const CudaShare& share,
                 const CudaChunks& chunks, CudaInterruptWatch& watch)
    : module_(module),
      context_(module.context),
      plan_(module.plan),
      task_(task),
      share_(share),
      chunks_(chunks),
      cuts_(task.work, task.schedule, share, chunks),
      pacing_(module, task, chunks, watch),
      one_launch_(chunks.columns_stay && task.schedule.splits == 1 &&
                  pacing_.slice() >= task.schedule.columns_a_split),
      checks_late_(may_check_late()),
      one_small_launch_(context_.settings.small_launches && !checks_early() &&
                        is_one_small_launch(task, share, chunks, pacing_.slice())),
      transfers_(module, task, share, chunks, cuts_, pacing_, results_may_stay()) {
  if (!has_all_splits() && chunks.rows_a_part < share.rows())
    throw CudaManyRows(ErrorKind::gpu, "The accumulators do not fit into the GPU.");
  places_ = whole_blocks(task.work, chunks.rows_a_part);
  try {
    if (task.job.cover) cut_cover();
    allocate();
  } catch (...) {
    context_.driver.stream_wait(context_.stream);
    throw;
  }
}

CudaRun::~CudaRun() { context_.driver.stream_wait(context_.stream); }

/// Conditions that have held are checked along with what is computed, and so are those of
/// the first short runs. Where that was in vain, they have to hold a few times first.
bool CudaRun::may_check_late() const {
  if (!plan_.conditions) return false;
  const int held = module_.conditions_held;
  return held > 0 ||
         (held == 0 && (pacing_.is_short(share_.rows()) || task_.schedule.is_small));
}

bool CudaRun::results_may_stay() const {
  return one_small_launch_ && share_.rows() == task_.job.rows &&
         !task_.job.resident_output &&
         8 * Size(share_.rows()) * Size(plan_.outputs) <= CudaStaging::result_bytes;
}

void CudaRun::cut_cover() {
  const long long rows_a_block = (long long)cuda_threads * plan_.rows_per_thread;
  cover_ = std::make_unique<CudaRunCover>(*task_.job.cover, rows_a_block);
  for (const CudaRowChunk& rows : cuts_.rows())
    for (long long part = 0; part < rows.size(); part += chunks_.rows_a_part)
      cover_->add_part(share_.row_begin + rows.begin, part,
                       std::min(part + chunks_.rows_a_part, rows.size()));
  places_ = cover_->most_blocks() * rows_a_block;
}

/// Each run asks in the same order, so that idle buffers of the last one fit again.
void CudaRun::allocate() {
  transfers_.allocate_inputs(one_small_launch_ && !plan_.conditions &&
                             inputs_may_stay(task_, share_));
  const long long columns = cuts_.columns_in_memory(cuts_.columns().front());
  packed_ = context_.allocate(Size(columns) * cuda_record_bytes(plan_));
  row_vectors_ =
      context_.allocate(cuda_vector_bytes(plan_, plan_.row_vector_scalars, chunks_.rows));
  column_vectors_ =
      context_.allocate(cuda_vector_bytes(plan_, plan_.column_vector_scalars, columns));
  transfers_.allocate_results();
  if (!one_launch_ || plan_.slots_in_memory) {
    partial_ =
        context_.allocate(8 * Size(places_) * Size(share_.splits()) * Size(plan_.slots));
  }
  arguments_.parameters = device_pointer<double>(transfers_.inputs().parameters());
  arguments_.failed = device_pointer<int>(transfers_.inputs().failed());
  arguments_.row_vectors = device_pointer<void>(row_vectors_.address());
  arguments_.row_vector_stride = cuda_vector_stride(chunks_.rows);
  arguments_.column_vector_stride = cuda_vector_stride(columns);
  if (cover_) {
    cover_->copy_to(context_);
    arguments_.cover_ranges = device_pointer<CudaCoverRange>(cover_->ranges());
  }
  arguments_.places = places_;
  arguments_.columns = task_.job.columns;
  arguments_.columns_per_split = task_.schedule.columns_a_split;
}

// ---- the arguments of a chunk ----

void CudaRun::use_rows(const CudaRowChunk& rows) {
  arguments_.row_inputs = transfers_.row_pointers(rows);
  arguments_.output = transfers_.output(rows);
  arguments_.rows = transfers_.output_stride();
}

void CudaRun::use_columns(const CudaColumnChunk& columns) {
  const CudaColumnOffsets offsets = cuts_.offsets(columns, plan_, places_);
  arguments_.column_kept = device_pointer<void>(packed_.address() - offsets.records);
  arguments_.column_vectors =
      device_pointer<void>(column_vectors_.address() - offsets.vectors);
  arguments_.partial = device_pointer<double>(partial_.address() + offsets.accumulators);
  arguments_.first_split = columns.split_begin;
  arguments_.split_gap = cuts_.gap(columns);
}

/// Blocks of threads that have the rows of the launch.
long long CudaRun::blocks_of_part() const {
  if (cover_) return cover_->blocks_of(arguments_.cover_blocks);
  return divide_up(arguments_.row_end - arguments_.row_begin,
                   (long long)cuda_threads * plan_.rows_per_thread);
}

// ---- computing ----

void CudaRun::compute() {
  pacing_.begin();
  transfers_.load_first();
  if (one_small_launch_)
    reduce_small();
  else
    for (Size chunk = 0; chunk < cuts_.rows().size(); ++chunk) compute_rows(chunk);
  pacing_.stop_clock();
  if (checks_late_) context_.stage_flag(transfers_.inputs().failed());
  transfers_.touch_output();
  if (has_all_splits()) transfers_.download(cuts_.rows().back());
  transfers_.end_download();
  pacing_.end();
  if (checks_late_ && context_.staging->flag) conditions_fail();
  if (module_.conditions_held <= 0) ++module_.conditions_held;
  pacing_.learn_speed();
}

void CudaRun::reduce_small() {
  const CudaInputs& inputs = transfers_.inputs();
  use_rows(cuts_.rows().front());
  use_columns(cuts_.columns().front());
  arguments_.column_inputs = transfers_.column_pointers();
  arguments_.row_end = share_.rows();
  arguments_.splits = task_.schedule.splits;
  std::copy(inputs.first_inputs().begin(), inputs.first_inputs().end(),
            arguments_.first_inputs);
  launch(module_.reduce_small, blocks_for(share_.rows(), cuda_threads),
         unsigned(task_.schedule.splits), arguments_);
  pacing_.look(double(share_.rows()) * double(task_.job.columns));
}

/// Only a chunk of all columns is cut into parts.
void CudaRun::compute_rows(std::size_t row_chunk) {
  const CudaRowChunk& rows = cuts_.rows()[row_chunk];
  const Size column_chunks = cuts_.columns().size();
  for (Size chunk = 0; chunk < column_chunks; ++chunk) {
    prepare(row_chunk, chunk);
    use_rows(rows);
    use_columns(cuts_.columns()[chunk]);
    for (long long part = 0; part < rows.size(); part += chunks_.rows_a_part) {
      arguments_.row_begin = part;
      arguments_.row_end = std::min(part + chunks_.rows_a_part, rows.size());
      reduce(row_chunk, chunk, part);
      transfers_.prefetch(row_chunk, chunk);
      if (chunk + 1 == column_chunks && !one_launch_ && has_all_splits()) finish_part();
    }
  }
  transfers_.rows_are_done(rows, row_chunk + 1 == cuts_.rows().size());
}

void CudaRun::prepare(std::size_t row_chunk, std::size_t column_chunk) {
  const CudaRowChunk& rows = cuts_.rows()[row_chunk];
  if (column_chunk == 0) transfers_.wait_for_rows(rows);
  const bool new_columns = cuts_.columns().size() > 1 || !columns_are_prepared_;
  if (new_columns) transfers_.wait_for_columns();
  CudaArguments arguments = arguments_;
  arguments.row_inputs = transfers_.row_pointers(rows);
  arguments.column_inputs = transfers_.column_pointers();
  arguments.column_kept = device_pointer<void>(packed_.address());
  arguments.column_vectors = device_pointer<void>(column_vectors_.address());
  arguments.rows = column_chunk == 0 ? rows.size() : 0;
  arguments.columns =
      new_columns ? cuts_.columns_in_memory(cuts_.columns()[column_chunk]) : 0;
  if (task_.job.columns > 0) launch_prepare(arguments);
  columns_are_prepared_ = true;
  transfers_.columns_are_read();
}

void CudaRun::launch_prepare(const CudaArguments& arguments) {
  const bool has_rows = checks_early() || plan_.row_vector_scalars > 0;
  const bool has_columns =
      plan_.conditions || plan_.column_kept > 0 || plan_.column_vector_scalars > 0;
  const long long elements =
      std::max(has_columns ? arguments.columns : 0, has_rows ? arguments.rows : 0);
  if (elements == 0) return;
  launch(module_.prepare, blocks_for(elements, cuda_threads), has_rows ? 2 : 1,
         arguments);
  if (checks_early()) check_conditions();
}

/// A later part takes slices as long as the first one came to.
void CudaRun::reduce(std::size_t row_chunk, std::size_t column_chunk, long long part) {
  const CudaColumnChunk& columns = cuts_.columns()[column_chunk];
  const long long size = arguments_.row_end - arguments_.row_begin;
  const double pairs_of_column = double(size) * columns.splits();
  if (cover_) {
    const long long first = share_.row_begin + cuts_.rows()[row_chunk].begin + part;
    arguments_.cover_blocks = device_pointer<CudaCoverBlock>(cover_->blocks(first));
  }
  if (part > 0) pause(0);
  long long done = columns.begin;
  do {
    const long long end = std::min(done + pacing_.slice(), columns.end);
    arguments_.slice_begin = done;
    arguments_.slice_end = end;
    arguments_.finish = one_launch_;
    arguments_.checks_rows = checks_late_ && done == 0;
    launch(module_.reduce, unsigned(blocks_of_part()), unsigned(columns.splits()),
           arguments_);
    transfers_.prefetch(row_chunk, column_chunk);
    const double pairs = pairs_of_column * double(end - done);
    pacing_.count(pairs_a_column(task_.work, size, columns.splits()) *
                  double(end - done));
    done = end;
    if (done < columns.end)
      pause(pairs);
    else
      pacing_.look(pairs);
  } while (done < columns.end);
}

void CudaRun::pause(double pairs) {
  pacing_.pause(pairs);
  if (checks_late_) check_conditions();
  pacing_.resume(!one_launch_);
}

void CudaRun::finish_part() {
  CudaArguments arguments = arguments_;
  arguments.partial = device_pointer<double>(partial_.address());
  arguments.splits = task_.schedule.splits;
  launch(module_.finish, unsigned(blocks_of_part() * plan_.rows_per_thread), 1,
         arguments);
}

void CudaRun::launch(CudaFunctionHandle kernel, unsigned blocks_x, unsigned blocks_y,
                     const CudaArguments& arguments) const {
  CudaArguments copy = arguments;
  void* pointers[] = {&copy};
  const CudaDriver& driver = context_.driver;
  driver.check(driver.launch(kernel, blocks_x, blocks_y, 1, cuda_threads, 1, 1, 0,
                             context_.stream, pointers, nullptr),
               "start a kernel");
}

// ---- conditions ----

/// Waits for what has been found.
void CudaRun::check_conditions() {
  int failed = 0;
  context_.fetch(&failed, transfers_.inputs().failed(), sizeof failed);
  if (failed) conditions_fail();
}

void CudaRun::conditions_fail() {
  module_.conditions_held = -2;
  throw ConditionsFail();
}

// ---- splits on several GPUs ----

std::vector<double> CudaRun::accumulators() {
  std::vector<double> values(Size(places_) * Size(share_.splits()) * Size(plan_.slots));
  const auto count = (long long)values.size();
  download(context_, {partial_.address(), count, values.data(), count, count, 1},
           context_.stream);
  return values;
}

void CudaRun::merge(const std::vector<std::vector<double>>& all) {
  std::vector<double> values;
  for (const std::vector<double>& one : all)
    values.insert(values.end(), one.begin(), one.end());
  const auto count = (long long)values.size();
  partial_ = CudaBuffer();
  partial_ = context_.allocate(8 * Size(count));
  upload(context_,
         {{values.data(), count, 1, {{0, count, 0}}, partial_.address(), count}}, 8,
         context_.stream);
  finish_part();
  transfers_.download(cuts_.rows().back());
  transfers_.end_download();
}

}  // namespace rkeops
