// The walk of one thread through the boxes of columns, for one block of rows after the
// other.
#pragma once

#include "cover/pruned_job.h"
#include "cover/search_lists.h"
#include "run/cpu/tasks.h"

namespace rkeops {

class BlockSearch {
 public:
  BlockSearch(const PrunedJob& job, const CpuProgram& program);

  /// Computes the rows of a block, and writes their results. Gives how many pairs that
  /// took.
  double run(long long block);

 private:
  void begin(long long block);
  void visit(int level, long long group);
  void bounds_of(int level, long long group, double* bounds);
  bool matters(double bound, int first_number) const;
  void fold_leaf(long long leaf);
  void find_limit();
  bool is_ambiguous() const;
  void fold_all();
  void finish();
  void reduce(const double* const* columns, long long first, long long last);
  RkeopsBlock block_of(const double* const* columns, long long first, long long last);

  const PrunedJob& job_;
  const CpuProgram& program_;
  const PointTree& columns_;
  const SearchKind& kind_;
  SearchLists lists_;
  IntervalProgram::Memory memory_;
  std::vector<IntervalLanes> row_box_;
  AlignedMemory partial_, workspace_;
  std::vector<double> results_;
  SlotView slots_{};
  long long row_begin_ = 0, row_end_ = 0;
  double limit_ = 0;  // where there are no lists
  double pairs_ = 0;
};

}  // namespace rkeops
