#include "cover/long_lists.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace rkeops {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double no_column = -1;

// Rows, several of them at once.
typedef long long RowBits __attribute__((vector_size(32)));
constexpr int rows_at_once = sizeof(RowBits) / sizeof(long long);

// Values, several of them at once.
typedef double Values __attribute__((vector_size(32)));
typedef long long Counts __attribute__((vector_size(32)));
constexpr int values_at_once = sizeof(Values) / sizeof(double);

// A halving for each digit that may tell values apart, where they are spread out; else
// they are sorted.
constexpr int most_halvings = 40;

int count_up_to(double most, const double* values, int size) {
  Counts counts = {};
  for (int k = 0; k < size; k += values_at_once) {
    Values part;
    std::memcpy(&part, values + k, sizeof part);
    counts += part <= most;
  }
  long long count = 0;
  for (int k = 0; k < values_at_once; ++k) count -= counts[k];
  return int(count);
}

}  // namespace

// A leaf has no more candidates than columns.
LongLists::LongLists(int places, bool single_precision)
    : places_(places),
      single_precision_(single_precision),
      open_(std::min(places, PrunedJob::leaf)),
      lists_(size_t(PrunedJob::leaf)) {
  const auto most = size_t(2 * places + PrunedJob::leaf + values_at_once);
  for (Row& row : lists_) {
    row.values.resize(most);
    row.numbers.resize(most);
  }
}

void LongLists::begin(int rows, const SlotView& slots) {
  rows_ = rows;
  limit_ = infinity;
  limit_number_ = no_number;
  for (int row = 0; row < rows; ++row) {
    Row& list = lists_[size_t(row)];
    std::fill(list.values.begin(), list.values.end(), infinity);
    list.size = 0;
    list.limit = infinity;
    list.limit_number = no_number;
  }
  for (int place = 0; place < places_; ++place) {
    double* const values = &slots.at(2 * place, 0);
    double* const columns = &slots.at(2 * place + 1, 0);
    std::fill(values, values + rows, place < open_ ? infinity : -infinity);
    std::fill(columns, columns + rows, no_column);
  }
}

void LongLists::harvest(const SlotView& slots, const int* numbers) {
  bool is_changed = false;
  for (int first = 0; first < rows_; first += rows_at_once) {
    RowBits all = ~RowBits{};
    for (int place = 0; place < open_; ++place) {
      RowBits columns;
      std::memcpy(&columns, &slots.at(2 * place + 1, first), sizeof columns);
      all &= columns;
    }
    for (int row = first; row < std::min(first + rows_at_once, rows_); ++row)
      if (all[row - first] >= 0) is_changed = take(row, slots, numbers) || is_changed;
  }
  if (is_changed) find_limit();
}

// True where the limit of the row is another one.
bool LongLists::take(int row, const SlotView& slots, const int* numbers) {
  Row& list = lists_[size_t(row)];
  for (int place = 0; place < open_; ++place) {
    const double column = slots.at(2 * place + 1, row);
    if (!(column >= 0)) continue;
    list.values[size_t(list.size)] = slots.at(2 * place, row);
    list.numbers[size_t(list.size++)] = numbers[(long long)column];
    seed(row, slots, place);
  }
  const int enough = list.limit == infinity ? places_ : places_ + places_ / 2;
  if (list.size < enough) return false;
  keep_best(list);
  for (int place = 0; place < open_; ++place) seed(row, slots, place);
  return true;
}

void LongLists::seed(int row, const SlotView& slots, int place) const {
  const double limit = lists_[size_t(row)].limit;
  slots.at(2 * place, row) =
      limit < infinity ? next_worse(limit, single_precision_) : infinity;
  slots.at(2 * place + 1, row) = no_column;
}

void LongLists::keep_best(Row& row) {
  if (row.size > places_ && !keep_below(row)) keep_best_of_equal(row);
  row.limit = -infinity;
  for (int k = 0; k < row.size; ++k)
    row.limit = std::max(row.limit, row.values[size_t(k)]);
  row.limit_number = -1;
  for (int k = 0; k < row.size; ++k)
    if (row.values[size_t(k)] == row.limit)
      row.limit_number = std::max(row.limit_number, row.numbers[size_t(k)]);
}

// The values up to a number that leaves as many as there are places; false where none
// does, as some are equal.
bool LongLists::keep_below(Row& row) const {
  double* const values = row.values.data();
  double low = *std::min_element(values, values + row.size);
  double high = *std::max_element(values, values + row.size);
  double most = low;
  int count = 0;
  for (int step = 0; step < most_halvings; ++step) {
    most = low + 0.5 * (high - low);
    if (!(most > low && most < high)) return false;
    count = count_up_to(most, values, row.size);
    if (count == places_) break;
    (count < places_ ? low : high) = most;
  }
  if (count != places_) return false;
  int kept = 0;
  for (int k = 0; k < row.size; ++k) {
    const double value = values[k];
    values[kept] = value;
    row.numbers[size_t(kept)] = row.numbers[size_t(k)];
    kept += value <= most;
  }
  std::fill(values + kept, values + row.size, infinity);
  row.size = kept;
  return true;
}

void LongLists::keep_best_of_equal(Row& row) {
  entries_.clear();
  for (int k = 0; k < row.size; ++k)
    entries_.emplace_back(row.values[size_t(k)], row.numbers[size_t(k)]);
  std::nth_element(entries_.begin(), entries_.begin() + (places_ - 1), entries_.end());
  std::fill(row.values.begin(), row.values.begin() + row.size, infinity);
  row.size = places_;
  for (int k = 0; k < places_; ++k) {
    row.values[size_t(k)] = entries_[size_t(k)].first;
    row.numbers[size_t(k)] = entries_[size_t(k)].second;
  }
}

void LongLists::find_limit() {
  limit_ = -infinity;
  limit_number_ = -1;
  for (int row = 0; row < rows_; ++row) {
    const Row& list = lists_[size_t(row)];
    if (list.limit < limit_) continue;
    limit_number_ = list.limit > limit_ ? list.limit_number
                                        : std::max(limit_number_, list.limit_number);
    limit_ = list.limit;
  }
}

// Infinite values are not taken.
bool LongLists::is_ambiguous() const {
  return std::any_of(lists_.begin(), lists_.begin() + rows_,
                     [this](const Row& row) { return row.size < places_; });
}

void LongLists::restore(const SlotView& slots) {
  for (int row = 0; row < rows_; ++row) {
    Row& list = lists_[size_t(row)];
    keep_best(list);
    entries_.clear();
    for (int k = 0; k < places_; ++k)
      entries_.emplace_back(list.values[size_t(k)], list.numbers[size_t(k)]);
    std::make_heap(entries_.begin(), entries_.end());
    for (int place = 0; place < places_; ++place) {
      slots.at(2 * place, row) = entries_[size_t(place)].first;
      slots.at(2 * place + 1, row) = double(entries_[size_t(place)].second);
    }
  }
}

}  // namespace rkeops
