#include "run/cpu_kernel.h"

#include <chrono>
#include <cmath>

#include "base/diagnostic.h"
#include "build/compile.h"
#include "build/toolchain.h"
#include "cover/pair_finder.h"
#include "cover/pruned_run.h"
#include "emit/source.h"
#include "far/far_kernel.h"
#include "interpret/few_rows.h"
#include "interpret/instruction_sets.h"
#include "interpret/interpreter.h"
#include "interpret/lower.h"
#include "run/cpu/compiled_program.h"
#include "run/cpu/cpu_run.h"
#include "run/worker_program.h"

namespace rkeops {

namespace {

Error needs_compiler() {
  return Error(ErrorKind::compile,
               "An operation of this formula has to be compiled, which the option "
               "`compile = \"never\"` forbids.",
               {}, {"Set the option to \"auto\" or \"always\"."});
}

/// How long a compiler may take that nobody asked for.
class Patience {
 public:
  Patience(const Interrupted& interrupted, double seconds)
      : interrupted_(interrupted),
        end_(Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                std::chrono::duration<double>(seconds))) {}

  /// Also true when the user wants to stop.
  bool ends() {
    is_over_ = is_over_ || Clock::now() > end_;
    return is_over_ || (interrupted_ && interrupted_());
  }

  bool is_over() const { return is_over_; }

 private:
  using Clock = std::chrono::steady_clock;
  const Interrupted& interrupted_;
  const Clock::time_point end_;
  bool is_over_ = false;
};

Error no_end(const Settings& settings) {
  return Error(ErrorKind::compile,
               "The compiler did not come to an end within " +
                   std::to_string(std::lround(settings.compile_patience)) + " seconds",
               {command_line(compile_command(Engine::cpu, settings.toolchain,
                                             "formula.cpp", "formula.so"))},
               {"Check that the compiler works; set_rkeops_option(\"compile\", "
                "\"always\") waits as "
                "long as it takes."});
}

}  // namespace

Stopwatch::Stopwatch(double& seconds) : seconds_(seconds) {}

Stopwatch::~Stopwatch() { seconds_ += timer_.seconds(); }

CpuKernel::CpuKernel(const Operator& op, size_t kernel,
                     std::shared_ptr<const Settings> settings,
                     const Interrupted& interrupted, Timings& timings)
    : op_(op), kernel_(kernel), settings_(std::move(settings)) {
  const CompileMode mode = settings_->compile;
  const bool interpretable = can_interpret(op.plan.kernels[kernel]);
  if (mode == CompileMode::never && !interpretable) throw needs_compiler();
  if (mode == CompileMode::always || !interpretable) {
    compile(interrupted, timings);
    return;
  }
  if (mode == CompileMode::automatic) {
    if (use_compiled()) return;
    account_ = account_of(without_comments(kernel_source(op, kernel, Engine::cpu)));
  }
  interpret();
}

CpuKernel::~CpuKernel() = default;

// A cache that cannot be used is not asked again.
bool CpuKernel::use_compiled() {
  const Error* const end = end_of_compiling(*settings_);
  if ((end && end->kind == ErrorKind::cache) ||
      find_compiler(Engine::cpu, settings_->toolchain).empty())
    return false;
  try {
    is_compiled_ = find_compiled(op_, kernel_, *settings_, taker());
  } catch (const Error& error) {
    note_compile_failure(error, *settings_, true);
  }
  return is_compiled_;
}

void CpuKernel::run(const Job& job, const Interrupted& interrupted, Timings& timings) {
  if (!run_pruned(job, interrupted, timings)) run_all(job, interrupted, timings);
}

void CpuKernel::run_all(const Job& job, const Interrupted& interrupted,
                        Timings& timings) {
  if (run_on_workers(job, interrupted, timings)) return;
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

// Sorting costs little beside this call, or beside all calls since points were sorted:
// they may be the same again.
bool CpuKernel::is_time_to_sort(const Job& job) {
  constexpr double fewest_operations = 1e8;
  const double rows = double(job.rows), columns = double(job.columns),
               operations = double(op_.plan.kernels[kernel_].operations);
  if (is_worth_sorting(rows, columns, operations)) return true;
  if (rows * columns * operations < fewest_operations) return false;
  unsorted_operations_ += operations;
  return is_worth_sorting(rows, columns, unsorted_operations_);
}

void CpuKernel::note_sorting(const Job& job, const PruningReport& report, bool gains) {
  constexpr double calls_until_next_time = 100;
  const double sorted = (report.rows_were_cached ? 0 : double(job.rows)) +
                        (report.columns_were_cached ? 0 : double(job.columns));
  if (!gains)
    unsorted_operations_ =
        -calls_until_next_time * double(op_.plan.kernels[kernel_].operations);
  else if (sorted > 0.5 * (double(job.rows) + double(job.columns)))
    unsorted_operations_ = 0;
}

bool CpuKernel::may_prune(const Job& job, PruningReport& report) {
  const PruningMode mode = settings_->pruning;
  if (mode == PruningMode::never || op_.is_expanded || job.cover || job.rows == 0 ||
      job.columns == 0 || has_few_rows(job))
    return false;
  if (mode == PruningMode::automatic && !is_time_to_sort(job)) {
    report.decision = "all pairs: they are few";
    return false;
  }
  if (!pruned().exists()) report.decision = "all pairs: " + pruned().why_not();
  return pruned().exists();
}

const PrunedKernel& CpuKernel::pruned() {
  if (pruned_) return *pruned_;
  const KernelPlan& kernel = op_.plan.kernels[kernel_];
  pruned_ = std::make_unique<PrunedKernel>(kernel, op_.plan.precision);
  predictions_ = std::make_unique<KnownPredictions>();
  if (!pruned_->exists() || !pruned_->sum().exists) return *pruned_;
  const KernelPlan terms = absolute_kernel(kernel, pruned_->sum());
  if (terms.reduction && can_interpret(terms))
    absolute_ = interpreter(
        lower(terms, op_.plan.precision, instruction_set_named(settings_->instructions)));
  return *pruned_;
}

WalkPrograms CpuKernel::programs() { return {*program_, absolute_.get()}; }

bool CpuKernel::run_pruned(const Job& job, const Interrupted& interrupted,
                           Timings& timings) {
  PruningReport report;
  if (!may_prune(job, report)) {
    if (timings.pruning.decision.empty()) timings.pruning = report;
    return false;
  }
  PrunedRun run(pruned(), job, settings_->usable_threads(), interrupted);
  bool gains = settings_->pruning == PruningMode::always;
  if (!gains) {
    Stopwatch stopwatch(report.predicting);
    const Prediction prediction = predict(run);
    report.predicted = prediction.share;
    gains = is_gain(prediction, interrupted, timings);
  }
  if (gains) {
    Stopwatch stopwatch(report.walking);
    report.share = run.run(programs());
  }
  run.report(report);
  note_sorting(job, report, gains);
  report.decision = gains ? "pairs that matter" : "all pairs: too many of them matter";
  timings.kernel += report.sorting + report.predicting + report.walking;
  timings.pruning = report;
  if (account_ && gains) account_->spent += report.walking;
  return gains;
}

// The same rows and columns with the same parameters need about the same pairs.
Prediction CpuKernel::predict(PrunedRun& run) {
  std::vector<double> kind = run.kind();
  if (const Prediction* known = predictions_->find(kind)) return *known;
  const Prediction prediction = run.predict(programs());
  predictions_->note(std::move(kind), prediction);
  return prediction;
}

Prediction CpuKernel::predict(PairFinder& finder, const PairsWanted& wanted) {
  std::vector<double> kind = finder.kind(wanted);
  if (const Prediction* known = predictions_->find(kind)) return *known;
  const Prediction prediction = finder.predict(*program_, wanted);
  predictions_->note(std::move(kind), prediction);
  return prediction;
}

// Compiles where interpreting the pairs that matter would take longer.
bool CpuKernel::is_gain(const Prediction& prediction, const Interrupted& interrupted,
                        Timings& timings) {
  if (!is_worth_walking(prediction.share)) return false;
  if (account_ && may_be_compiled() &&
      account_->spent + prediction.seconds > expected_compile_seconds())
    try_to_compile(interrupted, timings);
  return true;
}

// An entry that is kept, and looked at, costs as much as so many operations.
bool CpuKernel::may_find_pairs(const Job& job) {
  constexpr double operations_of_entry = 20;
  const KernelPlan& kernel = op_.plan.kernels[kernel_];
  const bool is_wanted =
      settings_->pruning == PruningMode::always ||
      (settings_->pruning == PruningMode::automatic &&
       is_worth_sorting(double(job.rows), double(job.columns),
                        double(kernel.operations) + operations_of_entry));
  return is_wanted && job.rows > 0 && job.columns > 0 && !kernel.has_finish() &&
         pruned().bound().exists();
}

bool CpuKernel::find_pairs(const Job& job, const PairsWanted& wanted, const UsePairs& use,
                           const Interrupted& interrupted, Timings& timings) {
  if (!may_find_pairs(job)) return false;
  Stopwatch stopwatch(timings.kernel);
  PairFinder finder(pruned(), job, settings_->usable_threads(), interrupted);
  if (settings_->pruning != PruningMode::always &&
      !is_gain(predict(finder, wanted), interrupted, timings))
    return false;
  double walking = 0;
  {
    Stopwatch of_walk(walking);
    use(finder, *program_);
  }
  if (account_) account_->spent += walking;
  return true;
}

// A job that is worth workers is worth a compiler, and all of them have to do the same.
bool CpuKernel::run_on_workers(const Job& job, const Interrupted& interrupted,
                               Timings& timings) {
  const std::shared_ptr<Workers> workers = settings_->workers;
  // parts of a cover are not handed on
  if (!workers || job.cover || !is_worth_workers(*workers, job)) return false;
  const bool has_few = has_few_rows(job);
  if (!has_few && account_ && may_be_compiled()) try_to_compile(interrupted, timings);
  const ProgramText& text = program_text(has_few        ? "few rows"
                                         : is_compiled_ ? "compiled"
                                                        : "interpreted");
  if (text.formula.empty()) return false;
  Stopwatch stopwatch(timings.kernel);
  SharedJob shared(text, has_few ? *few_rows_ : *program_,
                   op_.plan.kernels[kernel_].outputs, job, workers->work_of_a_part());
  workers->run(shared);
  shared.complete();
  return true;
}

const ProgramText& CpuKernel::program_text(const char* kind) {
  if (!text_) text_ = std::make_unique<ProgramText>(text_for_workers(op_, kernel_));
  text_->kind = kind;
  text_->instructions = instruction_set_named(settings_->instructions).name;
  return *text_;
}

bool CpuKernel::may_be_compiled() const {
  return account_->refused_generation != settings_->generation &&
         !end_of_compiling(*settings_);
}

// When the time is up, the rows interpreted so far are thrown away: they took no more
// time than compiling does.
void CpuKernel::rent(const Job& job, const Interrupted& interrupted, Timings& timings) {
  if (!may_be_compiled()) {
    account_.reset();
    return run_all(job, interrupted, timings);
  }
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
  try_to_compile(interrupted, timings);
  run_all(job, interrupted, timings);
}

// When the compiler refuses one formula only, others are still compiled.
void CpuKernel::try_to_compile(const Interrupted& interrupted, Timings& timings) {
  Patience patience(interrupted, settings_->compile_patience);
  const Interrupted ends = [&] { return patience.ends(); };
  const auto note = [&](const Error& error, bool ends_all) {
    account_->refused_generation = settings_->generation;
    note_compile_failure(error, *settings_, ends_all);
  };
  try {
    try {
      compile(ends, timings);
    } catch (const Error& error) {
      if (error.kind == ErrorKind::interrupted) throw;
      note(error, error.kind != ErrorKind::compile ||
                      !compiler_works(settings_->toolchain, ends));
    }
  } catch (const Error&) {
    if (!patience.is_over()) throw;
    note(no_end(*settings_), true);
  }
}

void CpuKernel::compile(const Interrupted& interrupted, Timings& timings) {
  Stopwatch stopwatch(timings.compile);
  const Product product = compile_for_cpu(op_, kernel_, *settings_, taker(), interrupted);
  if (product.compiled) note_compile_seconds(product.seconds);
  is_compiled_ = true;
  account_.reset();
}

TakeLibrary CpuKernel::taker() {
  return [this](const std::shared_ptr<Library>& library) {
    program_ = compiled_program(library);
  };
}

void CpuKernel::interpret() {
  program_ = interpreter(lower(op_.plan.kernels[kernel_], op_.plan.precision,
                               instruction_set_named(settings_->instructions)));
}

}  // namespace rkeops
