// Which GPU does what part of a reduction. Plain numbers.
#pragma once

#include <vector>

#include "run/cuda/cuda_chunks.h"

namespace rkeops {

/// One for each GPU that gets any: some of the rows with all splits, or, where rows are
/// few, all rows with some of the splits. `multiprocessors` of the GPUs are their
/// weights; less than so many pairs times components are for the first one alone.
std::vector<CudaShare> cuda_shares(const CudaWork& work, const CudaSchedule& schedule,
                                   const std::vector<int>& multiprocessors,
                                   double work_worth_sharing,
                                   bool may_share_splits = true);

}  // namespace rkeops
