// Lower bounds of the sums of absolute terms of the rows of a cube: an error is allowed
// in proportion to these.
#pragma once

#include <vector>

#include "base/cpu_program.h"
#include "base/interrupts.h"
#include "far/far_data.h"

namespace rkeops {

class LeastSums {
 public:
  /// `absolute` adds up absolute terms; null: there is no such program.
  LeastSums(const FarKernel& kernel, const FarData& data, const CpuProgram* absolute,
            int threads, const Interrupted& interrupted);

  /// Of all rows of a cube, over the scale of the weights.
  double of(int cube, int sum) const {
    return sums_[size_t(cube) * size_t(data_.sums()) + size_t(sum)];
  }

 private:
  class Search;
  void take_least_of_children();

  const FarData& data_;
  std::vector<double> sums_;
};

}  // namespace rkeops
