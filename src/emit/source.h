// Kernel plan -> the whole source of a library. What is common to all kernels lies in the
// headers of inst/include/rkeops; the generated text is the formula's part alone.
#pragma once

#include <string>
#include <vector>

#include "plan/plan.h"
#include "semantics/check.h"

namespace rkeops {

/// The comment at the top of a generated file says this.
struct Origin {
  std::string formula;
  std::vector<Argument> arguments;
};

/// C++ for R's compiler: a shared library with the interface of abi.h.
std::string cpu_source(const KernelPlan& kernel, Precision precision,
                       const Origin& origin);

/// CUDA for nvcc: device code alone.
std::string cuda_source(const KernelPlan& kernel, Precision precision,
                        const Origin& origin);

/// CUDA for a search that leaves pairs out (see bound/gpu_search.h): device code alone.
std::string cuda_pruned_source(const KernelPlan& kernel, Precision precision,
                               const Origin& origin);

/// Generated text without its comments and empty lines, which is all that the names and
/// the spaces of a formula change. No string is in it, so `//` always begins a comment.
std::string without_comments(const std::string& source);

}  // namespace rkeops
