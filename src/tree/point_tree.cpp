#include "tree/point_tree.h"

#include <algorithm>
#include <climits>
#include <cmath>

#include "base/input_summary.h"

namespace rkeops {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_known = std::numeric_limits<double>::quiet_NaN();
constexpr int fan = TreeShape::fan;
constexpr int values_of_a_leaf = 64;  // of a component, about

bool is_known(const PointValues& values, long long point) {
  const double *lo = values.lower(point), *hi = values.upper(point);
  return std::all_of(lo, lo + values.components,
                     [](double v) { return std::isfinite(v); }) &&
         std::all_of(hi, hi + values.components,
                     [](double v) { return std::isfinite(v); });
}

// NaN stays.
void include(IntervalLanes& box, int lane, double lo, double hi) {
  const bool known = lo == lo && hi == hi && box.lo[lane] == box.lo[lane];
  box.lo[lane] = known ? std::min(box.lo[lane], lo) : not_known;
  box.hi[lane] = known ? std::max(box.hi[lane], hi) : not_known;
}

}  // namespace

// ---- the shape ----

void TreeShape::cut_leaves(long long known, int leaf) {
  for (long long begin = 0; begin < known; begin += leaf) leaf_begin_.push_back(begin);
  known_leaves_ = (long long)leaf_begin_.size();
  const auto all = (long long)numbers_.size();
  for (long long begin = known; begin < all; begin += leaf) leaf_begin_.push_back(begin);
  leaf_begin_.push_back(all);
  nodes_.push_back(leaves());
  while (nodes_.back() > fan) nodes_.push_back((nodes_.back() + fan - 1) / fan);
}

long long TreeShape::points_of(int level, long long node) const {
  long long first = node, last = node + 1;
  for (int k = 0; k < level; ++k) {
    first *= fan;
    last *= fan;
  }
  last = std::min(last, leaves());
  return leaf_begin(last) - leaf_begin(first);
}

// ---- boxes ----

NodeBoxes::NodeBoxes(const TreeShape& shape, const PointValues& values, double tiny,
                     int threads)
    : components_(values.components) {
  levels_.push_back(leaf_boxes(shape, values, tiny, threads));
  for (int level = 1; level < shape.levels(); ++level)
    levels_.push_back(boxes_around(levels_.back(), shape.nodes(level - 1)));
}

NodeBoxes::Level NodeBoxes::nothing(long long nodes) const {
  IntervalLanes box;
  std::fill(box.lo, box.lo + fan, infinity);
  std::fill(box.hi, box.hi + fan, -infinity);
  return Level(size_t((nodes + fan - 1) / fan * components_), box);
}

NodeBoxes::Level NodeBoxes::leaf_boxes(const TreeShape& shape, const PointValues& values,
                                       double tiny, int threads) const {
  const long long nodes = shape.nodes(0);
  Level level = nothing(nodes);
  if (components_ == 0) return level;
  const auto work = [&](size_t first, size_t last) {
    const auto end = std::min(nodes, (long long)last * fan);
    for (long long node = (long long)first * fan; node < end; ++node) {
      IntervalLanes* const box = level.data() + node / fan * components_;
      const int lane = int(node % fan);
      for (long long place = shape.leaf_begin(node); place < shape.leaf_end(node);
           ++place) {
        const int number = shape.numbers()[size_t(place)];
        const double *lo = values.lower(number), *hi = values.upper(number);
        for (int k = 0; k < components_; ++k) include(box[k], lane, lo[k], hi[k]);
      }
      for (int k = 0; k < components_; ++k) {
        if (std::fabs(box[k].lo[lane]) < tiny)
          box[k].lo[lane] = std::min(box[k].lo[lane], 0.0);
        if (std::fabs(box[k].hi[lane]) < tiny)
          box[k].hi[lane] = std::max(box[k].hi[lane], 0.0);
      }
    }
  };
  in_parts(size_t((nodes + fan - 1) / fan), threads, work,
           size_t(fan * values_of_a_leaf * components_));
  return level;
}

NodeBoxes::Level NodeBoxes::boxes_around(const Level& below, long long nodes) const {
  Level level = nothing((nodes + fan - 1) / fan);
  for (long long child = 0; child < nodes; ++child) {
    const long long node = child / fan;
    const IntervalLanes* const from = below.data() + node * components_;
    IntervalLanes* const box = level.data() + node / fan * components_;
    const int lane = int(child % fan), to = int(node % fan);
    for (int k = 0; k < components_; ++k)
      include(box[k], to, from[k].lo[lane], from[k].hi[lane]);
  }
  return level;
}

// ---- the tree ----

PointTree::PointTree(const PointValues& values, int leaf, double tiny, int threads,
                     InterruptSign& stop) {
  sort(values, leaf, threads, stop);
  if (stop.is_set()) return;
  find_ranges();
  boxes_ = NodeBoxes(*this, values, tiny, threads);
}

// By what is known of them at least.
void PointTree::sort(const PointValues& values, int leaf, int threads,
                     InterruptSign& stop) {
  std::vector<int> unknown;
  for (long long point = 0; point < values.points; ++point)
    (is_known(values, point) ? numbers_ : unknown).push_back(int(point));
  const auto known = (long long)numbers_.size();
  order_points({values.lo.data(), values.points, values.components}, leaf, fan, threads,
               numbers_, stop);
  numbers_.insert(numbers_.end(), unknown.begin(), unknown.end());
  cut_leaves(known, leaf);
}

void PointTree::find_ranges() {
  for (int level = 0; level < levels(); ++level)
    ranges_.emplace_back(size_t(nodes(level)), NumberRange{INT_MAX, -1});
  for (long long leaf = 0; leaf < leaves(); ++leaf) {
    const auto both = std::minmax_element(numbers_.begin() + leaf_begin(leaf),
                                          numbers_.begin() + leaf_end(leaf));
    ranges_[0][size_t(leaf)] = {*both.first, *both.second};
  }
  for (int level = 1; level < levels(); ++level)
    for (long long child = 0; child < nodes(level - 1); ++child) {
      const NumberRange& from = ranges_[size_t(level - 1)][size_t(child)];
      NumberRange& all = ranges_[size_t(level)][size_t(child / fan)];
      all = {std::min(all.first, from.first), std::max(all.last, from.last)};
    }
}

}  // namespace rkeops
