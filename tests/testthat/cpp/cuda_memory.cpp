// Tests of the GPU engine where memory is short, matrices stay on the GPU, or GPUs are
// several, on emulated ones: the bits of results are always those of one GPU with enough
// memory. Prints "name ok" or "name FAIL" and exits with status 1 when something failed.
// From the top of the repository:
//   g++ -std=c++17 -Isrc -Iinst/include tests/testthat/cpp/cuda_memory.cpp
//   src/run/cuda/cuda_*.cpp src/run/cuda/gpu_matrix.cpp
//     src/base/diagnostic.cpp src/base/pair_cover.cpp -ldl -o cuda_memory &&
//     ./cuda_memory
// To look for errors of memory, build with -fsanitize=address and run with
// RKEOPS_EMULATION_FLAGS=-fsanitize=address in the environment.
#include <dlfcn.h>

#include "cuda_formulas.h"
#include "run/cuda/gpu_matrix.h"

using namespace rkeops;

namespace {

const Formula nearest{
    "nearest", "KMinArgKMin<V, 1, 7>", distance + "value[0] = d;", 1, 3, 9, 1};

template <class Function>
Function emulated(const char* name) {
  return reinterpret_cast<Function>(
      dlsym(dlopen(settings.library.c_str(), RTLD_NOW), name));
}

std::size_t most_used() {
  return emulated<std::size_t (*)()>("rkeops_emulation_most_used")();
}

/// Modules on the first GPUs, with the settings of now.
std::vector<CudaModule*> modules_on(int gpus, const std::string& path) {
  std::vector<CudaModule*> modules;
  for (int k = 0; k < gpus; ++k) modules.push_back(&cuda_module(settings, k, path));
  return modules;
}

std::vector<double> run_on(int gpus, const std::string& path, Data& data) {
  const std::vector<CudaModule*> modules = modules_on(gpus, path);
  std::vector<double> output(std::size_t(data.job.rows * modules.front()->plan.outputs),
                             -12345);
  data.job.output = output.data();
  run_on_gpus(modules, data.job, {});
  return output;
}

// ---- out of core ----

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), 8 * a.size()) == 0;
}

struct Size {
  long long rows, columns;
};

/// Under this limit: the same bits, several chunks, and no byte more.
void check_limit(const std::string& path, Data& data, std::size_t limit,
                 const std::vector<double>& expected, const std::string& name) {
  settings.memory_limit = limit;
  cuda_context(settings, 0);
  most_used();
  const std::vector<double> output = run_on(1, path, data);
  const int chunks = last_gpu_timings().chunks;
  const std::size_t used = most_used();
  check(name + ", in " + std::to_string(chunks) + " chunks",
        same_bits(output, expected) && chunks > 1 && used <= limit);
  settings.memory_limit = 0;
}

void check_limits(const Formula& formula, const std::vector<Size>& sizes) {
  for (const std::string scalar : {"float", "double"}) {
    const std::string path = compile(formula, scalar);
    for (const Size& size : sizes) {
      Data data(formula, size.rows, size.columns);
      const std::vector<double> expected = run_on(1, path, data);
      const std::size_t all = most_used();
      release_cuda();
      for (const double part : {0.35, 0.6}) {
        // what is taken whatever the sizes is about 100 KiB
        const auto limit = std::size_t(part * double(all)) + (110 << 10);
        check_limit(path, data, limit, expected,
                    formula.name + " of " + scalar + ", " + std::to_string(size.rows) +
                        " x " + std::to_string(size.columns) + ", " +
                        std::to_string(limit) + " bytes");
        release_cuda();
      }
    }
  }
}

void check_short_slices() {
  const std::string path = compile(sum, "float");
  Data data(sum, 3000, 9000);
  const std::vector<double> expected = run_on(1, path, data);
  const CudaSettings before = settings;
  settings.first_slice_work = 1;
  settings.learns_speed = false;
  setenv("RKEOPS_EMULATION_MILLISECONDS", "80", 1);
  check_limit(path, data, 350 << 10, expected, "chunks and slices");
  unsetenv("RKEOPS_EMULATION_MILLISECONDS");
  settings = before;
}

void check_too_little() {
  const std::string path = compile(sum, "float");
  Data data(sum, 3000, 9000);
  settings.memory_limit = 20 << 10;
  std::string message;
  try {
    run_on(1, path, data);
  } catch (const Error& error) {
    if (error.kind == ErrorKind::gpu) message = error.message;
  }
  check("too low a limit is named: " + message,
        message.find("18.3 KiB may be used") != std::string::npos);
  settings.memory_limit = 0;
}

/// The driver tells more than it gives: smaller chunks, and in the end an error.
void check_taken_memory() {
  const std::string path = compile(sum, "float");
  Data data(sum, 20000, 300);
  const std::vector<double> expected = run_on(1, path, data);
  release_cuda();
  setenv("RKEOPS_EMULATION_MEMORY", "2000000", 1);
  setenv("RKEOPS_EMULATION_TAKEN", "1300000", 1);
  const std::vector<double> output = run_on(1, path, data);
  check("memory that others have taken",
        same_bits(output, expected) && last_gpu_timings().chunks > 1);
  release_cuda();
  setenv("RKEOPS_EMULATION_TAKEN", "1990000", 1);
  bool failed = false;
  try {
    run_on(1, path, data);
  } catch (const Error& error) {
    failed = error.kind == ErrorKind::gpu;
  }
  check("no memory at all is an error", failed);
  unsetenv("RKEOPS_EMULATION_TAKEN");
  unsetenv("RKEOPS_EMULATION_MEMORY");
  check("and afterwards the GPU works", same_bits(run_on(1, path, data), expected));
}

// ---- matrices on the GPU ----

/// The inputs of `data` moved to the GPU, the result left there.
void check_resident(const Formula& formula, const std::string& scalar,
                    std::size_t limit) {
  const std::string path = compile(formula, scalar);
  Data data(formula, 700, 1300);
  const std::vector<double> expected = run_on(1, path, data);
  CudaContext& context = cuda_context(settings, 0);
  std::vector<std::unique_ptr<GpuMatrix>> kept;
  Data resident(formula, 700, 1300);
  for (auto* views : {&resident.job.parameter_inputs, &resident.job.row_inputs,
                      &resident.job.column_inputs}) {
    for (MatrixView& view : *views) {
      kept.push_back(std::make_unique<GpuMatrix>(context, view.rows, view.components));
      kept.back()->write(view.data);
      view.data = nullptr;
      view.resident = kept.back().get();
    }
  }
  CudaModule& module = *modules_on(1, path).front();
  GpuMatrix output(context, 700, module.plan.outputs);
  resident.job.resident_output = &output;
  settings.memory_limit = limit == 0 ? 0 : context.used() + limit;
  cuda_context(settings, 0);
  run_on_gpus({&module}, resident.job, {});
  settings.memory_limit = 0;
  std::vector<double> values(expected.size());
  output.read(values.data());
  check(formula.name + " of " + scalar + " of matrices on the GPU, in " +
            std::to_string(last_gpu_timings().chunks) + " chunks",
        same_bits(values, expected) && (limit == 0 || last_gpu_timings().chunks > 1));
}

void check_lives() {
  cuda_context(settings, 0);
  const std::size_t before = cuda_context(settings, 0).used();
  auto matrix = std::make_unique<GpuMatrix>(cuda_context(settings, 0), 1000, 3);
  check("a matrix takes memory",
        cuda_context(settings, 0).used() >= before + 24000 && matrix->rows() == 1000);
  matrix.reset();
  check("and gives it back", cuda_context(settings, 0).used() == before);
  matrix = std::make_unique<GpuMatrix>(cuda_context(settings, 0), 1000, 3);
  release_cuda();
  bool gone = false;
  try {
    std::vector<double> values(3000);
    matrix->read(values.data());
  } catch (const Error& error) {
    gone = error.kind == ErrorKind::gpu;
  }
  matrix.reset();
  check("a matrix whose GPU was given back says so", gone);
}

/// Memory that only waits for the garbage collector is collected before a call fails.
void check_reclaim() {
  const std::string path = compile(sum, "float");
  Data data(sum, 3000, 300);
  const std::vector<double> expected = run_on(1, path, data);
  release_cuda();
  settings.memory_limit = 1 << 20;
  auto garbage = std::make_unique<GpuMatrix>(cuda_context(settings, 0), 120000, 1);
  reclaim_gpu_memory = [&] { garbage.reset(); };
  const std::vector<double> output = run_on(1, path, data);
  check("garbage makes room",
        !garbage && same_bits(output, expected) && last_gpu_timings().chunks == 1);
  reclaim_gpu_memory = {};
  settings.memory_limit = 0;
}

// ---- several GPUs ----

void check_gpus(const Formula& formula, const std::string& scalar, Size size,
                std::size_t limit) {
  const std::string path = compile(formula, scalar);
  Data data(formula, size.rows, size.columns);
  const std::vector<double> expected = run_on(1, path, data);
  settings.work_worth_sharing = 0;
  for (const int gpus : {2, 3}) {
    settings.memory_limit = limit;
    const std::vector<double> output = run_on(gpus, path, data);
    const std::string name = formula.name + " of " + scalar + ", " +
                             std::to_string(size.rows) + " x " +
                             std::to_string(size.columns);
    check(name + " on " + std::to_string(last_gpu_timings().gpus) + " GPUs",
          same_bits(output, expected) && last_gpu_timings().gpus == gpus);
  }
  settings.memory_limit = 0;
  settings.work_worth_sharing = CudaSettings().work_worth_sharing;
}

void check_interrupt() {
  const std::string path = compile(sum, "float");
  Data data(sum, 3000, 9000);
  const CudaSettings before = settings;
  settings.work_worth_sharing = 0;
  settings.first_slice_work = 1;
  settings.learns_speed = false;
  std::vector<double> output(18000);
  data.job.output = output.data();
  bool interrupted = false;
  try {
    run_on_gpus(modules_on(3, path), data.job, [] { return true; });
  } catch (const Error& error) {
    interrupted = error.kind == ErrorKind::interrupted;
  }
  check("an interrupt ends the run on three GPUs", interrupted);
  settings = before;
  check("which work afterwards", run_on(1, path, data) == run_on(1, path, data));
}

/// A failure of one GPU is that of the run.
void check_failure() {
  const std::string path = compile(sum, "float");
  Data data(sum, 3000, 900);
  settings.work_worth_sharing = 0;
  const std::vector<CudaModule*> modules = modules_on(3, path);
  setenv("RKEOPS_EMULATION_FAIL", "cuLaunchKernel=1", 1);
  bool failed = false;
  std::vector<double> output(18000);
  data.job.output = output.data();
  try {
    run_on_gpus(modules, data.job, {});
  } catch (const Error& error) {
    failed = error.kind == ErrorKind::gpu;
  }
  unsetenv("RKEOPS_EMULATION_FAIL");
  check("a failure of a GPU is reported", failed);
  settings = CudaSettings{settings.library};
}

/// Told parts grow, and end near everything.
void check_progress(int gpus) {
  const std::string path = compile(sum, "float");
  Data data(sum, 3000, 9000);
  const CudaSettings before = settings;
  settings.first_slice_work = 1;
  settings.learns_speed = false;
  settings.work_worth_sharing = 0;
  setenv("RKEOPS_EMULATION_MILLISECONDS", "80", 1);
  double last = 0;
  bool grows = true;
  data.job.progress = [&](double part) {
    grows = grows && part >= last && part <= 1;
    last = part;
    return true;
  };
  run_on(gpus, path, data);
  unsetenv("RKEOPS_EMULATION_MILLISECONDS");
  check("progress on " + std::to_string(gpus) + " GPUs", grows && last > 0.3);
  settings = before;
}

}  // namespace

int main() {
  setenv("RKEOPS_EMULATION_DEVICES", "3", 1);
  make_emulated_gpu();
  check_limits(sum, {{3001, 777}, {3, 20011}, {130, 9001}});
  check_limits(log_sum_exp, {{2500, 1300}});
  check_limits(arg_min, {{700, 6000}, {2, 30001}});
  check_limits(nearest, {{900, 2100}, {3, 40001}});
  check_short_slices();
  check_too_little();
  check_taken_memory();
  for (const std::string scalar : {"float", "double"}) {
    check_resident(sum, scalar, 0);
    check_resident(arg_min, scalar, 290 << 10);
  }
  check_lives();
  check_reclaim();
  check_gpus(sum, "float", {3001, 777}, 0);
  check_gpus(sum, "double", {1500, 777}, 340 << 10);
  // enough multiprocessors to be worth splits
  release_cuda();
  setenv("RKEOPS_EMULATION_MULTIPROCESSORS", "16", 1);
  check_gpus(arg_min, "float", {5, 20011}, 0);
  check_gpus(nearest, "double", {3, 9001}, 0);
  check_interrupt();
  check_failure();
  check_progress(1);
  check_progress(2);
  return finish_tests();
}
