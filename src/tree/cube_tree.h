// Rows and columns in one tree of cubes, each of which is halved along every axis. Pairs
// of cubes of the same sizes and the same offset are alike for what depends on
// differences alone.
#pragma once

#include <vector>

namespace rkeops {

/// Points of up to three coordinates, those of a point together.
struct CubePoints {
  const double* values;
  long long count;
  int dimension;
  const double* of(long long point) const { return values + point * dimension; }
};

struct Cube {
  int level;
  int place[3];  // in cubes of this level, from the lowest corner
  int parent;
  int first_child = 0, children = 0;  // neighbours in the list; none: a leaf
  long long row_begin, row_end, column_begin, column_end;  // in the order of the tree

  long long rows() const { return row_end - row_begin; }
  long long columns() const { return column_end - column_begin; }
  bool is_leaf() const { return children == 0; }
};

class CubeTree {
 public:
  static constexpr int most_levels = 20;

  /// Cubes of more than `leaf` rows or columns are halved. All numbers must be finite.
  CubeTree(const CubePoints& rows, const CubePoints& columns, int leaf);

  /// False where the points are so far from 0, beside their distances, that no number is
  /// the middle of a small cube.
  bool exists() const { return levels_ >= fewest_levels; }

  int dimension() const { return dimension_; }
  /// Parents first, those of a level together.
  const std::vector<Cube>& cubes() const { return cubes_; }
  /// The first cube of each level, and where the last one ends.
  const std::vector<int>& level_begin() const { return level_begin_; }
  const std::vector<int>& row_numbers() const { return row_numbers_; }
  const std::vector<int>& column_numbers() const { return column_numbers_; }

  /// Half the side of a cube, a power of 2, and the coordinates of its middle: exact.
  double half_side(int level) const;
  double middle(const Cube& cube, int axis) const;

 private:
  static constexpr int fewest_levels = 4;
  using Keys = std::vector<unsigned long long>;

  void find_corner(const CubePoints& rows, const CubePoints& columns);
  Keys sort(const CubePoints& points, std::vector<int>& numbers) const;
  unsigned long long key_of(const double* point) const;
  void split(int cube, const Keys& rows, const Keys& columns);

  const int dimension_;
  int levels_ = most_levels;
  double corner_[3] = {0, 0, 0}, side_ = 1;
  std::vector<Cube> cubes_;
  std::vector<int> level_begin_, row_numbers_, column_numbers_;
};

}  // namespace rkeops
