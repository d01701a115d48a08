#include "cover/pruned_run.h"

#include <algorithm>

namespace rkeops {

namespace {

constexpr long long blocks_of_a_task = 4;

// A prediction begins with this part of its blocks; above this share it ends there.
constexpr long long part_of_first_look = 8;
constexpr double nearly_all = 0.75;

}  // namespace

PrunedRun::PrunedRun(const PrunedKernel& kernel, const Job& job, int threads,
                     const Interrupted& interrupted)
    : job_(job),
      threads_(threads),
      interrupted_(interrupted),
      sorted_(kernel, job, threads, interrupted) {
  seconds_of_sorting_ = timer_.seconds();
}

void PrunedRun::sort() {
  if (results_) return;
  const Timer timer;
  sorted_.sort(threads_);
  results_ = std::make_unique<SortedResults>(job_, sorted_.kernel().outputs(),
                                             sorted_.rows().tree().numbers());
  seconds_of_sorting_ += timer.seconds();
}

void PrunedRun::report(PruningReport& report) const {
  report.sorting = seconds_of_sorting_;
  report.rows_were_cached = sorted_.rows_were_cached();
  report.columns_were_cached = sorted_.columns_were_cached();
}

double PrunedRun::run_blocks(const WalkPrograms& programs, long long step,
                             const Progress& progress) {
  const long long blocks = (sorted_.blocks() + step - 1) / step;
  const long long in_task = step > 1 ? 1 : blocks_of_a_task;
  const long long tasks = (blocks + in_task - 1) / in_task;
  std::vector<std::unique_ptr<BlockWalk>> walks;
  const int threads = int(std::min<long long>(std::max(threads_, 1), tasks));
  for (int k = 0; k < threads; ++k) walks.push_back(make_walk(sorted_, programs));
  std::vector<double> pairs(walks.size());
  const auto work = [&](long long task, int thread) {
    const long long end = std::min(blocks, (task + 1) * in_task);
    for (long long block = task * in_task; block < end; ++block)
      pairs[size_t(thread)] += walks[size_t(thread)]->run(block * step, *results_);
  };
  run_tasks(tasks, threads, work, interrupted_, progress);
  double all = 0;
  for (double of_thread : pairs) all += of_thread;
  return all;
}

// A few blocks tell where nearly all pairs matter.
Prediction PrunedRun::predict(const WalkPrograms& programs) {
  sort();
  const long long step = step_of_prediction(sorted_.blocks());
  const long long half = (sorted_.blocks() + 1) / 2;
  const long long few = std::min(step * part_of_first_look, half);
  if (few > step) {
    const Prediction first = predict_by(programs, few);
    if (first.share > nearly_all) return first;
  }
  return predict_by(programs, step);
}

Prediction PrunedRun::predict_by(const WalkPrograms& programs, long long step) {
  const Timer timer;
  const long long blocks = (sorted_.blocks() + step - 1) / step;
  const double rows = double(blocks) * PrunedJob::leaf;
  const double pairs = run_blocks(programs, step, {});
  return {pairs / std::max(1.0, rows * double(job_.columns)),
          timer.seconds() * double(step)};
}

double PrunedRun::run(const WalkPrograms& programs) {
  sort();
  const double pairs = run_blocks(programs, 1, job_.progress);
  results_->hand_over(threads_);
  return pairs / std::max(1.0, double(job_.rows) * double(job_.columns));
}

}  // namespace rkeops
