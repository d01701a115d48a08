// A job with the pairs left out that do not matter to its result, which is the same.
#pragma once

#include <string>

#include "base/cpu_program.h"
#include "cover/pruned_job.h"

namespace rkeops {

/// A report of a call, for explain().
struct PruningReport {
  std::string decision;   // "" before the first call
  double share = 1;       // of the pairs that were computed
  double predicted = -1;  // by a few blocks of rows; negative: none was looked at
  double sorting = 0, predicting = 0, walking = 0;  // seconds
};

class PrunedRun {
 public:
  PrunedRun(const PrunedKernel& kernel, const Job& job, int threads,
            const Interrupted& interrupted);

  /// Computes some blocks of rows to predict which share of the pairs all of them need,
  /// and how long that takes.
  struct Prediction {
    double share, seconds;
  };
  Prediction predict(const CpuProgram& program);

  /// Computes the result. Gives the share of pairs that took.
  double run(const CpuProgram& program);

  double seconds_of_sorting() const { return seconds_of_sorting_; }

 private:
  double run_blocks(const CpuProgram& program, long long step, const Progress& progress);

  const Job& job_;
  const int threads_;
  const Interrupted& interrupted_;
  double seconds_of_sorting_ = 0;
  std::unique_ptr<PrunedJob> sorted_;
};

/// Are there so many pairs that sorting costs little beside them?
bool is_worth_sorting(const KernelPlan& kernel, double rows, double columns);

/// Is a walk that computes this share of the pairs faster than all pairs are?
bool is_worth_walking(double share);

}  // namespace rkeops
