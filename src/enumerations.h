// The values of enumerations by the names that R passes. R checks what the user writes,
// so another name is a fault of the package: an internal error.
#pragma once

#include <string>

#include "operator/compile_formula.h"
#include "operator/settings.h"
#include "r_values.h"

namespace rkeops {

Engine engine_named(const std::string& name);
Precision precision_named(const std::string& name);
SumScheme scheme_named(const std::string& name);
Axis axis_named(const std::string& name);
/// "i", "j" or "none".
Level level_named(const std::string& name);
CompileMode compile_mode_named(const std::string& name);
/// Does this value of the option `digits` look after operators in single precision?
bool keeps_digits_named(const std::string& name);
PruningMode pruning_mode_named(const std::string& name);
ExpansionMode expansion_mode_named(const std::string& name);
ResultPlace result_place_named(const std::string& name);
/// The number that users give as `inner_dim`.
Orientation orientation_numbered(int number);

}  // namespace rkeops
