// Which reductions look for few values, and what they keep of them in accumulators.
#pragma once

#include "plan/plan.h"

namespace rkeops {

/// The `places` best values of one component, with their columns: in the accumulators of
/// a row stand the value and the column of each place, one after the other. Without
/// columns there is one place, which has a value alone.
struct SearchKind {
  bool exists = false;
  bool has_columns = false;
  int places = 1;
  double sign = 1;  // values times this are the better the smaller they are

  SearchKind() = default;
  explicit SearchKind(const KernelPlan& kernel);
};

}  // namespace rkeops
