// Which kind of data a call has, for which digits have to be looked at anew.
#pragma once

#include <vector>

#include "run/call.h"

namespace rkeops {

/// Sizes and largest numbers of the inputs, to powers of two.
using DataKind = std::vector<int>;

class DataKindReader {
 public:
  /// `work` is that of a pair. All numbers are read where that is not felt, a few rows
  /// else. The kind lives until the next call.
  const DataKind& kind_of(const std::vector<Argument>& arguments,
                          const CallInputs& inputs, long long work, int threads);

 private:
  DataKind kind_;
  std::vector<double> sample_;
};

}  // namespace rkeops
