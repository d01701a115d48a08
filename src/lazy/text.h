// An expression as text, from which another process can build it again. What a graph
// shares has a line of its own, so the text is never much longer than the graph.
#pragma once

#include <string>
#include <vector>

#include "lazy/lazy_expression.h"

namespace rkeops {

struct LazyText {
  /// Parts in order, "T0 = Exp(V0)", each of which may use the names of those before; the
  /// last one, without a name, is the expression.
  std::vector<std::string> formulas;
  std::vector<std::string> args;  // "V0 = Vi(3)"
};

LazyText write_lazy(const LazyExpression& expression);

std::unique_ptr<LazyExpression> read_lazy(const LazyText& text);

}  // namespace rkeops
