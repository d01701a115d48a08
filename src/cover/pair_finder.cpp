#include "cover/pair_finder.h"

#include <algorithm>
#include <atomic>

#include "base/timer.h"
#include "cover/pair_walk.h"

namespace rkeops {

std::vector<PairPlaces> places_of(const double* counts, long long columns) {
  std::vector<PairPlaces> places;
  long long begin = 0;
  for (long long k = 0; k < columns; ++k) {
    places.push_back({begin, begin + (long long)counts[k]});
    begin = places.back().end;
  }
  return places;
}

bool are_full(const std::vector<PairPlaces>& places) {
  return std::all_of(places.begin(), places.end(),
                     [](const PairPlaces& one) { return one.next == one.end; });
}

PairFinder::PairFinder(const PrunedKernel& kernel, const Job& job, int threads,
                       const Interrupted& interrupted)
    : job_(job),
      threads_(threads),
      interrupted_(interrupted),
      sorted_(std::make_unique<PrunedJob>(kernel, job, threads, interrupted)) {}

std::vector<double> PairFinder::kind(const PairsWanted& wanted) const {
  std::vector<double> kind = sorted_->kind();
  kind.insert(kind.end(), {wanted.radius, double(wanted.half), double(wanted.self)});
  return kind;
}

// Each thread has a walk of its own, and does whole leaves of columns. Gives the number
// of pairs computed.
template <class Work>
double PairFinder::walk(const CpuProgram& program, const PairsWanted& wanted,
                        long long step, const Progress& progress, const Work& work) {
  sorted_->sort(threads_);
  const long long leaves = sorted_->columns().tree().leaves();
  const long long tasks = (leaves + step - 1) / step;
  const int threads = int(std::min<long long>(std::max(threads_, 1), tasks));
  std::vector<std::unique_ptr<PairWalk>> walks;
  for (int k = 0; k < threads; ++k)
    walks.push_back(std::make_unique<PairWalk>(*sorted_, program, wanted));
  run_tasks(
      tasks, threads,
      [&](long long task, int thread) { work(*walks[size_t(thread)], task * step); },
      interrupted_, progress);
  double pairs = 0;
  for (const auto& walk : walks) pairs += walk->pairs();
  return pairs;
}

Prediction PairFinder::predict(const CpuProgram& program, const PairsWanted& wanted) {
  const Timer timer;
  std::vector<double> counts(size_t(job_.columns));
  const long long step = step_of_prediction(sorted_->columns().tree().leaves());
  const double pairs =
      walk(program, wanted, step, {},
           [&](PairWalk& walk, long long leaf) { walk.count(leaf, counts.data()); });
  return {pairs * double(step) / (double(job_.rows) * double(job_.columns)),
          timer.seconds() * double(step)};
}

double PairFinder::count(const CpuProgram& program, const PairsWanted& wanted,
                         double* counts) {
  std::fill(counts, counts + job_.columns, 0.0);
  const double pairs =
      walk(program, wanted, 1, job_.progress,
           [&](PairWalk& walk, long long leaf) { walk.count(leaf, counts); });
  return pairs / std::max(1.0, double(job_.rows) * double(job_.columns));
}

bool PairFinder::fill(const CpuProgram& program, const PairsWanted& wanted,
                      const double* counts, const PairsOutput& output) {
  std::vector<PairPlaces> places = places_of(counts, job_.columns);
  std::atomic<bool> fits{true};
  walk(program, wanted, 1, job_.progress, [&](PairWalk& walk, long long leaf) {
    if (fits && !walk.fill(leaf, places, output)) fits = false;
  });
  return fits && are_full(places);
}

}  // namespace rkeops
