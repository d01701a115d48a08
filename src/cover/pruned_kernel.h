// A kernel whose pairs need not all be computed: of whole boxes of rows and columns the
// bound tells that they do not matter.
#pragma once

#include <string>

#include "bound/pair_bound.h"
#include "bound/search_kind.h"
#include "cover/sum_kind.h"

namespace rkeops {

class PrunedKernel {
 public:
  PrunedKernel(const KernelPlan& kernel, Precision precision);

  /// Can pairs be left out? If not, `why_not` says what stands against it.
  bool exists() const { return why_not_.empty(); }
  const std::string& why_not() const { return why_not_; }

  const PairBound& bound() const { return bound_; }
  /// Does it look for few values,
  const SearchKind& search() const { return search_; }
  /// or add all of them up?
  const SumKind& sum() const { return sum_; }
  const Rounding& rounding() const { return rounding_; }
  /// Components of the result.
  int outputs() const { return outputs_; }

 private:
  const SearchKind search_;
  const SumKind sum_;
  const PairBound bound_;
  const Rounding rounding_;
  const int outputs_;
  std::string why_not_;
};

}  // namespace rkeops
