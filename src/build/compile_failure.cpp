// In: what a compiler said. Out: an error that helps.
#include "build/compile_failure.h"

#include <algorithm>
#include <sstream>

namespace rkeops {
namespace {

using Words = std::vector<std::string>;

constexpr std::size_t most_lines_shown = 15;

const char* const without_compiler =
    "Or do without: set_rkeops_option(\"compile\", \"never\").";
const char* const use_cpu_hint = "use_cpu() computes the same on the processor.";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool contains_any(const std::string& text, const Words& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const std::string& part) { return contains(text, part); });
}

/// From the first line that speaks of an error, or is one of the linker; warnings before
/// it are left out.
Words telling_lines(const std::string& output) {
  const Words lines = split_lines(output);
  auto first = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
    return contains_any(line, {"error", "ld: "}) || says_disk_is_full(line);
  });
  if (first == lines.end()) first = lines.begin();
  const std::size_t count = std::min<std::size_t>(most_lines_shown, lines.end() - first);
  return Words(first, first + count);
}

std::string folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? "." : file.substr(0, slash);
}

Error disk_full(const Command& command, const std::string& output) {
  return Error(ErrorKind::cache, "The disk is full: the formula could not be compiled",
               telling_lines(output),
               {"Free space in " + folder_of(command.product_name) +
                " and in the folder for temporary files (TMPDIR)."});
}

std::string what_went_wrong(const Command& command, const ProcessResult& result) {
  if (!result.started)
    return command.in_process ? "The CUDA compiler NVRTC could not be opened"
                              : "The compiler could not be started";
  if (result.status == 0 || result.status == unknown_status)
    return "The compiler ended without writing the compiled formula";
  if (command.in_process) return "The CUDA compiler NVRTC could not compile the formula";
  if (result.status > 128 && result.status <= 128 + 31)
    return "The compiler was killed by signal " + std::to_string(result.status - 128);
  return "The compiler ended with status " + std::to_string(result.status);
}

/// Knows what nvcc says when the C++ compiler that it starts is missing, or too new for
/// it, and when that compiler's own headers are too new.
bool is_about_host_compiler(const std::string& output) {
  static const Words signs = {"unsupported GNU version",
                              "unsupported clang version",
                              "unsupported HOST compiler",
                              "Failed to preprocess host compiler properties",
                              "No supported gcc/g++ host compiler found",
                              "gcc: not found",
                              "gcc: No such file",
                              "cannot execute 'cc1plus'",
                              "cannot execute \xE2\x80\x98"
                              "cc1plus"};
  return contains_any(output, signs);
}

bool is_about_architecture(const std::string& output) {
  static const Words signs = {"is not defined for option 'gpu-architecture'",
                              "Unsupported gpu architecture",
                              "invalid value for --gpu-architecture"};
  return contains_any(output, signs);
}

/// A message and hints for a trouble that is known.
struct Advice {
  std::string message;
  Words hints;
};

Advice cuda_advice(const ToolchainSettings& settings, const Command& command,
                   const ProcessResult& result) {
  const std::string& output = result.output;
  if (!command.in_process && is_about_host_compiler(output))
    return {"nvcc does not work with the C++ compiler of this machine",
            {"NVRTC, the other CUDA compiler, needs none: "
             "set_rkeops_option(\"cuda_compiler\", \"nvrtc\").",
             "Or install one that this nvcc supports and name it: "
             "set_rkeops_option(\"nvcc_flags\", \"-ccbin=g++-12\").",
             use_cpu_hint}};
  if (is_about_architecture(output))
    return {"The CUDA compiler does not know GPUs of architecture " +
                settings.cuda_architecture,
            {"A newer GPU needs a newer CUDA toolkit, one before sm_75 a toolkit before "
             "13.",
             "Another one is named with the option `nvrtc` or `nvcc`.", use_cpu_hint}};
  if (command.in_process && contains(output, "libnvrtc-builtins"))
    return {"The installation of NVRTC is not complete",
            {"The library libnvrtc-builtins of the same version belongs beside libnvrtc.",
             use_cpu_hint}};
  if (command.in_process && !result.started)
    return {"",
            {"The option `nvrtc` names another library; set_rkeops_option("
             "\"cuda_compiler\", \"nvcc\") compiles with nvcc.",
             use_cpu_hint}};
  return {"",
          {"Check that the compiler works, and the flags given to it (option "
           "`nvcc_flags`).",
           use_cpu_hint}};
}

Advice cpu_advice() {
  return {
      "",
      {"Check that the compiler works, and the flags given to it.", without_compiler}};
}

Words cuda_hints(const ToolchainSettings& settings) {
  Words hints;
  if (settings.cuda_compiler != "nvcc" && settings.nvcc.empty())
    hints.push_back(
        "NVRTC is enough: the package cuda12.8 of R, cuda-nvrtc of NVIDIA, libnvrtc of "
        "Debian and Ubuntu, nvidia-cuda-nvrtc of Python. Where it is in an unusual "
        "place: "
        "set_rkeops_option(\"nvrtc\", path).");
  if (settings.cuda_compiler != "nvrtc")
    hints.push_back("Install the CUDA toolkit, or set the option `nvcc` to its path.");
  hints.push_back(use_cpu_hint);
  return hints;
}

std::string name_of_cuda_compiler(const ToolchainSettings& settings) {
  if (settings.cuda_compiler == "nvrtc") return "The CUDA compiler NVRTC (libnvrtc)";
  const bool any = settings.cuda_compiler == "auto" && settings.nvcc.empty();
  return any ? "No CUDA compiler (nvcc, or the library libnvrtc)"
             : "The CUDA compiler nvcc";
}

}  // namespace

std::vector<std::string> split_lines(const std::string& text) {
  Words lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool says_disk_is_full(const std::string& output) {
  return contains_any(output, {"No space left on device", "Disk quota exceeded"});
}

Error no_compiler(Engine engine, const ToolchainSettings& settings) {
  if (engine == Engine::cuda) {
    const std::string name = name_of_cuda_compiler(settings);
    return Error(ErrorKind::compile,
                 name + (name[0] == 'N' ? " was found" : " was not found"),
                 cuda_compiler_places(settings), cuda_hints(settings));
  }
  const std::string name =
      settings.cxx.empty() ? "(none)" : compiler_words(engine, settings)[0];
  return Error(
      ErrorKind::compile, "No C++17 compiler was found",
      {"R's C++17 compiler: " + name, "PATH: " + settings.path},
      {"Install one: r-base-dev or build-essential on Debian and Ubuntu, gcc-c++ on "
       "Fedora and Red Hat, the command line tools of Xcode on macOS.",
       "Or name another one in the option `compiler`.", without_compiler});
}

Error compile_failure(Engine engine, const ToolchainSettings& settings,
                      const Command& command, const ProcessResult& result) {
  if (says_disk_is_full(result.output)) return disk_full(command, result.output);
  const Advice advice =
      engine == Engine::cpu ? cpu_advice() : cuda_advice(settings, command, result);
  Words details = {command_line(command)};
  for (const std::string& line : telling_lines(result.output)) details.push_back(line);
  details.push_back("Source: " + command.source_name);
  return Error(ErrorKind::compile,
               advice.message.empty() ? what_went_wrong(command, result) : advice.message,
               details, advice.hints);
}

}  // namespace rkeops
