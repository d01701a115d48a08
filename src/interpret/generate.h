// The text of generated_operations.h, made from the tables of operations and reductions.
#pragma once

#include <string>

namespace rkeops {

/// The text of the file, which tools/generate-operations.R writes.
std::string generated_operations();

}  // namespace rkeops
