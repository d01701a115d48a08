// Runs the kernels of an operator, one after the other, on the engine of the settings.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "../compile_formula.h"
#include "cpu_engine.h"

namespace rkeops {

/// The inputs of one call, checked: a matrix for each argument, by position.
struct CallInputs {
  std::vector<MatrixView> matrices;
  long long i_size = 1;
  long long j_size = 1;
};

/// Rows of what has this index.
long long size_of(Level index, const CallInputs& inputs);

/// Seconds of the last call.
struct Timings {
  double kernel = 0;   // in the engine
  double compile = 0;  // in a compiler
};

/// An operator with what has been compiled of it.
class Callable {
 public:
  explicit Callable(OperatorText text) : op_(read_formula(std::move(text))) {}

  const Operator& op() const { return *op_; }

  /// Compiles what is missing and computes; `output` is rows of the result x its
  /// dimension, column-major.
  void call(const CallInputs& inputs, double* output, const Settings& settings,
            const Interrupted& interrupted);

  /// Has everything been compiled for this engine, in this session and with these
  /// settings?
  bool is_compiled(Engine engine) const;

  const Timings& timings() const { return timings_; }

 private:
  void prepare(const Settings& settings, const Interrupted& interrupted);
  void run_kernel(size_t kernel, const Job& job, const Settings& settings,
                  const Interrupted& interrupted);

  std::unique_ptr<Operator> op_;
  std::vector<std::shared_ptr<Library>> libraries_;  // CPU, one a kernel
  int generation_ = -1;  // of the settings they were compiled with
  Timings timings_;
};

}  // namespace rkeops
