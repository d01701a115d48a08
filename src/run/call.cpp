#include "run/call.h"

#include <algorithm>
#include <map>

#include "base/diagnostic.h"
#include "base/trace.h"
#include "cover/prediction.h"
#include "cover/pruned_kernel.h"
#include "ir/print.h"
#include "pass/missing_values.h"
#include "run/cuda/cuda_engine.h"
#include "run/expanded_call.h"
#include "run/guarded_call.h"
#include "run/pruned_gpu_kernel.h"

namespace rkeops {

namespace {

// Kernels read these besides the inputs: results of earlier kernels, and indices.
using Results = std::map<const Node*, std::vector<double>>;

// The numbers of the points modulo 2^20, and the rest (see Graph::index).
std::vector<double> index_numbers(Level index, const CallInputs& inputs) {
  const long long size = size_of(index, inputs);
  const std::vector<long long>& given =
      index == level_i ? inputs.i_numbers : inputs.j_numbers;
  std::vector<double> numbers(size_t(2 * size));
  for (long long k = 0; k < size; ++k) {
    const long long number = given.empty() ? k : given[size_t(k)];
    numbers[size_t(k)] = double(number & 0xfffff);
    numbers[size_t(size + k)] = double(number >> 20);
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
        results[&*expression] = index_numbers(expression->level, inputs);
      }
      const std::vector<double>& result = results.at(&*expression);
      matrices.push_back(
          {result.data(), size_of(expression->level, inputs), expression->dimension});
    }
  }
  return matrices;
}

void append(std::vector<MatrixView>& to, const std::vector<MatrixView>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

bool is_covered(const KernelPlan& kernel) {
  return kernel.reduction && kernel.reduction->over == Over::cover;
}

// The inputs of the finish stage stand behind those of the other stages.
Job job_of(const KernelPlan& kernel, const CallInputs& inputs, Results& results) {
  Job job;
  job.parameter_inputs = views(kernel.parameters.inputs, inputs, results);
  job.row_inputs = views(kernel.rows.inputs, inputs, results);
  job.column_inputs = views(kernel.columns.inputs, inputs, results);
  append(job.parameter_inputs, views(kernel.finish.parameter_inputs, inputs, results));
  append(job.row_inputs, views(kernel.finish.row_inputs, inputs, results));
  if (inputs.cover && is_covered(kernel))
    job.cover =
        kernel.row_index == level_i ? &inputs.cover->by_i() : &inputs.cover->by_j();
  job.rows = size_of(kernel.row_index, inputs);
  job.columns = size_of(kernel.column_index, inputs);
  job.work = kernel.work;
  return job;
}

// Longer ones are cut when they are printed, and so do not tell what they are.
constexpr size_t longest_shared_formula = 20000;

void trace_kernel(const KernelPlan& kernel, const Job& job, const char* way,
                  double seconds) {
  if (!is_traced()) return;
  trace("kernel", print_formula(kernel.result, 60) + ", " + std::to_string(job.rows) +
                      " x " + std::to_string(job.columns) + " pairs, " + way + ", " +
                      print_number(seconds) + " s");
}

bool is_shared(const SharedResults* shared, const std::string& formula) {
  return shared && shared->count(formula) > 0;
}

}  // namespace

long long size_of(Level index, const CallInputs& inputs) {
  return index == level_i ? inputs.i_size : index == level_j ? inputs.j_size : 1;
}

double numbers_of(const CallInputs& inputs) {
  double numbers = 0;
  for (const MatrixView& matrix : inputs.matrices)
    numbers += double(matrix.rows) * double(matrix.components);
  return numbers;
}

double CallInputs::pairs() const {
  return cover ? cover->pairs() : double(i_size) * double(j_size);
}

Callable::Callable(OperatorText text) : Callable(read_formula(std::move(text))) {}

Callable::Callable(std::unique_ptr<Operator> op)
    : op_(std::move(op)), hides_missing_(has_comparisons(op_->typed.root)) {}

Callable::~Callable() = default;

bool Callable::call_expanded(const CallInputs& inputs, const CallOutput& output,
                             const Settings& settings, const Interrupted& interrupted,
                             const Progress& progress, SharedResults* shared) {
  if (!op_->expansion.root || !may_expand(*op_, inputs, settings)) return false;
  if (!expanded_) expanded_ = std::make_unique<ExpandedCall>(*op_);
  if (!expanded_->call(inputs, output, settings, interrupted, progress, shared))
    return false;
  take_timings(expanded_->expanded());
  trace("call", "distances expanded");
  return true;
}

bool Callable::is_guarded(const Settings& settings) const {
  return settings.keeps_digits && op_->text.precision == Precision::float32 &&
         op_->text.sum_scheme != SumScheme::plain;
}

void Callable::call(const CallInputs& inputs, const CallOutput& output,
                    const Settings& settings, const Interrupted& interrupted,
                    const Progress& progress, SharedResults* shared) {
  timings_ = Timings();
  Stopwatch whole(timings_.total);
  if ((inputs.i_size == 0 || inputs.j_size == 0) && op_->text.simplified) {
    if (!of_nothing_)
      of_nothing_ = std::make_unique<Callable>(unsimplified_operator(*op_));
    of_nothing_->call(inputs, output, settings, interrupted, progress, shared);
    return;
  }
  if (inputs.cover && op_->graph.over != Over::cover) {
    covered().call(inputs, output, settings, interrupted, progress, shared);
    take_timings(covered());
    return;
  }
  if (call_with_missing(inputs, output, settings, interrupted, progress, shared)) return;
  if (call_far(inputs, output, settings, interrupted, progress)) return;
  if (!is_guarded(settings)) {
    call_plain(inputs, output, settings, interrupted, progress, shared);
    return;
  }
  if (!guard_) guard_ = std::make_unique<GuardedCall>(*op_);
  guard_->call(*this, inputs, output, settings, interrupted, progress, shared);
  trace("digits", guard_->last_way());
}

// In the expanded form boxes tell nothing of distances.
bool Callable::prunes_before_expanding(const CallInputs& inputs,
                                       const Settings& settings) const {
  if (settings.engine != Engine::cpu || settings.pruning == PruningMode::never ||
      inputs.cover || op_->plan.kernels.size() != 1 || !op_->expansion.root ||
      !may_expand(*op_, inputs, settings))
    return false;
  const KernelPlan& kernel = op_->plan.kernels[0];
  const double rows = double(size_of(kernel.row_index, inputs)),
               columns = double(size_of(kernel.column_index, inputs));
  const bool is_wanted = settings.pruning == PruningMode::always ||
                         is_worth_sorting(rows, columns, double(kernel.operations));
  return is_wanted && PrunedKernel(kernel, op_->plan.precision).exists();
}

bool Callable::call_pruned(const CallInputs& inputs, const CallOutput& output,
                           const Settings& settings, const Interrupted& interrupted,
                           const Progress& progress) {
  prepare(settings, interrupted);
  Results results;
  Job job = job_of(kernels_[0], inputs, results);
  job.single_precision = op_->plan.precision == Precision::float32;
  job.output = output.values;
  job.progress = progress;
  if (!cpu_kernels_[0]->run_pruned(job, interrupted, timings_)) return false;
  ++timings_.kernels;
  trace_kernel(kernels_[0], job, "pruned", timings_.kernel);
  return true;
}

bool Callable::call_far(const CallInputs& inputs, const CallOutput& output,
                        const Settings& settings, const Interrupted& interrupted,
                        const Progress& progress) {
  if (inputs.tolerance == 0 || settings.engine != Engine::cpu || inputs.cover ||
      op_->is_expanded || op_->plan.kernels.size() != 1)
    return false;
  if (op_->plan.precision == Precision::float32) {
    if (!guard_) guard_ = std::make_unique<GuardedCall>(*op_);
    Callable& precise = guard_->precise();
    const bool is_done =
        precise.call_far(inputs, output, settings, interrupted, progress);
    take_timings(precise);
    return is_done;
  }
  prepare(settings, interrupted);
  Results results;
  Job job = job_of(kernels_[0], inputs, results);
  job.output = output.values;
  job.progress = progress;
  timings_ = Timings();
  if (!cpu_kernels_[0]->run_far(job, inputs.tolerance, interrupted, timings_))
    return false;
  ++timings_.kernels;
  trace_kernel(kernels_[0], job, "far pairs expanded", timings_.kernel);
  return true;
}

// One of several kernels; call_far() had the only one.
bool Callable::run_far(size_t kernel, const Job& job, double tolerance,
                       const Interrupted& interrupted) {
  return tolerance > 0 && engine_ == Engine::cpu && cpu_kernels_.size() > 1 &&
         cpu_kernels_[kernel]->run_far(job, tolerance, interrupted, timings_);
}

bool Callable::find_pairs(const CallInputs& inputs, const PairsWanted& wanted,
                          const CpuKernel::UsePairs& use, const Settings& settings,
                          const Interrupted& interrupted, const Progress& progress) {
  if (settings.engine != Engine::cpu || op_->plan.kernels.size() != 1 ||
      has_missing(inputs, settings))
    return false;
  if (is_guarded(settings)) {
    if (!guard_) guard_ = std::make_unique<GuardedCall>(*op_);
    return guard_->precise().find_pairs(inputs, wanted, use, settings, interrupted,
                                        progress);
  }
  prepare(settings, interrupted);
  Results results;
  Job job = job_of(kernels_[0], inputs, results);
  job.single_precision = op_->plan.precision == Precision::float32;
  job.progress = progress;
  return cpu_kernels_[0]->find_pairs(job, wanted, use, interrupted, timings_);
}

bool Callable::call_pruned_on_gpu(const CallInputs& inputs, const CallOutput& output,
                                  const Settings& settings,
                                  const Interrupted& interrupted,
                                  const Progress& progress) {
  if (settings.engine != Engine::cuda || settings.pruning == PruningMode::never ||
      op_->is_expanded || op_->plan.kernels.size() != 1)
    return false;
  if (!pruned_on_gpu_) pruned_on_gpu_ = std::make_unique<PrunedGpuKernel>(*op_);
  const KernelPlan& form = pruned_on_gpu_->form();
  if (!pruned_on_gpu_->is_worth_a_look(size_of(form.row_index, inputs),
                                       size_of(form.column_index, inputs),
                                       settings.pruning, timings_.pruning))
    return false;
  Results results;
  Job job = job_of(form, inputs, results);
  job.single_precision = op_->plan.precision == Precision::float32;
  job.output = output.values;
  job.resident_output = output.resident;
  job.progress = progress;
  if (!pruned_on_gpu_->run(job, settings, interrupted, timings_)) return false;
  ++timings_.kernels;
  return true;
}

void Callable::call_plain(const CallInputs& inputs, const CallOutput& output,
                          const Settings& settings, const Interrupted& interrupted,
                          const Progress& progress, SharedResults* shared) {
  const FarReport far = timings_.far;  // why not
  timings_ = Timings();
  timings_.far = far;
  const bool is_pruned = prunes_before_expanding(inputs, settings);
  if (is_pruned && call_pruned(inputs, output, settings, interrupted, progress)) return;
  if (call_pruned_on_gpu(inputs, output, settings, interrupted, progress)) return;
  if (call_expanded(inputs, output, settings, interrupted, progress, shared)) return;
  prepare(settings, interrupted);
  const std::vector<KernelPlan>& kernels = kernels_;
  Results results;
  for (size_t k = 0; k < kernels.size(); ++k) {
    Job job = job_of(kernels[k], inputs, results);
    job.single_precision = op_->plan.precision == Precision::float32;
    job.output = output.values;
    job.resident_output = output.resident;
    std::vector<double>* result = nullptr;
    std::string formula;
    if (k + 1 < kernels.size()) {
      result = &results[&*kernels[k].result];
      if (shared) formula = print_formula(kernels[k].result, longest_shared_formula);
      if (is_shared(shared, formula)) {
        *result = shared->at(formula);
        continue;
      }
      result->resize(size_t(job.rows) * size_t(kernels[k].outputs));
      job.output = result->data();
      job.resident_output = nullptr;
    }
    if (progress) {
      job.progress = [&progress, k, &kernels](double part) {
        return progress((double(k) + part) / double(kernels.size()));
      };
    }
    const double before = timings_.kernel;
    if (is_pruned)
      cpu_kernels_[k]->run_all(job, interrupted, timings_);
    else if (!run_far(k, job, inputs.tolerance, interrupted))
      runners_[k](job, interrupted, timings_);
    ++timings_.kernels;
    trace_kernel(kernels[k], job, way_of(k), timings_.kernel - before);
    if (shared && result && formula.size() < longest_shared_formula)
      shared->emplace(formula, *result);
  }
}

const char* Callable::way_of(size_t kernel) const {
  if (engine_ == Engine::cuda) return "on the GPU";
  return cpu_kernels_[kernel]->is_compiled() ? "compiled" : "interpreted";
}

void Callable::prepare(const Settings& settings, const Interrupted& interrupted) {
  if (generation_ == settings.generation) return;
  runners_.clear();
  cpu_kernels_.clear();
  engine_ = settings.engine;
  kernels_ = plan_for_engine(op_->plan, engine_).kernels;
  const auto kept = std::make_shared<const Settings>(settings);
  for (size_t k = 0; k < op_->plan.kernels.size(); ++k) {
    runners_.push_back(engine_ == Engine::cpu ? cpu_runner(k, kept, interrupted)
                                              : gpu_runner(k, settings, interrupted));
  }
  generation_ = settings.generation;
}

bool Callable::is_compiled(Engine engine) const {
  if (engine != engine_ || generation_ < 0) return false;
  for (const auto& kernel : cpu_kernels_) {
    if (!kernel->is_compiled()) return false;
  }
  return true;
}

Callable::Runner Callable::cpu_runner(size_t kernel,
                                      const std::shared_ptr<const Settings>& settings,
                                      const Interrupted& interrupted) {
  const auto runner =
      std::make_shared<CpuKernel>(*op_, kernel, settings, interrupted, timings_);
  cpu_kernels_.push_back(runner);
  return [runner](const Job& job, const Interrupted& ask, Timings& timings) {
    runner->run(job, ask, timings);
  };
}

Callable::Runner Callable::gpu_runner(size_t kernel, const Settings& settings,
                                      const Interrupted& interrupted) {
  Stopwatch stopwatch(timings_.compile);
  std::vector<std::string> paths;  // one a device
  for (int device : settings.devices) {
    const std::string architecture = cuda_device(settings.cuda, device).architecture();
    paths.push_back(
        compile_for_gpu(*op_, kernel, settings, architecture, interrupted).path);
  }
  return [cuda = settings.cuda, devices = settings.devices, paths](
             const Job& job, const Interrupted& ask, Timings& timings) {
    std::vector<CudaModule*> modules;
    for (size_t k = 0; k < devices.size(); ++k)
      modules.push_back(&cuda_module(cuda, devices[k], paths[k]));
    run_on_gpus(modules, job, ask);
    timings.kernel += last_gpu_timings().kernel_ms / 1000;
    timings.gpus = std::max(timings.gpus, last_gpu_timings().gpus);
    timings.chunks = std::max(timings.chunks, last_gpu_timings().chunks);
  };
}

}  // namespace rkeops
