// The walk of reductions that look for few values: the nearest boxes first, while they
// may hold a better one.
#pragma once

#include "cover/block_walk.h"
#include "cover/search_lists.h"

namespace rkeops {

class BlockSearch : public BlockWalk {
 public:
  BlockSearch(const PrunedJob& job, const CpuProgram& program);

 private:
  void begin() override;
  void visit(int level, long long group) override;
  bool settle() override;

  void bounds_of(int level, long long group, double* bounds);
  bool matters(double bound, int first_number) const;
  void search_leaf(long long leaf);
  void find_limit();
  bool has_nan() const;

  const SearchKind& kind_;
  const std::unique_ptr<SearchLists> lists_;
  double limit_ = 0;  // where there are no lists
};

}  // namespace rkeops
