// Intervals of values, several side by side, and the rule by which an operation makes one
// of those of its arguments.
#pragma once

#include <limits>
#include <vector>

namespace rkeops {

/// Intervals of as many boxes. They are finite, or NaN where nothing is known of the
/// value, which may be infinite or NaN then.
struct IntervalLanes {
  static constexpr int count = 8;
  double lo[count], hi[count];
};

/// A column of the table of operations: an interval that holds every value of one
/// component in exact arithmetic, given known intervals of the arguments. How far
/// computed values may lie beside it is said in numbers, for any precision.
struct IntervalRule {
  using Apply = void (*)(const IntervalLanes* const* arguments, const int* integers,
                         IntervalLanes& result);
  Apply apply = nullptr;  // null: nothing is known of the value
  double ulps = 1;        // units in the last digit of the value
  double units = 0;       // the same of the number 1
  /// No computed value is beyond.
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  /// Can the C++ of the row be read with the intervals of cuda_interval.cuh?
  bool is_of_gpu = false;

  explicit operator bool() const { return apply != nullptr; }
};

}  // namespace rkeops
