#include "cover/pruned_job.h"

#include "base/diagnostic.h"
#include "run/cpu/tasks.h"

namespace rkeops {

PrunedJob::PrunedJob(const PrunedKernel& kernel, const Job& job, int threads,
                     const Interrupted& interrupted)
    : kernel_(kernel),
      job_(job),
      stop_(interrupted),
      columns_(kernel.bound(), Side::columns, job, kernel.rounding().tiny, threads,
               stop_),
      rows_(kernel.bound(), Side::rows, job, kernel.rounding().tiny, threads, stop_),
      parameter_inputs_(component_pointers(job.parameter_inputs)),
      column_inputs_(component_pointers(job.column_inputs)),
      parameters_(kernel.bound().read_parameters(job)) {
  if (stop_.is_set())
    throw Error(ErrorKind::interrupted, "The computation was interrupted.");
}

void PrunedJob::sort(int threads) {
  if (is_sorted_) return;
  columns_.sort(kernel_.bound(), job_, threads);
  rows_.sort(kernel_.bound(), job_, threads);
  is_sorted_ = true;
}

// Columns of the same points have sorted them a moment ago.
bool PrunedJob::rows_were_cached() const {
  const bool are_columns = rows_.cached().number == columns_.cached().number;
  return are_columns ? columns_were_cached() : rows_.cached().was_cached;
}

std::vector<double> PrunedJob::kind() const {
  std::vector<double> kind = {double(rows_.cached().number),
                              double(columns_.cached().number)};
  for (const IntervalLanes& parameter : parameters_) kind.push_back(parameter.lo[0]);
  return kind;
}

}  // namespace rkeops
