// What the numbers of a matrix tell about how single precision will treat them.
#pragma once

#include <cstddef>
#include <functional>

#include "base/job.h"

namespace rkeops {

struct InputSummary {
  double largest = 0;  // absolute value; Inf where there is a NaN
  bool has_nan = false;

  bool is_finite() const;
};

/// Of all numbers of a matrix on the host. Threads share those of a large one.
InputSummary summary_of(const MatrixView& matrix, int threads);

/// Does work(first, last) for parts of [0, count) that cover it, in threads where there
/// are enough of them; the work must not throw.
void in_parts(std::size_t count, int threads,
              const std::function<void(std::size_t, std::size_t)>& work);

}  // namespace rkeops
