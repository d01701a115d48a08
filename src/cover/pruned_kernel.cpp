#include "cover/pruned_kernel.h"

namespace rkeops {

PrunedKernel::PrunedKernel(const KernelPlan& kernel, Precision precision)
    : search_(kernel),
      sum_(kernel),
      bound_(kernel, precision),
      rounding_(precision),
      outputs_(kernel.outputs) {
  if (!search_.exists && !sum_.exists)
    why_not_ =
        "the reduction neither looks for few values of a formula of dimension 1 nor adds "
        "up terms";
  else if (!bound_.exists())
    why_not_ = "nothing bounds the formula of a box of rows and a box of columns";
}

}  // namespace rkeops
