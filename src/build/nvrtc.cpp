// In: a command whose first word is a library. Out: a cubin and a log.
//
// The library declares nothing that we could include, so its functions are declared here.
// It is opened once and stays: it keeps state of its own, and opening takes time.
#include "build/nvrtc.h"

#include <dlfcn.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <system_error>
#include <thread>
#include <vector>

#include "base/diagnostic.h"
#include "base/interrupts.h"

namespace rkeops {
namespace {

using Program = struct NvrtcProgramTag*;
using Status = int;

constexpr Status success = 0;

// Member, symbol in the library, arguments. Every function returns a Status.
#define RKEOPS_NVRTC_FUNCTIONS(F)                                             \
  F(version, nvrtcVersion, (int* major, int* minor))                          \
  F(create, nvrtcCreateProgram,                                               \
    (Program * program, const char* source, const char* name, int headers,    \
     const char* const* header_sources, const char* const* header_names))     \
  F(destroy, nvrtcDestroyProgram, (Program * program))                        \
  F(compile, nvrtcCompileProgram,                                             \
    (Program program, int count, const char* const* options))                 \
  F(log_size, nvrtcGetProgramLogSize, (Program program, std::size_t * bytes)) \
  F(log, nvrtcGetProgramLog, (Program program, char* text))                   \
  F(cubin_size, nvrtcGetCUBINSize, (Program program, std::size_t * bytes))    \
  F(cubin, nvrtcGetCUBIN, (Program program, char* bytes))

/// The functions of one library, or why it cannot be used.
struct Nvrtc {
#define RKEOPS_NVRTC_MEMBER(member, symbol, arguments) \
  Status(*member) arguments = nullptr;
  RKEOPS_NVRTC_FUNCTIONS(RKEOPS_NVRTC_MEMBER)
#undef RKEOPS_NVRTC_MEMBER
  const char* (*error_text)(Status) = nullptr;
  // Only in newer libraries: asked now and then, 1 ends the compilation.
  Status (*set_callback)(Program program, int (*callback)(void*, void*),
                         void* argument) = nullptr;
  std::string problem;
};

template <class Function>
void find_function(void* library, const char* symbol, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, symbol));
}

Nvrtc open_nvrtc(const std::string& path) {
  Nvrtc nvrtc;
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char* reason = dlerror();
    nvrtc.problem = reason ? reason : path + " cannot be opened";
    return nvrtc;
  }
#define RKEOPS_NVRTC_FIND(member, symbol, arguments) \
  find_function(library, #symbol, nvrtc.member);     \
  if (!nvrtc.member && nvrtc.problem.empty())        \
    nvrtc.problem =                                  \
        path + " has no function " #symbol ", which NVRTC has since CUDA 11.1";
  RKEOPS_NVRTC_FUNCTIONS(RKEOPS_NVRTC_FIND)
#undef RKEOPS_NVRTC_FIND
  find_function(library, "nvrtcGetErrorString", nvrtc.error_text);
  find_function(library, "nvrtcSetFlowCallback", nvrtc.set_callback);
  return nvrtc;
}

const Nvrtc& opened_nvrtc(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, Nvrtc>& opened = *new std::map<std::string, Nvrtc>;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = opened.find(path);
  return found != opened.end() ? found->second
                               : opened.emplace(path, open_nvrtc(path)).first->second;
}

/// Since 12.9 NVRTC would keep what it compiled in the user's home as well.
std::vector<std::string> options_for(const Nvrtc& nvrtc, const Command& command) {
  std::vector<std::string> options(command.arguments.begin() + 1,
                                   command.arguments.end());
  int major = 0, minor = 0;
  nvrtc.version(&major, &minor);
  if (major > 12 || (major == 12 && minor >= 9)) options.push_back("--no-cache");
  return options;
}

/// Asks the user in the thread that started the compilation only: R allows no other.
class Cancellation {
 public:
  explicit Cancellation(const std::function<bool()>& interrupted) : watch_(interrupted) {}

  static int ask(void* self, void*) {
    auto& cancellation = *static_cast<Cancellation*>(self);
    if (std::this_thread::get_id() == cancellation.thread_ && cancellation.watch_.fired())
      cancellation.wanted_ = true;
    return cancellation.wanted_ ? 1 : 0;
  }

  bool wanted() const { return wanted_; }

 private:
  InterruptWatch watch_;
  const std::thread::id thread_ = std::this_thread::get_id();
  std::atomic<bool> wanted_{false};
};

/// A program of the library; gone at the end of the scope.
class OpenProgram {
 public:
  OpenProgram(const Nvrtc& nvrtc, const std::string& source, const std::string& name)
      : nvrtc_(nvrtc),
        status_(
            nvrtc.create(&program_, source.c_str(), name.c_str(), 0, nullptr, nullptr)) {}
  ~OpenProgram() {
    if (program_) nvrtc_.destroy(&program_);
  }
  OpenProgram(const OpenProgram&) = delete;
  OpenProgram& operator=(const OpenProgram&) = delete;

  Status compile(const std::vector<std::string>& options, Cancellation& cancellation) {
    if (status_ != success) return status_;
    if (nvrtc_.set_callback)
      nvrtc_.set_callback(program_, Cancellation::ask, &cancellation);
    std::vector<const char*> words;
    for (const std::string& option : options) words.push_back(option.c_str());
    return nvrtc_.compile(program_, static_cast<int>(words.size()), words.data());
  }

  std::string log() const { return bytes(nvrtc_.log_size, nvrtc_.log); }
  std::string cubin() const { return bytes(nvrtc_.cubin_size, nvrtc_.cubin); }

 private:
  std::string bytes(Status (*size_of)(Program, std::size_t*),
                    Status (*copy)(Program, char*)) const {
    std::size_t size = 0;
    if (!program_ || size_of(program_, &size) != success) return "";
    std::string result(size, '\0');
    return copy(program_, &result[0]) == success ? result : "";
  }

  const Nvrtc& nvrtc_;
  Program program_ = nullptr;
  Status status_;
};

std::string error_text(int error) { return std::generic_category().message(error); }

ProcessResult failed_file(const std::string& file, int error) {
  return {1, "error: " + file + ": " + error_text(error) + "\n", true};
}

bool read_file(const std::string& path, std::string& text) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream all;
  all << file.rdbuf();
  text = all.str();
  return file.is_open() && !text.empty();
}

bool write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  return bool(file);
}

std::string log_of(const OpenProgram& program, const Nvrtc& nvrtc, Status status) {
  std::string log = program.log();
  while (!log.empty() && (log.back() == '\0' || log.back() == '\n')) log.pop_back();
  if (!log.empty()) log += "\n";
  if (status != success && nvrtc.error_text)
    log += std::string(nvrtc.error_text(status)) + "\n";
  return log;
}

}  // namespace

ProcessResult run_nvrtc(const Command& command,
                        const std::function<bool()>& interrupted) {
  const Nvrtc& nvrtc = opened_nvrtc(command.arguments.at(0));
  if (!nvrtc.problem.empty()) return {unknown_status, nvrtc.problem, false};
  std::string source;
  if (!read_file(command.source_name, source))
    return failed_file(command.source_name, errno);
  OpenProgram program(nvrtc, source, command.source_name);
  Cancellation cancellation(interrupted);
  const Status status = program.compile(options_for(nvrtc, command), cancellation);
  if (cancellation.wanted())
    throw Error(ErrorKind::interrupted, "Interrupted while NVRTC compiled a formula");
  const std::string log = log_of(program, nvrtc, status);
  if (status != success) return {status, log, true};
  if (!write_file(command.product_name, program.cubin()))
    return failed_file(command.product_name, errno);
  return {success, log, true};
}

std::string nvrtc_version(const std::string& library) {
  const Nvrtc& nvrtc = opened_nvrtc(library);
  if (!nvrtc.problem.empty()) return nvrtc.problem;
  int major = 0, minor = 0;
  nvrtc.version(&major, &minor);
  return "NVRTC " + std::to_string(major) + "." + std::to_string(minor);
}

}  // namespace rkeops
