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
  if (inputs_.cover) {
    const PairCover& cover = *inputs_.cover;
    inputs_.cover = std::make_shared<PairCover>(index == level_i ? cover.of_i(points)
                                                                 : cover.of_j(points));
  }
  (index == level_i ? inputs_.i_size : inputs_.j_size) = count;
}

void RowPart::round(const Centre& centre) {
  for (const Argument& argument : arguments_) {
    MatrixView& matrix = inputs_.matrices.at(size_t(argument.position));
    memory_.emplace_back();
    std::vector<double>& values = memory_.back();
    values.reserve(size_t(matrix.rows) * size_t(matrix.components));
    for (int k = 0; k < matrix.components; ++k) {
      const double less = centre(argument.position, k);
      for (long long row = 0; row < matrix.rows; ++row)
        values.push_back(float(matrix.data[k * matrix.stride + row] - less) + less);
    }
    matrix = {values.data(), matrix.rows, matrix.components};
  }
}

std::vector<double> RowPart::sizes(Level index, const Centre& centre) const {
  const long long all = size_of(index, inputs_);
  std::vector<double> largest(size_t(all), 0.0);
  for (const Argument& argument : arguments_) {
    if (argument.level != index) continue;
    const MatrixView& matrix = inputs_.matrices.at(size_t(argument.position));
    for (int k = 0; k < matrix.components; ++k) {
      const double less = centre(argument.position, k);
      const double* const values = matrix.data + k * matrix.stride;
      for (long long row = 0; row < all; ++row)
        largest[size_t(row)] =
            std::max(largest[size_t(row)], std::fabs(values[row] - less));
    }
  }
  return largest;
}

namespace {

// So many rows, evenly spaced, stand for all when they are ordered.
constexpr size_t most_ordered = 1 << 16;

// Places all^(1/n), all^(2/n), ... in the order of sizes from the largest on: few rows
// may be far from the others, and lose more digits.
void add_large(const std::vector<double>& sizes, long long count,
               std::vector<long long>* rows) {
  const size_t step = 1 + sizes.size() / most_ordered;
  std::vector<long long> order;
  for (size_t row = 0; row < sizes.size(); row += step) order.push_back((long long)row);
  for (long long k = 1; k <= count; ++k) {
    const double part = double(k) / double(count + 1);
    const auto place = order.begin() + long(std::pow(double(order.size()), part));
    if (place >= order.end()) return;
    std::nth_element(order.begin(), place, order.end(), [&](long long a, long long b) {
      return sizes[size_t(a)] > sizes[size_t(b)];
    });
    rows->push_back(*place);
  }
}

}  // namespace

std::vector<long long> RowPart::typical(Level index, long long count,
                                        const Centre& centre,
                                        const std::vector<bool>& are_felt) const {
  std::vector<double> sizes = this->sizes(index, centre);
  for (size_t row = 0; row < are_felt.size(); ++row)
    if (!are_felt[row]) sizes[row] = 0;
  const auto all = (long long)sizes.size();
  const auto extremes = std::minmax_element(sizes.begin(), sizes.end());
  std::vector<long long> rows = {extremes.second - sizes.begin(),
                                 extremes.first - sizes.begin()};
  rows.resize(size_t(std::min(count, (long long)rows.size())));
  const long long large = std::max(0LL, (count - 2) / 2), spaced = count - 2 - large;
  add_large(sizes, large, &rows);
  for (long long k = 0; k < spaced; ++k) rows.push_back((2 * k + 1) * all / (2 * spaced));
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

bool reads_index(Expr root, Level index) {
  for (Expr node : sorted_nodes({root}, true))
    if (node->kind == NodeKind::index && node->level == index) return true;
  return false;
}

}  // namespace rkeops
