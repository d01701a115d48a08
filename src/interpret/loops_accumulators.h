// The loops of reductions: the accumulators of
// inst/include/rkeops/reductions/accumulators.h over the vectors of a tile. Part of
// loops.h.

namespace rkeops {
namespace {

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
    for (int step = 0; step < columns; ++step) {
      const int c = fold_order<Fold>(step, columns);
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
    if constexpr (HasSharedFactor<Fold>::value) {
      if (view[0].lanes && !view[1].lanes)
        return fold_shared_products<V>(folds, view, columns, vectors, first_column);
    }
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
    if constexpr (counted) return Fold::slots_a_rank;
    if constexpr (!counted) return Fold::slots;
  }
  static constexpr int outputs() {
    if constexpr (counted) return Fold::outputs_a_rank;
    if constexpr (!counted) return Fold::outputs;
  }

  static constexpr Accumulator row(const char* code, const char* of, int weights) {
    return {code,
            of,
            weights,
            values * operands,
            slots(),
            outputs(),
            Fold::block,
            FoldsBackwards<Fold>::value,
            KeepsColumns<Fold>::value,
            sizeof(Fold),
            initialise,
            begin,
            fold,
            end,
            merge,
            finish};
  }
};

}  // namespace
}  // namespace rkeops
