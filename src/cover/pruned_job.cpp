#include "cover/pruned_job.h"

#include <algorithm>

#include "base/input_summary.h"
#include "run/cpu/tasks.h"

namespace rkeops {

namespace {

// Results that are kept twice for a while take at most so many numbers.
constexpr double most_results = 1 << 27;
constexpr size_t tile = 32;

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
  if (double(job.rows) * kernel.outputs() <= most_results)
    results_.resize(size_t(job.rows) * size_t(kernel.outputs()));
  sorted_columns_ =
      std::make_unique<SortedInputs>(job.column_inputs, columns_->numbers(), threads);
  sorted_rows_ =
      std::make_unique<SortedInputs>(job.row_inputs, rows_->numbers(), threads);
}

// Rows are taken in tiles: their results are fetched once, and each component is written
// in order.
void PrunedJob::hand_over(int threads) const {
  if (results_.empty()) return;
  const int outputs = kernel_.outputs();
  std::vector<int> places(results_.size() / size_t(outputs));
  const std::vector<int>& numbers = rows_->numbers();
  in_parts(numbers.size(), threads, [&](size_t first, size_t last) {
    for (size_t place = first; place < last; ++place)
      places[size_t(numbers[place])] = int(place);
  });
  in_parts((places.size() + tile - 1) / tile, threads, [&](size_t first, size_t last) {
    for (size_t row = first * tile; row < std::min(last * tile, places.size());
         row += tile) {
      const size_t end = std::min(row + tile, places.size());
      for (int k = 0; k < outputs; ++k)
        for (size_t r = row; r < end; ++r)
          job_.output[size_t(k) * places.size() + r] =
              results_[size_t(places[r]) * size_t(outputs) + size_t(k)];
    }
  });
}

}  // namespace rkeops
