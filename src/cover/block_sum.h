// The walk of sums: the boxes with the largest terms first, while all terms of a box may
// change the last digit of a sum. Terms that are all the same are not computed.
#pragma once

#include "cover/sum_limits.h"

namespace rkeops {

class BlockSum : public BlockWalk {
 public:
  /// `absolute` adds up absolute terms, null where there is none.
  BlockSum(const PrunedJob& job, const CpuProgram& program, const CpuProgram* absolute);

 private:
  void begin() override;
  void visit(int level, long long group) override;
  bool settle() override;

  double* sizes_of(int level) {
    return sizes_.data() + size_t(level * limits_.sizes() * fan);
  }
  bool have_both_signs(const IntervalLanes* const* values) const;
  bool are_equal(const IntervalLanes* const* values, int lane) const;
  void add_equal(const IntervalLanes* const* values, int lane, double columns);
  void take_leaf(long long leaf);
  void find_limits();

  const SumKind& kind_;
  SumLimits limits_;
  std::vector<double> sizes_;  // of the groups above, and of this one
  double leaves_ = 0, next_look_ = 0;

  // Sums of terms of both signs tell little of the absolute terms, so that these are
  // added up too, of the first leaves.
  const CpuProgram* const absolute_;
  AlignedMemory absolute_partial_, absolute_workspace_;
  SlotView absolute_slots_{};
  bool adds_absolute_ = false;
};

}  // namespace rkeops
