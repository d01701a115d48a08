// Which of the instruction sets this processor has.
#pragma once

#include <string>
#include <vector>

#include "interpret/tiles.h"

namespace rkeops {

/// Those of this processor, the best last; never empty.
std::vector<const tiles::InstructionSet*> available_instruction_sets();

/// The one of that name; the best for "". Throws (kind `argument`) when this processor
/// does not have it.
const tiles::InstructionSet& instruction_set_named(const std::string& name);

}  // namespace rkeops
