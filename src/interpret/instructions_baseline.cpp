// The loops of the interpreter for every processor of the architecture.
#include "interpret/tiles.h"

namespace tile_types = rkeops::tiles;

// Vectors wider than a register are passed between inlined functions only.
#if defined(__GNUC__)
_Pragma("GCC diagnostic ignored \"-Wpsabi\"")
#endif
#define RKEOPS_INSTRUCTION_SET "baseline"
#define rkeops rkeops_baseline
#include <rkeops/math/vector_math.h>
#include <rkeops/reductions/accumulators.h>
#include "interpret/loops.h"
#undef rkeops

    const tile_types::InstructionSet* tile_types::baseline_instructions() {
  return &rkeops_baseline::instruction_set;
}
