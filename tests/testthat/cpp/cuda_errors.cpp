// Tests of what goes wrong with a GPU, on an emulated one: every error a user can meet,
// memory, other users of the GPU. Prints "name ok" or "name FAIL" and exits with status 1
// when something failed. From the top of the repository:
//   g++ -std=c++17 -Isrc -Iinst/include tests/testthat/cpp/cuda_errors.cpp
//   src/run/cuda/cuda_*.cpp src/run/cuda/gpu_matrix.cpp
//     src/base/diagnostic.cpp src/base/pair_cover.cpp -ldl -o cuda_errors &&
//     ./cuda_errors
// To look for errors of memory, build with -fsanitize=address and run with
// RKEOPS_EMULATION_FLAGS=-fsanitize=address in the environment.
#include <dlfcn.h>
#include <sys/wait.h>

#include <functional>

#include "cuda_formulas.h"

using namespace rkeops;

namespace {

std::string all_text(const Error& error) {
  std::string text = error.message;
  for (const auto* lines : {&error.details, &error.hints}) {
    for (const std::string& line : *lines) text += "\n" + line;
  }
  return text;
}

/// Whether the action throws a `gpu` error in which all these words stand.
bool throws(const std::vector<std::string>& words, const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    bool all = error.kind == ErrorKind::gpu;
    for (const std::string& word : words) {
      all = all && all_text(error).find(word) != std::string::npos;
    }
    if (!all) std::printf("%s\n", all_text(error).c_str());
    return all;
  }
  return false;
}

/// The same while a variable of the emulation is set.
void check_error(const std::string& name, const char* variable, const char* value,
                 const std::vector<std::string>& words,
                 const std::function<void()>& action) {
  setenv(variable, value, 1);
  const bool passed = throws(words, action);
  unsetenv(variable);
  check(name, passed);
}

void check_start_errors() {
  const auto start = [] { cuda_devices(settings); };
  CudaSettings elsewhere;
  elsewhere.library = "/nonexistent/libcuda.so.1";
  check("no driver library", throws({"libcuda", "/nonexistent/libcuda.so.1", "use_cpu()"},
                                    [&] { cuda_devices(elsewhere); }));
  elsewhere.library = "libdl.so.2";
  check("a library that is no driver",
        throws({"cuInit", "libdl"}, [&] { cuda_devices(elsewhere); }));
  check_error("no device", "RKEOPS_EMULATION_DEVICES", "0",
              {"No NVIDIA GPU", "NO_DEVICE"}, start);
  check_error("a driver that does not start", "RKEOPS_EMULATION_FAIL", "cuInit=803",
              {"could not be started", "SYSTEM_DRIVER_MISMATCH"}, start);
  const std::vector<CudaDevice> devices = cuda_devices(settings);
  check("the device", devices.size() == 1 && devices[0].architecture() == "sm_90" &&
                          devices[0].name == "Emulated GPU" &&
                          devices[0].multiprocessors == 4);
  check("a device number that is too large",
        throws({"number 7", "has 1 GPU"}, [] { cuda_module(settings, 7, "none"); }));
}

void check_module_errors() {
  const auto load = [] { cuda_module(settings, 0, folder + "/none.cubin"); };
  check("no such module", throws({"none.cubin", "FILE_NOT_FOUND"}, load));
  for (const char* fail : {"cuModuleLoad=209", "cuModuleLoad=222", "cuModuleLoad=200"}) {
    check_error(std::string("an older driver, ") + fail, "RKEOPS_EMULATION_FAIL", fail,
                {"older", "CUDA 12.2", "Update"}, load);
  }
  check_error("a module without kernels", "RKEOPS_EMULATION_FAIL",
              "cuModuleGetFunction=500", {"rkeops_convert", "NOT_FOUND"},
              [] { cuda_module(settings, 0, compile(log_sum_exp, "float")); });
}

template <class Value>
Value ask_emulation(const char* name) {
  void* library = dlopen(settings.library.c_str(), RTLD_NOW);
  return reinterpret_cast<Value (*)()>(dlsym(library, name))();
}

/// Allocations, modules, streams, events and retained contexts.
long live() { return ask_emulation<long>("rkeops_emulation_live"); }

void check_memory() {
  Data large(sum, 1000, 30000), small(sum, 100, 100);
  check_error("out of memory", "RKEOPS_EMULATION_MEMORY", "100000",
              {"may be used", "1000 rows and 30000 columns take", "nvidia-smi"},
              [&] { large.run(sum_module()); });
  const std::vector<double> expected = large.run(sum_module());
  setenv("RKEOPS_EMULATION_MEMORY", "14000000", 1);
  Data larger(sum, 1000, 100000);
  larger.run(sum_module());
  check("idle memory is given back when more is needed", true);
  unsetenv("RKEOPS_EMULATION_MEMORY");
  check("after that the GPU works", large.run(sum_module()) == expected);

  release_cuda();
  check("everything can be given back", live() == 0);
  check("and started again", large.run(sum_module()) == expected);
}

void check_other_contexts() {
  void* library = dlopen(settings.library.c_str(), RTLD_NOW);
  const auto set = reinterpret_cast<int (*)(void*)>(dlsym(library, "cuCtxSetCurrent"));
  const auto get = reinterpret_cast<int (*)(void**)>(dlsym(library, "cuCtxGetCurrent"));
  int others = 0;
  void* current = nullptr;
  set(&others);
  Data(sum, 10, 10).run(sum_module());
  get(&current);
  set(nullptr);
  check("the context of another package stays", current == &others);
}

void check_fork() {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    const bool passed = throws({"forked", "use_cpu()"}, [] { sum_module(); });
    release_cuda();
    _exit(passed ? 0 : 1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  check("a forked child is told", WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/// A hundred thousand calls of small problems, half of which copy their inputs, leave as
/// much on the device as the first few did. What they compute is not looked at, so the
/// kernels need not run.
void check_leaks() {
  constexpr long calls = 100000;
  Data smallest(sum, 10, 10), small(sum, 400, 10);
  for (int k = 0; k < 10; ++k) small.run(sum_module());
  const long before = live();
  const auto bytes = ask_emulation<std::size_t>("rkeops_emulation_memory");
  setenv("RKEOPS_EMULATION_IDLE", "1", 1);
  for (long k = 0; k < calls; ++k) (k % 2 ? small : smallest).run(sum_module());
  unsetenv("RKEOPS_EMULATION_IDLE");
  check(std::to_string(calls) + " calls leave nothing on the device", live() == before);
  check("and no more bytes",
        ask_emulation<std::size_t>("rkeops_emulation_memory") == bytes);

  const auto fail = [&] { small.run(sum_module()); };
  for (int k = 0; k < 100; ++k) {
    setenv("RKEOPS_EMULATION_FAIL", k % 2 ? "cuLaunchKernel=1" : "cuMemAlloc_v2=46", 1);
    throws({"GPU"}, fail);
  }
  unsetenv("RKEOPS_EMULATION_FAIL");
  check("nor do calls that fail", live() == before);
  release_cuda();
  check("everything can be given back again", live() == 0);
}

/// A status that ends all work, the words of its message, and that the next call begins
/// anew.
void check_fault(const char* fail, const std::vector<std::string>& words) {
  Data data(sum, 2000, 10);  // less would not be copied
  const std::vector<double> expected = data.run(sum_module());
  check_error(std::string("a fault, ") + fail, "RKEOPS_EMULATION_FAIL", fail, words,
              [&] { data.run(sum_module()); });
  check("after it the GPU begins anew", data.run(sum_module()) == expected);
  check("with its devices", cuda_devices(settings).size() == 1);
  release_cuda();
  check("and with nothing left", live() == 0);
}

void check_faults() {
  check_fault("cuLaunchKernel=700", {"A program failed", "ILLEGAL_ADDRESS",
                                     "starts the GPU anew", "bug.report", "use_cpu()"});
  check_fault("cuLaunchKernel=702", {"too long", "LAUNCH_TIMEOUT", "screen"});
  check_fault("cuStreamSynchronize=214", {"memory", "ECC_UNCORRECTABLE", "nvidia-smi"});
  check_fault("cuMemcpyHtoDAsync_v2=999", {"does not answer", "UNKNOWN", "Xid"});
  check_fault("cuEventRecord=709", {"closed by something else", "709"});
}

void check_unavailable() {
  Data data(sum, 10, 10);
  check_error("a device that another program has", "RKEOPS_EMULATION_FAIL",
              "cuDevicePrimaryCtxRetain=46",
              {"not available", "DEVICE_UNAVAILABLE", "use_gpu()"},
              [&] { data.run(sum_module()); });
  check("when it is free it works", !data.run(sum_module()).empty());
}

void check_fault_that_stays() {
  Data data(sum, 10, 10);
  setenv("RKEOPS_EMULATION_RESET", "0", 1);
  check_error("a fault that stays", "RKEOPS_EMULATION_FAIL", "cuLaunchKernel=700",
              {"A program failed", "ILLEGAL_ADDRESS"}, [&] { data.run(sum_module()); });
  check("after it", throws({"cannot be used again", "ILLEGAL_ADDRESS", "restart R"},
                           [&] { data.run(sum_module()); }));
  unsetenv("RKEOPS_EMULATION_RESET");
  check("and its devices",
        throws({"cannot be used again"}, [] { cuda_devices(settings); }));
  release_cuda();
}

}  // namespace

int main() {
  make_emulated_gpu();
  check_start_errors();
  check_module_errors();
  check_memory();
  check_other_contexts();
  check_fork();
  check_leaks();
  check_unavailable();
  check_faults();
  check_fault_that_stays();
  return finish_tests();
}
