// The parts of the value of a pair: the largest parts of its formula that vary with
// rows alone, with columns alone, or with neither.
#pragma once

#include <vector>

#include "plan/plan.h"

namespace rkeops {

struct PointParts {
  std::vector<Expr> positions;  // what tells how near a row and a column are
  std::vector<Expr> weights;    // the others
};

struct PairParts {
  PointParts rows, columns;
  std::vector<Expr> parameters;

  explicit PairParts(const KernelPlan& kernel);
};

}  // namespace rkeops
