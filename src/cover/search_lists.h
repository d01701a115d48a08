// The best values of some rows, with the numbers of their columns, beside the
// accumulators of a program that looks for better ones.
//
// A program folds columns in the order in which they come, and keeps the first of equal
// values; here columns come sorted by place, and of equal values that with the smallest
// number is wanted. So the program gets, in place of each value it is to beat, the next
// worse number: what is equal to the value beats that. What it finds is then compared by
// value and number.
#pragma once

#include <climits>
#include <memory>

#include "bound/search_kind.h"
#include "cover/block_walk.h"

namespace rkeops {

class SearchLists {
 public:
  static constexpr int no_number = INT_MAX;

  virtual ~SearchLists() = default;

  /// Begins with so many rows, of accumulators without a column; nothing is found yet.
  virtual void begin(int rows, const SlotView& slots) = 0;

  /// A value that is better than this, or as good with a smaller number, belongs into the
  /// list of a row.
  double limit() const { return limit_; }
  int limit_number() const { return limit_number_; }

  /// Takes what the program has found, at places in the order of the columns, of which
  /// `numbers` are the numbers.
  virtual void harvest(const SlotView& slots, const int* numbers) = 0;

  /// True where only all columns, in their order, give the lists: where values are
  /// infinite, or too few.
  virtual bool is_ambiguous() const = 0;

  /// Leaves the lists in the accumulators as the program would.
  virtual void restore(const SlotView& slots) = 0;

 protected:
  double limit_ = 0;
  int limit_number_ = 0;
};

/// `is_heap`: the program keeps the worst value first.
std::unique_ptr<SearchLists> make_lists(const SearchKind& kind, bool single_precision,
                                        bool is_heap);

/// The next worse number, in the precision of a program, where small ones are better.
double next_worse(double value, bool single_precision);

}  // namespace rkeops
