// The text of generated_operations.h, made from the tables of operations and reductions.
#pragma once

#include <string>

namespace rkeops {

/// What the file must be; tools/generate-operations.R writes it.
std::string generated_operations();

}  // namespace rkeops
