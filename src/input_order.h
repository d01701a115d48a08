// The list of inputs that R passes, in the order of the arguments.
#pragma once

#include <vector>

#include "rcpp.h"
#include "semantics/check.h"

namespace rkeops {

/// The elements of `input` by position of the arguments. Errors: `argument`, `shape`.
std::vector<SEXP> in_order(const std::vector<Argument>& arguments, SEXP input);

}  // namespace rkeops
