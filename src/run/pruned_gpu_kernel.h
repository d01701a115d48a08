// The kernel of an operator on a GPU that leaves pairs out, where that is faster.
#pragma once

#include "base/job.h"
#include "operator/compile_formula.h"
#include "run/cpu_kernel.h"
#include "run/cuda/cuda_context.h"

namespace rkeops {

class PrunedGpuKernel {
 public:
  /// For the single kernel of an operator, which must outlive it.
  explicit PrunedGpuKernel(const Operator& op);

  /// The kernel as a GPU computes it, whose inputs a job has.
  const KernelPlan& form() const { return form_; }

  /// May so many pairs be left out that sorting pays? If not, `report` says why.
  bool is_worth_a_look(long long rows, long long columns, PruningMode mode,
                       PruningReport& report);

  /// Computes the pairs that matter, on the first GPU of the settings; false, with
  /// nothing computed that counts, where all pairs are to be computed.
  bool run(const Job& job, const Settings& settings, const Interrupted& interrupted,
           Timings& timings);

 private:
  CudaModule& module(const Settings& settings, const Interrupted& interrupted,
                     Timings& timings);
  bool search(CudaModule& module, const Job& job, const Settings& settings,
              const Interrupted& interrupted, PruningReport& report);
  bool gains(double share);

  const Operator& op_;
  const KernelPlan form_;
  const std::string why_not_;
  std::string path_;  // of the compiled program
  int generation_ = -1;
  // Calls that are not looked at, since earlier ones did not gain: now, and the next
  // time.
  int waits_ = 0, next_wait_ = 0;
};

}  // namespace rkeops
