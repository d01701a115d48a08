#include "tree/cube_tree.h"

#include <algorithm>
#include <cmath>

namespace rkeops {

namespace {

// Whole numbers below this are exact, and so are their sums.
constexpr double largest_whole = 0x1p51;

void widen(const CubePoints& points, double* lo, double* hi) {
  for (long long k = 0; k < points.count; ++k)
    for (int axis = 0; axis < points.dimension; ++axis) {
      lo[axis] = std::min(lo[axis], points.of(k)[axis]);
      hi[axis] = std::max(hi[axis], points.of(k)[axis]);
    }
}

}  // namespace

CubeTree::CubeTree(const CubePoints& rows, const CubePoints& columns, int leaf)
    : dimension_(rows.dimension) {
  find_corner(rows, columns);
  if (!exists()) return;
  const Keys row_keys = sort(rows, row_numbers_),
             column_keys = sort(columns, column_numbers_);
  cubes_.push_back({0, {0, 0, 0}, -1, 0, 0, 0, rows.count, 0, columns.count});
  level_begin_ = {0, 1};
  for (int level = 0; level < levels_; ++level) {
    for (int k = level_begin_[size_t(level)]; k < level_begin_[size_t(level) + 1]; ++k)
      if (cubes_[size_t(k)].rows() > leaf || cubes_[size_t(k)].columns() > leaf)
        split(k, row_keys, column_keys);
    if (int(cubes_.size()) == level_begin_.back()) break;
    level_begin_.push_back(int(cubes_.size()));
  }
}

// The corner is a multiple of half the side of the smallest cube, so all middles are.
void CubeTree::find_corner(const CubePoints& rows, const CubePoints& columns) {
  double lo[3] = {INFINITY, INFINITY, INFINITY},
         hi[3] = {-INFINITY, -INFINITY, -INFINITY};
  widen(rows, lo, hi);
  widen(columns, lo, hi);
  double widest = 0, farthest = 0;
  for (int axis = 0; axis < dimension_; ++axis) {
    widest = std::max(widest, hi[axis] - lo[axis]);
    farthest = std::max(farthest, std::max(std::fabs(lo[axis]), std::fabs(hi[axis])));
  }
  if (widest == 0) widest = farthest > 0 ? farthest * 0x1p-20 : 1;
  if (!(widest < 1e300) || !(widest > 1e-280)) {
    levels_ = 0;
    return;
  }
  side_ = std::ldexp(1.0, std::ilogb(widest) + 2);
  while (levels_ >= fewest_levels &&
         !(farthest / (side_ * std::ldexp(0.5, -levels_)) < largest_whole))
    --levels_;
  const double unit = side_ * std::ldexp(0.5, -levels_);
  for (int axis = 0; axis < dimension_; ++axis)
    corner_[axis] = std::floor(lo[axis] / unit) * unit;
}

double CubeTree::half_side(int level) const { return side_ * std::ldexp(0.5, -level); }

double CubeTree::middle(const Cube& cube, int axis) const {
  return corner_[axis] + half_side(cube.level) * (2.0 * cube.place[axis] + 1);
}

// The bits of the places along the axes in turn.
unsigned long long CubeTree::key_of(const double* point) const {
  const double cells = std::ldexp(1.0, levels_);
  unsigned long long key = 0;
  long long place[3];
  for (int axis = 0; axis < dimension_; ++axis)
    place[axis] = (long long)std::min(
        std::max(std::floor((point[axis] - corner_[axis]) / side_ * cells), 0.0),
        cells - 1);
  for (int bit = levels_ - 1; bit >= 0; --bit)
    for (int axis = 0; axis < dimension_; ++axis)
      key = key << 1 | (unsigned long long)(place[axis] >> bit & 1);
  return key;
}

CubeTree::Keys CubeTree::sort(const CubePoints& points, std::vector<int>& numbers) const {
  std::vector<std::pair<unsigned long long, int>> order((size_t(points.count)));
  for (long long k = 0; k < points.count; ++k)
    order[size_t(k)] = {key_of(points.of(k)), int(k)};
  std::sort(order.begin(), order.end());
  Keys keys;
  for (const auto& one : order) {
    keys.push_back(one.first);
    numbers.push_back(one.second);
  }
  return keys;
}

void CubeTree::split(int number, const Keys& rows, const Keys& columns) {
  const Cube cube = cubes_[size_t(number)];
  const int shift = dimension_ * (levels_ - cube.level - 1);
  const auto end_of = [shift](const Keys& keys, long long begin, long long end,
                              unsigned long long octant) {
    return std::upper_bound(keys.begin() + begin, keys.begin() + end, octant,
                            [shift](unsigned long long value, unsigned long long key) {
                              return value < key >> shift;
                            }) -
           keys.begin();
  };
  const int parts = 1 << dimension_;
  unsigned long long prefix = 0;
  if (cube.rows() > 0)
    prefix = rows[size_t(cube.row_begin)] >> shift;
  else
    prefix = columns[size_t(cube.column_begin)] >> shift;
  prefix = prefix & ~(unsigned long long)(parts - 1);
  const int first = int(cubes_.size());
  Cube child = cube;
  child.level = cube.level + 1;
  child.parent = number;
  child.row_end = cube.row_begin;
  child.column_end = cube.column_begin;
  for (int part = 0; part < parts; ++part) {
    child.row_begin = child.row_end;
    child.column_begin = child.column_end;
    child.row_end = end_of(rows, child.row_begin, cube.row_end, prefix + unsigned(part));
    child.column_end =
        end_of(columns, child.column_begin, cube.column_end, prefix + unsigned(part));
    if (child.rows() == 0 && child.columns() == 0) continue;
    for (int axis = 0; axis < dimension_; ++axis)
      child.place[axis] = 2 * cube.place[axis] + (part >> (dimension_ - 1 - axis) & 1);
    cubes_.push_back(child);
  }
  cubes_[size_t(number)].first_child = first;
  cubes_[size_t(number)].children = int(cubes_.size()) - first;
}

}  // namespace rkeops
