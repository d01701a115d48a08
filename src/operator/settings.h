// The options of the R session as the C++ side has them; filled by r_set_settings().
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/engine.h"
#include "build/cache.h"
#include "build/toolchain.h"
#include "run/cuda/cuda_driver.h"

namespace rkeops {

/// When formulas for the CPU are compiled: after they have been interpreted as long as
/// compiling takes, at the first call, or never.
enum class CompileMode { automatic, always, never };

/// When squared distances in exponents are expanded, given that the data allow it: where
/// there are enough pairs, always, or never.
enum class ExpansionMode { automatic, always, never };

/// When pairs are left out that do not matter to the result: where few of them matter,
/// wherever it is possible, or never.
enum class PruningMode { automatic, always, never };

/// Results of a GPU stay on the host, on the GPU, or where all matrices are.
enum class ResultPlace { where_inputs_are, host, gpu };

class Workers;

struct Settings {
  Engine engine = Engine::cpu;
  CompileMode compile = CompileMode::automatic;
  ExpansionMode expansion = ExpansionMode::automatic;
  PruningMode pruning = PruningMode::automatic;
  bool expands_always = false;     // sums with a tolerance, also where that is no gain
  double tolerance = 0;            // of sums; 0: none
  bool keeps_digits = true;        // operators in single precision are looked after
  std::string instructions;        // of the interpreter; "" for the best
  std::vector<int> devices = {0};  // numbers of the GPUs to use
  ResultPlace gpu_results = ResultPlace::where_inputs_are;
  int threads = 1;
  int threads_process = 0;       // the process that chose them
  bool interactive = false;      // long calls show how far they are
  bool trace = false;            // stages are printed when they happen
  double compile_patience = 60;  // seconds for a compiler that nobody asked for
  CacheSettings cache;
  ToolchainSettings toolchain;
  CudaSettings cuda;
  std::string package_version;
  std::shared_ptr<Workers> workers;  // other processes that take parts of jobs, if any
  /// Changes whenever the settings do, so that operators know when to look at them again.
  int generation = 0;

  /// A forked child has one thread until it chooses more itself: its siblings use the
  /// other cores.
  int usable_threads() const;
};

}  // namespace rkeops
