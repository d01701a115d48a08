// Every stage of an operator as text.
#pragma once

#include <string>
#include <vector>

#include "run/call.h"

namespace rkeops {

/// `what` is "tree", "graph", "gradient", "plan", "source", "command" or "engine";
/// `engine` matters for the last three. Works for an engine this machine does not have.
std::string explain(const Callable& operation, const std::string& what, Engine engine,
                    const Settings& settings);

/// The names `explain` knows.
const std::vector<std::string>& explained_stages();

/// The operator of the gradient in one argument, as text for keops_kernel().
struct GradientText {
  std::string formula;
  std::vector<std::string> args;
  std::string name;  // of the extra input, which is the last
};

/// `name` is changed where the operator has an argument of that name already.
GradientText gradient_text(const Operator& op, int position, const std::string& name);

}  // namespace rkeops
