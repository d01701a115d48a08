// Starts the compilers: from a source file to a compiled product.
#pragma once

#include <functional>
#include <string>

#include "build/toolchain.h"

namespace rkeops {

/// Compiles and returns a log (the command, and what the compiler said). Errors:
/// `compile` when there is no compiler or it refuses the source, `cache` when a disk is
/// full, `interrupted`.
std::string compile(Engine engine, const ToolchainSettings& settings,
                    const std::string& source_file, const std::string& product_file,
                    const std::function<bool()>& interrupted = {});

/// Whether the C++ compiler makes a library of a tiny program. Error: `interrupted`.
bool compiler_works(const ToolchainSettings& settings,
                    const std::function<bool()>& interrupted = {});

/// The telling line of `--version`, for reports; "" when there is no compiler, or it does
/// not answer before it is `interrupted`.
std::string compiler_version(Engine engine, const ToolchainSettings& settings,
                             const std::function<bool()>& interrupted = {});

}  // namespace rkeops
