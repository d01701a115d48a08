// Calls of the expansion of an operator (see pass/expand_distances.h), where the data
// allow it and it is worth the look at them.
#pragma once

#include <memory>
#include <vector>

#include "run/call.h"

namespace rkeops {

class ExpandedCall {
 public:
  /// Calls an operator that has an expansion, and outlives this.
  explicit ExpandedCall(const Operator& op);

  /// False, with nothing computed, where the conditions of the expansion do not hold.
  bool call(const CallInputs& inputs, const CallOutput& output, const Settings& settings,
            const Interrupted& interrupted, const Progress& progress,
            SharedResults* shared);

  const Callable& expanded() const { return expanded_; }

 private:
  using Part = std::unique_ptr<Callable>;

  /// The reduction of an expression over an index, in double precision.
  Part reduced(const char* reduction, Expr expression, Level index) const;

  /// The mean of points; that of points which stay on a GPU is computed once.
  class Mean {
   public:
    explicit Mean(Part part);
    const std::vector<double>& of(const CallInputs& inputs, const Settings& settings);

   private:
    Part part_;
    std::vector<Expr> read_;          // variables
    std::vector<long long> numbers_;  // of their matrices, where these stay
    std::vector<double> value_;
  };

  /// On the CPU; a GPU finds out by itself.
  bool conditions_hold(const CallInputs& inputs, const Settings& settings);

  const Operator& op_;
  Callable expanded_;
  std::vector<Mean> centres_;
  std::vector<Part> largest_;  // of what the conditions bound, once they are asked
};

/// Do the settings want expansions? By default where the look at all rows and columns is
/// little work beside that on their pairs.
bool may_expand(const Operator& op, const CallInputs& inputs, const Settings& settings);

}  // namespace rkeops
