// The boxes of j are sorted by where they begin in one dimension. Of these a box of i
// sees those that begin before it ends, and not before it begins by more than the
// longest.
#include "tree/near_boxes.h"

#include <algorithm>
#include <numeric>

namespace rkeops {

namespace {

constexpr double more_than_rounding = 1 + 1e-12;

double squared_gap(const Boxes& a, int one, const Boxes& b, int other) {
  double sum = 0;
  for (int k = 0; k < a.dimensions; ++k) {
    const int at = one * a.dimensions + k, in = other * b.dimensions + k;
    const double gap =
        std::max({0.0, a.lower[at] - b.upper[in], b.lower[in] - a.upper[at]});
    sum += gap * gap;
  }
  return sum;
}

}  // namespace

NearBoxes near_boxes(const Boxes& of_i, const Boxes& of_j, double radius) {
  NearBoxes near;
  const int step = of_j.dimensions;
  std::vector<int> order(size_t(of_j.count));
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int a, int b) { return of_j.lower[a * step] < of_j.lower[b * step]; });
  double longest = 0;
  for (int k = 0; k < of_j.count; ++k)
    longest = std::max(longest, of_j.upper[k * step] - of_j.lower[k * step]);
  const double reach = radius * more_than_rounding, limit = reach * reach;
  std::vector<int> found;
  for (int one = 0; one < of_i.count; ++one) {
    const double from = (of_i.lower[one * step] - reach - longest),
                 to = of_i.upper[one * step] + reach;
    const double slack = (std::max(-from, from) + std::max(-to, to)) * 1e-12;
    auto other = std::lower_bound(
        order.begin(), order.end(), from - slack,
        [&](int box, double value) { return of_j.lower[box * step] < value; });
    found.clear();
    for (; other != order.end() && of_j.lower[*other * step] <= to + slack; ++other)
      if (squared_gap(of_i, one, of_j, *other) <= limit) found.push_back(*other + 1);
    std::sort(found.begin(), found.end());
    near.i.insert(near.i.end(), found.size(), one + 1);
    near.j.insert(near.j.end(), found.begin(), found.end());
  }
  return near;
}

}  // namespace rkeops
