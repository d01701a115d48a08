// Checks the arguments of a call in a formula, with errors that show the place.
#pragma once

#include <string>
#include <vector>

#include "lang/ast.h"

namespace rkeops {

/// The error of a call with a wrong number of arguments; `wanted` are their names.
Error wrong_count(const SourceText& source, const Ast& tree,
                  const std::vector<std::string>& wanted,
                  std::vector<std::string> hints = {});

/// The whole number that the argument of this name must be.
int integer_argument(const SourceText& source, const Ast& tree, const std::string& callee,
                     const std::string& argument);

}  // namespace rkeops
