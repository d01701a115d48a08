// Lists of the best values in order, of few places.
#pragma once

#include <vector>

#include "cover/search_lists.h"

namespace rkeops {

class ShortLists : public SearchLists {
 public:
  static constexpr int most_rows = 64;

  ShortLists(const SearchKind& kind, bool single_precision, bool is_heap);

  void begin(int rows, const SlotView& slots) override;
  void harvest(const SlotView& slots, const int* numbers) override;
  bool is_ambiguous() const override;
  void restore(const SlotView& slots) override;

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
  bool take(int row, const SlotView& slots, const int* numbers);
  void insert(Entry* list, const Entry& entry) const;
  void seed(int row, const SlotView& slots) const;
  void find_limit();

  const SearchKind kind_;
  const bool single_precision_, is_heap_;
  int rows_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace rkeops
