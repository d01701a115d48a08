#include "run/cuda/cuda_shares.h"

#include <rkeops/cuda/cuda_arguments.h>

#include <algorithm>
#include <numeric>

namespace rkeops {

namespace {

/// Ends the shares of so many units in proportion to the weights.
std::vector<long long> ends(long long units, const std::vector<int>& weights) {
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<long long> result;
  double sum = 0;
  for (int weight : weights) {
    sum += weight;
    result.push_back((long long)(double(units) * sum / all + 0.5));
  }
  return result;
}

std::vector<CudaShare> share_rows(const CudaWork& work, const CudaSchedule& schedule,
                                  const std::vector<int>& weights) {
  const long long unit = (long long)cuda_threads * work.rows_per_thread;
  std::vector<CudaShare> shares;
  long long begin = 0;
  for (long long end : ends(whole_blocks(work, work.rows) / unit, weights)) {
    end = std::min(end * unit, work.rows);
    if (begin < end) shares.push_back({begin, end, 0, schedule.splits});
    begin = end;
  }
  return shares;
}

std::vector<CudaShare> share_splits(const CudaWork& work, const CudaSchedule& schedule,
                                    const std::vector<int>& weights) {
  std::vector<CudaShare> shares;
  long long begin = 0;
  for (long long end : ends(schedule.splits, weights)) {
    if (begin < end) shares.push_back({0, work.rows, int(begin), int(end)});
    begin = end;
  }
  return shares;
}

}  // namespace

std::vector<CudaShare> cuda_shares(const CudaWork& work, const CudaSchedule& schedule,
                                   const std::vector<int>& multiprocessors,
                                   double work_worth_sharing, bool may_share_splits) {
  const double amount = double(work.rows) * double(work.columns) * work.components;
  if (multiprocessors.size() == 1 || amount < work_worth_sharing)
    return {{0, work.rows, 0, schedule.splits}};
  const long long blocks =
      whole_blocks(work, work.rows) / ((long long)cuda_threads * work.rows_per_thread);
  const int all = std::accumulate(multiprocessors.begin(), multiprocessors.end(), 0);
  const auto gpus = (long long)multiprocessors.size();
  const bool rows_are_few = may_share_splits && blocks < all && schedule.splits >= gpus &&
                            work.rows <= schedule.rows_a_part;
  return rows_are_few ? share_splits(work, schedule, multiprocessors)
                      : share_rows(work, schedule, multiprocessors);
}

}  // namespace rkeops
