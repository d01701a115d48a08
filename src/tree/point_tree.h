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

/// How the points of a tree are divided: leaves are level 0, and the last level has at
/// most `fan` nodes.
class TreeShape {
 public:
  static constexpr int fan = IntervalLanes::count;

  /// The number of the point at each place.
  const std::vector<int>& numbers() const { return numbers_; }
  long long leaves() const { return (long long)leaf_begin_.size() - 1; }
  /// Those of known points come first.
  long long known_leaves() const { return known_leaves_; }
  long long leaf_begin(long long leaf) const { return leaf_begin_[size_t(leaf)]; }
  long long leaf_end(long long leaf) const { return leaf_begin_[size_t(leaf) + 1]; }

  int levels() const { return int(nodes_.size()); }
  long long nodes(int level) const { return nodes_[size_t(level)]; }
  /// The points of a node of any level.
  long long points_of(int level, long long node) const;

 protected:
  void cut_leaves(long long known, int leaf);

  std::vector<int> numbers_;
  std::vector<long long> leaf_begin_;
  long long known_leaves_ = 0;
  std::vector<long long> nodes_;
};

/// Boxes around the values of the points of each node of a tree; NaN where anything is
/// not known of one of them.
class NodeBoxes {
 public:
  NodeBoxes() = default;
  /// Numbers nearer to 0 than `tiny` may be taken as 0.
  NodeBoxes(const TreeShape& shape, const PointValues& values, double tiny, int threads);

  /// The boxes of `fan` neighbouring nodes, by components.
  const IntervalLanes* of(int level, long long group) const {
    return levels_[size_t(level)].data() + group * components_;
  }

 private:
  using Level = std::vector<IntervalLanes>;

  Level nothing(long long nodes) const;
  Level leaf_boxes(const TreeShape& shape, const PointValues& values, double tiny,
                   int threads) const;
  Level boxes_around(const Level& below, long long nodes) const;

  int components_ = 0;
  std::vector<Level> levels_;
};

/// Points of which anything is not known are in leaves of their own, the last ones.
class PointTree : public TreeShape {
 public:
  /// It is of no use when `stop` is set.
  PointTree(const PointValues& values, int leaf, double tiny, int threads,
            InterruptSign& stop);

  /// Around the values that the points are sorted by.
  const NodeBoxes& boxes() const { return boxes_; }
  /// The smallest number of a point in a node, and the largest.
  int first_number(int level, long long node) const {
    return ranges_[size_t(level)][size_t(node)].first;
  }
  int last_number(int level, long long node) const {
    return ranges_[size_t(level)][size_t(node)].last;
  }

 private:
  void sort(const PointValues& values, int leaf, int threads, InterruptSign& stop);
  void find_ranges();

  struct NumberRange {
    int first, last;
  };

  NodeBoxes boxes_;
  std::vector<std::vector<NumberRange>> ranges_;
};

}  // namespace rkeops
