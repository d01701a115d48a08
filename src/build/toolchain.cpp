// In: settings. Out: paths and argument vectors. No process is started here: a formula
// found in the cache costs none.
#include "build/toolchain.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <sstream>

#include "base/diagnostic.h"

namespace rkeops {
namespace {

using Words = std::vector<std::string>;

// They reorder sums, which undoes compensated ones, and on a link line some GCC and clang
// versions add start-up code that flushes small numbers to zero in the whole R session.
const Words forbidden_cxx_flags = {"-ffast-math", "-Ofast", "-funsafe-math-optimizations",
                                   "-fassociative-math"};

void append(Words& words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
}

bool contains(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void remove(Words& words, const Words& unwanted) {
  const auto is_unwanted = [&](const std::string& word) {
    return contains(unwanted, word);
  };
  words.erase(std::remove_if(words.begin(), words.end(), is_unwanted), words.end());
}

bool names_a_standard(const std::string& word) { return word.rfind("-std=", 0) == 0; }

/// At blanks, as in a Makefile; quotes keep a path with blanks together.
Words split_words(const std::string& text) {
  Words words;
  char quote = 0;
  bool inside = false;
  for (char character : text) {
    const bool blank = character == ' ' || character == '\t' || character == '\n';
    const bool starts_quote = quote == 0 && (character == '"' || character == '\'');
    if (quote == 0 && blank) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (character == quote || starts_quote) {
      quote = starts_quote ? character : 0;
    } else {
      words.back() += character;
    }
  }
  return words;
}

bool is_executable(const std::string& file) {
  struct stat status;
  return stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         access(file.c_str(), X_OK) == 0;
}

void refuse_forbidden(const Words& words) {
  for (const std::string& flag : forbidden_cxx_flags)
    if (contains(words, flag))
      throw Error(ErrorKind::argument, "The compiler flag " + flag + " is not allowed",
                  {"It makes sums inexact, and can change how R itself computes."},
                  {"Remove it from the flags or from R's C++17 compiler."});
}

/// nvcc starts its own tools through a shell, with only double quotes around file names
/// and flags.
void refuse_shell_characters(const Words& words) {
  for (const std::string& word : words)
    if (word.find_first_of("$`\"\\\n") != std::string::npos)
      throw Error(ErrorKind::argument, "nvcc cannot be given this path or flag", {word},
                  {"Use folders and flags without $, `, \" and backslash."});
}

// Functions without `__device__` are for a GPU too, since NVRTC compiles nothing else.
Words cuda_flags(const ToolchainSettings& settings) {
  Words flags = uses_nvrtc(settings) ? Words{"-default-device"} : Words{"-cubin", "-O3"};
  append(flags, {"-std=c++17", "-arch=" + settings.cuda_architecture});
  append(flags, settings.nvcc_flags);
  return flags;
}

/// Libraries need what R's process has loaded in any case, such as memset(). Without the
/// compiler's libraries the linker does not read them, which takes as long as all the
/// rest it does.
Words linker_flags() {
#ifdef __linux__
  return {"-nodefaultlibs"};
#else
  return {};
#endif
}

/// Flags come after the compiler's own words and before the files; the user's flags last,
/// so they win. The loops are written with vectors, so that -O3 would find nothing more
/// to do, in a third more time.
Words own_flags(Engine engine, const ToolchainSettings& settings) {
  if (engine == Engine::cuda) return cuda_flags(settings);
  const Words words = split_words(settings.cxx);
  Words flags = {"-O2", "-Wno-psabi", "-fvisibility=hidden", "-fPIC", "-shared"};
  append(flags, linker_flags());
  if (std::none_of(words.begin(), words.end(), names_a_standard))
    flags.insert(flags.begin(), "-std=c++17");
  append(flags, optional_cxx_flags());
  append(flags, settings.cxx_flags);
  return flags;
}

/// The optional flags that compilers of this session refused.
class RefusedFlags {
 public:
  Words of(const std::string& compiler) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto known = refused_.find(compiler);
    return known == refused_.end() ? Words{} : known->second;
  }

  bool are_known(const std::string& compiler) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return refused_.count(compiler) > 0;
  }

  void remember(const std::string& compiler, const Words& flags) {
    const std::lock_guard<std::mutex> lock(mutex_);
    refused_[compiler] = flags;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Words> refused_;
};

RefusedFlags refused_flags;

std::string compiler_key(const ToolchainSettings& settings) {
  return settings.cxx + "\n" + compiler_identity(Engine::cpu, settings);
}

std::string identity_of(const std::string& file) {
  struct stat status;
  if (file.empty() || stat(file.c_str(), &status) != 0) return "";
  return file + " " + std::to_string(status.st_size) + " " +
         std::to_string(status.st_mtime) + "\n";
}

bool needs_quotes(const std::string& word) {
  return word.empty() || word.find_first_not_of(
                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789_-+=./:,@%") != std::string::npos;
}

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (char character : word)
    text += character == '\'' ? "'\\''" : std::string(1, character);
  return text + "'";
}

}  // namespace

std::string find_program(const std::string& name, const std::string& path) {
  if (name.empty()) return "";
  if (name.find('/') != std::string::npos) return is_executable(name) ? name : "";
  std::istringstream directories(path);
  for (std::string directory; std::getline(directories, directory, ':');) {
    const std::string file = (directory.empty() ? "." : directory) + "/" + name;
    if (is_executable(file)) return file;
  }
  return "";
}

std::string find_compiler(Engine engine, const ToolchainSettings& settings) {
  if (engine == Engine::cuda)
    return uses_nvrtc(settings) ? find_nvrtc(settings) : find_nvcc(settings);
  const Words words = split_words(settings.cxx);
  return words.empty() ? "" : find_program(words[0], settings.path);
}

std::vector<std::string> key_flags(Engine engine, const ToolchainSettings& settings) {
  Words flags = engine == Engine::cpu ? split_words(settings.cxx) : Words{};
  append(flags, own_flags(engine, settings));
  return flags;
}

// Without the vectorizer of basic blocks, which finds nothing in code that is vectors
// already, takes time, and ends GCC 12 with a segmentation fault on some formulas.
const std::vector<std::string>& optional_cxx_flags() {
  static const Words flags = {"-march=native", "-mprefer-vector-width=512",
                              "-fno-math-errno", "-fno-trapping-math",
                              "-fno-tree-slp-vectorize"};
  return flags;
}

bool refused_flags_are_known(const ToolchainSettings& settings) {
  return refused_flags.are_known(compiler_key(settings));
}

void remember_refused_flags(const ToolchainSettings& settings,
                            const std::vector<std::string>& flags) {
  refused_flags.remember(compiler_key(settings), flags);
}

std::vector<std::string> compiler_words(Engine engine,
                                        const ToolchainSettings& settings) {
  Words words = engine == Engine::cpu  ? split_words(settings.cxx)
                : uses_nvrtc(settings) ? Words{"libnvrtc.so"}
                                       : Words{"nvcc"};
  const std::string program = find_compiler(engine, settings);
  if (!program.empty()) words[0] = program;
  return words;
}

Command compile_command(Engine engine, const ToolchainSettings& settings,
                        const std::string& source_file, const std::string& product_file) {
  Words words = compiler_words(engine, settings);
  append(words, own_flags(engine, settings));
  if (engine == Engine::cpu) {
    refuse_forbidden(words);
    remove(words, refused_flags.of(compiler_key(settings)));
  }
  words.push_back("-I" + settings.include_directory);
  if (engine == Engine::cuda && uses_nvrtc(settings))
    return {words, source_file, product_file, true};
  append(words, {source_file, "-o", product_file});
  if (engine == Engine::cuda) refuse_shell_characters(words);
  return {words, source_file, product_file};
}

std::string command_line(const Command& command) {
  Words words = command.arguments;
  if (command.in_process)
    append(words, {command.source_name, "-o", command.product_name});
  std::string line;
  for (const std::string& word : words)
    line += (line.empty() ? "" : " ") + (needs_quotes(word) ? quoted(word) : word);
  return command.in_process ? line + "  # by this library, in the process of R" : line;
}

std::string compiler_identity(Engine engine, const ToolchainSettings& settings) {
  if (engine == Engine::cuda) return identity_of(find_compiler(engine, settings));
  std::string identity;
  for (const std::string& word : compiler_words(engine, settings))
    if (word[0] != '-') identity += identity_of(find_program(word, settings.path));
  return identity;
}

}  // namespace rkeops
