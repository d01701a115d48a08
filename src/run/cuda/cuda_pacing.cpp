#include "run/cuda/cuda_pacing.h"

#include <algorithm>

#include "base/diagnostic.h"

namespace rkeops {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto between_looks = std::chrono::milliseconds(60);

/// Shorter runs do not show how fast a kernel is.
constexpr double fewest_milliseconds = 0.2;
/// Runs shorter than this are not paused for.
constexpr double short_milliseconds = 10;

}  // namespace

CudaPacing::CudaPacing(CudaModule& module, const CudaTask& task, const CudaChunks& chunks,
                       CudaInterruptWatch& watch)
    : module_(module),
      context_(module.context),
      task_(task),
      in_core_(chunks.in_core),
      watch_(watch),
      slice_(first_cuda_slice(task.work, task.schedule, chunks.rows_a_part, chunks.splits,
                              pairs_of_first_slice())) {}

/// The user can interrupt after a launch of so many pairs, before it takes too long.
double CudaPacing::pairs_of_first_slice() const {
  const CudaSettings& settings = context_.settings;
  if (settings.learns_speed && module_.pairs_a_millisecond > 0)
    return module_.pairs_a_millisecond * settings.slice_milliseconds;
  return settings.first_slice_work * task_.work.multiprocessors /
         std::max(task_.work.components, 1);
}

bool CudaPacing::is_short(long long rows) const {
  const double pairs = pairs_a_column(task_.work, rows, 1) * double(task_.job.columns);
  return in_core_ && pairs < short_milliseconds * module_.pairs_a_millisecond;
}

void CudaPacing::begin() const {
  context_.driver.check(context_.driver.event_record(context_.start, context_.stream),
                        "be timed");
}

void CudaPacing::stop_clock() const {
  context_.driver.check(context_.driver.event_record(context_.stop, context_.stream),
                        "be timed");
}

void CudaPacing::end() { add_elapsed(); }

double CudaPacing::add_elapsed() {
  float milliseconds = 0;
  context_.driver.check(
      context_.driver.event_elapsed(&milliseconds, context_.start, context_.stop),
      "be timed");
  kernel_ms_ += milliseconds;
  return milliseconds;
}

void CudaPacing::pause(double pairs) {
  stop_clock();
  context_.driver.check(context_.driver.stream_wait(context_.stream),
                        "compute the result");
  paused_ms_ = add_elapsed();
  paused_pairs_ = pairs;
  tell(pairs);
}

void CudaPacing::resume(bool may_change) {
  if (may_change && paused_pairs_ > 0) {
    slice_ = next_cuda_slice(slice_, paused_ms_, context_.settings.slice_milliseconds);
  }
  begin();
}

void CudaPacing::look(double pairs) {
  if (Clock::now() - last_look_ < between_looks)
    pairs_since_look_ += pairs;
  else
    tell(pairs);
}

void CudaPacing::tell(double pairs) {
  last_look_ = Clock::now();
  const double told = pairs_since_look_ + pairs;
  pairs_since_look_ = 0;
  if (!watch_.goes_on(told))
    throw Error(ErrorKind::interrupted, "The reduction was interrupted.");
}

CudaInterruptCheck CudaPacing::asks() {
  return [this] { look(0); };
}

/// The time of chunks is that of copies, too.
void CudaPacing::learn_speed() {
  if (context_.settings.learns_speed && in_core_ && kernel_ms_ >= fewest_milliseconds)
    module_.pairs_a_millisecond = launched_pairs_ / kernel_ms_;
}

}  // namespace rkeops
