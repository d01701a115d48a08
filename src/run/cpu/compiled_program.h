// A CPU program from a compiled library.
#pragma once

#include <memory>
#include <string>

#include "base/cpu_program.h"
#include "build/library.h"

namespace rkeops {

/// Holds the library as long as the program lives. Throws (kind `compile`) when it is
/// none of ours.
std::unique_ptr<CpuProgram> compiled_program(const std::shared_ptr<Library>& library);

}  // namespace rkeops
