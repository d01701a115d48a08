// NVRTC, the CUDA compiler that is a library: opened when first used, never linked.
#pragma once

#include <functional>
#include <string>

#include "build/process.h"
#include "build/toolchain.h"

namespace rkeops {

/// Compiles `command.source_name` in this process and writes the cubin to
/// `command.product_name`. The status is NVRTC's, the output its log. A user who wants to
/// stop ends it where this NVRTC can be asked to end; else he waits for it.
/// Error: `interrupted`.
ProcessResult run_nvrtc(const Command& command,
                        const std::function<bool()>& interrupted = {});

/// "NVRTC 13.0", or why the library cannot be used.
std::string nvrtc_version(const std::string& library);

}  // namespace rkeops
