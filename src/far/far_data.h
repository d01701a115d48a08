// The rows and columns of a job in a tree of cubes, with their weights.
#pragma once

#include <memory>
#include <vector>

#include "cover/sorted_inputs.h"
#include "far/far_kernel.h"
#include "tree/cube_tree.h"

namespace rkeops {

class FarData {
 public:
  /// Rows and columns of a leaf.
  static constexpr int leaf = 256;

  FarData(const FarKernel& kernel, const Job& job, int threads);

  /// False where anything is not finite, or the points are too far from 0.
  bool exists() const { return why_not_.empty(); }
  const char* why_not() const { return why_not_.c_str(); }

  const Job& job() const { return job_; }
  const CubeTree& tree() const { return *tree_; }
  const std::vector<Cube>& cubes() const { return tree_->cubes(); }
  /// The numbers of the cubes whose rows are computed together.
  std::vector<int> leaves_with_rows() const;
  int sums() const { return sums_; }

  /// Places are those in the order of the tree. Weights are over a power of 2, and at
  /// most 1.
  const double* row(long long place) const { return &rows_[at(place, dimension_)]; }
  const double* column(long long place) const { return &columns_[at(place, dimension_)]; }
  const double* weights(long long place) const { return &weights_[at(place, sums_)]; }
  double scale() const { return scale_; }
  const SortedInputs& row_inputs() const { return *row_inputs_; }
  const SortedInputs& column_inputs() const { return *column_inputs_; }

  /// The absolute weights of the columns of a cube.
  double size(int cube, int sum) const { return sizes_[at(cube, sums_) + size_t(sum)]; }
  double total(int sum) const { return size(0, sum); }
  /// The shares of the sums of a cube in those of all, added up.
  double share(int cube) const;
  bool is_weightless(int cube) const { return share(cube) == 0; }

 private:
  static size_t at(long long place, int components) {
    return size_t(place) * size_t(components);
  }
  void scale_weights();
  void add_sizes();

  const Job& job_;
  const int dimension_, sums_;
  std::string why_not_;
  double scale_ = 1;
  std::vector<double> rows_, columns_, weights_, sizes_;
  std::unique_ptr<CubeTree> tree_;
  std::unique_ptr<SortedInputs> row_inputs_, column_inputs_;
};

}  // namespace rkeops
