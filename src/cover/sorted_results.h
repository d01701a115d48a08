// The results of sorted rows, until all are there.
#pragma once

#include <vector>

#include "base/job.h"
#include "run/cpu/tasks.h"

namespace rkeops {

class SortedResults {
 public:
  /// `numbers`: the row at each place.
  SortedResults(const Job& job, int outputs, const std::vector<int>& numbers);

  /// Takes the results of `count` rows from a place on, those of a component together.
  void take(long long place, long long count, const double* results);

  /// To where the job wants them.
  void hand_over(int threads) const;

 private:
  const Job& job_;
  const int outputs_;
  const std::vector<int>& numbers_;
  // Those of a row together, not written before; null: so many do not fit twice.
  AlignedMemory memory_;
  double* values_ = nullptr;
};

}  // namespace rkeops
