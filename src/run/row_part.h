// Some rows of a call: the inputs that the same operator would get for a few points
// alone.
#pragma once

#include <deque>
#include <vector>

#include "run/call.h"

namespace rkeops {

class RowPart {
 public:
  /// `inputs` are those of a call. What is on a GPU alone comes to the host.
  RowPart(const std::vector<Argument>& arguments, const CallInputs& inputs);

  /// From now on only these points of an index.
  void keep(Level index, const std::vector<long long>& points);

  const CallInputs& inputs() const { return inputs_; }

  /// Numbers of rows that stand for all of an index: the one with the largest number, the
  /// one with the smallest, and others evenly spaced.
  std::vector<long long> typical(Level index, long long count) const;

 private:
  const std::vector<Argument>& arguments_;
  CallInputs inputs_;
  std::deque<std::vector<double>> memory_;
};

/// Whether each row of the result can be computed without the others: nothing is reduced
/// over the index of the result.
bool has_independent_rows(const TypedFormula& formula);

}  // namespace rkeops
