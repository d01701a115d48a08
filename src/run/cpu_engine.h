// Runs a generated CPU library over all rows and columns, on threads.
#pragma once

#include "../../inst/include/rkeops/abi.h"
#include "job.h"

namespace rkeops {

/// Computes the whole result. It does not depend on the number of threads, bit for bit:
/// how the work is cut depends on the sizes alone, and partial results are merged in a
/// fixed order. Throws (kind `interrupted`) when `interrupted` says so; then the output
/// is unfinished.
void run_on_cpu(const RkeopsCpuLibrary& library, const Job& job, int threads,
                const Interrupted& interrupted);

}  // namespace rkeops
