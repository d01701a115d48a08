// Threads take tasks (some rows against ranges of columns) from a counter and fold them
// into partial results; then all rows are finished, their partial results merged in the
// order of the columns. Threads are started for each call that is worth it: a few
// tens of microseconds, and nothing is left that a fork could break. All memory is taken
// before they start, so nothing in them can throw.
#include "run/cpu/cpu_run.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/diagnostic.h"
#include "run/cpu/schedule.h"
#include "run/cpu/subnormals.h"
#include "run/cpu/tasks.h"

namespace rkeops {

namespace {

using Clock = std::chrono::steady_clock;

constexpr double work_worth_threads = 1 << 20;
constexpr auto between_looks = std::chrono::milliseconds(40);
constexpr double seconds_of_a_slice = 0.05;
constexpr double pairs_worth_timing = 1 << 20;
constexpr long long timed_columns = 64;

RkeopsBlock block_of_job(const std::vector<const double*>& parameters,
                         const std::vector<const double*>& row_inputs,
                         const std::vector<const double*>& column_inputs,
                         const Range& rows, const Range& columns, void* partial,
                         void* workspace) {
  return {parameters.data(), row_inputs.data(), column_inputs.data(),
          rows.begin,        rows.end,          columns.begin,
          columns.end,       partial,           workspace};
}

// Partials that are kept are those of whole row ranges.
enum class Partials { merged, kept };

class CpuRun {
 public:
  CpuRun(const CpuProgram& program, const Job& job, const Schedule& schedule,
         Partials partials, int threads, const Interrupted& interrupted,
         Deadline deadline)
      : program_(program),
        job_(job),
        interrupted_(interrupted),
        deadline_(deadline),
        parameters_(component_pointers(job.parameter_inputs)),
        rows_(component_pointers(job.row_inputs)),
        columns_(component_pointers(job.column_inputs)),
        keeps_partials_(partials == Partials::kept),
        pairs_(job.pairs()),
        list_(make_tasks(sliced(schedule), job.cover)),
        tasks_((long long)list_.tasks.size()) {
    const bool worth_threads = pairs_ * double(job.work) >= work_worth_threads;
    threads_ = worth_threads ? int(std::min<long long>(std::max(threads, 1), tasks_)) : 1;
    for (int k = 0; k < threads_; ++k) {
      workspaces_.push_back(aligned_memory(program.workspace_bytes(list_.most_rows)));
    }
    // without splits a task finishes its own rows, and its thread reuses the memory
    shares_partials_ = !list_.has_splits && !keeps_partials_;
    const long long count = shares_partials_ ? threads_ : tasks_;
    for (long long k = 0; k < count; ++k) {
      const long long rows =
          shares_partials_ ? list_.most_rows : list_.tasks[size_t(k)].rows.size();
      partials_.push_back(aligned_memory(program.partial_bytes(rows)));
    }
  }

  // False when the deadline came first.
  bool run() {
    std::vector<std::thread> others;
    try {
      for (int k = 1; k < threads_; ++k) others.emplace_back([this, k] { work(k); });
    } catch (const std::system_error&) {
      // fewer threads than asked for: the tasks are done by those there are
    }
    work(0);
    wait_for_tasks();
    for (std::thread& other : others) other.join();
    if (was_interrupted_)
      throw Error(ErrorKind::interrupted, "The computation was interrupted.");
    if (stop_) return false;
    if (!shares_partials_ && !keeps_partials_) merge_and_finish();
    return true;
  }

  std::vector<AlignedMemory> take_partials() { return std::move(partials_); }

 private:
  Schedule sliced(const Schedule& whole) const {
    Schedule schedule = with_slices(whole, pairs_of_a_slice());
    if (keeps_partials_) schedule.rows = whole.rows;
    return schedule;
  }

  // How long a pair takes can be guessed from the formula. Some functions take a hundred
  // times that, so where there are many pairs a few of them are timed, to answer Ctrl-C
  // in time.
  double pairs_of_a_slice() const {
    const double guessed = guessed_pairs_of_a_slice(job_.work);
    const double all_pairs = double(job_.rows) * double(job_.columns);
    if (program_.depends_on_slices() || std::min(all_pairs, pairs_) < pairs_worth_timing)
      return guessed;
    const Range rows = {0, std::min(job_.rows, shortest_slice_rows)};
    const Range columns = {0, std::min(job_.columns, timed_columns)};
    const double pairs = double(rows.size() * columns.size());
    double timed = 0;
    // again, if only this once something else took the time
    for (int time = 0; time < 3 && timed < guessed; ++time)
      timed = std::max(timed, pairs * seconds_of_a_slice / seconds_of(rows, columns));
    return timed;
  }

  double seconds_of(const Range& rows, const Range& columns) const {
    const AlignedMemory partial = aligned_memory(program_.partial_bytes(rows.size()));
    const AlignedMemory workspace = aligned_memory(program_.workspace_bytes(rows.size()));
    program_.initialise(partial.get(), rows.size());
    const Clock::time_point begin = Clock::now();
    reduce(block_of(rows, columns, partial.get(), workspace.get()));
    return std::max(std::chrono::duration<double>(Clock::now() - begin).count(), 1e-9);
  }

  void work(int thread) {
    for (long long task = next_++; task < tasks_; task = next_++) {
      if (!stop_) do_task(task, thread);
      std::lock_guard<std::mutex> lock(mutex_);
      if (++done_ == tasks_) all_done_.notify_all();
    }
  }

  void do_task(long long number, int thread) {
    const Task& task = list_.tasks[size_t(number)];
    void* partial = partials_[size_t(shares_partials_ ? thread : number)].get();
    program_.initialise(partial, task.rows.size());
    for (size_t range = task.first_range; range < task.last_range; ++range)
      fold(task.rows, list_.columns[range], partial, thread);
    if (shares_partials_) finish(task.rows, partial);
  }

  void fold(const Range& rows, const Range& columns, void* partial, int thread) {
    for (long long begin = columns.begin; begin < columns.end && !stop_;
         begin += list_.slice) {
      const long long end = std::min(begin + list_.slice, columns.end);
      reduce(block_of(rows, {begin, end}, partial, workspaces_[size_t(thread)].get()));
      pairs_done_ += rows.size() * (end - begin);
      if (thread == 0) look_for_interrupt();
    }
  }

  void reduce(const RkeopsBlock& block) const {
    const SubnormalsAreZero mode(job_.single_precision);
    program_.reduce(block);
  }

  RkeopsBlock block_of(const Range& rows, const Range& columns, void* partial,
                       void* workspace) const {
    return block_of_job(parameters_, rows_, columns_, rows, columns, partial, workspace);
  }

  // On the main thread only.
  void look_for_interrupt() {
    const Clock::time_point now = Clock::now();
    if (stop_ || now - last_look_ < between_looks) return;
    last_look_ = now;
    was_interrupted_ = (interrupted_ && interrupted_()) || !show_progress();
    if (was_interrupted_ || now >= deadline_) stop_ = true;
  }

  bool show_progress() const {
    return !job_.progress || job_.progress(double(pairs_done_) / std::max(pairs_, 1.0));
  }

  void wait_for_tasks() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!all_done_.wait_for(lock, between_looks, [this] { return done_ == tasks_; })) {
      lock.unlock();
      look_for_interrupt();
      lock.lock();
    }
  }

  void merge_and_finish() {
    for (size_t task = 0; task < list_.tasks.size();) {
      const Range& rows = list_.tasks[task].rows;
      void* into = partials_[task++].get();
      for (; task < list_.tasks.size() && !list_.tasks[task].is_first_of_rows; ++task)
        program_.merge(into, partials_[task].get(), rows.size());
      finish(rows, into);
    }
  }

  void finish(const Range& rows, void* partial) {
    program_.finish(block_of(rows, {0, job_.columns}, partial, nullptr),
                    job_.output + rows.begin, job_.rows);
  }

  const CpuProgram& program_;
  const Job& job_;
  const Interrupted& interrupted_;
  const Deadline deadline_;
  const std::vector<const double*> parameters_, rows_, columns_;
  const bool keeps_partials_;
  const double pairs_;
  const TaskList list_;
  const long long tasks_;
  bool shares_partials_;  // a thread's tasks, one after the other
  int threads_ = 1;
  std::vector<AlignedMemory> workspaces_, partials_;

  std::atomic<long long> next_{0};
  std::atomic<long long> pairs_done_{0};
  std::atomic<bool> stop_{false};
  bool was_interrupted_ = false;
  Clock::time_point last_look_ = Clock::now();
  std::mutex mutex_;
  std::condition_variable all_done_;
  long long done_ = 0;
};

}  // namespace

bool run_on_cpu(const CpuProgram& program, const Job& job, int threads,
                const Interrupted& interrupted, Deadline deadline) {
  if (job.rows == 0) return true;
  return CpuRun(program, job, make_schedule(job.rows, job.columns), Partials::merged,
                threads, interrupted, deadline)
      .run();
}

void run_schedule(const CpuProgram& program, const Job& job, const Schedule& schedule,
                  int threads, const Interrupted& interrupted) {
  CpuRun(program, job, schedule, Partials::merged, threads, interrupted, Deadline::max())
      .run();
}

std::vector<AlignedMemory> partials_of(const CpuProgram& program, const Job& job,
                                       const Schedule& schedule, int threads,
                                       const Interrupted& interrupted) {
  CpuRun run(program, job, schedule, Partials::kept, threads, interrupted,
             Deadline::max());
  run.run();
  return run.take_partials();
}

void finish_partial(const CpuProgram& program, const Job& job, const Range& rows,
                    void* partial) {
  const std::vector<const double*> parameters = component_pointers(job.parameter_inputs),
                                   row_inputs = component_pointers(job.row_inputs);
  program.finish(
      block_of_job(parameters, row_inputs, {}, rows, {0, job.columns}, partial, nullptr),
      job.output + rows.begin, job.rows);
}

}  // namespace rkeops
