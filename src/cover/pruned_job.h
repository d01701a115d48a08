// A job of a pruned kernel: its rows and columns in trees, and what every thread reads.
#pragma once

#include <memory>

#include "base/cpu_program.h"
#include "cover/pruned_kernel.h"
#include "cover/sorted_inputs.h"
#include "tree/point_tree.h"

namespace rkeops {

class PrunedJob {
 public:
  /// Rows that are computed together, and columns: those of a leaf.
  static constexpr int leaf = 64;

  /// It is of no use when `stop` is set.
  PrunedJob(const PrunedKernel& kernel, const Job& job, int threads, StopSign& stop);

  const PrunedKernel& kernel() const { return kernel_; }
  const Job& job() const { return job_; }
  const PointTree& rows() const { return *rows_; }
  const PointTree& columns() const { return *columns_; }
  const double* const* sorted_rows() const { return sorted_rows_->pointers(); }
  const double* const* sorted_columns() const { return sorted_columns_->pointers(); }
  const double* const* parameter_inputs() const { return parameter_inputs_.data(); }
  const double* const* column_inputs() const { return column_inputs_.data(); }
  const IntervalLanes* parameters() const { return parameters_.data(); }

  long long blocks() const { return rows_->leaves(); }

  /// The place of the results of a block of rows, those of a row together; null when they
  /// go to where the job wants them, as so many do not fit twice.
  double* results_of(long long row) {
    return results_.empty() ? nullptr : results_.data() + row * kernel_.outputs();
  }
  /// Results to where the job wants them.
  void hand_over(int threads) const;

 private:
  const PrunedKernel& kernel_;
  const Job& job_;
  std::shared_ptr<const PointTree> rows_, columns_;
  std::unique_ptr<SortedInputs> sorted_rows_, sorted_columns_;
  std::vector<const double*> parameter_inputs_, column_inputs_;
  std::vector<IntervalLanes> parameters_;
  std::vector<double> results_;  // in the order of the sorted rows
};

}  // namespace rkeops
