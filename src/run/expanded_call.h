// Calls of the expansion of an operator (see pass/expand_distances.h), where the data
// allow it and it is worth the look at them.
#pragma once

#include <memory>
#include <vector>

#include "call.h"

namespace rkeops {

class ExpandedCall {
 public:
  /// Of an operator that has an expansion.
  explicit ExpandedCall(const Operator& op);

  /// False, with nothing computed, where the conditions of the expansion do not hold.
  bool call(const CallInputs& inputs, const CallOutput& output, const Settings& settings,
            const Interrupted& interrupted, const Progress& progress,
            SharedResults* shared);

  const Callable& expanded() const { return expanded_; }

 private:
  using Part = std::unique_ptr<Callable>;

  /// The reduction of an expression over an index, in double precision.
  static Part reduced(const Operator& op, const char* reduction, Expr expression,
                      Level index);

  /// The same inputs, with the centres behind them, whose values `centres_` keeps.
  CallInputs with_centres(const CallInputs& inputs, const Settings& settings);

  const std::vector<Argument> arguments_;
  Callable expanded_;
  std::vector<Part> means_;  // of points
  std::vector<std::vector<double>> centres_;
  Part largest_of_i_, largest_of_j_;
};

/// Do the settings want expansions? By default where the look at all rows and columns is
/// little work beside that on their pairs.
bool may_expand(const CallInputs& inputs, const Settings& settings);

}  // namespace rkeops
