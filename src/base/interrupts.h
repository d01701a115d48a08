// How work is told that the user wants to stop, and tells how far it is.
#pragma once

#include <chrono>
#include <functional>

namespace rkeops {

/// Asked between slices of work, on the main thread only: true once the user pressed
/// Ctrl-C.
using Interrupted = std::function<bool()>;

/// Told between slices of work, on the main thread only, which part is done. False: the
/// user pressed Ctrl-C.
using Progress = std::function<bool(double)>;

/// Asks at most once in 50 ms: the question costs a call into R.
class InterruptWatch {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds period{50};

  explicit InterruptWatch(const Interrupted& interrupted) : interrupted_(interrupted) {}

  /// Once true, always true.
  bool fired() {
    const Clock::time_point now = Clock::now();
    if (fired_ || !interrupted_ || now - last_ < period) return fired_;
    last_ = now;
    return fired_ = interrupted_();
  }

 private:
  const Interrupted& interrupted_;
  Clock::time_point last_ = Clock::now();
  bool fired_ = false;
};

}  // namespace rkeops
