// The loops of tiles.h over the lanes and functions of inst/include/rkeops. Included once
// for each instruction set, inside a file that renames the namespace `rkeops`: what is
// compiled for one processor must never be linked into the code for another. So nothing
// of the standard library is used here.

namespace rkeops {
namespace {

using tile_types::Accumulator;
using tile_types::Instruction;
using tile_types::InstructionSet;
using tile_types::Loops;
using tile_types::Products;
using tile_types::Task;
using tile_types::View;

}  // namespace
}  // namespace rkeops

#include "interpret/loops_instructions.h"
// after the former
#include "interpret/loops_products.h"
// after the former
#include "interpret/loops_accumulators.h"

namespace rkeops {
namespace {

using Operation0 = Copy;

#define RKEOPS_UNARY(id, code, expression)        \
  struct Operation##id {                          \
    template <class V>                            \
    RKEOPS_INLINE static V of(V a, int integer) { \
      return (void)integer, expression;           \
    }                                             \
  };
#define RKEOPS_BINARY(id, code, expression)            \
  struct Operation##id {                               \
    template <class V>                                 \
    RKEOPS_INLINE static V of(V a, V b, int integer) { \
      return (void)integer, expression;                \
    }                                                  \
  };
#define RKEOPS_TERNARY(id, code, expression)                \
  struct Operation##id {                                    \
    template <class V>                                      \
    RKEOPS_INLINE static V of(V a, V b, V c, int integer) { \
      return (void)integer, expression;                     \
    }                                                       \
  };
#define RKEOPS_FOLD(id, code, statement)        \
  struct Operation##id {                        \
    template <class V>                          \
    RKEOPS_INLINE static void fold(V& t, V a) { \
      statement;                                \
    }                                           \
  };
#define RKEOPS_FOLD_OF_TWO(id, code, statement)      \
  struct Operation##id {                             \
    template <class V>                               \
    RKEOPS_INLINE static void fold(V& t, V a, V b) { \
      statement;                                     \
    }                                                \
  };
#define RKEOPS_ROUTINE(id, code, call)                                                \
  struct Operation##id {                                                              \
    template <class V>                                                                \
    RKEOPS_INLINE static void run(const V* a, V* result, int integer, int a_length) { \
      call;                                                                           \
    }                                                                                 \
  };
#define RKEOPS_ROUTINE_OF_TWO(id, code, call)                                     \
  struct Operation##id {                                                          \
    template <class V>                                                            \
    RKEOPS_INLINE static void run(const V* a, const V* b, V* result, int integer, \
                                  int a_length, int b_length) {                   \
      call;                                                                       \
    }                                                                             \
  };
#define RKEOPS_REDUCTION(id, code, of, operation, operands, weights, counted, ...) \
  template <class V>                                                               \
  using Reduction##id = __VA_ARGS__;
#include "interpret/generated_operations.h"
#undef RKEOPS_UNARY
#undef RKEOPS_BINARY
#undef RKEOPS_TERNARY
#undef RKEOPS_FOLD
#undef RKEOPS_FOLD_OF_TWO
#undef RKEOPS_ROUTINE
#undef RKEOPS_ROUTINE_OF_TWO
#undef RKEOPS_REDUCTION

#define RKEOPS_REDUCTION(id, code, of, operation, operands, weights, counted, ...)
#define RKEOPS_UNARY(id, code, expression) \
  {code, 1, false, elementwise<V, Operation##id, 1>},
#define RKEOPS_BINARY(id, code, expression) \
  {code, 2, false, elementwise<V, Operation##id, 2>},
#define RKEOPS_TERNARY(id, code, expression) \
  {code, 3, false, elementwise<V, Operation##id, 3>},
#define RKEOPS_FOLD(id, code, statement) {code, 1, true, fold<V, Operation##id, 1>},
#define RKEOPS_FOLD_OF_TWO(id, code, statement) \
  {code, 2, true, fold<V, Operation##id, 2>},
#define RKEOPS_ROUTINE(id, code, call) {code, 1, false, routine<V, Operation##id, 1>},
#define RKEOPS_ROUTINE_OF_TWO(id, code, call) \
  {code, 2, false, routine<V, Operation##id, 2>},
template <class V>
constexpr Instruction instructions[] = {
#include "interpret/generated_operations.h"
};
#undef RKEOPS_UNARY
#undef RKEOPS_BINARY
#undef RKEOPS_TERNARY
#undef RKEOPS_FOLD
#undef RKEOPS_FOLD_OF_TWO
#undef RKEOPS_ROUTINE
#undef RKEOPS_ROUTINE_OF_TWO
#undef RKEOPS_REDUCTION

#define RKEOPS_UNARY(id, code, expression)
#define RKEOPS_BINARY(id, code, expression)
#define RKEOPS_TERNARY(id, code, expression)
#define RKEOPS_FOLD(id, code, statement)
#define RKEOPS_FOLD_OF_TWO(id, code, statement)
#define RKEOPS_ROUTINE(id, code, call)
#define RKEOPS_ROUTINE_OF_TWO(id, code, call)
#define RKEOPS_REDUCTION(id, code, of, operation, operands, weights, counted, ...)       \
  Accumulating<Reduction##id, V, counted, Operation##operation, operands>::row(code, of, \
                                                                               weights),
template <class V>
constexpr Accumulator accumulators[] = {
#include "interpret/generated_operations.h"
};

template <class V>
constexpr Loops loops = {Lanes<V>::count,
                         instructions<V>,
                         sizeof(instructions<V>) / sizeof(Instruction),
                         accumulators<V>,
                         sizeof(accumulators<V>) / sizeof(Accumulator),
                         elementwise<V, Copy, 1>,
                         sum_products<V>};

const InstructionSet instruction_set = {RKEOPS_INSTRUCTION_SET, Lanes<DoubleLanes>::count,
                                        loops<FloatLanes>, loops<DoubleLanes>};

}  // namespace
}  // namespace rkeops
