#include "tree/point_tree.h"

#include <algorithm>
#include <climits>
#include <cmath>

#include "base/input_summary.h"

namespace rkeops {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

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

PointTree::PointTree(const PointValues& values, int leaf, double tiny, int threads,
                     StopSign& stop)
    : components_(values.components) {
  sort(values, leaf, threads, stop);
  if (stop.is_set()) return;
  levels_.push_back(leaf_boxes(values, tiny, threads));
  while (levels_.back().nodes > fan) levels_.push_back(boxes_around(levels_.back()));
}

// By what is known of them at least.
void PointTree::sort(const PointValues& values, int leaf, int threads, StopSign& stop) {
  std::vector<int> unknown;
  for (long long point = 0; point < values.points; ++point)
    (is_known(values, point) ? numbers_ : unknown).push_back(int(point));
  const auto known = (long long)numbers_.size();
  order_points({values.lo.data(), values.points, components_}, leaf, fan, threads,
               numbers_, stop);
  numbers_.insert(numbers_.end(), unknown.begin(), unknown.end());
  cut_leaves(known, leaf);
}

void PointTree::cut_leaves(long long known, int leaf) {
  for (long long begin = 0; begin < known; begin += leaf) leaf_begin_.push_back(begin);
  known_leaves_ = (long long)leaf_begin_.size();
  const auto all = (long long)numbers_.size();
  for (long long begin = known; begin < all; begin += leaf) leaf_begin_.push_back(begin);
  leaf_begin_.push_back(all);
}

PointTree::Level PointTree::empty_level(long long nodes) const {
  IntervalLanes nothing;
  std::fill(nothing.lo, nothing.lo + fan, infinity);
  std::fill(nothing.hi, nothing.hi + fan, -infinity);
  const long long groups = (nodes + fan - 1) / fan;
  return {nodes, std::vector<IntervalLanes>(size_t(groups * components_), nothing),
          std::vector<int>(size_t(nodes), INT_MAX)};
}

PointTree::Level PointTree::leaf_boxes(const PointValues& values, double tiny,
                                       int threads) const {
  Level level = empty_level(leaves());
  const auto groups = size_t((level.nodes + fan - 1) / fan);
  in_parts(groups, threads, [&](size_t first, size_t last) {
    const auto end = std::min(level.nodes, (long long)last * fan);
    for (long long node = (long long)first * fan; node < end; ++node) {
      IntervalLanes* const box = level.boxes.data() + node / fan * components_;
      const int lane = int(node % fan);
      for (long long place = leaf_begin(node); place < leaf_end(node); ++place) {
        const int number = numbers_[size_t(place)];
        level.first[size_t(node)] = std::min(level.first[size_t(node)], number);
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
  });
  return level;
}

PointTree::Level PointTree::boxes_around(const Level& below) const {
  Level level = empty_level((below.nodes + fan - 1) / fan);
  for (long long child = 0; child < below.nodes; ++child) {
    const long long node = child / fan;
    const IntervalLanes* const from = below.boxes.data() + node * components_;
    IntervalLanes* const box = level.boxes.data() + node / fan * components_;
    const int lane = int(child % fan), to = int(node % fan);
    level.first[size_t(node)] =
        std::min(level.first[size_t(node)], below.first[size_t(child)]);
    for (int k = 0; k < components_; ++k)
      include(box[k], to, from[k].lo[lane], from[k].hi[lane]);
  }
  return level;
}

}  // namespace rkeops
