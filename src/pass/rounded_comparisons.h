// Comparisons that single precision may answer otherwise than double precision, because
// the numbers it compares were rounded: of inputs as they are, as in `x == y`, and of
// what is computed from them, where a sum counts the answers, as in `SqDist(x, y) < r`.
#pragma once

#include <functional>
#include <vector>

#include "ir/expr.h"

namespace rkeops {

class RoundedComparisons {
 public:
  explicit RoundedComparisons(Expr root);

  /// An input as single precision sees it.
  struct Input {
    bool fits;        // all its numbers are numbers of single precision
    bool is_whole;    // and whole
    bool keeps_sign;  // only 0 becomes 0
    double largest;   // absolute value
  };
  using InputAt = std::function<Input(int position)>;

  bool has_direct() const { return !direct_.empty(); }
  bool has_counted() const { return !counted_.empty(); }

  /// Is every answer about inputs as they are that of double precision?
  bool direct_are_exact(const InputAt& input) const;
  /// Is every answer about computed numbers? So it is where all of these are whole and
  /// small, whatever they are computed by.
  bool counted_are_exact(const InputAt& input) const;

 private:
  std::vector<Expr> direct_, counted_;
};

}  // namespace rkeops
