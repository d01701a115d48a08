#include "cover/sorted_points.h"

#include <algorithm>

namespace rkeops {

SortedPoints::SortedPoints(const PairBound& bound, Side side, const Job& job, double tiny,
                           int threads, InterruptSign& stop)
    : side_(side),
      tiny_(tiny),
      cached_(tree_of(bound.read(side, Part::positions, job, threads), leaf, tiny,
                      threads, stop)) {}

void SortedPoints::sort(const PairBound& bound, const Job& job, int threads) {
  weights_ =
      NodeBoxes(tree(), bound.read(side_, Part::weights, job, threads), tiny_, threads);
  inputs_ = std::make_unique<SortedInputs>(
      side_ == Side::rows ? job.row_inputs : job.column_inputs, tree().numbers(),
      threads);
}

namespace {

constexpr int lanes = IntervalLanes::count;

void fill(const IntervalLanes* from, long long lane, std::vector<IntervalLanes>& to) {
  for (size_t k = 0; k < to.size(); ++k) {
    std::fill(to[k].lo, to[k].lo + lanes, from[k].lo[lane]);
    std::fill(to[k].hi, to[k].hi + lanes, from[k].hi[lane]);
  }
}

bool is_known(const std::vector<IntervalLanes>& box) {
  return std::all_of(box.begin(), box.end(), [](const IntervalLanes& one) {
    return one.lo[0] == one.lo[0] && one.hi[0] == one.hi[0];
  });
}

}  // namespace

LeafBox::LeafBox(const PairBound& bound, Side side)
    : positions_(size_t(bound.components(side, Part::positions))),
      weights_(size_t(bound.components(side, Part::weights))) {}

void LeafBox::set(const SortedPoints& points, long long leaf) {
  fill(points.positions(0, leaf / lanes), leaf % lanes, positions_);
  fill(points.weights(0, leaf / lanes), leaf % lanes, weights_);
}

bool LeafBox::is_known() const {
  return rkeops::is_known(positions_) && rkeops::is_known(weights_);
}

}  // namespace rkeops
