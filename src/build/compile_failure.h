// Messages for compilers that fail.
#pragma once

#include "base/diagnostic.h"
#include "build/process.h"
#include "build/toolchain.h"

namespace rkeops {

/// Kind `compile`; says where compilers were looked for, and how to get one.
Error no_compiler(Engine engine, const ToolchainSettings& settings);

/// Kind `compile`, or `cache` when a disk is full. Known troubles have messages of their
/// own.
Error compile_failure(Engine engine, const ToolchainSettings& settings,
                      const Command& command, const ProcessResult& result);

bool says_disk_is_full(const std::string& output);

std::vector<std::string> split_lines(const std::string& text);

}  // namespace rkeops
