// The operators that lazy expressions have become, kept for the next time: loops build
// the same expression again and again from new data.
#pragma once

#include <memory>
#include <string>

#include "run/call.h"

namespace rkeops {

/// The operator of the formula that `write` puts into the graph it gets. Expressions of
/// the same structure share one, whatever their data.
std::shared_ptr<Callable> callable_of(const std::function<TypedFormula(Graph&)>& write,
                                      Precision precision, SumScheme sum_scheme,
                                      Over over = Over::index);

}  // namespace rkeops
