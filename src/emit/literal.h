// Numbers as C++ literals: all digits, a point, the suffix of their type, whatever the
// locale.
#pragma once

#include <string>

#include "plan/plan.h"

namespace rkeops {

/// 2 is "2.0f" in float32 and "2.0" in float64; negative numbers are bracketed.
std::string literal(double value, Precision precision);

}  // namespace rkeops
