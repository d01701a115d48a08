// The schedule cuts a reduction by its sizes and its program; the shares of the GPUs and
// their chunks only say where and when its pieces are computed.
#include "run/cuda/cuda_engine.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "base/diagnostic.h"
#include "run/cuda/cuda_run.h"
#include "run/cuda/cuda_shares.h"
#include "run/cuda/cuda_team.h"

namespace rkeops {

namespace {

CudaTimings last_timings;
CudaLastRun last_run;
int wanted_splits = 0;

CudaWork describe(const CudaModule& module, const Job& job) {
  const CudaLaunchPlan& plan = module.plan;
  const int components =
      (plan.row_inputs + plan.column_kept + (plan.searches ? 0 : plan.slots)) *
      (plan.scalar_bytes / 4);
  return {job.rows,
          job.columns,
          plan.rows_per_thread,
          plan.slots,
          components,
          module.context.device.multiprocessors,
          std::max(module.resident_blocks, 1),
          plan.searches != 0,
          plan.small_blocks};
}

int components_of(const std::vector<MatrixView>& matrices) {
  int sum = 0;
  for (const MatrixView& matrix : matrices) sum += matrix.components;
  return sum;
}

void check_inputs(const CudaLaunchPlan& plan, const Job& job) {
  if (components_of(job.parameter_inputs) != plan.parameter_inputs ||
      components_of(job.row_inputs) != plan.row_inputs ||
      components_of(job.column_inputs) != plan.column_inputs) {
    throw internal_error("the inputs of a GPU job are not those of its plan");
  }
}

void run_shares(const std::vector<CudaModule*>& modules, const CudaTask& task,
                const std::vector<CudaShare>& shares, const Interrupted& interrupted) {
  CudaTeam team(modules, task, shares, interrupted);
  team.run();
  last_timings = {team.kernel_ms(), 0, int(shares.size()), team.chunks()};
}

// Splits are shared by GPUs that can hold the accumulators of all rows; else rows are.
void run_once(const std::vector<CudaModule*>& modules, const CudaTask& task,
              const Interrupted& interrupted) {
  std::vector<int> multiprocessors;
  for (const CudaModule* module : modules)
    multiprocessors.push_back(module->context.device.multiprocessors);
  const auto shares = [&](bool may_share_splits) {
    return cuda_shares(task.work, task.schedule, multiprocessors,
                       modules.front()->context.settings.work_worth_sharing,
                       may_share_splits);
  };
  try {
    run_shares(modules, task, shares(true), interrupted);
  } catch (const CudaManyRows&) {
    run_shares(modules, task, shares(false), interrupted);
  }
}

}  // namespace

void run_on_gpus(const std::vector<CudaModule*>& modules, const Job& job,
                 const Interrupted& interrupted) {
  const CudaModule& first = *modules.front();
  check_inputs(first.plan, job);
  if (job.rows == 0) return;
  const auto start = std::chrono::steady_clock::now();
  cuda_driver(first.context.settings);  // throws if this process cannot use the GPU
  const CudaWork work = describe(first, job);
  const CudaTask task{job, work, cuda_schedule(work, wanted_splits)};
  try {
    run_once(modules, task, interrupted);
  } catch (const CudaOutOfMemory&) {
    if (!reclaim_gpu_memory) throw;
    reclaim_gpu_memory();
    run_once(modules, task, interrupted);
  }
  const std::chrono::duration<double, std::milli> total =
      std::chrono::steady_clock::now() - start;
  last_timings.total_ms = total.count();
  last_run = {task.work, task.schedule};
}

CudaTimings last_gpu_timings() { return last_timings; }

CudaLastRun last_gpu_run() { return last_run; }

void set_cuda_splits(int splits) { wanted_splits = splits; }

}  // namespace rkeops
