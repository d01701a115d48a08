// Which searches a GPU can do without computing all pairs: the text of what a pair
// computes is read there with intervals in place of numbers.
#pragma once

#include <string>

#include "bound/search_kind.h"
#include "plan/plan.h"

namespace rkeops {

/// The reason against it, for a kernel as a GPU computes it, or "".
std::string why_gpu_computes_all(const KernelPlan& form);

}  // namespace rkeops
