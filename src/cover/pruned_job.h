// A job of a pruned kernel: its rows and columns in trees, and what every thread reads.
#pragma once

#include "base/cpu_program.h"
#include "cover/pruned_kernel.h"
#include "cover/sorted_points.h"

namespace rkeops {

class PrunedJob {
 public:
  /// Rows that are computed together, and columns: those of a leaf.
  static constexpr int leaf = SortedPoints::leaf;

  /// Finds the order of rows and columns. Throws (kind `interrupted`) when `interrupted`
  /// says so.
  PrunedJob(const PrunedKernel& kernel, const Job& job, int threads,
            const Interrupted& interrupted);
  /// Sorts them, once, which is wanted for all but their order.
  void sort(int threads);

  const PrunedKernel& kernel() const { return kernel_; }
  const Job& job() const { return job_; }
  const SortedPoints& rows() const { return rows_; }
  const SortedPoints& columns() const { return columns_; }
  const double* const* parameter_inputs() const { return parameter_inputs_.data(); }
  const double* const* column_inputs() const { return column_inputs_.data(); }
  const IntervalLanes* parameters() const { return parameters_.data(); }

  long long blocks() const { return rows_.tree().leaves(); }

  /// Were rows and columns sorted by an earlier call?
  bool rows_were_cached() const;
  bool columns_were_cached() const { return columns_.cached().was_cached; }

  /// Numbers that tell which pairs matter, but for weights: those of the trees, then
  /// parameters.
  std::vector<double> kind() const;

 private:
  const PrunedKernel& kernel_;
  const Job& job_;
  InterruptSign stop_;
  SortedPoints columns_, rows_;
  bool is_sorted_ = false;
  const std::vector<const double*> parameter_inputs_, column_inputs_;
  const std::vector<IntervalLanes> parameters_;
};

}  // namespace rkeops
