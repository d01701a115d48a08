// Sums of products of several components with one factor in common, such as a kernel of
// the pair times the components of a weight: the factor is read once for all of them, and
// their sums stay in registers. Part of loops.h.

namespace rkeops {
namespace {

// `Total` is a sum of n components; values are the common factor and n others.
template <class V, class Total>
struct SharedProducts {
  static constexpr int factors = Total::values, values = 1 + factors,
                       slots = Total::slots, outputs = Total::outputs,
                       block = Total::block;
  using Wide = typename Lanes<V>::Wide;
  using Component = typename Total::Component;

  Component sum[factors];
  int count;

  RKEOPS_INLINE static Slots<V> part(Slots<V> state, int k) {
    return {state.data + k * Component::slots * state.stride, state.stride};
  }

  RKEOPS_INLINE void begin(Slots<V> state, long long first_column) {
    RKEOPS_UNROLL
    for (int k = 0; k < factors; ++k) sum[k].begin(part(state, k), first_column);
    count = 0;
  }
  RKEOPS_INLINE void add(int k, V product, int column) { sum[k].fold(&product, column); }
  RKEOPS_INLINE void fold(const V* value, int column) {
    RKEOPS_UNROLL
    for (int k = 0; k < factors; ++k) add(k, value[0] * value[1 + k], column);
    ++count;
  }
  RKEOPS_INLINE void end(Slots<V> state, long long first_column) {
    RKEOPS_UNROLL
    for (int k = 0; k < factors; ++k) sum[k].end(part(state, k), first_column);
    Total::add_columns(state, count);
  }

  RKEOPS_INLINE static void initialise(Slots<V> state) { Total::initialise(state); }
  RKEOPS_INLINE static void merge(Slots<V> into, Slots<V> from) {
    Total::merge(into, from);
  }
  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    Total::finish(state, output);
  }
};

template <class Fold>
struct HasSharedFactor {
  static constexpr bool value = false;
};
template <class V, class Total>
struct HasSharedFactor<SharedProducts<V, Total>> {
  static constexpr bool value = true;
};

// Folds all columns of a tile: the common factor differs between rows, the others do not.
template <class V, class Fold>
void fold_shared_products(Fold* folds, const View* view, int columns, int vectors,
                          int first_column) {
  const typename Lanes<V>::T* other[Fold::factors];
  for (int k = 0; k < Fold::factors; ++k) other[k] = scalars<V>(view[1 + k]);
  for (int v = 0; v < vectors; ++v) {
    Fold fold = folds[v];
    const auto* shared = scalars<V>(view[0]) + v * Lanes<V>::count;
    for (int c = 0; c < columns; ++c) {
      const V factor = load<V>(shared + c * view[0].column);
      RKEOPS_UNROLL
      for (int k = 0; k < Fold::factors; ++k)
        fold.add(k, factor * other[k][c * view[1].column], first_column + c);
    }
    fold.count += columns;
    folds[v] = fold;
  }
}

}  // namespace
}  // namespace rkeops
