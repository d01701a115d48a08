#include "cover/pruned_kernel.h"

namespace rkeops {

namespace {

// In blocks, as other ways to sum promise a certain order, or more digits.
bool adds_up_numbers(const KernelPlan& kernel) {
  return kernel.reduction && kernel.row_index != level_none &&
         kernel.column_index != level_none && kernel.reduction->reduction->adds_up &&
         kernel.sum_scheme == SumScheme::block && kernel.values.size() == 1 &&
         kernel.values[0]->dimension == 1 && !kernel.outer.length;
}

}  // namespace

PrunedKernel::PrunedKernel(const KernelPlan& kernel, Precision precision)
    : search_(kernel),
      bound_(kernel, precision),
      rounding_(precision),
      outputs_(kernel.outputs) {
  if (!search_.exists && !adds_up_numbers(kernel))
    why_not_ =
        "the reduction neither looks for few values of a formula of dimension 1 nor adds "
        "them up";
  else if (!bound_.exists())
    why_not_ = "nothing bounds the formula of a box of rows and a box of columns";
}

}  // namespace rkeops
