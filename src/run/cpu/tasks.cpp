#include "run/cpu/tasks.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/diagnostic.h"

namespace rkeops {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto between_looks = std::chrono::milliseconds(40);

class Team {
 public:
  Team(long long tasks, const std::function<void(long long, int)>& work,
       const Interrupted& interrupted, const Progress& progress)
      : tasks_(tasks), work_(work), interrupted_(interrupted), progress_(progress) {}

  void run(int threads) {
    std::vector<std::thread> others;
    try {
      for (int k = 1; k < threads; ++k) others.emplace_back([this, k] { work(k); });
    } catch (const std::system_error&) {
      // fewer threads than asked for: the tasks are done by those there are
    }
    work(0);
    wait();
    for (std::thread& other : others) other.join();
    if (stop_) throw Error(ErrorKind::interrupted, "The computation was interrupted.");
  }

 private:
  void work(int thread) {
    for (long long task = next_++; task < tasks_; task = next_++) {
      if (!stop_) work_(task, thread);
      if (thread == 0) look();
      if (++done_ == tasks_) {
        const std::lock_guard<std::mutex> lock(mutex_);
        all_done_.notify_all();
      }
    }
  }

  void look() {
    const Clock::time_point now = Clock::now();
    if (stop_ || now - last_look_ < between_looks) return;
    last_look_ = now;
    const double part = double(done_) / double(tasks_);
    if ((interrupted_ && interrupted_()) || (progress_ && !progress_(part))) stop_ = true;
  }

  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!all_done_.wait_for(lock, between_looks, [this] { return done_ >= tasks_; })) {
      lock.unlock();
      look();
      lock.lock();
    }
  }

  const long long tasks_;
  const std::function<void(long long, int)>& work_;
  const Interrupted& interrupted_;
  const Progress& progress_;
  std::atomic<long long> next_{0}, done_{0};
  std::atomic<bool> stop_{false};
  Clock::time_point last_look_ = Clock::now();
  std::mutex mutex_;
  std::condition_variable all_done_;
};

}  // namespace

void FreeMemory::operator()(void* memory) const { std::free(memory); }

AlignedMemory aligned_memory(long long bytes) {
  void* memory = nullptr;
  if (posix_memalign(&memory, 64, size_t(std::max(bytes, 64LL))) != 0) {
    throw Error(ErrorKind::argument, "There is not enough memory for this computation.");
  }
  return AlignedMemory(memory);
}

std::vector<const double*> component_pointers(const std::vector<MatrixView>& matrices) {
  std::vector<const double*> pointers;
  for (const MatrixView& matrix : matrices) {
    for (int k = 0; k < matrix.components; ++k)
      pointers.push_back(matrix.data + k * matrix.stride);
  }
  return pointers;
}

void run_tasks(long long tasks, int threads,
               const std::function<void(long long, int)>& work,
               const Interrupted& interrupted, const Progress& progress) {
  if (tasks <= 0) return;
  Team(tasks, work, interrupted, progress)
      .run(int(std::min<long long>(std::max(threads, 1), tasks)));
}

}  // namespace rkeops
