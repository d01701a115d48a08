#include "run/row_part.h"

#include <algorithm>
#include <cmath>

#include "run/cuda/resident_facts.h"

namespace rkeops {

RowPart::RowPart(const std::vector<Argument>& arguments, const CallInputs& inputs)
    : arguments_(arguments), inputs_(inputs) {
  for (MatrixView& matrix : inputs_.matrices) {
    if (matrix.data || !matrix.resident) continue;
    memory_.push_back(values_on_host(matrix));
    matrix = {memory_.back().data(), matrix.rows, matrix.components};
  }
}

void RowPart::keep(Level index, const std::vector<long long>& points) {
  const auto count = (long long)points.size();
  for (const Argument& argument : arguments_) {
    if (argument.level != index) continue;
    MatrixView& matrix = inputs_.matrices.at(size_t(argument.position));
    memory_.emplace_back();
    std::vector<double>& values = memory_.back();
    values.reserve(points.size() * size_t(matrix.components));
    for (int k = 0; k < matrix.components; ++k)
      for (long long point : points)
        values.push_back(matrix.data[k * matrix.stride + point]);
    matrix = {values.data(), count, matrix.components};
  }
  std::vector<long long>& numbers =
      index == level_i ? inputs_.i_numbers : inputs_.j_numbers;
  std::vector<long long> kept;
  for (long long point : points)
    kept.push_back(numbers.empty() ? point : numbers[size_t(point)]);
  numbers = std::move(kept);
  (index == level_i ? inputs_.i_size : inputs_.j_size) = count;
}

std::vector<long long> RowPart::typical(Level index, long long count) const {
  const long long all = size_of(index, inputs_);
  std::vector<double> largest(size_t(all), 0.0);
  for (const Argument& argument : arguments_) {
    if (argument.level != index) continue;
    const MatrixView& matrix = inputs_.matrices.at(size_t(argument.position));
    for (int k = 0; k < matrix.components; ++k)
      for (long long row = 0; row < all; ++row)
        largest[size_t(row)] = std::max(largest[size_t(row)],
                                        std::fabs(matrix.data[k * matrix.stride + row]));
  }
  const auto extremes = std::minmax_element(largest.begin(), largest.end());
  std::vector<long long> rows = {extremes.second - largest.begin(),
                                 extremes.first - largest.begin()};
  for (long long k = 0; k + 2 < count; ++k)
    rows.push_back((2 * k + 1) * all / (2 * count));
  rows.resize(size_t(std::min(count, (long long)rows.size())));
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

bool has_independent_rows(const TypedFormula& formula) {
  if (formula.index == level_none) return false;
  for (Expr node : sorted_nodes({formula.root}, true))
    if (node->kind == NodeKind::reduction && within(formula.index, node->reduced))
      return false;
  return true;
}

}  // namespace rkeops
