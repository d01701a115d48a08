#include "call.h"

#include <algorithm>
#include <chrono>

#include "../diagnostic.h"

namespace rkeops {

namespace {

class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds) {}
  ~Stopwatch() {
    seconds_ +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  double& seconds_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// What kernels read besides the inputs: results of earlier kernels, and indices.
using Results = std::map<const Node*, std::vector<double>>;

// The numbers 0, 1, ... modulo 2^20, and the rest (see Graph::index).
std::vector<double> index_numbers(long long size) {
  std::vector<double> numbers(size_t(2 * size));
  for (long long k = 0; k < size; ++k) {
    numbers[size_t(k)] = double(k & 0xfffff);
    numbers[size_t(size + k)] = double(k >> 20);
  }
  return numbers;
}

std::vector<MatrixView> views(const std::vector<Expr>& expressions,
                              const CallInputs& inputs, Results& results) {
  std::vector<MatrixView> matrices;
  for (Expr expression : expressions) {
    if (expression->kind == NodeKind::variable) {
      matrices.push_back(inputs.matrices.at(size_t(expression->position)));
    } else {
      if (expression->kind == NodeKind::index && !results.count(&*expression)) {
        results[&*expression] = index_numbers(size_of(expression->level, inputs));
      }
      const std::vector<double>& result = results.at(&*expression);
      matrices.push_back(
          {result.data(), size_of(expression->level, inputs), expression->dimension});
    }
  }
  return matrices;
}

Job job_of(const KernelPlan& kernel, const CallInputs& inputs, Results& results) {
  Job job;
  job.parameter_inputs = views(kernel.parameters.inputs, inputs, results);
  job.row_inputs = views(kernel.rows.inputs, inputs, results);
  job.column_inputs = views(kernel.columns.inputs, inputs, results);
  job.rows = size_of(kernel.row_index, inputs);
  job.columns = size_of(kernel.column_index, inputs);
  return job;
}

}  // namespace

long long size_of(Level index, const CallInputs& inputs) {
  return index == level_i ? inputs.i_size : index == level_j ? inputs.j_size : 1;
}

void Callable::call(const CallInputs& inputs, double* output, const Settings& settings,
                    const Interrupted& interrupted) {
  timings_ = Timings();
  prepare(settings, interrupted);
  const std::vector<KernelPlan>& kernels = op_->plan.kernels;
  Results results;
  for (size_t k = 0; k < kernels.size(); ++k) {
    Job job = job_of(kernels[k], inputs, results);
    job.output = output;
    if (k + 1 < kernels.size()) {
      std::vector<double>& result = results[&*kernels[k].result];
      result.resize(size_t(job.rows) * size_t(kernels[k].outputs));
      job.output = result.data();
    }
    run_kernel(k, job, settings, interrupted);
  }
}

void Callable::prepare(const Settings& settings, const Interrupted& interrupted) {
  if (is_compiled(settings.engine) && generation_ == settings.generation) return;
  Stopwatch stopwatch(timings_.compile);
  libraries_.clear();
  for (size_t k = 0; k < op_->plan.kernels.size(); ++k) {
    const Product product =
        compile_kernel(*op_, k, Engine::cpu, settings, "", interrupted);
    libraries_.push_back(open_library(product.path));
  }
  generation_ = settings.generation;
}

bool Callable::is_compiled(Engine engine) const {
  return engine == Engine::cpu && !libraries_.empty();
}

void Callable::run_kernel(size_t kernel, const Job& job, const Settings& settings,
                          const Interrupted& interrupted) {
  Stopwatch stopwatch(timings_.kernel);
  using Entry = const RkeopsCpuLibrary* (*)();
  const auto entry =
      reinterpret_cast<Entry>(libraries_[kernel]->symbol("rkeops_cpu_library"));
  const RkeopsCpuLibrary* library = entry();
  if (library->abi_version != RKEOPS_ABI_VERSION) {
    throw internal_error("a compiled formula has another version of the interface");
  }
  run_on_cpu(*library, job, settings.threads, interrupted);
}

}  // namespace rkeops
