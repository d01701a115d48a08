// Points sorted into leaves, a box around each leaf, and boxes around boxes.
#pragma once

#include <vector>

#include "ir/interval.h"
#include "tree/kd_order.h"

namespace rkeops {

/// Numbers known of some points, `components` numbers each: at least `lo`, at most `hi`;
/// NaN where nothing is known of one.
struct PointValues {
  long long points = 0;
  int components = 0;
  std::vector<double> lo, hi;  // no `hi`: as `lo`

  const double* lower(long long point) const { return lo.data() + point * components; }
  const double* upper(long long point) const {
    return (hi.empty() ? lo : hi).data() + point * components;
  }
};

/// Points of which anything is not known are in leaves of their own, the last ones; their
/// boxes, and all boxes around them, are NaN.
class PointTree {
 public:
  static constexpr int fan = IntervalLanes::count;

  /// Numbers nearer to 0 than `tiny` may be taken as 0. It is of no use when `stop` is
  /// set.
  PointTree(const PointValues& values, int leaf, double tiny, int threads,
            StopSign& stop);

  /// The number of the point at each place.
  const std::vector<int>& numbers() const { return numbers_; }
  long long leaves() const { return (long long)leaf_begin_.size() - 1; }
  /// Those of known points come first.
  long long known_leaves() const { return known_leaves_; }
  long long leaf_begin(long long leaf) const { return leaf_begin_[size_t(leaf)]; }
  long long leaf_end(long long leaf) const { return leaf_begin_[size_t(leaf) + 1]; }

  int levels() const { return int(levels_.size()); }
  /// Nodes of a level: leaves are level 0, and the last level has at most `fan` of them.
  long long nodes(int level) const { return levels_[size_t(level)].nodes; }
  /// The boxes of `fan` neighbouring nodes, by components.
  const IntervalLanes* boxes(int level, long long group) const {
    return levels_[size_t(level)].boxes.data() + group * components_;
  }
  /// The smallest number of a point in a node.
  int first_number(int level, long long node) const {
    return levels_[size_t(level)].first[size_t(node)];
  }

 private:
  struct Level {
    long long nodes;
    std::vector<IntervalLanes> boxes;
    std::vector<int> first;
  };

  void sort(const PointValues& values, int leaf, int threads, StopSign& stop);
  void cut_leaves(long long known, int leaf);
  Level empty_level(long long nodes) const;
  Level leaf_boxes(const PointValues& values, double tiny, int threads) const;
  Level boxes_around(const Level& below) const;

  const int components_;
  std::vector<int> numbers_;
  std::vector<long long> leaf_begin_;
  long long known_leaves_ = 0;
  std::vector<Level> levels_;
};

}  // namespace rkeops
