// Compiles CUDA programs with NVRTC, as the package does; no GPU is needed. The last line
// counts. From the top of the repository:
//   g++ -std=c++17 -O1 -Isrc tools/compile-with-nvrtc.cpp src/base/diagnostic.cpp
//     src/build/*.cpp -ldl -pthread -o compile-with-nvrtc
//   ./compile-with-nvrtc sm_75,sm_80,sm_90 formula.cu ...
// Looks for libnvrtc as the package does, in NVRTC (a path) if that is set.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "base/diagnostic.h"
#include "build/compile.h"

namespace {

std::string variable(const char* name) {
  const char* text = std::getenv(name);
  return text ? text : "";
}

rkeops::ToolchainSettings settings_here() {
  rkeops::ToolchainSettings settings;
  settings.cuda_compiler = "nvrtc";
  settings.nvrtc = variable("NVRTC");
  settings.cuda_home = variable("CUDA_HOME");
  settings.cuda_path = variable("CUDA_PATH");
  settings.library_path = variable("LD_LIBRARY_PATH");
  settings.include_directory = "inst/include";
  return settings;
}

bool compiles(const rkeops::ToolchainSettings& settings, const std::string& source,
              const std::string& product) {
  try {
    rkeops::compile(rkeops::Engine::cuda, settings, source, product);
    return true;
  } catch (const rkeops::Error& error) {
    std::printf("FAILED: %s for %s: %s\n", source.c_str(),
                settings.cuda_architecture.c_str(), error.message.c_str());
    for (const std::string& line : error.details) std::printf("  %s\n", line.c_str());
    return false;
  }
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  rkeops::ToolchainSettings settings = settings_here();
  if (rkeops::find_nvrtc(settings).empty()) {
    std::printf("not compiled (no NVRTC)\n");
    return 0;
  }
  char product[] = "/tmp/rkeops-nvrtc-XXXXXX";
  close(mkstemp(product));
  int compiled = 0, failed = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int k = 2; k < count; ++k) {
    std::istringstream architectures(words[1]);
    while (std::getline(architectures, settings.cuda_architecture, ','))
      ++(compiles(settings, words[k], product) ? compiled : failed);
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  unlink(product);
  std::printf("%s by %s: %.1f seconds\n",
              rkeops::compiler_version(rkeops::Engine::cuda, settings).c_str(),
              rkeops::find_nvrtc(settings).c_str(), elapsed.count());
  std::printf("%d compiled, %d failed\n", compiled, failed);
  return failed > 0;
}
