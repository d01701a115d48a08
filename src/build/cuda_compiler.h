// The compilers of programs for GPUs: nvcc, a program, and NVRTC, a library (libnvrtc)
// that compiles in this process. Which of them is used, and where they are.
#pragma once

#include <string>
#include <vector>

namespace rkeops {

struct ToolchainSettings;

/// Whether NVRTC compiles, not nvcc. By itself, the faster one is taken: NVRTC where it
/// is found, unless the settings name an nvcc.
bool uses_nvrtc(const ToolchainSettings& settings);

/// Path of nvcc, or "" when there is none. A given option is the only place looked at;
/// else CUDA_HOME, CUDA_PATH, PATH and /usr/local/cuda, in this order.
std::string find_nvcc(const ToolchainSettings& settings);

/// Path of libnvrtc, or "" when there is none. A given option is the only place looked
/// at; else CUDA_HOME, CUDA_PATH, the folders that R packages, Python and conda have,
/// where libraries of the system are, and /usr/local/cuda.
std::string find_nvrtc(const ToolchainSettings& settings);

/// Why the compiler that is used was taken: "option", "CUDA_HOME", "R package cuda12.8";
/// "" when there is none.
std::string cuda_compiler_origin(const ToolchainSettings& settings);

/// Names the places that are looked at: "/opt/cuda/bin/nvcc (CUDA_HOME)".
std::vector<std::string> nvcc_places(const ToolchainSettings& settings);
std::vector<std::string> nvrtc_places(const ToolchainSettings& settings);

/// Names the places of those that may be used.
std::vector<std::string> cuda_compiler_places(const ToolchainSettings& settings);

}  // namespace rkeops
