// The text of an operation with the texts of some of its arguments in place: what one
// instruction of the interpreter does.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ir/expr.h"

namespace rkeops {

struct Composition {
  std::string code;            // "$t += square($0 - $1)"
  std::vector<Expr> operands;  // $0, $1, ...
  std::vector<Expr> inside;    // the nodes in it besides the first
};

/// All compositions that begin with `node`, itself alone first, of at most
/// `most_operands` operands. A child may be inside when it is elementwise and
/// `may_be_inside` says so, down to `depth` levels below `node`: no loop that there is
/// takes more.
std::vector<Composition> compositions(Expr node, size_t most_operands,
                                      const std::function<bool(Expr)>& may_be_inside,
                                      int depth = 6);

}  // namespace rkeops
