// Points in an order in which neighbours are near each other.
#pragma once

#include <atomic>
#include <vector>

#include "base/interrupts.h"

namespace rkeops {

/// Says to several threads that the user wants to stop; the main thread asks.
class InterruptSign {
 public:
  explicit InterruptSign(const Interrupted& interrupted) : watch_(interrupted) {}

  void look() {
    if (watch_.fired()) stop_ = true;
  }
  bool is_set() const { return stop_; }

 private:
  InterruptWatch watch_;
  std::atomic<bool> stop_{false};
};

/// Coordinates, those of a point together.
struct Coordinates {
  const double* values;
  long long points;
  int dimensions;
};

/// Splits points at the middle of their widest side, and each half again: the points of
/// each leaf of `leaf` points, all of which are full but the last one, are one box, and
/// so are those of `fan` neighbouring leaves, or of `fan` of these. Inside a leaf numbers
/// ascend. `numbers` says which points to order, and returns their order, which does not
/// depend on the number of threads. It is of no use when `stop` is set.
void order_points(const Coordinates& coordinates, int leaf, int fan, int threads,
                  std::vector<int>& numbers, InterruptSign& stop);

}  // namespace rkeops
