// Which of two sets of boxes are near each other.
#pragma once

#include <vector>

namespace rkeops {

/// `count` boxes, the coordinates of each together.
struct Boxes {
  const double *lower, *upper;
  int count, dimensions;
};

struct NearBoxes {
  std::vector<int> i, j;  // counted from 1, ordered by i, then by j
};

/// Those whose distance, the length of the gap between them, is at most `radius`, or
/// greater by no more than rounding errors.
NearBoxes near_boxes(const Boxes& of_i, const Boxes& of_j, double radius);

}  // namespace rkeops
