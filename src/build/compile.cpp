// In: settings and two file names. Out: a compiled product, or an error that helps.
//
// Some flags make code faster but not every compiler takes them. They are used until a
// compile fails; only then a tiny program is compiled with each, those that are refused
// are remembered for the session, and the source gets a second chance. So a machine with
// a usual compiler never pays for trying.
#include "build/compile.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "build/compile_failure.h"
#include "build/nvrtc.h"
#include "build/process.h"

namespace rkeops {
namespace {

using Words = std::vector<std::string>;

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
    if (path_.empty()) return false;
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
    for (const Words& more : {Words{"-O2", "-Werror"}, flags, files})
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

bool is_written(const std::string& file) {
  struct stat status;
  return stat(file.c_str(), &status) == 0 && status.st_size > 0;
}

/// Compilers write the product last, so it decides when the status cannot be known.
bool succeeded(const ProcessResult& result, const Command& command) {
  return (result.status == 0 || result.status == unknown_status) && result.started &&
         is_written(command.product_name);
}

ProcessResult run_compiler(const Command& command,
                           const std::function<bool()>& interrupted) {
  return command.in_process ? run_nvrtc(command, interrupted)
                            : run_process(command.arguments, interrupted);
}

}  // namespace

std::string compile(Engine engine, const ToolchainSettings& settings,
                    const std::string& source_file, const std::string& product_file,
                    const std::function<bool()>& interrupted) {
  if (find_compiler(engine, settings).empty()) throw no_compiler(engine, settings);
  Command command = compile_command(engine, settings, source_file, product_file);
  ProcessResult result = run_compiler(command, interrupted);
  if (!succeeded(result, command) && engine == Engine::cpu &&
      !says_disk_is_full(result.output) && learn_refused_flags(settings, interrupted)) {
    command = compile_command(engine, settings, source_file, product_file);
    result = run_process(command.arguments, interrupted);
  }
  if (!succeeded(result, command))
    throw compile_failure(engine, settings, command, result);
  return command_line(command) + "\n" + result.output;
}

bool compiler_works(const ToolchainSettings& settings,
                    const std::function<bool()>& interrupted) {
  const TrialFolder folder(settings.temporary_directory);
  if (!folder.write_source()) return false;
  Words words = compiler_words(Engine::cpu, settings);
  for (const char* word : {"-fPIC", "-shared"}) words.push_back(word);
  for (const std::string& file : {folder.source(), std::string("-o"), folder.product()})
    words.push_back(file);
  return run_process(words, interrupted).status == 0 && is_written(folder.product());
}

std::string compiler_version(Engine engine, const ToolchainSettings& settings,
                             const std::function<bool()>& interrupted) {
  const std::string compiler = find_compiler(engine, settings);
  if (compiler.empty()) return "";
  if (engine == Engine::cuda && uses_nvrtc(settings)) return nvrtc_version(compiler);
  Words words = compiler_words(engine, settings);
  words.push_back("--version");
  Words lines;
  try {
    lines = split_lines(run_process(words, interrupted).output);
  } catch (const Error&) {
    return "";
  }
  // nvcc names itself in the first line and its release in the fourth.
  const auto release = std::find_if(
      lines.begin(), lines.end(),
      [](const std::string& line) { return line.find("release ") != std::string::npos; });
  if (release != lines.end()) return *release;
  return lines.empty() ? "" : lines[0];
}

}  // namespace rkeops
