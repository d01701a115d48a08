// Programs of kernels that another process described.
#pragma once

#include <memory>

#include "operator/compile_formula.h"
#include "run/cpu/shared_job.h"

namespace rkeops {

/// The text that another process makes the same program of; without formula where it
/// cannot, as of a formula that is too long to be written.
ProgramText text_for_workers(const Operator& op, size_t kernel);

struct WorkerProgram {
  std::shared_ptr<const CpuProgram> program;
  int outputs;
};

/// The program, made now or kept from an earlier part. Throws (kind `argument`) when it
/// is another one here, as with another version of the package.
WorkerProgram program_for(const ProgramText& text, const Settings& settings,
                          const Interrupted& interrupted);

}  // namespace rkeops
