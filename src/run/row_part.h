// Some rows of a call: the inputs that the same operator would get for a few points
// alone.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "run/call.h"

namespace rkeops {

class RowPart {
 public:
  /// `inputs` are those of a call. What is on a GPU alone comes to the host.
  RowPart(const std::vector<Argument>& arguments, const CallInputs& inputs);

  /// From now on only these points of an index.
  void keep(Level index, const std::vector<long long>& points);

  /// The number that was taken from a component of an argument.
  using Centre = std::function<double(int argument, int component)>;

  /// From now on the numbers that single precision has of them, the centre taken away
  /// before they are rounded and added again after.
  void round(const Centre& centre);

  const CallInputs& inputs() const { return inputs_; }

  /// Numbers of rows that stand for all of an index: the one farthest from the centre,
  /// the nearest, others evenly spaced in the logarithm of their place between, and
  /// others evenly spaced. Rows that are not felt, if that is said, count as near.
  std::vector<long long> typical(Level index, long long count, const Centre& centre,
                                 const std::vector<bool>& are_felt = {}) const;

 private:
  /// The largest distance of a number of each row from the centre.
  std::vector<double> sizes(Level index, const Centre& centre) const;

  const std::vector<Argument>& arguments_;
  CallInputs inputs_;
  std::deque<std::vector<double>> memory_;
};

/// Whether each row of the result can be computed without the others: nothing is reduced
/// over the index of the result.
bool has_independent_rows(const TypedFormula& formula);

/// Whether the numbers of the points of this index are part of the formula.
bool reads_index(Expr root, Level index);

}  // namespace rkeops
