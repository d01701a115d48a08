// The words of a formula: names, numbers and symbols, each with its place in the text.
#pragma once

#include <string>

#include "base/diagnostic.h"

namespace rkeops {

struct Token {
  enum class Kind {
    number,  // "2", "0.5", ".5", "1e-3", "2.", "2L": never with a sign
    name,    // a letter, "_" or ".", then letters, digits, "_" and "."
    symbol,  // "+", "**", "<=", "(", ",", "=", ...
    end      // after the last word; its place is directly behind it
  };

  Kind kind;
  Place place;
  std::string text;         // as written; "" at the end
  double value = 0;         // of a number
  bool is_integer = false;  // a number without point or exponent, or with the suffix "L"
};

}  // namespace rkeops
