#include "cover/short_lists.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace rkeops {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Rows, several of them at once.
typedef long long RowBits __attribute__((vector_size(32)));
constexpr int rows_at_once = sizeof(RowBits) / sizeof(long long);

}  // namespace

ShortLists::ShortLists(const SearchKind& kind, bool single_precision, bool is_heap)
    : kind_(kind),
      single_precision_(single_precision),
      is_heap_(is_heap),
      entries_(size_t(most_rows) * size_t(kind.places)) {}

void ShortLists::begin(int rows, const SlotView&) {
  rows_ = rows;
  std::fill(entries_.begin(), entries_.end(), Entry{infinity, no_number});
  limit_ = infinity;
  limit_number_ = no_number;
}

// The columns of values that were known are negative.
void ShortLists::harvest(const SlotView& slots, const int* numbers) {
  bool is_changed = false;
  for (int first = 0; first < rows_; first += rows_at_once) {
    RowBits all = ~RowBits{};
    for (int place = 0; place < kind_.places; ++place) {
      RowBits columns;
      std::memcpy(&columns, &slots.at(2 * place + 1, first), sizeof columns);
      all &= columns;
    }
    for (int row = first; row < std::min(first + rows_at_once, rows_); ++row) {
      if (all[row - first] < 0) continue;
      is_changed = take(row, slots, numbers) || is_changed;
    }
  }
  if (is_changed) find_limit();
}

bool ShortLists::take(int row, const SlotView& slots, const int* numbers) {
  bool is_changed = false;
  for (int place = 0; place < kind_.places; ++place) {
    const double column = slots.at(2 * place + 1, row);
    if (!(column >= 0 && column < infinity)) continue;
    insert(list(row),
           {kind_.sign * slots.at(2 * place, row), numbers[(long long)column]});
    is_changed = true;
  }
  if (is_changed) seed(row, slots);
  return is_changed;
}

void ShortLists::insert(Entry* list, const Entry& entry) const {
  const auto is_before = [](const Entry& a, const Entry& b) {
    return a.value < b.value || (a.value == b.value && a.number < b.number);
  };
  int place = kind_.places - 1;
  if (!is_before(entry, list[place])) return;
  for (; place > 0 && is_before(entry, list[place - 1]); --place)
    list[place] = list[place - 1];
  list[place] = entry;
}

void ShortLists::seed(int row, const SlotView& slots) const {
  for (int place = 0; place < kind_.places; ++place) {
    const Entry& entry = list(row)[place];
    const int slot = 2 * place_in_slots(place);
    const bool is_empty = entry.number == no_number;
    slots.at(slot, row) =
        kind_.sign * (is_empty ? infinity : next_worse(entry.value, single_precision_));
    slots.at(slot + 1, row) = is_empty ? infinity : -double(place + 1);
  }
}

void ShortLists::find_limit() {
  limit_ = -infinity;
  limit_number_ = -1;
  for (int row = 0; row < rows_; ++row) {
    const Entry& worst = list(row)[kind_.places - 1];
    if (worst.value < limit_) continue;
    limit_number_ =
        worst.value > limit_ ? worst.number : std::max(limit_number_, worst.number);
    limit_ = worst.value;
  }
}

bool ShortLists::is_ambiguous() const {
  for (int row = 0; row < rows_; ++row)
    for (int place = 0; place < kind_.places; ++place)
      if (list(row)[place].value == infinity && list(row)[place].number != no_number)
        return true;
  return false;
}

void ShortLists::restore(const SlotView& slots) {
  for (int row = 0; row < rows_; ++row) {
    for (int place = 0; place < kind_.places; ++place) {
      const Entry& entry = list(row)[place];
      const int slot = 2 * place_in_slots(place);
      slots.at(slot, row) = kind_.sign * entry.value;
      slots.at(slot + 1, row) =
          entry.number == no_number ? infinity : double(entry.number);
    }
  }
}

}  // namespace rkeops
