// The stream of the kernels does everything where all fits. Where tiles follow each
// other, a second stream brings the next tile while this one is computed, and a third
// takes the last results away; events say what may be overwritten:
//   rows_loaded, columns_loaded   a tile is there: kernels may begin
//   rows_free, columns_free       the kernels have read it: the next may come
//   results_ready                 the results of a tile of rows may be fetched
// Columns are free once they are prepared, rows when they are finished, so rows have two
// buffers.
#include "run/cuda/cuda_run.h"

#include <algorithm>
#include <cstring>

#include "base/diagnostic.h"
#include "run/cuda/cuda_download.h"
#include "run/cuda/gpu_matrix.h"

namespace rkeops {

namespace {

using Clock = std::chrono::steady_clock;
using Size = std::size_t;

constexpr auto between_looks = std::chrono::milliseconds(60);

/// Shorter runs do not show how fast a kernel is.
constexpr double fewest_milliseconds = 0.2;
/// Blocks that may read inputs in the memory of this process: each of them does, across
/// the bus.
constexpr long long blocks_that_read_here = 8;

/// So short a run is not worth to be waited for between its kernels.
constexpr double short_milliseconds = 10;

// Numbers of events of a context; those of rows are one for each buffer.
constexpr Size rows_loaded = 0, rows_free = 2, results_ready = 4, columns_loaded = 6,
               columns_free = 7;

template <class T>
T* pointer(CudaAddress address) {
  return reinterpret_cast<T*>(address);
}

unsigned blocks_for(long long items, long long items_a_block) {
  return static_cast<unsigned>(divide_up(items, items_a_block));
}

Size record_bytes(const CudaLaunchPlan& plan) {
  return Size(plan.scalar_bytes) *
         Size(cuda_record_scalars(plan.column_kept, plan.scalar_bytes));
}

Size vector_bytes(const CudaLaunchPlan& plan, int scalars, long long elements) {
  return Size(scalars) * Size(plan.scalar_bytes) * Size(cuda_vector_stride(elements));
}

std::vector<MatrixView> parts(const std::vector<MatrixView>& matrices, long long begin,
                              long long end) {
  if (matrices.empty() || (begin == 0 && end == matrices.front().rows)) return matrices;
  std::vector<MatrixView> result;
  for (const MatrixView& matrix : matrices) result.push_back(matrix.part(begin, end));
  return result;
}

Job rows_of(const Job& job, const CudaShare& share) {
  Job result = job;
  if (share.rows() == job.rows) return result;
  result.row_inputs = parts(job.row_inputs, share.row_begin, share.row_end);
  result.rows = share.rows();
  return result;
}

bool is_read_in_place(const CudaLaunchPlan& plan, const MatrixView& matrix) {
  return matrix.resident && plan.scalar_bytes == 8;
}

// Bytes a row of matrices takes, in tiles and where everything is in memory.
void count_inputs(const CudaLaunchPlan& plan, const std::vector<MatrixView>& matrices,
                  Size& in_tiles, Size& in_core) {
  for (const MatrixView& matrix : matrices) {
    const Size bytes = Size(matrix.components) * Size(plan.scalar_bytes);
    in_tiles += bytes;
    if (!is_read_in_place(plan, matrix)) in_core += bytes;
  }
}

}  // namespace

CudaBytes cuda_bytes(const CudaLaunchPlan& plan, const Job& job, int splits) {
  const auto scalar = Size(plan.scalar_bytes);
  CudaBytes bytes;
  count_inputs(plan, job.row_inputs, bytes.row_inputs, bytes.row_inputs_in_core);
  count_inputs(plan, job.column_inputs, bytes.column_inputs, bytes.column_inputs_in_core);
  bytes.row_work = scalar * Size(plan.row_vector_scalars);
  bytes.row_output = job.resident_output ? 0 : 8 * Size(plan.outputs);
  bytes.accumulators = 8 * Size(plan.slots) * Size(splits);
  bytes.column_work = scalar * Size(plan.column_vector_scalars) + record_bytes(plan);
  // tables, what completes vectors, and whole pages
  bytes.fixed =
      8 * Size(plan.parameter_inputs + 3 * plan.row_inputs + 2 * plan.column_inputs) +
      2 * cuda_threads * (bytes.row_work + bytes.column_work) + (64 << 10);
  return bytes;
}

CudaRun::CudaRun(CudaModule& module, const CudaTask& task, const CudaShare& share,
                 const CudaTiles& tiles, CudaWatch& watch)
    : module_(module),
      context_(module.context),
      driver_(context_.driver),
      plan_(module.plan),
      task_(task),
      share_(share),
      tiles_(tiles),
      watch_(watch),
      slice_(first_cuda_slice(task.work, task.schedule, tiles.rows_a_part, tiles.splits,
                              pairs_of_first_slice())),
      one_launch_(tiles.columns_stay && task.schedule.splits == 1 &&
                  slice_ >= task.schedule.columns_a_split),
      places_(whole_blocks(task.work, tiles.rows_a_part)),
      job_(rows_of(task.job, share)),
      checks_late_(may_check_late()),
      one_small_launch_(is_one_small_launch()),
      results_stay_(one_small_launch_ && job_.rows == task.job.rows &&
                    !job_.resident_output &&
                    result_bytes() <= CudaStaging::result_bytes) {
  if (share.splits() < task.schedule.splits && tiles.rows_a_part < share.rows())
    throw CudaManyRows(ErrorKind::gpu, "The accumulators do not fit into the GPU.");
  try {
    cut();
    allocate();
  } catch (...) {
    driver_.stream_wait(context_.stream);
    throw;
  }
}

CudaRun::~CudaRun() {
  driver_.stream_wait(context_.stream);
  if (tiles_.in_core) return;
  driver_.stream_wait(context_.upload_stream);
  driver_.stream_wait(context_.download_stream);
}

void CudaRun::cut() {
  for (long long begin = 0; begin < job_.rows; begin += tiles_.rows) {
    rows_.push_back({begin, std::min(begin + tiles_.rows, job_.rows),
                     int(rows_.size()) % tiles_.row_buffers});
  }
  const long long all = task_.schedule.columns_a_split;
  for (int split = share_.split_begin; split < share_.split_end; split += tiles_.splits) {
    const int last = std::min(split + tiles_.splits, share_.split_end);
    long long begin = 0;
    do {
      const long long end = std::min(begin + tiles_.columns, all);
      columns_.push_back({split, last, begin, end});
      begin = end;
    } while (begin < all);
  }
}

void CudaRun::allocate() {
  if (tiles_.in_core) {
    Job job = job_;
    const Columns& columns = columns_.front();
    const long long first = first_column(columns);
    job.column_inputs = parts(job_.column_inputs, first, first + local_columns(columns));
    inputs_ = std::make_unique<CudaInputs>(module_, job, asks(), inputs_may_stay());
  } else {
    allocate_tiles(job_);
  }
  const long long columns = local_columns(columns_.front());
  packed_ = context_.allocate(Size(columns) * record_bytes(plan_));
  row_vectors_ =
      context_.allocate(vector_bytes(plan_, plan_.row_vector_scalars, tiles_.rows));
  column_vectors_ =
      context_.allocate(vector_bytes(plan_, plan_.column_vector_scalars, columns));
  if (!job_.resident_output && !results_stay_) {
    for (int k = 0; k < tiles_.row_buffers; ++k)
      outputs_.push_back(
          context_.allocate(8 * Size(output_stride()) * Size(plan_.outputs)));
  }
  if (!one_launch_ || plan_.slots_in_memory) {
    partial_ =
        context_.allocate(8 * Size(places_) * Size(share_.splits()) * Size(plan_.slots));
  }
  arguments_.parameters = pointer<double>(inputs_->parameters());
  arguments_.failed = pointer<int>(inputs_->failed());
  arguments_.row_vectors = pointer<void>(row_vectors_.address());
  arguments_.row_vector_stride = cuda_vector_stride(tiles_.rows);
  arguments_.column_vector_stride = cuda_vector_stride(columns);
  arguments_.places = places_;
  arguments_.columns = job_.columns;
  arguments_.columns_per_split = task_.schedule.columns_a_split;
}

bool CudaRun::inputs_may_stay() const {
  return one_small_launch_ && !plan_.conditions &&
         divide_up(job_.rows, cuda_threads) * task_.schedule.splits <=
             blocks_that_read_here;
}

void CudaRun::allocate_tiles(const Job& job) {
  Job parameters = job;
  parameters.row_inputs.clear();
  parameters.column_inputs.clear();
  inputs_ = std::make_unique<CudaInputs>(module_, parameters);
  driver_.check(driver_.stream_wait(context_.stream), "take the inputs");
  for (int k = 0; k < tiles_.row_buffers; ++k) {
    row_inputs_.push_back(
        std::make_unique<CudaTileInputs>(module_, job.row_inputs, tiles_.rows));
  }
  column_inputs_ = std::make_unique<CudaTileInputs>(module_, job.column_inputs,
                                                    local_columns(columns_.front()));
}

// ---- where things are ----

long long CudaRun::first_column(const Columns& columns) const {
  return columns.split_begin * task_.schedule.columns_a_split + columns.begin;
}

std::vector<CudaSegment> CudaRun::segments(const Columns& columns) const {
  std::vector<CudaSegment> result;
  for (int split = columns.split_begin; split < columns.split_end; ++split) {
    const long long first = split * task_.schedule.columns_a_split;
    const long long begin = first + columns.begin;
    const long long end = std::min(first + columns.end, job_.columns);
    if (begin < end)
      result.push_back({begin, end, (split - columns.split_begin) * columns.size()});
  }
  return result;
}

/// Columns of a tile in memory, one slice after the other.
long long CudaRun::local_columns(const Columns& columns) const {
  const std::vector<CudaSegment> all = segments(columns);
  if (all.empty()) return 0;
  return all.back().to + all.back().end - all.back().begin;
}

std::size_t CudaRun::result_bytes() const {
  return 8 * Size(job_.rows) * Size(plan_.outputs);
}

long long CudaRun::output_stride() const {
  return job_.resident_output ? job_.resident_output->rows() : tiles_.rows;
}

CudaAddress CudaRun::output_address(const Rows& rows) const {
  if (results_stay_) return address_here(context_.staging->results);
  if (!job_.resident_output) return outputs_[Size(rows.slot)].address();
  return job_.resident_output->address() + 8 * Size(share_.row_begin + rows.begin);
}

void CudaRun::use_rows(const Rows& rows) {
  arguments_.row_inputs =
      pointer<const void*>(tiles_.in_core ? inputs_->row_pointers()
                                          : row_inputs_[Size(rows.slot)]->pointers());
  arguments_.output = pointer<double>(output_address(rows));
  arguments_.rows = output_stride();
}

/// Addresses are such that a column is found by its number, though the tile begins later.
void CudaRun::use_columns(const Columns& columns) {
  const auto first = Size(first_column(columns));
  const auto scalar = Size(plan_.scalar_bytes);
  const Size split = Size(columns.split_begin - share_.split_begin);
  arguments_.column_kept = pointer<void>(packed_.address() - first * record_bytes(plan_));
  arguments_.column_vectors = pointer<void>(column_vectors_.address() - first * scalar);
  arguments_.partial =
      pointer<double>(partial_.address() + 8 * split * Size(plan_.slots) * Size(places_));
  arguments_.first_split = columns.split_begin;
  arguments_.split_gap = task_.schedule.columns_a_split - columns.size();
}

// ---- loading ----

void CudaRun::load_rows(std::size_t row_tile) {
  const Rows& rows = rows_[row_tile];
  const Size slot = Size(rows.slot);
  wait(context_.upload_stream, context_.event(rows_free + slot));
  row_inputs_[slot]->load({{rows.begin, rows.end, 0}}, context_.upload_stream, asks());
  record(context_.event(rows_loaded + slot), context_.upload_stream);
}

void CudaRun::load_columns(std::size_t column_tile) {
  wait(context_.upload_stream, context_.event(columns_free));
  column_inputs_->load(segments(columns_[column_tile]), context_.upload_stream, asks());
  record(context_.event(columns_loaded), context_.upload_stream);
}

/// What comes after this tile.
void CudaRun::prefetch(std::size_t row_tile, std::size_t column_tile) {
  if (tiles_.in_core || prefetched_) return;
  prefetched_ = true;
  const bool last_columns = column_tile + 1 == columns_.size();
  const bool last_rows = row_tile + 1 == rows_.size();
  if (last_columns && !last_rows) load_rows(row_tile + 1);
  if (columns_.size() > 1 && !(last_columns && last_rows))
    load_columns(last_columns ? 0 : column_tile + 1);
  if (to_download_) {
    download(*to_download_);
    to_download_ = nullptr;
  }
}

void CudaRun::download(const Rows& rows) {
  if (job_.resident_output) return;
  if (results_stay_) {
    staged_ = context_.staging->results;
    return;
  }
  CudaStreamHandle stream = context_.stream;
  if (!tiles_.in_core) {
    stream = context_.download_stream;
    wait(stream, context_.event(results_ready + Size(rows.slot)));
  } else if (output_stride() == task_.job.rows &&
             result_bytes() <= CudaStaging::copied_bytes) {
    context_.stage(output_address(rows), result_bytes());
    staged_ = context_.staging->copied;
    return;
  }
  rkeops::download(
      context_,
      {output_address(rows), output_stride(), job_.output + share_.row_begin + rows.begin,
       task_.job.rows, rows.size(), plan_.outputs},
      stream);
}

/// Waits for all that is to be done; staged results are all of a job that is in core.
void CudaRun::end_download() {
  driver_.check(driver_.stream_wait(context_.stream), "compute the result");
  if (staged_) std::memcpy(job_.output, staged_, result_bytes());
  staged_ = nullptr;
}

// ---- computing ----

void CudaRun::compute() {
  record(context_.start, context_.stream);
  if (!tiles_.in_core) {
    load_rows(0);
    load_columns(0);
  }
  if (one_small_launch_)
    reduce_small();
  else
    for (Size tile = 0; tile < rows_.size(); ++tile) compute_rows(tile);
  record(context_.stop, context_.stream);
  if (checks_late_) context_.stage_flag(inputs_->failed());
  touch_output();
  if (share_.splits() == task_.schedule.splits) download(rows_.back());
  end_download();
  add_elapsed();
  if (checks_late_ && context_.staging->flag) conditions_fail();
  if (module_.conditions_held <= 0) ++module_.conditions_held;
  learn_speed();
}

/// While the GPU computes: memory that is written for the first time takes a while, and
/// all of it will be written.
void CudaRun::touch_output() {
  if (!tiles_.in_core || job_.resident_output || share_.splits() < task_.schedule.splits)
    return;
  constexpr long long values_a_page = 512;
  for (int k = 0; k < plan_.outputs; ++k) {
    double* values = job_.output + k * task_.job.rows + share_.row_begin;
    for (long long row = 0; row < job_.rows; row += values_a_page) values[row] = 0;
  }
}

bool CudaRun::is_one_small_launch() const {
  return context_.settings.small_launches && task_.schedule.is_small && tiles_.in_core &&
         tiles_.rows_a_part >= job_.rows && share_.splits() == task_.schedule.splits &&
         slice_ >= task_.schedule.columns_a_split && (!plan_.conditions || checks_late_);
}

void CudaRun::reduce_small() {
  use_rows(rows_.front());
  use_columns(columns_.front());
  arguments_.column_inputs = pointer<const void*>(inputs_->column_pointers());
  arguments_.row_end = job_.rows;
  arguments_.splits = task_.schedule.splits;
  std::copy(inputs_->near_inputs().begin(), inputs_->near_inputs().end(),
            arguments_.near_inputs);
  launch(module_.reduce_small, blocks_for(job_.rows, cuda_threads),
         unsigned(task_.schedule.splits), arguments_);
  look(double(job_.rows) * double(job_.columns));
}

/// Only a tile of all columns is cut into parts.
void CudaRun::compute_rows(std::size_t row_tile) {
  const Rows& rows = rows_[row_tile];
  for (Size tile = 0; tile < columns_.size(); ++tile) {
    prepare(row_tile, tile);
    use_rows(rows);
    use_columns(columns_[tile]);
    prefetched_ = false;
    for (long long part = 0; part < rows.size(); part += tiles_.rows_a_part) {
      arguments_.row_begin = part;
      arguments_.row_end = std::min(part + tiles_.rows_a_part, rows.size());
      reduce(rows, columns_[tile], part);
      prefetch(row_tile, tile);
      const bool is_last = tile + 1 == columns_.size();
      if (is_last && !one_launch_ && share_.splits() == task_.schedule.splits)
        finish_part();
    }
  }
  if (tiles_.in_core) return;
  record(context_.event(rows_free + Size(rows.slot)), context_.stream);
  record(context_.event(results_ready + Size(rows.slot)), context_.stream);
  if (row_tile + 1 < rows_.size()) to_download_ = &rows;
}

void CudaRun::prepare(std::size_t row_tile, std::size_t column_tile) {
  const Rows& rows = rows_[row_tile];
  const Columns& columns = columns_[column_tile];
  if (!tiles_.in_core && column_tile == 0)
    wait(context_.stream, context_.event(rows_loaded + Size(rows.slot)));
  const bool new_columns = columns_.size() > 1 || !columns_are_prepared_;
  if (!tiles_.in_core && new_columns)
    wait(context_.stream, context_.event(columns_loaded));
  CudaArguments arguments = arguments_;
  arguments.row_inputs =
      pointer<const void*>(tiles_.in_core ? inputs_->row_pointers()
                                          : row_inputs_[Size(rows.slot)]->pointers());
  arguments.column_inputs = pointer<const void*>(
      tiles_.in_core ? inputs_->column_pointers() : column_inputs_->pointers());
  arguments.column_kept = pointer<void>(packed_.address());
  arguments.column_vectors = pointer<void>(column_vectors_.address());
  arguments.rows = column_tile == 0 ? rows.size() : 0;
  arguments.columns = new_columns ? local_columns(columns) : 0;
  if (job_.columns > 0) launch_prepare(arguments);
  columns_are_prepared_ = true;
  if (!tiles_.in_core) record(context_.event(columns_free), context_.stream);
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

/// Waits for what has been found.
void CudaRun::check_conditions() {
  int failed = 0;
  context_.fetch(&failed, inputs_->failed(), sizeof failed);
  if (failed) conditions_fail();
}

void CudaRun::conditions_fail() {
  module_.conditions_held = -2;
  throw ConditionsFail();
}

/// Conditions that have held are checked along with what is computed, and so are those of
/// the first short runs. Where that was in vain, they have to hold a few times first.
bool CudaRun::may_check_late() const {
  if (!plan_.conditions) return false;
  const int held = module_.conditions_held;
  return held > 0 || (held == 0 && (is_short() || task_.schedule.is_small));
}

bool CudaRun::is_short() const {
  const double pairs = pairs_a_column(task_.work, job_.rows, 1) * double(job_.columns);
  return tiles_.in_core && pairs < short_milliseconds * module_.pairs_a_millisecond;
}

/// A later part takes slices as long as the first one came to.
void CudaRun::reduce(const Rows& rows, const Columns& columns, long long part) {
  const long long size = arguments_.row_end - arguments_.row_begin;
  const double pairs_of_column = double(size) * columns.splits();
  if (part > 0) pause(0);
  long long done = columns.begin;
  do {
    const long long end = std::min(done + slice_, columns.end);
    arguments_.slice_begin = done;
    arguments_.slice_end = end;
    arguments_.finish = one_launch_;
    arguments_.checks_rows = checks_late_ && done == 0;
    launch(module_.reduce,
           blocks_for(size, (long long)cuda_threads * plan_.rows_per_thread),
           unsigned(columns.splits()), arguments_);
    prefetch(Size(&rows - rows_.data()), Size(&columns - columns_.data()));
    const double pairs = pairs_of_column * double(end - done);
    launched_pairs_ +=
        pairs_a_column(task_.work, size, columns.splits()) * double(end - done);
    done = end;
    if (done < columns.end)
      pause(pairs);
    else
      look(pairs);
  } while (done < columns.end);
}

void CudaRun::finish_part() {
  CudaArguments arguments = arguments_;
  arguments.partial = pointer<double>(partial_.address());
  arguments.splits = task_.schedule.splits;
  launch(module_.finish,
         blocks_for(arguments.row_end - arguments.row_begin, cuda_threads), 1, arguments);
}

// ---- splits on several GPUs ----

std::vector<double> CudaRun::accumulators() {
  std::vector<double> values(Size(places_) * Size(share_.splits()) * Size(plan_.slots));
  const auto count = (long long)values.size();
  rkeops::download(context_, {partial_.address(), count, values.data(), count, count, 1},
                   context_.stream);
  return values;
}

void CudaRun::finish(const std::vector<std::vector<double>>& all) {
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
  download(rows_.back());
  end_download();
}

// ---- time ----

void CudaRun::launch(CudaFunctionHandle kernel, unsigned blocks_x, unsigned blocks_y,
                     const CudaArguments& arguments) {
  CudaArguments copy = arguments;
  void* pointers[] = {&copy};
  driver_.check(driver_.launch(kernel, blocks_x, blocks_y, 1, cuda_threads, 1, 1, 0,
                               context_.stream, pointers, nullptr),
                "start a kernel");
}

/// Pairs of a launch that the user can interrupt before it takes too long.
double CudaRun::pairs_of_first_slice() const {
  const CudaSettings& settings = context_.settings;
  if (settings.learns_speed && module_.pairs_a_millisecond > 0)
    return module_.pairs_a_millisecond * settings.slice_milliseconds;
  return settings.first_slice_work * task_.work.multiprocessors /
         std::max(task_.work.components, 1);
}

/// Not of tiles, whose time is that of copies too.
void CudaRun::learn_speed() {
  if (context_.settings.learns_speed && tiles_.in_core &&
      kernel_ms_ >= fewest_milliseconds)
    module_.pairs_a_millisecond = launched_pairs_ / kernel_ms_;
}

/// Waits for the slice, asks the user, and makes the next slice as long as is wanted.
void CudaRun::pause(double pairs) {
  record(context_.stop, context_.stream);
  driver_.check(driver_.stream_wait(context_.stream), "compute the result");
  const double milliseconds = add_elapsed();
  const double told = pairs_since_look_ + pairs;
  pairs_since_look_ = 0;
  last_look_ = Clock::now();
  if (!watch_.goes_on(told)) stop();
  if (checks_late_) check_conditions();
  if (!one_launch_ && pairs > 0) {
    slice_ = next_cuda_slice(slice_, milliseconds, context_.settings.slice_milliseconds);
  }
  record(context_.start, context_.stream);
}

/// Asks the user now and then, without waiting for the GPU.
void CudaRun::look(double pairs) {
  pairs_since_look_ += pairs;
  const Clock::time_point now = Clock::now();
  if (now - last_look_ < between_looks) return;
  last_look_ = now;
  const double told = pairs_since_look_;
  pairs_since_look_ = 0;
  if (!watch_.goes_on(told)) stop();
}

/// For long copies: throws when the user wants to stop.
CudaAsk CudaRun::asks() {
  return [this] { look(0); };
}

void CudaRun::stop() const {
  throw Error(ErrorKind::interrupted, "The reduction was interrupted.");
}

void CudaRun::record(CudaEventHandle event, CudaStreamHandle stream) {
  driver_.check(driver_.event_record(event, stream), "be timed");
}

void CudaRun::wait(CudaStreamHandle stream, CudaEventHandle event) {
  driver_.check(driver_.stream_wait_event(stream, event, 0), "order its work");
}

double CudaRun::add_elapsed() {
  float milliseconds = 0;
  driver_.check(driver_.event_elapsed(&milliseconds, context_.start, context_.stop),
                "be timed");
  kernel_ms_ += milliseconds;
  return milliseconds;
}

}  // namespace rkeops
