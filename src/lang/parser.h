// Text -> tree. Every error is an `Error` of kind `formula` that shows the place.
//
// A tree is never higher than the two limits together, so that walking or destroying it
// by recursion is safe: a stack of 8 MiB holds frames of 600 bytes for the highest tree.
#pragma once

#include "lang/ast.h"

namespace rkeops {

/// How deep brackets, signs and powers may nest.
constexpr int deepest_nesting = 1000;

/// How many operators one text may hold: each may add a level to the tree ("a + a + ..."
/// leans left).
constexpr int most_operators = 12000;

/// The whole text as one expression.
Ast parse_formula(const SourceText& source);

/// The whole text as one element of `args`: "x = Vi(3)", or "Vi(3)" alone.
Declaration parse_declaration(const SourceText& source);

}  // namespace rkeops
