#include "cover/pruned_job.h"

#include "run/cpu/tasks.h"

namespace rkeops {

namespace {

bool are_same(const PointValues& a, const PointValues& b) {
  return a.points == b.points && a.components == b.components && a.lo == b.lo &&
         a.hi == b.hi;
}

}  // namespace

PrunedJob::PrunedJob(const PrunedKernel& kernel, const Job& job, int threads,
                     StopSign& stop)
    : kernel_(kernel),
      job_(job),
      parameter_inputs_(component_pointers(job.parameter_inputs)),
      column_inputs_(component_pointers(job.column_inputs)),
      parameters_(kernel.bound().read_parameters(job)) {
  const double tiny = kernel.rounding().tiny;
  const PointValues of_columns = kernel.bound().read_columns(job, threads);
  columns_ = std::make_shared<PointTree>(of_columns, leaf, tiny, threads, stop);
  const PointValues of_rows = kernel.bound().read_rows(job, threads);
  rows_ = are_same(of_rows, of_columns)
              ? columns_
              : std::make_shared<PointTree>(of_rows, leaf, tiny, threads, stop);
  if (stop.is_set()) return;
  sorted_columns_ =
      std::make_unique<SortedInputs>(job.column_inputs, columns_->numbers(), threads);
  sorted_rows_ =
      std::make_unique<SortedInputs>(job.row_inputs, rows_->numbers(), threads);
}

}  // namespace rkeops
