#include "cpu_kernel.h"

#include "../build/toolchain.h"
#include "../diagnostic.h"
#include "../interpret/few_rows.h"
#include "../interpret/instruction_sets.h"
#include "../interpret/interpreter.h"
#include "../interpret/lower.h"
#include "compiled_program.h"
#include "cpu_engine.h"

namespace rkeops {

namespace {

Error needs_compiler() {
  return Error(ErrorKind::compile,
               "An operation of this formula has to be compiled, which the option "
               "`compile = \"never\"` forbids.",
               {}, {"Set the option to \"auto\" or \"always\"."});
}

}  // namespace

Stopwatch::Stopwatch(double& seconds)
    : seconds_(seconds), start_(std::chrono::steady_clock::now()) {}

Stopwatch::~Stopwatch() {
  seconds_ +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

CpuKernel::CpuKernel(const Operator& op, size_t kernel,
                     std::shared_ptr<const Settings> settings,
                     const Interrupted& interrupted, Timings& timings)
    : op_(op), kernel_(kernel), settings_(std::move(settings)) {
  const CompileMode mode = settings_->compile;
  const bool can_compile = !find_compiler(Engine::cpu, settings_->toolchain).empty();
  const bool interpretable = can_interpret(op.plan.kernels[kernel]);
  if (mode == CompileMode::never && !interpretable) throw needs_compiler();
  if (mode == CompileMode::always || !interpretable) {
    compile(interrupted, timings);
    return;
  }
  if (mode == CompileMode::automatic && can_compile) {
    const std::string path = compiled_kernel(op, kernel, *settings_);
    if (!path.empty()) {
      program_ = compiled_program(path);
      is_compiled_ = true;
      return;
    }
    account_ = account_of(kernel_source(op, kernel, Engine::cpu));
  }
  interpret();
}

void CpuKernel::run(const Job& job, const Interrupted& interrupted, Timings& timings) {
  if (has_few_rows(job)) {
    Stopwatch stopwatch(timings.kernel);
    run_on_cpu(*few_rows_, job, settings_->usable_threads(), interrupted);
    return;
  }
  if (account_) return rent(job, interrupted, timings);
  Stopwatch stopwatch(timings.kernel);
  run_on_cpu(*program_, job, settings_->usable_threads(), interrupted);
}

// A job for the program that has columns in its lanes? It is interpreted whatever the
// settings say of compiling: with few rows, reading the columns takes most of the time.
bool CpuKernel::has_few_rows(const Job& job) {
  if (job.rows > most_of_few_rows || job.columns < fewest_of_many_columns) return false;
  const KernelPlan& kernel = op_.plan.kernels[kernel_];
  if (!few_rows_is_made_ && can_interpret(kernel)) {
    few_rows_ = few_rows_interpreter(kernel, op_.plan.precision,
                                     instruction_set_named(settings_->instructions));
  }
  few_rows_is_made_ = true;
  return few_rows_ != nullptr;
}

// What was interpreted when the time is up is thrown away: it is no more than what
// compiling costs.
void CpuKernel::rent(const Job& job, const Interrupted& interrupted, Timings& timings) {
  const double left = expected_compile_seconds() - account_->spent;
  if (left > 0) {
    const auto deadline = std::chrono::steady_clock::now() +
                          std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                              std::chrono::duration<double>(left));
    double seconds = 0;
    bool finished;
    {
      Stopwatch stopwatch(seconds);
      finished =
          run_on_cpu(*program_, job, settings_->usable_threads(), interrupted, deadline);
    }
    account_->spent += seconds;
    timings.kernel += seconds;
    if (finished) return;
  }
  compile(interrupted, timings);
  run(job, interrupted, timings);
}

void CpuKernel::compile(const Interrupted& interrupted, Timings& timings) {
  Stopwatch stopwatch(timings.compile);
  const Product product =
      compile_kernel(op_, kernel_, Engine::cpu, *settings_, "", interrupted);
  if (product.compiled) note_compile_seconds(product.seconds);
  program_ = compiled_program(product.path);
  is_compiled_ = true;
  account_.reset();
}

void CpuKernel::interpret() {
  program_ = interpreter(lower(op_.plan.kernels[kernel_], op_.plan.precision,
                               instruction_set_named(settings_->instructions)));
}

}  // namespace rkeops
