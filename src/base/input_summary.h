// The numbers of a matrix tell how single precision will treat them.
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

/// Summarises all numbers of a matrix on the host. Threads share those of a large one.
InputSummary summary_of(const MatrixView& matrix, int threads);

/// Which numbers of a matrix single precision has, NaN among them.
struct SingleFit {
  bool fits = true;        // all of them
  bool is_whole = true;    // all are whole
  bool keeps_sign = true;  // none but 0 becomes 0
};

SingleFit single_fit_of(const MatrixView& matrix, int threads);

/// Starting a thread takes as long as reading so many numbers.
constexpr std::size_t values_worth_a_thread = 1 << 18;

/// Does work(first, last) for parts of [0, count) that cover it, in threads where there
/// is enough of it: each of them reads so many values. The work must not throw.
void in_parts(std::size_t count, int threads,
              const std::function<void(std::size_t, std::size_t)>& work,
              std::size_t values = 1);

}  // namespace rkeops
