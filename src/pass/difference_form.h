// Sums whose pairs read rows and columns through differences alone, such as
// Sum_j(Exp(-SqDist(x, y)) * b): they can be expanded far from where these are small.
#pragma once

#include <string>
#include <vector>

#include "ir/expr.h"

namespace rkeops {

/// of_pair * of_column, where what is of the pair is one number, a function of the
/// differences alone.
struct DifferenceForm {
  /// Parts of a row and of a column of the same dimension, which are subtracted.
  struct Coordinate {
    Expr row, column;
    int first;  // its place among the components of all
  };
  /// A node of `of_pair`: row - column, or the other way round.
  struct Difference {
    Expr node;
    int coordinate;
    double sign;
  };

  Expr of_pair, of_column;  // null: 1
  std::vector<Coordinate> coordinates;
  std::vector<Difference> differences;
  int dimension = 0;  // components of all coordinates
  /// Is it the same when any component of the differences changes its sign?
  bool is_even = false;
  std::string why_not;  // what stands against it

  bool exists() const { return why_not.empty(); }
};

/// The form of the value that is summed up; rows and columns have these levels.
DifferenceForm difference_form(Expr value, Level row_index, Level column_index);

}  // namespace rkeops
