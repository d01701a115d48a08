#include "run/checked_rows.h"

#include <algorithm>
#include <cmath>

namespace rkeops {

namespace {

constexpr long long rows_a_checked_row = 256;
constexpr int most_components = 4;

// A check begins with so much that as many pairs of all its rows together are not felt.
constexpr double pairs_not_felt = 1 << 18;

// Beside the largest result nobody feels smaller ones.
constexpr double unfelt = 1e-20;

// The row with the largest or the smallest of the finite values that are larger than
// `least`; -1 for none.
long long extreme(const double* values, long long rows, double least, bool is_largest) {
  long long found = -1;
  double best = 0;
  for (long long row = 0; row < rows; ++row) {
    const double value = std::fabs(values[row]);
    if (!std::isfinite(value) || value <= least) continue;
    if (found >= 0 && (is_largest ? value <= best : value >= best)) continue;
    found = row;
    best = value;
  }
  return found;
}

// Adds the rows with extreme results, and says which rows have any that matter.
std::vector<bool> add_extremes(const MatrixView& results, std::vector<long long>* rows) {
  std::vector<bool> are_felt(size_t(results.rows), false);
  const int count = std::min(results.components, most_components);
  for (int k = 0; k < count; ++k) {
    const long long column = (long long)k * results.components / count;
    const double* const values = results.data + column * results.stride;
    const long long largest = extreme(values, results.rows, 0, true);
    if (largest < 0) continue;
    rows->push_back(largest);
    const double least = unfelt * std::fabs(values[largest]);
    const long long smallest = extreme(values, results.rows, least, false);
    if (smallest >= 0) rows->push_back(smallest);
    for (long long row = 0; row < results.rows; ++row)
      if (std::fabs(values[row]) > least) are_felt[size_t(row)] = true;
  }
  return are_felt;
}

}  // namespace

// Long vectors take as long as many rows.
long long checked_rows(long long rows, double pairs, long long work) {
  const long long most =
      std::min(rows, std::clamp(most_checked_rows * 32 / work, 2LL, most_checked_rows));
  const auto not_felt = (long long)(pairs_not_felt * double(rows) / pairs / double(work));
  return std::clamp(std::max(rows / rows_a_checked_row, not_felt), 1LL, most);
}

int extreme_rows(Expr root) { return 2 * std::min(root->dimension, most_components); }

std::vector<long long> rows_to_check(const RowPart& host, Level index,
                                     const MatrixView& results, long long count,
                                     const RowPart::Centre& centre) {
  std::vector<long long> rows;
  const std::vector<bool> are_felt = add_extremes(results, &rows);
  for (long long row : host.typical(index, count, centre, are_felt)) rows.push_back(row);
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

}  // namespace rkeops
