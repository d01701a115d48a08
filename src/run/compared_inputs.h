// Whether the inputs of a call are such that comparisons in single precision answer as in
// double precision (pass/rounded_comparisons).
#pragma once

#include "operator/settings.h"
#include "pass/rounded_comparisons.h"
#include "pass/translations.h"
#include "run/call.h"

namespace rkeops {

class ComparedInputs {
 public:
  explicit ComparedInputs(const Translations& translations);

  /// `inputs` are those that single precision would compute with: moved ones, or the
  /// arguments as they are.
  bool are_exact(const CallInputs& inputs, const Settings& settings) const;

 private:
  const Translations& translations_;
  const RoundedComparisons comparisons_;
};

}  // namespace rkeops
