// The compilers: where they are and what they are told.
#pragma once

#include <string>
#include <vector>

#include "base/engine.h"
#include "build/cuda_compiler.h"

namespace rkeops {

struct NamedFolder {
  std::string path;
  std::string origin;  // "R package cuda12.8"
};

/// Filled by the R layer from options and environment; nothing here reads R.
struct ToolchainSettings {
  std::string cxx;  // R's C++17 compiler with its words: "g++ -std=gnu++17"
  std::vector<std::string> cxx_flags;        // the user's own, after ours
  std::string cuda_compiler = "auto";        // or "nvcc", "nvrtc"
  std::string nvcc;                          // option: a path, a name on the PATH, or ""
  std::string nvrtc;                         // option: the library, or ""
  std::string cuda_home, cuda_path;          // environment: CUDA_HOME, CUDA_PATH
  std::string path;                          // environment: PATH
  std::string library_path;                  // environment: LD_LIBRARY_PATH
  std::vector<NamedFolder> nvrtc_folders;    // where users of R have it
  std::vector<std::string> nvcc_flags;       // the user's own for both, after ours
  std::string include_directory;             // holds rkeops/abi.h
  std::string cuda_architecture;             // "sm_90"
  std::string temporary_directory = "/tmp";  // R's tempdir(), for trying flags
};

/// The path of a program given by path or by name, or "". `path` is the PATH.
std::string find_program(const std::string& name, const std::string& path);

/// Path of the compiler of an engine, or "" when there is none.
std::string find_compiler(Engine engine, const ToolchainSettings& settings);

/// The compiler and the words R's configuration adds to it: "/usr/bin/g++",
/// "-std=gnu++17".
std::vector<std::string> compiler_words(Engine engine, const ToolchainSettings& settings);

struct Command {
  /// A program and its arguments; or a library and its options, for NVRTC.
  std::vector<std::string> arguments;
  std::string source_name;   // the files as given to `compile_command`
  std::string product_name;  // a shared library, or a cubin for the driver
  bool in_process = false;   // by NVRTC
};

/// How a generated source is compiled. Can be asked without a compiler on the machine.
/// Throws (kind `argument`) for flags and paths that are not safe to use.
Command compile_command(Engine engine, const ToolchainSettings& settings,
                        const std::string& source_file, const std::string& product_file);

/// One line that can be pasted into a shell.
std::string command_line(const Command& command);

/// Every flag the product depends on, for its key; known without starting a process.
std::vector<std::string> key_flags(Engine engine, const ToolchainSettings& settings);

/// Flags that make code faster but that not every C++ compiler takes: -march=native may
/// be missing, or newer than the assembler; the vector width exists on x86 only, where
/// without it GCC keeps to half of the 512-bit registers.
const std::vector<std::string>& optional_cxx_flags();

/// Whether it is known which of them this compiler refuses; to be told once in a session.
bool refused_flags_are_known(const ToolchainSettings& settings);
void remember_refused_flags(const ToolchainSettings& settings,
                            const std::vector<std::string>& flags);

/// Path, size and time of the compiler's files, for the key; known without starting a
/// process.
std::string compiler_identity(Engine engine, const ToolchainSettings& settings);

}  // namespace rkeops
