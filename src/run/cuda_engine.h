// Runs a reduction on a GPU: inputs there, launches, result back.
#pragma once

#include "cuda_context.h"
#include "job.h"

namespace rkeops {

/// Writes `job.output`. Throws Error: `gpu`, or `interrupted` if the user asked to stop,
/// which is looked at between launches of about `CudaSettings::slice_milliseconds`.
void run_on_gpu(CudaModule& module, const Job& job, const Interrupted& interrupted);

struct GpuTimings {
  double kernel_ms = 0;  // of the kernels alone
  double total_ms = 0;   // with copies
};

/// Of the last run that succeeded.
GpuTimings last_gpu_timings();

}  // namespace rkeops
