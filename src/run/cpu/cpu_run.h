// Runs a CPU program over all rows and columns, on threads.
#pragma once

#include <chrono>

#include "base/cpu_program.h"
#include "base/job.h"

namespace rkeops {

using Deadline = std::chrono::steady_clock::time_point;

/// Computes the whole result. It does not depend on the number of threads, bit for bit:
/// how the work is cut depends on the sizes alone, and partial results are merged in a
/// fixed order. Throws (kind `interrupted`) when `interrupted` says so; then the output
/// is unfinished. So it is when the result is false: at the deadline it was not done.
bool run_on_cpu(const CpuProgram& program, const Job& job, int threads,
                const Interrupted& interrupted, Deadline deadline = Deadline::max());

}  // namespace rkeops
