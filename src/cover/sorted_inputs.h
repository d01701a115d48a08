// Matrices of a job with their rows in another order.
#pragma once

#include <vector>

#include "base/job.h"

namespace rkeops {

class SortedInputs {
 public:
  SortedInputs(const std::vector<MatrixView>& matrices, const std::vector<int>& order,
               int threads);

  /// A pointer for each component of each matrix.
  const double* const* pointers() const { return pointers_.data(); }
  int components() const { return int(pointers_.size()); }

 private:
  std::vector<double> values_;
  std::vector<const double*> pointers_;
};

}  // namespace rkeops
