// A CPU program from a compiled library.
#pragma once

#include <memory>
#include <string>

#include "base/cpu_program.h"

namespace rkeops {

/// Opens the library of this file, and keeps it open as long as the program lives.
std::unique_ptr<CpuProgram> compiled_program(const std::string& path);

}  // namespace rkeops
