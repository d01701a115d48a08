// The facts of a call for explain().
#pragma once

#include <string>

namespace rkeops {

/// A report of a call, for explain().
struct PruningReport {
  std::string decision;   // "" before the first call
  double share = 1;       // of the pairs that were computed
  double predicted = -1;  // by a few blocks of rows; negative: none was looked at
  double sorting = 0, predicting = 0, walking = 0;  // seconds
  bool rows_were_cached = false,
       columns_were_cached = false;  // sorted by an earlier call
};

}  // namespace rkeops
