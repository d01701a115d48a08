// Rules and passes ask these of a node.
#pragma once

#include "ir/expr.h"

namespace rkeops {

/// Is it a node of the operation with this name?
bool is_call(Expr node, const char* name);

bool is_comparison(Expr node);

/// Does it have the numbers of its arguments, in other places?
bool moves_numbers(Expr node);

/// Is it a constant; of this value?
bool is_number(Expr node);
bool is_number(Expr node, double value);

/// The number that an operation on numbers gives; any other expression as it is.
Expr fold_constants(Expr node);

}  // namespace rkeops
