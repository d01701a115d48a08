// The rows or the columns of a job in the order of a tree.
#pragma once

#include <memory>
#include <vector>

#include "bound/pair_bound.h"
#include "cover/sorted_inputs.h"
#include "tree/cached_trees.h"

namespace rkeops {

class SortedPoints {
 public:
  /// Points that are computed together: those of a leaf.
  static constexpr int leaf = 64;

  /// Finds their order. It is of no use when `stop` is set.
  SortedPoints(const PairBound& bound, Side side, const Job& job, double tiny,
               int threads, InterruptSign& stop);
  /// Sorts all that is read of them.
  void sort(const PairBound& bound, const Job& job, int threads);

  const PointTree& tree() const { return *cached_.tree; }
  const CachedTree& cached() const { return cached_; }

  /// A pointer for each component of each matrix of the job.
  const double* const* inputs() const { return inputs_->pointers(); }
  int input_components() const { return inputs_->components(); }

  const IntervalLanes* positions(int level, long long group) const {
    return tree().boxes().of(level, group);
  }
  const IntervalLanes* weights(int level, long long group) const {
    return weights_.of(level, group);
  }

 private:
  const Side side_;
  const double tiny_;
  const CachedTree cached_;
  NodeBoxes weights_;
  std::unique_ptr<SortedInputs> inputs_;
};

/// The box of one leaf, in all lanes.
class LeafBox {
 public:
  LeafBox(const PairBound& bound, Side side);

  void set(const SortedPoints& points, long long leaf);
  const IntervalLanes* positions() const { return positions_.data(); }
  const IntervalLanes* weights() const { return weights_.data(); }
  /// Is something known of all values?
  bool is_known() const;

 private:
  std::vector<IntervalLanes> positions_, weights_;
};

}  // namespace rkeops
