// The loops of the interpreter for processors with AVX-512.
#include "interpret/tiles.h"

namespace tile_types = rkeops::tiles;

#if defined(__x86_64__) && defined(__GNUC__)
#if defined(__clang__)
#pragma clang attribute push(                                               \
    __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma"))), \
    apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")
#endif
#define RKEOPS_TARGET_GIVEN
#define RKEOPS_TARGET_AVX
#define RKEOPS_TARGET_FMA
#define RKEOPS_TARGET_AVX512F
#define RKEOPS_TARGET_AVX512DQ
// Vectors wider than a register are passed between inlined functions only.
#if defined(__GNUC__)
_Pragma("GCC diagnostic ignored \"-Wpsabi\"")
#endif
#define RKEOPS_INSTRUCTION_SET "AVX-512"
#define rkeops rkeops_avx512
#include <rkeops/math/vector_math.h>
#include <rkeops/reductions/accumulators.h>
#include "interpret/loops.h"
#undef rkeops
#if defined(__clang__)
#pragma clang attribute pop
#endif

    const tile_types::InstructionSet* tile_types::avx512_instructions() {
  return &rkeops_avx512::instruction_set;
}

#else
const tile_types::InstructionSet* tile_types::avx512_instructions() { return nullptr; }
#endif
