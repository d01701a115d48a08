// The best values of some rows, with the numbers of their columns, beside the
// accumulators of a program that looks for better ones.
//
// A program folds columns in the order in which they come, and keeps the first of equal
// values; here columns come sorted by place, and of equal values that with the smallest
// number is wanted. So the program gets, in place of each value it is to beat, the next
// worse number: what is equal to the value beats that. What it finds is then compared by
// value and number.
#pragma once

#include <vector>

#include "cover/block_walk.h"
#include "cover/search_kind.h"

namespace rkeops {

class SearchLists {
 public:
  static constexpr int most_rows = 64;

  /// `is_heap`: the program keeps the worst value first.
  SearchLists(const SearchKind& kind, bool single_precision, bool is_heap);

  /// Begins with so many rows; nothing is found yet.
  void begin(int rows);

  /// A value that is better than this, or as good with a smaller number, belongs into the
  /// list of a row.
  double limit() const { return limit_; }
  int limit_number() const { return limit_number_; }

  /// Takes what the program has found, at places in the order of the columns, of which
  /// `numbers` are the numbers.
  void harvest(const SlotView& slots, const int* numbers);

  /// True where equal values cannot be told from what the program was to beat.
  bool is_ambiguous() const;

  /// Leaves the lists in the accumulators as the program would.
  void restore(const SlotView& slots) const;

 private:
  struct Entry {
    double value;  // times the sign
    int number;
  };

  Entry* list(int row) { return entries_.data() + size_t(row) * size_t(kind_.places); }
  const Entry* list(int row) const {
    return entries_.data() + size_t(row) * size_t(kind_.places);
  }
  int place_in_slots(int place) const {
    return is_heap_ ? kind_.places - 1 - place : place;
  }
  double next_worse(double value) const;
  bool take(int row, const SlotView& slots, const int* numbers);
  void insert(Entry* list, const Entry& entry) const;
  void seed(int row, const SlotView& slots) const;
  void find_limit();

  const SearchKind kind_;
  const bool single_precision_, is_heap_;
  int rows_ = 0;
  std::vector<Entry> entries_;
  double limit_ = 0;
  int limit_number_ = 0;
};

}  // namespace rkeops
