// Typed graph -> formula text, which parses to the same graph again.
#pragma once

#include <string>
#include <vector>

#include "ir/expr.h"

namespace rkeops {

/// The formula of `root`, cut to `limit` characters (or 100,000), ending in "..." then.
std::string print_formula(Expr root, size_t limit = 0);

struct NamedFormula {
  std::string name;
  std::string formula;
};

/// The formula of `root` in parts: what it is made of more than once comes first, under
/// the names T0, T1, ..., and `root` last, without a name. As long as the graph is large.
std::vector<NamedFormula> print_shared(Expr root);

/// One line a node, children first: number, level, dimension, and what it is made of.
std::string print_graph(Expr root);

/// A number that reads back as the same double: "2", "0.1", "1e-300".
std::string print_number(double value);

}  // namespace rkeops
