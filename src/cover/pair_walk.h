// The walk of one thread through the boxes of rows, for one leaf of columns after the
// other, in search of pairs whose values are at most a radius.
#pragma once

#include "cover/block_walk.h"
#include "cover/pair_finder.h"

namespace rkeops {

class PairWalk {
 public:
  PairWalk(const PrunedJob& job, const CpuProgram& program, const PairsWanted& wanted);

  /// Adds the number of pairs of each column of a leaf to `counts`.
  void count(long long leaf, double* counts);

  /// Writes the pairs of each column of a leaf; false where they do not fit.
  bool fill(long long leaf, std::vector<PairPlaces>& places, const PairsOutput& output);

  /// Computed up to now.
  double pairs() const { return pairs_; }

 private:
  static constexpr int fan = TreeShape::fan;

  void start(long long leaf);
  template <class Take, class TakeAll>
  void visit(int level, long long group, const Take& take, const TakeAll& take_all);
  bool has_none(int level, long long node) const;
  bool count_all(int level, long long node, double* counts) const;
  long long all_of_leaf(long long leaf, int number) const;
  void compute(long long leaf);
  template <class Found>
  void find(long long leaf, const Found& found);
  void sort(PairPlaces part, const PairsOutput& output);

  const PointTree& rows() const { return job_.rows().tree(); }
  const PointTree& columns() const { return job_.columns().tree(); }
  int columns_here() const { return int(column_end_ - column_begin_); }
  int number_of(int column) const {
    return columns().numbers()[size_t(column_begin_ + column)];
  }
  // Those of the last leaf that was computed, rows side by side.
  const double* values_of(int column) const { return &slots_.at(column, 0); }

  const PrunedJob& job_;
  const CpuProgram& program_;
  const PairsWanted wanted_;
  IntervalProgram::Memory memory_;
  LeafBox column_box_;
  AlignedMemory partial_, workspace_;
  SlotView slots_{};
  std::vector<const double*> column_inputs_;  // of this leaf
  long long leaf_ = 0, column_begin_ = 0, column_end_ = 0;
  std::vector<std::pair<int, double>> sorted_;
  double pairs_ = 0;
};

}  // namespace rkeops
