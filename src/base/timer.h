// Seconds that pass.
#pragma once

#include <chrono>

namespace rkeops {

class Timer {
 public:
  /// Since it was made, or since the last lap.
  double seconds() const {
    return std::chrono::duration<double>(Clock::now() - begin_).count();
  }

  /// The same, and begins the next lap.
  double lap() {
    const Clock::time_point now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    begin_ = now;
    return seconds;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_ = Clock::now();
};

}  // namespace rkeops
