#include "emit/literal.h"

#include <cfloat>
#include <cmath>

#include "ir/print.h"

namespace rkeops {

std::string literal(double value, Precision precision) {
  const bool is_float = precision == Precision::float32;
  const std::string suffix = is_float ? "f" : "";
  if (std::isnan(value)) return "__builtin_nan" + suffix + "(\"\")";
  if (std::signbit(value)) return "(-" + literal(-value, precision) + ")";
  // beyond the largest float a literal is an error of the compiler; as a number it is
  // infinite
  if (std::isinf(value) || (is_float && value > double(FLT_MAX))) {
    return "__builtin_inf" + suffix + "()";
  }
  std::string digits = print_number(value);
  if (digits.find_first_of(".e") == std::string::npos) digits += ".0";
  return digits + suffix;
}

}  // namespace rkeops
