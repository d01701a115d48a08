// Runs a program over rows and columns, tile by tile.
#pragma once

#include <memory>

#include "base/cpu_program.h"
#include "interpret/program.h"

namespace rkeops {

std::unique_ptr<CpuProgram> interpreter(KernelProgram program);

}  // namespace rkeops
