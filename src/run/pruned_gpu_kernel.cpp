#include "run/pruned_gpu_kernel.h"

#include <algorithm>

#include "bound/gpu_search.h"
#include "run/cuda/cuda_pruned_run.h"

namespace rkeops {

namespace {

// Milliseconds on a large GPU: of operations on components of pairs, of a point that is
// sorted, of a column that a warp folds alone, and of launches.
constexpr double operation_ms = 4.6e-11, sorting_ms = 6e-7, column_ms = 1.5e-4,
                 launches_ms = 0.25;

// A pair takes six times as long as one of many that are computed by tiles; rows that
// need more than the second share of them stop to predict.
constexpr double largest_share = 0.03, share_of_giving_up = 0.04;

// All pairs must take so many times as long as a prediction that may be in vain, which
// later calls do not repeat.
constexpr double least_gain = 4;

constexpr int longest_wait = 64;

bool pays_in_any_case(const KernelPlan& form, double rows, double columns) {
  const double all = rows * columns * double(form.operations) * operation_ms;
  const double in_vain = launches_ms + (rows + columns) * sorting_ms +
                         share_of_giving_up * columns * column_ms;
  return all >= least_gain * in_vain;
}

}  // namespace

PrunedGpuKernel::PrunedGpuKernel(const Operator& op)
    : op_(op),
      form_(plan_for_engine(op.plan, Engine::cuda).kernels[0]),
      why_not_(why_gpu_computes_all(form_)) {}

bool PrunedGpuKernel::is_worth_a_look(long long rows, long long columns, PruningMode mode,
                                      PruningReport& report) {
  if (rows == 0 || columns == 0) return false;
  const auto all_pairs = [&report](const std::string& why) {
    report.decision = "all pairs: " + why;
    return false;
  };
  if (!why_not_.empty()) return all_pairs(why_not_);
  if (std::max(rows, columns) > cuda_most_sorted) return all_pairs("points are too many");
  if (mode == PruningMode::always) return true;
  if (!pays_in_any_case(form_, double(rows), double(columns)))
    return all_pairs("they are few");
  if (waits_ == 0) return true;
  --waits_;
  return all_pairs("too many of them mattered in an earlier call");
}

bool PrunedGpuKernel::run(const Job& job, const Settings& settings,
                          const Interrupted& interrupted, Timings& timings) {
  CudaModule& program = module(settings, interrupted, timings);
  PruningReport report;
  bool is_done = false;
  try {
    is_done = search(program, job, settings, interrupted, report);
  } catch (const CudaOutOfMemory&) {
    report.decision = "all pairs: sorting them takes more memory than the GPU has";
  }
  timings.kernel += report.sorting + report.predicting + report.walking;
  timings.pruning = report;
  if (is_done) timings.gpus = timings.chunks = 1;
  return is_done;
}

CudaModule& PrunedGpuKernel::module(const Settings& settings,
                                    const Interrupted& interrupted, Timings& timings) {
  const int device = settings.devices.front();
  if (generation_ != settings.generation) {
    Stopwatch stopwatch(timings.compile);
    const std::string architecture = cuda_device(settings.cuda, device).architecture();
    path_ =
        compile_for_gpu(op_, 0, settings, architecture, interrupted, CudaProgram::pruned)
            .path;
    generation_ = settings.generation;
  }
  return cuda_module(settings.cuda, device, path_);
}

bool PrunedGpuKernel::search(CudaModule& module, const Job& job, const Settings& settings,
                             const Interrupted& interrupted, PruningReport& report) {
  const CudaCurrent current(module.context);
  CudaPrunedRun run(module, job, interrupted);
  report.sorting = run.sorting_ms() / 1000;
  report.predicted = run.predict(share_of_giving_up);
  report.predicting = run.predicting_ms() / 1000;
  const bool gains = this->gains(report.predicted);
  if (!gains && settings.pruning != PruningMode::always) {
    report.decision = "all pairs: too many of them matter";
    return false;
  }
  report.share = run.run();
  report.walking = run.searching_ms() / 1000;
  report.decision = "pairs that matter";
  return true;
}

// After a call that does not gain, the next ones are not looked at: 1, 3, 7, ...
bool PrunedGpuKernel::gains(double share) {
  const bool gains = share <= largest_share;
  next_wait_ = gains ? 0 : std::min(2 * next_wait_ + 1, longest_wait);
  waits_ = next_wait_;
  return gains;
}

}  // namespace rkeops
