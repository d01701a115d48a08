// The text of a LazyTensor as an R object, which is written when somebody reads it: when
// it is printed, or saved.
#pragma once

#include "rcpp.h"

namespace rkeops {

enum class TextPart { formula, args };

/// A character vector. `pointer` is that of the expression.
SEXP lazy_text(SEXP pointer, TextPart part);

}  // namespace rkeops
