// An emulated libnvrtc: compiles with the script `nvcc` beside this file, as the emulated
// driver needs it. Only the functions that rkeops uses exist. Built by
//   g++ -std=c++17 -shared -fPIC -DEMULATED_NVCC='"<path of the script>"' nvrtc.cpp
//     -o libnvrtc-emulation.so
//
// Read at every compilation, so that a test can change them:
//   RKEOPS_EMULATION_NVRTC_STATUS  what nvrtcCompileProgram() returns (0)
//   RKEOPS_EMULATION_NVRTC_LOG     and says
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

namespace {

constexpr int invalid_option = 5, compilation = 6, cancelled = 13;

struct Program {
  std::string source, log, cubin;
  int (*callback)(void*, void*) = nullptr;
  void* argument = nullptr;
};

std::string variable(const char* name) {
  const char* text = std::getenv(name);
  return text ? text : "";
}

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The folder is gone at the end of the scope.
struct Folder {
  std::string path = "/tmp/rkeops-nvrtc-XXXXXX";
  Folder() { path = mkdtemp(&path[0]); }
  ~Folder() {
    for (const char* name : {"/a.cu", "/a.cubin", "/log"}) unlink((path + name).c_str());
    rmdir(path.c_str());
  }
};

int compile(Program& program, const std::string& words) {
  const Folder folder;
  std::ofstream(folder.path + "/a.cu") << program.source;
  const std::string command = std::string(EMULATED_NVCC) + words + " " + folder.path +
                              "/a.cu -o " + folder.path + "/a.cubin >" + folder.path +
                              "/log 2>&1";
  const int status = std::system(command.c_str());
  program.log = text_of(folder.path + "/log");
  program.cubin = text_of(folder.path + "/a.cubin");
  return status == 0 ? 0 : compilation;
}

/// As of the shell, or "" for one that NVRTC does not know.
std::string word_of(const std::string& option) {
  for (const char* known : {"-std=", "-arch=", "-I", "-D"}) {
    if (option.rfind(known, 0) == 0) return " '" + option + "'";
  }
  return option == "-default-device" || option == "--no-cache" ? " " : "";
}

}  // namespace

extern "C" int nvrtcVersion(int* major, int* minor) {
  *major = 13;
  *minor = 0;
  return 0;
}

extern "C" const char* nvrtcGetErrorString(int status) {
  return status == compilation ? "NVRTC_ERROR_COMPILATION" : "NVRTC_ERROR_EMULATED";
}

extern "C" int nvrtcCreateProgram(Program** program, const char* source, const char*, int,
                                  const char* const*, const char* const*) {
  *program = new Program{source, "", ""};
  return 0;
}

extern "C" int nvrtcDestroyProgram(Program** program) {
  delete *program;
  *program = nullptr;
  return 0;
}

extern "C" int nvrtcSetFlowCallback(Program* program, int (*callback)(void*, void*),
                                    void* argument) {
  program->callback = callback;
  program->argument = argument;
  return 0;
}

extern "C" int nvrtcCompileProgram(Program* program, int count,
                                   const char* const* options) {
  std::string words;
  for (int k = 0; k < count; ++k) {
    const std::string word = word_of(options[k]);
    if (word.empty()) {
      program->log =
          std::string("nvrtc: error: unrecognized option ") + options[k] + " found";
      return invalid_option;
    }
    words += word;
  }
  const int status = std::atoi(variable("RKEOPS_EMULATION_NVRTC_STATUS").c_str());
  if (status != 0) {
    program->log = variable("RKEOPS_EMULATION_NVRTC_LOG");
    return status;
  }
  for (int k = 0; program->callback && k < 3; ++k) {
    usleep(60000);
    if (program->callback(program->argument, nullptr) == 1) return cancelled;
  }
  return compile(*program, words);
}

extern "C" int nvrtcGetProgramLogSize(Program* program, std::size_t* bytes) {
  *bytes = program->log.size() + 1;
  return 0;
}

extern "C" int nvrtcGetProgramLog(Program* program, char* text) {
  std::strcpy(text, program->log.c_str());
  return 0;
}

extern "C" int nvrtcGetCUBINSize(Program* program, std::size_t* bytes) {
  *bytes = program->cubin.size();
  return 0;
}

extern "C" int nvrtcGetCUBIN(Program* program, char* bytes) {
  std::memcpy(bytes, program->cubin.data(), program->cubin.size());
  return 0;
}
