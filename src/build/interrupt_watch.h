// Asks the host now and then whether the user wants to stop.
#pragma once

#include <chrono>
#include <functional>

namespace rkeops {

/// Asks at most once in 50 ms: the question costs a call into R.
class InterruptWatch {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds period{50};

  explicit InterruptWatch(const std::function<bool()>& interrupted)
      : interrupted_(interrupted) {}

  /// Once true, always true.
  bool fired() {
    const Clock::time_point now = Clock::now();
    if (fired_ || !interrupted_ || now - last_ < period) return fired_;
    last_ = now;
    return fired_ = interrupted_();
  }

 private:
  const std::function<bool()>& interrupted_;
  Clock::time_point last_ = Clock::now();
  bool fired_ = false;
};

}  // namespace rkeops
