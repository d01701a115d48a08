// Missing values: NaN in the data. Most operations give NaN of NaN by themselves, but
// comparisons and choices do not; `with_missing` is the formula in which they do, as R's
// with NA. It costs more, so it is for data of which somebody has found NaN. The tables
// say of each row what stands for it (`with_missing`).
#pragma once

#include "ir/expr.h"

namespace rkeops {

/// Is there a part of the formula that can hide a NaN?
bool has_comparisons(Expr root);

/// The same formula, in which nothing hides a NaN; the same node where there is nothing
/// to change. It is the same function of data without NaN. Comparisons of the numbers of
/// elements stay: in derivatives they tell which element a reduction has found, if any.
Expr with_missing(Expr root);

}  // namespace rkeops
