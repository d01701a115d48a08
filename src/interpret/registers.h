// Registers for the results of a stage: as few as hold what is still to be read, so that
// a tile stays in the first-level cache.
#pragma once

#include "interpret/program.h"

namespace rkeops {

/// Components that live and die together, before they have registers.
struct Block {
  int components = 0;
  int first_step = -1;  // the first that writes it; -1: an input of the stage
  int last_step = -1;   // the last one that reads it
  int start = 0;        // its first register, once assigned
};

/// Assigns the registers of all blocks, which are in the order of their first steps, and
/// returns how many registers there are. `in_place` says for every step which block it
/// reads for the last time and may write its result to (-1: none). Inputs get the first
/// registers.
int assign_registers(std::vector<Block>& blocks, const std::vector<int>& in_place);

}  // namespace rkeops
