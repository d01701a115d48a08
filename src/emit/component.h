// The index of a component in generated code.
#pragma once

#include <string>

#include "ir/ops.h"

namespace rkeops {

// Which component: offset + factor * loop, where `loop` is an expression of loop
// variables.
struct Component {
  std::string loop;  // "" for the component `offset`
  int factor = 1;
  int offset = 0;

  Component within(Placement placement) const {
    return {loop, factor * placement.stride, placement.start + placement.stride * offset};
  }
  // As an expression of C++, counted from `first`.
  std::string text(int first = 0) const {
    const std::string constant = std::to_string(first + offset);
    if (loop.empty()) return constant;
    const bool is_name = loop.find(' ') == std::string::npos;
    const std::string scaled = factor == 1 ? loop
                                           : std::to_string(factor) + " * " +
                                                 (is_name ? loop : "(" + loop + ")");
    return first + offset == 0 ? scaled : constant + " + " + scaled;
  }
  std::string index(int first = 0) const { return "[" + text(first) + "]"; }
};

}  // namespace rkeops
