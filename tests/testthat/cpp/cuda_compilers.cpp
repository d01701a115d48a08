// Tests of the CUDA compilers: which one is taken, how NVRTC compiles, what is said when
// one fails. NVRTC is an emulated one, and the machine's own where it has one. Prints
// "name ok" or "name FAIL" and exits with status 1 when something failed. From the top of
// the repository:
//   g++ -std=c++17 -Isrc tests/testthat/cpp/cuda_compilers.cpp src/base/diagnostic.cpp
//     src/build/*.cpp -ldl -o cuda_compilers && ./cuda_compilers
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "base/diagnostic.h"
#include "build/compile.h"
#include "build/nvrtc.h"

using namespace rkeops;

namespace {

const std::string emulation = "tests/testthat/cuda-emulation/";

int failures = 0;
std::string folder;
std::string emulated_nvrtc;

void check(const std::string& name, bool passed) {
  std::printf("%s %s\n", name.c_str(), passed ? "ok" : "FAIL");
  if (!passed) ++failures;
}

void shell(const std::string& command) {
  if (std::system(command.c_str()) == 0) return;
  std::printf("FAIL: %s\n", command.c_str());
  std::exit(1);
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Path of a new file.
std::string write_text(const std::string& name, const std::string& text) {
  const std::string path = folder + "/" + name;
  std::ofstream(path) << text;
  return path;
}

std::string all_text(const Error& error) {
  std::string text = error.message;
  for (const auto* lines : {&error.details, &error.hints})
    for (const std::string& line : *lines) text += "\n" + line;
  return text;
}

/// Whether the action throws an error of this kind in which all these words stand.
void check_error(const std::string& name, ErrorKind kind,
                 const std::vector<std::string>& words,
                 const std::function<void()>& action) {
  try {
    action();
    check(name + ": no error", false);
  } catch (const Error& error) {
    bool passed = error.kind == kind;
    for (const std::string& word : words)
      passed = passed && all_text(error).find(word) != std::string::npos;
    if (!passed) std::printf("%s\n", all_text(error).c_str());
    check(name, passed);
  }
}

ToolchainSettings new_settings() {
  ToolchainSettings settings;
  settings.include_directory = "inst/include";
  settings.cuda_architecture = "sm_90";
  settings.path = "/usr/bin:/bin";
  return settings;
}

ToolchainSettings emulated_settings() {
  ToolchainSettings settings = new_settings();
  settings.cuda_compiler = "nvrtc";
  settings.nvrtc = emulated_nvrtc;
  return settings;
}

const char* const small_kernel =
    "#include <rkeops/cuda/cuda_engine.cuh>\n"
    "constexpr int twice(int x) { return 2 * x; }\n"
    "extern \"C\" __global__ void small(double* x) {\n"
    "  x[0] = rkeops::load<double>(x + twice(1)) + __builtin_inf() + "
    "__builtin_nan(\"\");\n"
    "  x[1] = -__builtin_inff() + __builtin_nanf(\"\");\n"
    "}\n";

// ---- which one ----

void test_choice() {
  const std::string home = folder + "/home";
  shell("mkdir -p " + home + "/bin " + home + "/lib64 " + home + "/lib");
  const std::string nvcc = write_text("home/bin/nvcc", "#!/bin/sh\n");
  shell("chmod 700 " + nvcc);
  ToolchainSettings settings = new_settings();
  settings.cuda_home = home;
  settings.cuda_compiler = "nvcc";
  check("nvcc by name",
        !uses_nvrtc(settings) && find_compiler(Engine::cuda, settings) == nvcc);
  settings.cuda_compiler = "auto";

  const std::string in_lib = write_text("home/lib/libnvrtc.so.12", "");
  check("NVRTC in lib",
        uses_nvrtc(settings) && find_compiler(Engine::cuda, settings) == in_lib);
  const std::string older = write_text("home/lib64/libnvrtc.so.11.2", "");
  check("NVRTC in lib64", find_nvrtc(settings) == older);
  const std::string newer = write_text("home/lib64/libnvrtc.so.13", "");
  check("the newest NVRTC", find_nvrtc(settings) == newer);
  settings.nvcc = nvcc;
  check("the option nvcc chooses nvcc",
        !uses_nvrtc(settings) && find_compiler(Engine::cuda, settings) == nvcc);
  settings.cuda_compiler = "nvrtc";
  check("unless NVRTC is named", find_compiler(Engine::cuda, settings) == newer);
  settings.nvrtc = "/no/libnvrtc.so";
  check("the option nvrtc alone counts", find_nvrtc(settings).empty());

  ToolchainSettings elsewhere = new_settings();
  elsewhere.library_path = "/nowhere:" + home + "/lib";
  check("NVRTC in LD_LIBRARY_PATH", find_nvrtc(elsewhere) == in_lib);
  elsewhere.library_path = "";
  elsewhere.cuda_path = home;
  check("NVRTC in CUDA_PATH", find_nvrtc(elsewhere) == newer);
}

void test_named_folders() {
  ToolchainSettings settings = new_settings();
  settings.cuda_compiler = "nvrtc";
  shell("mkdir -p " + folder + "/torch " + folder + "/package");
  write_text("torch/libnvrtc-builtins-2dc4bf68.so.12.4", "");
  settings.nvrtc_folders = {{folder + "/nowhere", "nobody"},
                            {folder + "/torch", "torch"}};
  check("builtins are no NVRTC", cuda_compiler_origin(settings) != "torch");
  const std::string torch = write_text("torch/libnvrtc-672ee683.so.11.2", "");
  check("NVRTC with a digest", find_nvrtc(settings) == torch);
  check("its origin", cuda_compiler_origin(settings) == "torch");
  const std::string packed = write_text("package/libnvrtc.so.12", "");
  settings.nvrtc_folders.insert(settings.nvrtc_folders.begin(),
                                {folder + "/package", "R package cuda12.8"});
  check("the first folder counts", find_nvrtc(settings) == packed);
  check("the origin is that of the first",
        cuda_compiler_origin(settings) == "R package cuda12.8");
  settings.cuda_home = folder + "/torch";
  check("the home of CUDA has libraries in lib alone", find_nvrtc(settings) == packed);
  settings.cuda_home = folder + "/home";
  check("the home of CUDA comes before", cuda_compiler_origin(settings) == "CUDA_HOME");
  settings.nvrtc = packed;
  check("an option has its origin", cuda_compiler_origin(settings) == "option");
  settings.nvrtc = "/no/libnvrtc.so";
  check("what is not there has none", cuda_compiler_origin(settings).empty());
}

void test_none() {
  ToolchainSettings settings = new_settings();
  settings.nvrtc = "/no/libnvrtc.so";
  settings.nvcc = "/no/nvcc";
  const auto start = [&] { compile(Engine::cuda, settings, "a.cu", "a.cubin"); };
  check_error("no nvcc", ErrorKind::compile, {"nvcc was not found", "/no/nvcc (option)"},
              start);
  settings.cuda_compiler = "nvrtc";
  check_error("no NVRTC", ErrorKind::compile,
              {"NVRTC (libnvrtc) was not found", "/no/libnvrtc.so (option)", "use_cpu()"},
              start);
  settings.cuda_compiler = "auto";
  settings.nvcc = "";
  settings.path = "";
  check("places of both",
        cuda_compiler_places(settings)[0] == "/no/libnvrtc.so (option)" &&
            cuda_compiler_places(settings)[1] == "nvcc (PATH)");
}

void test_command() {
  ToolchainSettings settings = emulated_settings();
  settings.include_directory = "/in clude $x";
  settings.nvcc_flags = {"-lineinfo"};
  const Command command = compile_command(Engine::cuda, settings, "a.cu", "a.cubin");
  const std::string line = command_line(command);
  check("the command of NVRTC",
        line.rfind(emulated_nvrtc + " -default-device -std=c++17 -arch=sm_90 -lineinfo",
                   0) == 0 &&
            line.find("'-I/in clude $x' a.cu -o a.cubin") != std::string::npos &&
            line.find("in the process of R") != std::string::npos);
  ToolchainSettings other = settings;
  other.cuda_compiler = "nvcc";
  check("the key tells the compilers apart",
        key_flags(Engine::cuda, settings) != key_flags(Engine::cuda, other) &&
            compiler_identity(Engine::cuda, settings) !=
                compiler_identity(Engine::cuda, other));
  const std::string identity = compiler_identity(Engine::cuda, settings);
  other = settings;
  other.nvrtc = folder + "/copy.so";
  shell("cp " + emulated_nvrtc + " " + other.nvrtc);
  check("and libraries of NVRTC", identity.find(emulated_nvrtc) == 0 &&
                                      identity != compiler_identity(Engine::cuda, other));
}

// ---- the emulated NVRTC ----

void test_compile() {
  const ToolchainSettings settings = emulated_settings();
  const std::string source = write_text("small.cu", small_kernel);
  const std::string product = folder + "/small.cubin";
  const std::string log = compile(Engine::cuda, settings, source, product);
  check("NVRTC compiles", read_text(product).rfind("\x7f"
                                                   "ELF",
                                                   0) == 0 &&
                              log.find(emulated_nvrtc) == 0);
  check("its version", compiler_version(Engine::cuda, settings) == "NVRTC 13.0");
  check_error("a full disk", ErrorKind::cache, {"disk is full", "/dev/full"},
              [&] { compile(Engine::cuda, settings, source, "/dev/full"); });
  check_error("no source", ErrorKind::compile, {"No such file"},
              [&] { compile(Engine::cuda, settings, "/no/a.cu", product); });
  const std::string wrong = write_text("wrong.cu", "int main( { }\n");
  check_error("a wrong source", ErrorKind::compile,
              {"NVRTC could not compile", "error:", "COMPILATION", "wrong.cu"},
              [&] { compile(Engine::cuda, settings, wrong, product); });
  ToolchainSettings flags = settings;
  flags.nvcc_flags = {"-ccbin=g++"};
  check_error("an unknown flag", ErrorKind::compile,
              {"unrecognized option -ccbin=g++", "nvcc_flags"},
              [&] { compile(Engine::cuda, flags, source, product); });
  int asked = 0;
  check_error("an interrupt ends NVRTC", ErrorKind::interrupted, {}, [&] {
    compile(Engine::cuda, settings, source, product, [&] { return ++asked == 1; });
  });
  check("and is asked for once", asked == 1);
  const pid_t child = fork();
  if (child == 0) {
    compile(Engine::cuda, settings, source, folder + "/child.cubin");
    _exit(0);
  }
  int status = 1;
  waitpid(child, &status, 0);
  check("a forked child compiles", WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/// Compares what NVRTC says with the words of the error.
void check_failure(const std::string& name, const char* status, const char* log,
                   const std::vector<std::string>& words) {
  const std::string source = write_text("small.cu", small_kernel);
  setenv("RKEOPS_EMULATION_NVRTC_STATUS", status, 1);
  setenv("RKEOPS_EMULATION_NVRTC_LOG", log, 1);
  check_error(name, ErrorKind::compile, words, [&] {
    compile(Engine::cuda, emulated_settings(), source, folder + "/small.cubin");
  });
  unsetenv("RKEOPS_EMULATION_NVRTC_STATUS");
  unsetenv("RKEOPS_EMULATION_NVRTC_LOG");
}

void test_failures_of_nvrtc() {
  check_failure("an unknown GPU", "5",
                "nvrtc: error: invalid value for --gpu-architecture (-arch)",
                {"does not know GPUs of architecture sm_90", "newer CUDA toolkit"});
  check_failure("without its builtins", "7",
                "nvrtc: error: failed to open libnvrtc-builtins.so.13.0.",
                {"not complete", "libnvrtc-builtins of the same version"});
  ToolchainSettings settings = emulated_settings();
  const auto start = [&] { compile(Engine::cuda, settings, "a.cu", "a.cubin"); };
  settings.nvrtc = write_text("text.so", "no library");
  check_error("a file that is no library", ErrorKind::compile,
              {"could not be opened", "text.so", "cuda_compiler"}, start);
  settings.nvrtc = folder + "/other.so";
  shell("echo 'int x;' | ${CXX:-g++} -x c++ -shared -fPIC - -o " + settings.nvrtc);
  check_error("another library", ErrorKind::compile,
              {"could not be opened", "no function nvrtcVersion", "11.1"}, start);
  check("its version says so",
        compiler_version(Engine::cuda, settings).find("no function nvrtcVersion") !=
            std::string::npos);
}

// ---- nvcc ----

/// An nvcc that says this and fails.
void check_nvcc(const std::string& name, const std::string& says,
                const std::vector<std::string>& words,
                ErrorKind kind = ErrorKind::compile) {
  ToolchainSettings settings = new_settings();
  const std::string text = write_text("says", says + "\n");
  settings.nvcc = write_text("nvcc", "#!/bin/sh\ncat " + text + " >&2\nexit 1\n");
  shell("chmod 700 " + settings.nvcc);
  check_error(name, kind, words, [&] {
    compile(Engine::cuda, settings, folder + "/a.cu", folder + "/a.cubin");
  });
}

void test_failures_of_nvcc() {
  const std::vector<std::string> host = {"does not work with the C++ compiler",
                                         "\"cuda_compiler\", \"nvrtc\"", "-ccbin="};
  check_nvcc("a host compiler that is too new",
             "crt/host_config.h:143:2: error: #error -- unsupported GNU version! gcc "
             "versions later than 13 are not supported!",
             host);
  check_nvcc("a clang that is too new",
             "host_config.h:151:2: error: #error -- unsupported clang version!", host);
  check_nvcc("no host compiler",
             "sh: 1: gcc: not found\n"
             "nvcc fatal   : Failed to preprocess host compiler properties.",
             host);
  check_nvcc("half a host compiler",
             "gcc: fatal error: cannot execute 'cc1plus': execvp: No such file", host);
  check_nvcc("a GPU that nvcc does not know",
             "nvcc fatal   : Unsupported gpu architecture 'sm_90'",
             {"does not know GPUs of architecture sm_90"});
  check_nvcc("nvcc on a full disk", "a.cu: fatal error: No space left on device",
             {"disk is full", "TMPDIR"}, ErrorKind::cache);
  check_nvcc("nvcc with another trouble", "internal error: assertion failed",
             {"ended with status 1", "assertion failed", "nvcc_flags"});
}

// ---- the real NVRTC ----

void test_real() {
  ToolchainSettings settings = new_settings();
  if (find_nvrtc(settings).empty()) return check("(no NVRTC here)", true);
  settings.cuda_compiler = "nvrtc";
  struct sigaction before, after;
  sigaction(SIGINT, nullptr, &before);
  const std::string source = write_text("small.cu", small_kernel);
  for (const char* architecture : {"sm_75", "sm_90"}) {
    settings.cuda_architecture = architecture;
    const std::string product = folder + "/" + architecture;
    compile(Engine::cuda, settings, source, product);
    check(std::string("the real NVRTC compiles for ") + architecture,
          read_text(product).rfind("\x7f"
                                   "ELF",
                                   0) == 0);
  }
  sigaction(SIGINT, nullptr, &after);
  check("and leaves signals alone", before.sa_handler == after.sa_handler);
  settings.cuda_architecture = "sm_999";
  check_error("the real NVRTC does not know a GPU", ErrorKind::compile,
              {"does not know GPUs of architecture sm_999"},
              [&] { compile(Engine::cuda, settings, source, folder + "/x"); });
  settings.cuda_architecture = "sm_90";
  const std::string wrong =
      write_text("wrong.cu", "__global__ void f() { undefined(); }\n");
  check_error("the real NVRTC says what is wrong", ErrorKind::compile,
              {"identifier \"undefined\" is undefined", "wrong.cu"},
              [&] { compile(Engine::cuda, settings, wrong, folder + "/x"); });
}

}  // namespace

int main() {
  char name[] = "/tmp/rkeops-compilers-XXXXXX";
  folder = mkdtemp(name);
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  emulated_nvrtc = folder + "/libnvrtc-emulation.so";
  shell("${CXX:-g++} -std=c++17 -shared -fPIC -DEMULATED_NVCC=\"\\\"$PWD/" + emulation +
        "nvcc\\\"\" " + emulation + "nvrtc.cpp -o " + emulated_nvrtc);
  test_choice();
  test_named_folders();
  test_none();
  test_command();
  test_compile();
  test_failures_of_nvrtc();
  test_failures_of_nvcc();
  test_real();
  shell("rm -r " + folder);
  return failures == 0 ? 0 : 1;
}
