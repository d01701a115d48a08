// A job with the pairs left out that do not matter to its result, which is the same.
#pragma once

#include <memory>
#include <vector>

#include "base/timer.h"
#include "cover/block_walk.h"
#include "cover/prediction.h"
#include "cover/pruning_report.h"

namespace rkeops {

class PrunedRun {
 public:
  PrunedRun(const PrunedKernel& kernel, const Job& job, int threads,
            const Interrupted& interrupted);

  /// Computes some blocks of rows to predict which share of the pairs all of them need,
  /// and how long that takes.
  Prediction predict(const WalkPrograms& programs);

  /// Numbers that tell which pairs matter, but for weights.
  std::vector<double> kind() const { return sorted_.kind(); }

  /// Computes the result. Gives the share of pairs that took.
  double run(const WalkPrograms& programs);

  /// Says how the sorting went.
  void report(PruningReport& report) const;

 private:
  void sort();
  Prediction predict_by(const WalkPrograms& programs, long long step);
  double run_blocks(const WalkPrograms& programs, long long step,
                    const Progress& progress);

  const Job& job_;
  const int threads_;
  const Interrupted& interrupted_;
  const Timer timer_;  // begins before the points are sorted
  double seconds_of_sorting_ = 0;
  PrunedJob sorted_;
  std::unique_ptr<SortedResults> results_;
};

}  // namespace rkeops
