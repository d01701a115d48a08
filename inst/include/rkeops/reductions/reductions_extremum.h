// Minima and maxima over the columns, their columns, or both. The two directions share
// their text: Smaller and Larger say which of two values wins.
#ifndef RKEOPS_REDUCTIONS_EXTREMUM_H
#define RKEOPS_REDUCTIONS_EXTREMUM_H

#include <rkeops/reductions/reductions_slots.h>

namespace rkeops {

struct Smaller {
  template <class V>
  RKEOPS_INLINE static V worst() {
    return all<V>(static_cast<typename Lanes<V>::T>(__builtin_inf()));
  }
  template <class V>
  RKEOPS_INLINE static V best(V a, V b) {
    return minimum(a, b);
  }
  template <class V>
  RKEOPS_INLINE static auto wins(V a, V b) {
    return a < b;
  }
  template <class V>
  RKEOPS_INLINE static auto wins_or_ties(V a, V b) {
    return a <= b;
  }
};

struct Larger {
  template <class V>
  RKEOPS_INLINE static V worst() {
    return all<V>(static_cast<typename Lanes<V>::T>(-__builtin_inf()));
  }
  template <class V>
  RKEOPS_INLINE static V best(V a, V b) {
    return maximum(a, b);
  }
  template <class V>
  RKEOPS_INLINE static auto wins(V a, V b) {
    return a > b;
  }
  template <class V>
  RKEOPS_INLINE static auto wins_or_ties(V a, V b) {
    return a >= b;
  }
};

// The best value of each component; NaN if any value is NaN.
template <class V, int D, class Order>
struct Extremum {
  static constexpr int values = D, slots = D, outputs = D, block = 256;
  using Wide = typename Lanes<V>::Wide;
  using Direction = Order;

  V best[D];

  RKEOPS_INLINE void begin(Slots<V>, long long) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) best[k] = Order::template worst<V>();
  }
  RKEOPS_INLINE void fold(const V* value, int) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) best[k] = Order::best(best[k], value[k]);
  }
  RKEOPS_INLINE void end(Slots<V> state, long long) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k)
      state.set(k, widen(Order::best(narrow<V>(state.get(k)), best[k])));
  }

  RKEOPS_INLINE static void initialise(Slots<V> state) {
    for (int k = 0; k < D; ++k) state.set(k, Order::template worst<Wide>());
  }
  RKEOPS_INLINE static void merge(Slots<V> into, Slots<V> from) {
    for (int k = 0; k < D; ++k) into.set(k, Order::best(into.get(k), from.get(k)));
  }
  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    for (int k = 0; k < D; ++k) output[k] = state.get(k);
  }
};

// The first column with the best value of each component, preceded by that value if
// `with_value`. Slots: the values, then the columns.
template <class V, int D, class Order, bool with_value>
struct ArgExtremum {
  static constexpr int values = D, slots = 2 * D, outputs = with_value ? 2 * D : D;
  static constexpr int block = 256;
  using Wide = typename Lanes<V>::Wide;
  using Direction = Order;
  using I = typename Lanes<V>::I;
  using Mask = typename Lanes<V>::Mask;

  // From the last column of a block to the first, what ties wins: then the worst value
  // (+Inf for minima) needs no care, and the first of equal columns is left.
  static constexpr bool backwards = true;
  static constexpr bool keeps_columns = true;

  V best[D];
  I position[D];  // inside the block; negative where every value is NaN

  RKEOPS_INLINE void begin(Slots<V>, long long) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) {
      best[k] = Order::template worst<V>();
      position[k] = I{} - 1;
    }
  }
  RKEOPS_INLINE void fold(const V* value, int column) {
    const I here = I{} + column;
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) {
      const Mask wins = Order::wins_or_ties(value[k], best[k]);
      best[k] = select(wins, value[k], best[k]);
      position[k] = select(wins, here, position[k]);
    }
  }
  RKEOPS_INLINE void end(Slots<V> state, long long first_column) {
    double found[slots * Lanes<V>::count];
    const Slots<V> from{found, Lanes<V>::count};
    const Wide first = all<Wide>(static_cast<double>(first_column));
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) {
      const V column =
          select(position[k] < I{}, no_column<V>(), as_scalars<V>(position[k]));
      from.set(k, widen(best[k]));
      from.set(D + k, widen(column) + first);
    }
    merge_parts(state, from);
  }

  RKEOPS_INLINE static void initialise(Slots<V> state) {
    for (int k = 0; k < D; ++k) {
      state.set(k, Order::template worst<Wide>());
      state.set(D + k, no_column<Wide>());
    }
  }
  RKEOPS_INLINE static void merge(Slots<V> into, Slots<V> from) {
    for (int k = 0; k < D; ++k) challenge(into, k, from.get(k), from.get(D + k));
  }
  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    for (int k = 0; k < D; ++k) {
      if (with_value) output[k] = state.get(k);
      output[outputs - D + k] = shown_column(state.get(D + k));
    }
  }

 private:
  RKEOPS_OUTLINE static void merge_parts(Slots<V> into, Slots<V> from) {
    using Part = ArgExtremum<typename SlotParts<V>::Part, D, Order, with_value>;
    for (int p = 0; p < SlotParts<V>::count; ++p)
      Part::merge(slot_part(into, p), slot_part(from, p));
  }
  RKEOPS_INLINE static void challenge(Slots<V> state, int k, Wide value, Wide column) {
    const Wide old_value = state.get(k), old_column = state.get(D + k);
    const auto wins =
        Order::wins(value, old_value) | ((value == old_value) & (column < old_column));
    state.set(k, select(wins, value, old_value));
    state.set(D + k, select(wins, column, old_column));
  }
};

template <class V, int D>
using Min = Extremum<V, D, Smaller>;
template <class V, int D>
using Max = Extremum<V, D, Larger>;
template <class V, int D>
using ArgMin = ArgExtremum<V, D, Smaller, false>;
template <class V, int D>
using ArgMax = ArgExtremum<V, D, Larger, false>;
template <class V, int D>
using MinArgMin = ArgExtremum<V, D, Smaller, true>;
template <class V, int D>
using MaxArgMax = ArgExtremum<V, D, Larger, true>;

}  // namespace rkeops

#endif
