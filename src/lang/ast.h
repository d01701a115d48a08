// The parser makes this of a formula: names, numbers and calls, nothing known about their
// meaning.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"

namespace rkeops {

struct Ast {
  enum class Kind {
    number,  // `value`; `is_integer` when written without a point or exponent
    name,    // `text`
    call,    // `text` is the callee, `children` the arguments
    unary,   // `text` is "-" or "+", one child
    binary,  // `text` is the operator ("+", "^", "|", "<=", ...), two children
    list     // "[a, b, ...]", or "Ind(a, b, ...)" as written in rkeops 1.x
  };

  Kind kind = Kind::number;
  Place place;  // from the first to the last character of the whole expression
  std::string text;
  Place name_place;  // of `text` alone: the callee or the operator
  double value = 0;
  bool is_integer = false;
  std::vector<Ast> children;
};

/// One element of `args`: "x = Vi(3)", or "Vi(3)" alone (then `name` is empty).
struct Declaration {
  std::string name;
  Place name_place;
  Ast type;  // a call
};

/// One line a node, children indented.
std::string print_tree(const Ast& tree);

}  // namespace rkeops
