// The finish stage in the interpreter: what a formula makes of a reduction, in double
// precision, for as many rows at a time as a vector of doubles has lanes.
#pragma once

#include <vector>

#include <rkeops/abi.h>
#include "interpret/stages.h"

namespace rkeops {

class FinishRunner {
 public:
  /// Reads the parameters of the finish stage of `program`, which stand behind the
  /// others.
  FinishRunner(const KernelProgram& program, const RkeopsBlock& block);

  /// Component k of the reduction goes to reduced() + k * lanes.
  double* reduced();

  /// Computes rows [row, row + count) of the block; component k of the first of them goes
  /// to output[k * stride].
  void run(long long row, int count, double* output, long long stride);

 private:
  const KernelProgram& program_;
  const RkeopsBlock& block_;
  const int lanes_;
  std::vector<double> memory_;  // aligned from tile_ on
  double* tile_;
  std::vector<double> parameters_;
};

}  // namespace rkeops
