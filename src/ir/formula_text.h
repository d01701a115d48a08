// Definitions of the table of operations as formulas: "Sum(Square(f - g))".
#pragma once

#include <string>
#include <vector>

#include "ir/ops_rows.h"

namespace rkeops {

/// The graph that `text` stands for, given the arguments of the operation. Beside other
/// operations it may use the names of arguments and `parts`, and `Dim(f)`, a number.
/// Numbers are computed with when the graph is built; where a formula is wanted they are
/// constants.
std::function<Expr(const DefinitionArguments&)> meaning_of(
    const std::string& text, const std::vector<std::string>& arguments,
    const std::vector<std::string>& integers, NamedParts parts);

}  // namespace rkeops
