// The walk of sums: the boxes with the largest terms first, while all terms of a box may
// change the last digit of a sum. Terms that are all the same are not computed.
#pragma once

#include "cover/block_walk.h"

namespace rkeops {

class BlockSum : public BlockWalk {
 public:
  BlockSum(PrunedJob& job, const CpuProgram& program);

 private:
  void begin() override;
  void visit(int level, long long group) override;
  bool settle() override;

  void add(double value, double columns);
  void find_limit();
  double columns_of(int level, long long node) const;

  // Smaller terms do not matter: all columns together are so much less than a sum.
  double limit_ = 0;
  const double smallest_limit_, share_of_sum_;
};

}  // namespace rkeops
