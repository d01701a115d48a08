// Runs a program over rows and columns, tile by tile.
#pragma once

#include <memory>

#include "../run/cpu_program.h"
#include "program.h"

namespace rkeops {

std::unique_ptr<CpuProgram> interpreter(KernelProgram program);

}  // namespace rkeops
