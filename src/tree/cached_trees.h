// Trees of points that were sorted before, for calls that come again with the same data:
// solvers, steps of k-means, searches for a bandwidth, permutations.
#pragma once

#include <memory>

#include "tree/point_tree.h"

namespace rkeops {

struct CachedTree {
  std::shared_ptr<const PointTree> tree;
  long long number = 0;     // no other tree has it
  bool was_cached = false;  // from an earlier call
};

/// The tree of these values, see PointTree. It is looked up by a checksum of 128 bits of
/// all values, so that data may be changed in place, and by whom they are called does not
/// matter. A few trees are kept, those used last; each takes some 6 bytes a point.
CachedTree tree_of(const PointValues& values, int leaf, double tiny, int threads,
                   InterruptSign& stop);

}  // namespace rkeops
