// Lists of many of the smallest values. Candidates are put behind those known, in no
// order, and now and then the best are kept: that costs less than to sort them in.
#pragma once

#include <utility>
#include <vector>

#include "cover/search_lists.h"

namespace rkeops {

class LongLists : public SearchLists {
 public:
  /// Shorter lists are kept in order.
  static constexpr int fewest_places = 33;

  /// For a program that keeps the worst value first.
  LongLists(int places, bool single_precision);

  void begin(int rows, const SlotView& slots) override;
  void harvest(const SlotView& slots, const int* numbers) override;
  bool is_ambiguous() const override;
  void restore(const SlotView& slots) override;

 private:
  // The candidates of a row: all values that are within its limit, and others.
  struct Row {
    std::vector<double> values;  // behind the last one Inf
    std::vector<int> numbers;
    int size;
    double limit;
    int limit_number;
  };

  bool take(int row, const SlotView& slots, const int* numbers);
  void keep_best(Row& row);
  bool keep_below(Row& row) const;
  void keep_best_of_equal(Row& row);
  void seed(int row, const SlotView& slots, int place) const;
  void find_limit();

  const int places_;
  const bool single_precision_;
  const int open_;  // places of the program that may take a candidate: the first ones
  int rows_ = 0;
  std::vector<Row> lists_;
  std::vector<std::pair<double, int>> entries_;
};

}  // namespace rkeops
