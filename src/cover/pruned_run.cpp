#include "cover/pruned_run.h"

#include <algorithm>
#include <chrono>
#include <climits>

#include "base/diagnostic.h"
#include "cover/block_walk.h"

namespace rkeops {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// A prediction takes so many blocks of rows, and this part of all at most.
constexpr long long most_predicted_blocks = 32, fewest_predicted_blocks = 4,
                    part_of_predicted_blocks = 64;
constexpr long long blocks_of_a_task = 4;

// Sorting a point takes as long as so many operations on components of pairs; it may cost
// so much of what it may save.
constexpr double operations_of_sorting = 2500, share_of_sorting = 0.05;

// A pair of the walk takes longer than one of many that are computed together.
constexpr double largest_share = 0.5;

}  // namespace

bool is_worth_sorting(const KernelPlan& kernel, double rows, double columns) {
  if (rows >= INT_MAX || columns >= INT_MAX) return false;
  const double operations = rows * columns * double(kernel.operations);
  return operations * share_of_sorting >= (rows + columns) * operations_of_sorting;
}

bool is_worth_walking(double share) { return share <= largest_share; }

PrunedRun::PrunedRun(const PrunedKernel& kernel, const Job& job, int threads,
                     const Interrupted& interrupted)
    : job_(job), threads_(threads), interrupted_(interrupted) {
  const Clock::time_point begin = Clock::now();
  StopSign stop(interrupted);
  sorted_ = std::make_unique<PrunedJob>(kernel, job, threads, stop);
  if (stop.is_set())
    throw Error(ErrorKind::interrupted, "The computation was interrupted.");
  seconds_of_sorting_ = seconds_since(begin);
}

double PrunedRun::run_blocks(const CpuProgram& program, long long step,
                             const Progress& progress) {
  const long long blocks = (sorted_->blocks() + step - 1) / step;
  const long long in_task = step > 1 ? 1 : blocks_of_a_task;
  const long long tasks = (blocks + in_task - 1) / in_task;
  std::vector<std::unique_ptr<BlockWalk>> walks;
  const int threads = int(std::min<long long>(std::max(threads_, 1), tasks));
  for (int k = 0; k < threads; ++k) walks.push_back(make_walk(*sorted_, program));
  std::vector<double> pairs(walks.size());
  const auto work = [&](long long task, int thread) {
    const long long end = std::min(blocks, (task + 1) * in_task);
    for (long long block = task * in_task; block < end; ++block)
      pairs[size_t(thread)] += walks[size_t(thread)]->run(block * step);
  };
  run_tasks(tasks, threads, work, interrupted_, progress);
  double all = 0;
  for (double of_thread : pairs) all += of_thread;
  return all;
}

PrunedRun::Prediction PrunedRun::predict(const CpuProgram& program) {
  const Clock::time_point begin = Clock::now();
  const long long all = sorted_->blocks();
  const long long wanted = std::clamp(all / part_of_predicted_blocks,
                                      fewest_predicted_blocks, most_predicted_blocks);
  const long long step = std::max(1LL, all / wanted);
  const long long blocks = (all + step - 1) / step;
  const double rows = double(blocks) * PrunedJob::leaf;
  const double pairs = run_blocks(program, step, {});
  return {pairs / std::max(1.0, rows * double(job_.columns)),
          seconds_since(begin) * double(step)};
}

double PrunedRun::run(const CpuProgram& program) {
  const double pairs = run_blocks(program, 1, job_.progress);
  sorted_->hand_over(threads_);
  return pairs / std::max(1.0, double(job_.rows) * double(job_.columns));
}

}  // namespace rkeops
