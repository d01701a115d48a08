// The differences of the rows of a cube and the columns of another one.
#pragma once

#include <algorithm>

#include "far/far_kernel.h"
#include "tree/cube_tree.h"

namespace rkeops {

// More than the rounding of coordinates, by which a point may be outside its cube.
constexpr double wider_box = 1 + 0x1p-30;

/// The distance of two middles along an axis, in half sides of the smaller cube: exact.
inline long long offset(const Cube& rows, const Cube& columns, int axis) {
  const int finest = std::max(rows.level, columns.level);
  return ((2LL * rows.place[axis] + 1) << (finest - rows.level)) -
         ((2LL * columns.place[axis] + 1) << (finest - columns.level));
}

inline DifferenceBox difference_box(const CubeTree& tree, int rows, int columns) {
  const Cube &a = tree.cubes()[size_t(rows)], &b = tree.cubes()[size_t(columns)];
  const double unit = tree.half_side(std::max(a.level, b.level));
  DifferenceBox box = {{0, 0, 0}, 0};
  for (int axis = 0; axis < tree.dimension(); ++axis)
    box.middle[axis] = double(offset(a, b, axis)) * unit;
  box.half = (tree.half_side(a.level) + tree.half_side(b.level)) * wider_box;
  return box;
}

}  // namespace rkeops
