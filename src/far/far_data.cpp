#include "far/far_data.h"

#include <algorithm>
#include <cmath>

namespace rkeops {

namespace {

bool are_finite(const std::vector<double>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(),
                     [](double number) { return std::isfinite(number); });
}

std::vector<double> sorted(const std::vector<double>& values,
                           const std::vector<int>& numbers, int components) {
  std::vector<double> result;
  result.reserve(values.size());
  for (int number : numbers) {
    const auto first = values.begin() + (long long)number * components;
    result.insert(result.end(), first, first + components);
  }
  return result;
}

}  // namespace

FarData::FarData(const FarKernel& kernel, const Job& job, int threads)
    : job_(job), dimension_(kernel.dimension()), sums_(kernel.sums()) {
  rows_ = kernel.row_coordinates(job, threads);
  columns_ = kernel.column_coordinates(job, threads);
  weights_ = kernel.weights(job, threads);
  if (!are_finite(rows_) || !are_finite(columns_) || !are_finite(weights_)) {
    why_not_ = "not all data are finite";
    return;
  }
  tree_ = std::make_unique<CubeTree>(CubePoints{rows_.data(), job.rows, dimension_},
                                     CubePoints{columns_.data(), job.columns, dimension_},
                                     leaf);
  if (!tree_->exists()) {
    why_not_ = "the points are too far from 0";
    return;
  }
  rows_ = sorted(rows_, tree_->row_numbers(), dimension_);
  columns_ = sorted(columns_, tree_->column_numbers(), dimension_);
  weights_ = sorted(weights_, tree_->column_numbers(), sums_);
  row_inputs_ =
      std::make_unique<SortedInputs>(job.row_inputs, tree_->row_numbers(), threads);
  column_inputs_ =
      std::make_unique<SortedInputs>(job.column_inputs, tree_->column_numbers(), threads);
  scale_weights();
  add_sizes();
}

std::vector<int> FarData::leaves_with_rows() const {
  std::vector<int> leaves;
  for (int k = 0; k < int(cubes().size()); ++k)
    if (cubes()[size_t(k)].is_leaf() && cubes()[size_t(k)].rows() > 0)
      leaves.push_back(k);
  return leaves;
}

void FarData::scale_weights() {
  double largest = 0;
  for (double weight : weights_) largest = std::max(largest, std::fabs(weight));
  if (largest == 0) return;
  int exponent = std::ilogb(largest) + 1;
  exponent = std::max(-1000, std::min(1000, exponent));
  scale_ = std::ldexp(1.0, exponent);
  for (double& weight : weights_) weight = std::ldexp(weight, -exponent);
}

void FarData::add_sizes() {
  const std::vector<Cube>& all = cubes();
  sizes_.assign(all.size() * size_t(sums_), 0);
  for (int k = int(all.size()) - 1; k >= 0; --k) {
    const Cube& cube = all[size_t(k)];
    double* const to = &sizes_[at(k, sums_)];
    if (cube.is_leaf())
      for (long long j = cube.column_begin; j < cube.column_end; ++j)
        for (int s = 0; s < sums_; ++s) to[s] += std::fabs(weights(j)[s]);
    if (cube.parent < 0) continue;
    for (int s = 0; s < sums_; ++s) sizes_[at(cube.parent, sums_) + size_t(s)] += to[s];
  }
}

double FarData::share(int cube) const {
  double share = 0;
  for (int s = 0; s < sums_; ++s)
    if (total(s) > 0) share += size(cube, s) / total(s);
  return share;
}

}  // namespace rkeops
