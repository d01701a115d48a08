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

template <class V>
RKEOPS_INLINE const typename Lanes<V>::T* scalars(const View& view) {
  return static_cast<const typename Lanes<V>::T*>(view.data);
}

// ---- operands ----

// One column of one component of an operand: vectors from memory, or one repeated.
template <class V>
struct Column {
  using T = typename Lanes<V>::T;

  V repeated;
  const T* from;
  long long step;

  RKEOPS_INLINE void open(const View& view, long long component, long long column) {
    from = scalars<V>(view) + component * view.component + column * view.column;
    step = Lanes<V>::count;
    if (view.lanes) return;
    repeated = all<V>(*from);
    from = reinterpret_cast<const T*>(&repeated);
    step = 0;
  }
  RKEOPS_INLINE V at(int vector) const { return load<V>(from + vector * step); }
};

// Whether the columns of an operand follow each other like those of a tile.
template <class V>
RKEOPS_INLINE bool is_contiguous(const View& view, int vectors) {
  return view.column == (view.lanes ? vectors * Lanes<V>::count : 0);
}

struct TileShape {
  int columns, vectors;
};

// Columns that follow each other in all operands are one long column.
template <class V, int operands>
RKEOPS_INLINE TileShape shape_of(const Task& task) {
  bool contiguous = true;
  for (int k = 0; k < operands; ++k)
    contiguous = contiguous && is_contiguous<V>(task.operands[k], task.vectors);
  if (contiguous) return {1, task.columns * task.vectors};
  return {task.columns, task.vectors};
}

// ---- instructions ----

template <class V, class Code, int operands>
void elementwise(const Task& task) {
  using T = typename Lanes<V>::T;
  const TileShape shape = shape_of<V, operands>(task);
  Column<V> operand[operands];
  for (int k = 0; k < task.components; ++k) {
    T* to = static_cast<T*>(task.result) + k * task.component;
    for (int c = 0; c < shape.columns; ++c) {
      RKEOPS_UNROLL
      for (int p = 0; p < operands; ++p) operand[p].open(task.operands[p], k, c);
      for (int v = 0; v < shape.vectors; ++v) {
        V value;
        if constexpr (operands == 1)
          value = Code::template of<V>(operand[0].at(v), task.integer);
        if constexpr (operands == 2)
          value = Code::template of<V>(operand[0].at(v), operand[1].at(v), task.integer);
        if constexpr (operands == 3)
          value = Code::template of<V>(operand[0].at(v), operand[1].at(v),
                                       operand[2].at(v), task.integer);
        store(to, value);
        to += Lanes<V>::count;
      }
    }
  }
}

// As many vectors are handled together as hide the time of one addition.
constexpr int vectors_at_once = 4;

template <class V, bool lanes>
struct FoldOperand {
  const typename Lanes<V>::T* from;
  long long component;

  RKEOPS_INLINE FoldOperand(const View& view, int column, int vector)
      : from(scalars<V>(view) + column * view.column +
             (lanes ? vector * Lanes<V>::count : 0)),
        component(view.component) {}
  RKEOPS_INLINE V at(int vector) const {
    if constexpr (lanes) return load<V>(from + vector * Lanes<V>::count);
    if constexpr (!lanes) return all<V>(*from);
  }
};

template <class V, class Code, int count, bool lanes>
RKEOPS_INLINE void fold_vectors(const Task& task, int c, int v, V* to) {
  FoldOperand<V, lanes> operand(task.operands[0], c, v);
  V total[count];
  RKEOPS_UNROLL
  for (int u = 0; u < count; ++u)
    total[u] = all<V>(static_cast<typename Lanes<V>::T>(task.start));
  for (int k = 0; k < task.components; ++k) {
    RKEOPS_UNROLL
    for (int u = 0; u < count; ++u) Code::template fold<V>(total[u], operand.at(u));
    operand.from += operand.component;
  }
  RKEOPS_UNROLL
  for (int u = 0; u < count; ++u) to[u] = total[u];
}

template <class V, class Code, int count, bool f_lanes, bool g_lanes>
RKEOPS_INLINE void fold_vectors(const Task& task, int c, int v, V* to) {
  FoldOperand<V, f_lanes> f(task.operands[0], c, v);
  FoldOperand<V, g_lanes> g(task.operands[1], c, v);
  V total[count];
  RKEOPS_UNROLL
  for (int u = 0; u < count; ++u)
    total[u] = all<V>(static_cast<typename Lanes<V>::T>(task.start));
  for (int k = 0; k < task.components; ++k) {
    RKEOPS_UNROLL
    for (int u = 0; u < count; ++u) Code::template fold<V>(total[u], f.at(u), g.at(u));
    f.from += f.component;
    g.from += g.component;
  }
  RKEOPS_UNROLL
  for (int u = 0; u < count; ++u) to[u] = total[u];
}

template <class V, class Code, bool... lanes>
void fold_operands(const Task& task) {
  using T = typename Lanes<V>::T;
  const TileShape shape = shape_of<V, sizeof...(lanes)>(task);
  T* to = static_cast<T*>(task.result);
  for (int c = 0; c < shape.columns; ++c) {
    int v = 0;
    V total[vectors_at_once];
    for (; v + vectors_at_once <= shape.vectors; v += vectors_at_once) {
      fold_vectors<V, Code, vectors_at_once, lanes...>(task, c, v, total);
      RKEOPS_UNROLL
      for (int u = 0; u < vectors_at_once; ++u) store(to + u * Lanes<V>::count, total[u]);
      to += vectors_at_once * Lanes<V>::count;
    }
    for (; v < shape.vectors; ++v) {
      fold_vectors<V, Code, 1, lanes...>(task, c, v, total);
      store(to, total[0]);
      to += Lanes<V>::count;
    }
  }
}

template <class V, class Code, int operands>
void fold(const Task& task) {
  const bool f = task.operands[0].lanes;
  if constexpr (operands == 1) {
    f ? fold_operands<V, Code, true>(task) : fold_operands<V, Code, false>(task);
  } else {
    const bool g = task.operands[1].lanes;
    if (f && g) fold_operands<V, Code, true, true>(task);
    if (f && !g) fold_operands<V, Code, true, false>(task);
    if (!f && g) fold_operands<V, Code, false, true>(task);
    if (!f && !g) fold_operands<V, Code, false, false>(task);
  }
}

struct Copy {
  template <class V>
  RKEOPS_INLINE static V of(V a, int) {
    return a;
  }
};

template <class V>
void sum_products(const Task& task) {
  using T = typename Lanes<V>::T;
  const Products& products = *task.products;
  Column<V> f, g;
  for (int r = 0; r < products.results; ++r) {
    T* to = static_cast<T*>(task.result) + products.result[r] * task.component;
    for (int c = 0; c < task.columns; ++c) {
      for (int v = 0; v < task.vectors; ++v) {
        V total = all<V>(0);
        for (int t = 0; t < products.terms; ++t) {
          f.open(task.operands[0], products.f[r] + products.f_term[t], c);
          g.open(task.operands[1], products.g[r] + products.g_term[t], c);
          total += f.at(v) * g.at(v);
        }
        store(to, total);
        to += Lanes<V>::count;
      }
    }
  }
}

// ---- accumulators ----

template <class V>
Slots<V> slots_of(const double* slots, long long stride, int vector) {
  return {const_cast<double*>(slots) + vector * Lanes<V>::count, stride};
}

// A reduction of the table, with the integer argument at run time where it has one. It
// folds its values as they are, or (operands > 1) an operation of two operands.
template <template <class> class Reduction, class V, bool counted, class Of, int operands>
struct Accumulating {
  using Fold = Reduction<V>;
  using Doubles = typename LanesOf<double>::V;
  using Total = Reduction<Doubles>;
  static constexpr int values = Fold::values;
  static_assert(operands == 1 || values == 1, "an operation gives one value");
  static constexpr bool in_registers = sizeof(Fold) <= 4 * sizeof(V);

  static void initialise(double* slots, long long stride, int rows, int count) {
    for (int v = 0; v * Lanes<Doubles>::count < rows; ++v) {
      if constexpr (counted)
        Total::initialise(slots_of<Doubles>(slots, stride, v), count);
      if constexpr (!counted) Total::initialise(slots_of<Doubles>(slots, stride, v));
    }
  }

  static void begin(void* folds, double* slots, long long stride, int vectors,
                    long long first_column, int count) {
    Fold* fold = static_cast<Fold*>(folds);
    for (int v = 0; v < vectors; ++v) {
      if constexpr (counted)
        fold[v].begin(slots_of<V>(slots, stride, v), first_column, count);
      if constexpr (!counted) fold[v].begin(slots_of<V>(slots, stride, v), first_column);
    }
  }

  static void end(void* folds, double* slots, long long stride, int vectors,
                  long long first_column) {
    Fold* fold = static_cast<Fold*>(folds);
    for (int v = 0; v < vectors; ++v)
      fold[v].end(slots_of<V>(slots, stride, v), first_column);
  }

  template <int count>
  RKEOPS_INLINE static void read(const View& view, int c, int v, V* value) {
    const auto* from = scalars<V>(view) + c * view.column;
    if (view.lanes) {
      RKEOPS_UNROLL
      for (int u = 0; u < count; ++u)
        value[u] = load<V>(from + (v + u) * Lanes<V>::count);
    } else {
      const V repeated = all<V>(*from);
      RKEOPS_UNROLL
      for (int u = 0; u < count; ++u) value[u] = repeated;
    }
  }

  // Folds a few vectors of rows. Small ones are copied to registers meanwhile.
  template <int count>
  RKEOPS_INLINE static void fold_vectors(Fold* folds, const View* view, int columns,
                                         int v, int first_column) {
    Fold copies[in_registers ? count : 1];
    Fold* fold = in_registers ? copies : folds + v;
    if constexpr (in_registers) {
      RKEOPS_UNROLL
      for (int u = 0; u < count; ++u) fold[u] = folds[v + u];
    }
    for (int c = 0; c < columns; ++c) {
      V value[values][count], at_once[count][values];
      RKEOPS_UNROLL
      for (int k = 0; k < values; ++k) read<count>(view[k], c, v, value[k]);
      if constexpr (operands == 2) {
        V other[count];
        read<count>(view[1], c, v, other);
        RKEOPS_UNROLL
        for (int u = 0; u < count; ++u)
          value[0][u] = Of::template of<V>(value[0][u], other[u], 0);
      }
      RKEOPS_UNROLL
      for (int u = 0; u < count; ++u) {
        RKEOPS_UNROLL
        for (int k = 0; k < values; ++k) at_once[u][k] = value[k][u];
        fold[u].fold(at_once[u], first_column + c);
      }
    }
    if constexpr (in_registers) {
      RKEOPS_UNROLL
      for (int u = 0; u < count; ++u) folds[v + u] = fold[u];
    }
  }

  static void fold(void* memory, const View* view, int columns, int vectors,
                   int first_column) {
    Fold* folds = static_cast<Fold*>(memory);
    constexpr int at_once = in_registers && values == 1 ? vectors_at_once : 1;
    int v = 0;
    for (; v + at_once <= vectors; v += at_once)
      fold_vectors<at_once>(folds, view, columns, v, first_column);
    for (; v < vectors; ++v) fold_vectors<1>(folds, view, columns, v, first_column);
  }

  static void merge(double* into, const double* from, long long stride, int rows,
                    int count) {
    for (int v = 0; v * Lanes<Doubles>::count < rows; ++v) {
      const auto a = slots_of<Doubles>(into, stride, v);
      const auto b = slots_of<Doubles>(from, stride, v);
      if constexpr (counted) Total::merge(a, b, count);
      if constexpr (!counted) Total::merge(a, b);
    }
  }

  static void finish(const double* slots, long long stride, double* output, int count) {
    Doubles* result = reinterpret_cast<Doubles*>(output);
    const auto from = slots_of<Doubles>(slots, stride, 0);
    if constexpr (counted) Total::finish(from, result, count);
    if constexpr (!counted) Total::finish(from, result);
  }

  static constexpr int slots() {
    if constexpr (counted) return 2;
    if constexpr (!counted) return Fold::slots;
  }
  static constexpr int outputs() {
    if constexpr (counted) return Fold::outputs_a_rank;
    if constexpr (!counted) return Fold::outputs;
  }

  static constexpr Accumulator row(const char* code, const char* of, int weights) {
    return {code,       of,        weights,     values * operands,
            slots(),    outputs(), Fold::block, sizeof(Fold),
            initialise, begin,     fold,        end,
            merge,      finish};
  }
};

// ---- the tables ----

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
#define RKEOPS_REDUCTION(id, code, of, operation, operands, weights, counted, ...) \
  template <class V>                                                               \
  using Reduction##id = __VA_ARGS__;
#include "generated_operations.h"
#undef RKEOPS_UNARY
#undef RKEOPS_BINARY
#undef RKEOPS_TERNARY
#undef RKEOPS_FOLD
#undef RKEOPS_FOLD_OF_TWO
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
template <class V>
constexpr Instruction instructions[] = {
#include "generated_operations.h"
};
#undef RKEOPS_UNARY
#undef RKEOPS_BINARY
#undef RKEOPS_TERNARY
#undef RKEOPS_FOLD
#undef RKEOPS_FOLD_OF_TWO
#undef RKEOPS_REDUCTION

#define RKEOPS_UNARY(id, code, expression)
#define RKEOPS_BINARY(id, code, expression)
#define RKEOPS_TERNARY(id, code, expression)
#define RKEOPS_FOLD(id, code, statement)
#define RKEOPS_FOLD_OF_TWO(id, code, statement)
#define RKEOPS_REDUCTION(id, code, of, operation, operands, weights, counted, ...)       \
  Accumulating<Reduction##id, V, counted, Operation##operation, operands>::row(code, of, \
                                                                               weights),
template <class V>
constexpr Accumulator accumulators[] = {
#include "generated_operations.h"
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
