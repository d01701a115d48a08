// In: settings and two file names. Out: a compiled product, or an error that helps.
//
// Some flags make code faster but not every compiler takes them. They are used until a
// compile fails; only then a tiny program is compiled with each, those that are refused
// are remembered for the session, and the source gets a second chance. So a machine with
// a usual compiler never pays for trying.
#include "compile.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "../diagnostic.h"
#include "process.h"

namespace rkeops {
namespace {

using Words = std::vector<std::string>;

constexpr std::size_t most_lines_shown = 15;

Words split_lines(const std::string& text) {
  Words lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? "." : file.substr(0, slash);
}

/// An empty folder, gone with all we put into it at the end of the scope.
class TrialFolder {
 public:
  explicit TrialFolder(const std::string& parent)
      : path_(parent + "/rkeops-trial-XXXXXX") {
    if (mkdtemp(&path_[0]) == nullptr) path_.clear();
  }
  ~TrialFolder() {
    if (path_.empty()) return;
    unlink(source().c_str());
    unlink(product().c_str());
    rmdir(path_.c_str());
  }
  TrialFolder(const TrialFolder&) = delete;
  TrialFolder& operator=(const TrialFolder&) = delete;

  std::string source() const { return path_ + "/trial.cpp"; }
  std::string product() const { return path_ + "/trial.o"; }

  /// A loop, so that the assembler meets the instructions of this processor.
  bool write_source() const {
    std::ofstream file(source());
    file << "void trial(float* x, int n) {\n"
            "  for (int i = 0; i < n; ++i) x[i] = 2 * x[i] + 1;\n"
            "}\n";
    return bool(file.flush());
  }

 private:
  std::string path_;
};

/// Compiles the trial program with each optional flag alone. A compiler that fails
/// without any of them tells nothing. True when some flag was refused that was used until
/// now.
bool learn_refused_flags(const ToolchainSettings& settings,
                         const std::function<bool()>& interrupted) {
  if (refused_flags_are_known(settings)) return false;
  const TrialFolder folder(settings.temporary_directory);
  if (!folder.write_source()) return false;
  const Words files = {"-c", folder.source(), "-o", folder.product()};
  const auto accepts = [&](const Words& flags) {
    Words words = compiler_words(Engine::cpu, settings);
    for (const Words& more : {Words{"-O3", "-Werror"}, flags, files})
      words.insert(words.end(), more.begin(), more.end());
    return run_process(words, interrupted).status == 0;
  };
  if (!accepts({})) return false;
  Words refused;
  for (const std::string& flag : optional_cxx_flags())
    if (!accepts({flag})) refused.push_back(flag);
  remember_refused_flags(settings, refused);
  return !refused.empty();
}

bool says_disk_is_full(const std::string& output) {
  return output.find("No space left on device") != std::string::npos ||
         output.find("Disk quota exceeded") != std::string::npos;
}

/// From the first line that speaks of an error; warnings before it are left out.
Words telling_lines(const std::string& output) {
  const Words lines = split_lines(output);
  auto first = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
    return line.find("error") != std::string::npos || says_disk_is_full(line);
  });
  if (first == lines.end()) first = lines.begin();
  const std::size_t count = std::min<std::size_t>(most_lines_shown, lines.end() - first);
  return Words(first, first + count);
}

bool is_written(const std::string& file) {
  struct stat status;
  return stat(file.c_str(), &status) == 0 && status.st_size > 0;
}

/// Compilers write the product last, so it decides when the status cannot be known.
bool succeeded(const ProcessResult& result, const Command& command) {
  return (result.status == 0 || result.status == unknown_status) && result.started &&
         is_written(command.product_name);
}

const char* const without_compiler =
    "Or do without: set_rkeops_option(\"compile\", \"never\").";

Error no_compiler(Engine engine, const ToolchainSettings& settings) {
  if (engine == Engine::cuda)
    return Error(ErrorKind::compile, "The CUDA compiler nvcc was not found",
                 nvcc_places(settings),
                 {"Install the CUDA toolkit, or set the option `nvcc` to its path."});
  const std::string name =
      settings.cxx.empty() ? "(none)" : compiler_words(engine, settings)[0];
  return Error(
      ErrorKind::compile, "No C++17 compiler was found",
      {"R's C++17 compiler: " + name, "PATH: " + settings.path},
      {"Install one: r-base-dev or build-essential on Debian and Ubuntu, gcc-c++ on "
       "Fedora and Red Hat, the command line tools of Xcode on macOS.",
       "Or name another one in the option `compiler`.", without_compiler});
}

Error disk_full(const Command& command, const std::string& output) {
  return Error(ErrorKind::cache, "The disk is full: the formula could not be compiled",
               telling_lines(output),
               {"Free space in " + folder_of(command.product_name) +
                " and in the folder for temporary files (TMPDIR)."});
}

std::string what_went_wrong(const ProcessResult& result) {
  if (!result.started) return "The compiler could not be started";
  if (result.status == 0 || result.status == unknown_status)
    return "The compiler ended without writing the compiled formula";
  if (result.status > 128 && result.status <= 128 + 31)
    return "The compiler was killed by signal " + std::to_string(result.status - 128);
  return "The compiler ended with status " + std::to_string(result.status);
}

Error compile_failure(Engine engine, const Command& command,
                      const ProcessResult& result) {
  if (says_disk_is_full(result.output)) return disk_full(command, result.output);
  Words details = {command_line(command)};
  for (const std::string& line : telling_lines(result.output)) details.push_back(line);
  details.push_back("Source: " + command.source_name);
  Words hints = {"Check that the compiler works, and the flags given to it."};
  if (engine == Engine::cpu) hints.push_back(without_compiler);
  return Error(ErrorKind::compile, what_went_wrong(result), details, hints);
}

}  // namespace

std::string compile(Engine engine, const ToolchainSettings& settings,
                    const std::string& source_file, const std::string& product_file,
                    const std::function<bool()>& interrupted) {
  if (find_compiler(engine, settings).empty()) throw no_compiler(engine, settings);
  Command command = compile_command(engine, settings, source_file, product_file);
  ProcessResult result = run_process(command.arguments, interrupted);
  if (!succeeded(result, command) && engine == Engine::cpu &&
      !says_disk_is_full(result.output) && learn_refused_flags(settings, interrupted)) {
    command = compile_command(engine, settings, source_file, product_file);
    result = run_process(command.arguments, interrupted);
  }
  if (!succeeded(result, command)) throw compile_failure(engine, command, result);
  return command_line(command) + "\n" + result.output;
}

std::string compiler_version(Engine engine, const ToolchainSettings& settings) {
  if (find_compiler(engine, settings).empty()) return "";
  Words words = compiler_words(engine, settings);
  words.push_back("--version");
  const Words lines = split_lines(run_process(words).output);
  // nvcc names itself in the first line and its release in the fourth.
  const auto release = std::find_if(
      lines.begin(), lines.end(),
      [](const std::string& line) { return line.find("release ") != std::string::npos; });
  if (release != lines.end()) return *release;
  return lines.empty() ? "" : lines[0];
}

}  // namespace rkeops
