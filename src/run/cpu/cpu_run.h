// Runs a CPU program over all rows and columns, on threads.
#pragma once

#include <chrono>

#include "base/cpu_program.h"
#include "base/job.h"
#include "run/cpu/schedule.h"
#include "run/cpu/tasks.h"

namespace rkeops {

using Deadline = std::chrono::steady_clock::time_point;

/// Computes the whole result. It does not depend on the number of threads, bit for bit:
/// how the work is cut depends on the sizes alone, and partial results are merged in a
/// fixed order. Throws (kind `interrupted`) when `interrupted` says so; then the output
/// is unfinished. So it is when the result is false: at the deadline it was not done.
bool run_on_cpu(const CpuProgram& program, const Job& job, int threads,
                const Interrupted& interrupted, Deadline deadline = Deadline::max());

/// The same by a given schedule, a part of that of a larger job.
void run_schedule(const CpuProgram& program, const Job& job, const Schedule& schedule,
                  int threads, const Interrupted& interrupted);

/// The partials of each task of a schedule of one row range, in the order of the columns.
std::vector<AlignedMemory> partials_of(const CpuProgram& program, const Job& job,
                                       const Schedule& schedule, int threads,
                                       const Interrupted& interrupted);

/// Writes the rows of the result whose partial this is.
void finish_partial(const CpuProgram& program, const Job& job, const Range& rows,
                    void* partial);

}  // namespace rkeops
