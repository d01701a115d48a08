// Inputs that may be moved together: where x and y enter a formula through x - y alone,
// the same vector taken from both changes nothing, and takes away what single precision
// would lose its digits to.
//
// Validity: a moved formula is equal in exact arithmetic, whatever the vector.
#pragma once

#include <vector>

#include "ir/expr.h"

namespace rkeops {

/// The input at `position` of the moved formula is the argument at `argument`, less the
/// vector of `group`.
struct MovedInput {
  int position, argument, group;
};

struct Translations {
  /// The formula of the moved inputs, in the same graph. An argument that is read in two
  /// ways, as `x` in `x * Exp(-SqDist(x, y))`, stands for one of them, and an input
  /// behind all arguments for the other; else it is the formula itself.
  Expr root;
  std::vector<MovedInput> inputs;  // none: nothing can be moved
  int groups = 0;
  int arguments = 0;  // that `root` reads, those behind the others among them
};

/// `arguments` is the number of inputs that the formula has.
Translations find_translations(Expr root, int arguments);

}  // namespace rkeops
