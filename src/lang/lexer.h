// Text -> tokens.
#pragma once

#include <vector>

#include "lang/token.h"

namespace rkeops {

/// The words of `source` and, as the last element, the token of kind `end`. Throws an
/// `Error` of kind `formula` at the first character or number that is no part of the
/// language.
std::vector<Token> lex(const SourceText& source);

}  // namespace rkeops
