#include "cover/pruned_kernel.h"

namespace rkeops {

PrunedKernel::PrunedKernel(const KernelPlan& kernel, Precision precision)
    : search_(kernel),
      bound_(kernel, precision),
      rounding_(precision),
      operations_(kernel.operations),
      outputs_(kernel.outputs) {
  if (!search_.exists)
    why_not_ = "the reduction does not look for few values of a formula of dimension 1";
  else if (!bound_.exists())
    why_not_ = "nothing bounds the formula of a box of rows and a box of columns";
}

}  // namespace rkeops
