// The identities the simplifier applies, one function each.
#pragma once

#include <vector>

#include "ir/patterns.h"

namespace rkeops {

struct SimplifierRule {
  const char* name;
  const char* law;
  /// An equal expression; null when the rule does not apply. Rules get nodes whose
  /// children are simple already, each only nodes of its kind.
  Expr (*apply)(Expr node);
};

const std::vector<SimplifierRule>& operation_rules();
const std::vector<SimplifierRule>& reduction_rules();

// ---- for the rules ----

/// x, repeated to the dimension of the node it replaces.
Expr in_place_of(Expr node, Expr x);

/// The product of those of the two that are there.
Expr times(Expr a, Expr b);

}  // namespace rkeops
