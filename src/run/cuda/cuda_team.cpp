#include "run/cuda/cuda_team.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/diagnostic.h"

namespace rkeops {

namespace {

constexpr auto between_looks = std::chrono::milliseconds(40);

/// Less than this is just taken, without asking how much is free.
constexpr std::size_t small_bytes = std::size_t(256) << 20;

/// Part of the memory left to what is not counted: whole pages, and buffers that are a
/// little larger than asked for.
std::size_t usable(std::size_t bytes) { return bytes - bytes / 12; }

/// The memory that a run may take.
std::size_t budget_of(const CudaContext& context, const CudaTask& task,
                      const CudaShare& share, const CudaBytes& bytes) {
  const std::size_t needed =
      bytes_in_core(task.work, task.schedule, share, bytes,
                    std::min(share.rows(), task.schedule.rows_a_part));
  const std::size_t allowed = context.allowed();
  if (needed <= small_bytes && needed <= usable(allowed)) return usable(allowed);
  return usable(context.available());
}

double total_pairs(const CudaTask& task) {
  return std::max(1.0, double(task.job.rows) * double(task.job.columns));
}

bool user_goes_on(const Job& job, const Interrupted& interrupted, double part) {
  if (interrupted && interrupted()) return false;
  return !job.progress || job.progress(std::min(part, 1.0));
}

}  // namespace

/// On the main thread.
class CudaTeam::Watch : public CudaInterruptWatch {
 public:
  Watch(const CudaTask& task, const Interrupted& interrupted)
      : task_(task), interrupted_(interrupted) {}

  bool goes_on(double pairs) override {
    done_ += pairs;
    return user_goes_on(task_.job, interrupted_, done_ / total_pairs(task_));
  }

 private:
  const CudaTask& task_;
  const Interrupted& interrupted_;
  double done_ = 0;
};

/// Several threads tell the main one.
class CudaTeam::SharedWatch : public CudaInterruptWatch {
 public:
  explicit SharedWatch(std::size_t members) : left_(members) {}

  bool goes_on(double pairs) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    done_ += pairs;
    return !stop_;
  }

  void stop() {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }

  void leave() {
    const std::lock_guard<std::mutex> lock(mutex_);
    --left_;
    all_left_.notify_all();
  }

  /// Waits for all, and asks meanwhile; false if the user wants to stop.
  bool wait(const CudaTask& task, const Interrupted& interrupted) {
    bool goes_on = true;
    std::unique_lock<std::mutex> lock(mutex_);
    while (!all_left_.wait_for(lock, between_looks, [this] { return left_ == 0; })) {
      const double part = done_ / total_pairs(task);
      lock.unlock();
      if (goes_on && !user_goes_on(task.job, interrupted, part)) {
        goes_on = false;
        stop();
      }
      lock.lock();
    }
    return goes_on;
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_left_;
  std::size_t left_;
  double done_ = 0;
  bool stop_ = false;
};

CudaTeam::CudaTeam(const std::vector<CudaModule*>& modules, const CudaTask& task,
                   const std::vector<CudaShare>& shares, const Interrupted& interrupted)
    : modules_(modules),
      task_(task),
      shares_(shares),
      interrupted_(interrupted),
      runs_(shares.size()),
      accumulators_(shares.size()),
      errors_(shares.size()) {}

CudaTeam::~CudaTeam() {
  for (std::size_t k = 0; k < runs_.size(); ++k) {
    if (!runs_[k]) continue;
    const CudaContext& context = modules_[k]->context;
    CudaContextHandle before = nullptr;
    context.driver.context_current(&before);
    context.driver.context_make_current(context.handle);
    runs_[k].reset();
    context.driver.context_make_current(before);
  }
}

/// Memory that matrices hold which nobody needs any more is worth a look at all objects
/// of R, unless chunks do without; other programs may take what was free a moment ago:
/// then smaller chunks, as long as there are any.
std::unique_ptr<CudaRun> CudaTeam::prepared(std::size_t member, CudaInterruptWatch& watch,
                                            bool may_reclaim) {
  CudaModule& module = *modules_[member];
  const CudaShare& share = shares_[member];
  const CudaBytes bytes = cuda_bytes(module.plan, task_.job, task_.schedule.splits);
  may_reclaim = may_reclaim && reclaim_gpu_memory && module.context.used() > 0;
  std::size_t budget = budget_of(module.context, task_, share, bytes);
  for (;;) {
    const CudaChunks chunks =
        cuda_chunks(task_.work, task_.schedule, share, bytes, budget);
    try {
      if (chunks.in_core || !may_reclaim) {
        auto run = std::make_unique<CudaRun>(module, task_, share, chunks, watch);
        if (member == 0) chunks_ = run->chunks();
        return run;
      }
    } catch (const CudaOutOfMemory&) {
    }
    if (may_reclaim) {
      reclaim_gpu_memory();
      may_reclaim = false;
      budget = budget_of(module.context, task_, share, bytes);
    } else {
      budget = std::min(budget, usable(module.context.available())) / 4 * 3;
    }
  }
}

void CudaTeam::run() {
  if (shares_.size() == 1)
    run_alone();
  else
    run_together();
}

void CudaTeam::run_alone() {
  const CudaCurrent current(modules_.front()->context);
  Watch watch(task_, interrupted_);
  runs_.front() = prepared(0, watch, true);
  runs_.front()->compute();
}

void CudaTeam::run_together() {
  SharedWatch watch(shares_.size());
  std::vector<std::thread> threads;
  std::size_t started = 0;
  try {
    for (; started < shares_.size(); ++started)
      threads.emplace_back([this, started, &watch] { do_share(started, watch); });
  } catch (const std::system_error&) {
    // the system gives no more threads: this one does the rest
    for (; started < shares_.size(); ++started) do_share(started, watch);
  }
  const bool goes_on = watch.wait(task_, interrupted_);
  for (std::thread& thread : threads) thread.join();
  if (!goes_on) throw Error(ErrorKind::interrupted, "The reduction was interrupted.");
  throw_first_error();
  if (shares_.front().splits() < task_.schedule.splits) merge();
}

/// Those that another one stopped have no error of their own.
void CudaTeam::throw_first_error() const {
  for (const std::exception_ptr& error : errors_) {
    if (!error) continue;
    try {
      std::rethrow_exception(error);
    } catch (const Error& found) {
      if (found.kind != ErrorKind::interrupted) throw;
    }
  }
}

void CudaTeam::do_share(std::size_t member, SharedWatch& watch) {
  try {
    const CudaCurrent current(modules_[member]->context);
    runs_[member] = prepared(member, watch, false);
    runs_[member]->compute();
    if (shares_[member].splits() < task_.schedule.splits)
      accumulators_[member] = runs_[member]->accumulators();
  } catch (...) {
    errors_[member] = std::current_exception();
    watch.stop();
  }
  watch.leave();
}

void CudaTeam::merge() {
  const CudaCurrent current(modules_.front()->context);
  runs_.front()->merge(accumulators_);
}

double CudaTeam::kernel_ms() const {
  double most = 0;
  for (const auto& run : runs_) most = std::max(most, run->kernel_ms());
  return most;
}

}  // namespace rkeops
