// Runs a reduction on one or more GPUs: inputs there, launches, result back.
#pragma once

#include <vector>

#include "base/job.h"
#include "run/cuda/cuda_context.h"
#include "run/cuda/cuda_schedule.h"

namespace rkeops {

/// Writes `job.output`, or the resident one. `modules` are the same formula on each of
/// the GPUs, among which the rows are shared, or the columns where rows are few: the bits
/// of the result do not depend on how many there are, nor on how much memory they have.
/// Throws Error: `gpu`, or `interrupted` if the user asked to stop, which is looked at
/// between launches of about `CudaSettings::slice_milliseconds`.
void run_on_gpus(const std::vector<CudaModule*>& modules, const Job& job,
                 const Interrupted& interrupted);

struct CudaTimings {
  double kernel_ms = 0;  // of the kernels alone, on the GPU that took longest
  double total_ms = 0;   // with copies
  int gpus = 0;          // that had a share
  int chunks = 0;        // of the first of them: of rows times of columns
};

/// The times of the last run that succeeded.
CudaTimings last_gpu_timings();

/// That run as the schedule saw it, and the schedule.
struct CudaLastRun {
  CudaWork work{};
  CudaSchedule schedule{};
};
CudaLastRun last_gpu_run();

/// Cuts the columns of later runs so (see cuda_schedule()), for benchmarks of the model.
void set_cuda_splits(int splits);

}  // namespace rkeops
