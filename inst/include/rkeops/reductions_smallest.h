// The K smallest values of each component in ascending order, their columns, or both.
//
// Few values enter the list (about K log(columns / K) of random ones), so a block only
// compares with the K-th best of each row, and inserts lane by lane where one is beaten.
#ifndef RKEOPS_REDUCTIONS_SMALLEST_H
#define RKEOPS_REDUCTIONS_SMALLEST_H

#include "reductions_slots.h"

namespace rkeops {

enum class ListOutput { values, columns, both };

// Slots: for every component and rank the value, then the column. Ranks that no column
// has reached hold +Inf and no column. Output: [rank][component]; with both,
// [rank][values of the components, columns of the components].
template <class V, int D, int K, ListOutput output_kind>
struct Smallest {
  static constexpr int values = D, slots = 2 * D * K, block = 256;
  static constexpr int outputs = (output_kind == ListOutput::both ? 2 : 1) * D * K;
  using Wide = typename Lanes<V>::Wide;

  Slots<V> state;
  long long first_column;
  V limit[D];  // the largest value that enters the list

  RKEOPS_INLINE void begin(Slots<V> from, long long first) {
    state = from;
    first_column = first;
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) refresh(k);
  }
  RKEOPS_INLINE bool rare(const V* value) const {
    bool enters = false;
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) enters = enters || any(value[k] <= limit[k]);
    return enters;
  }
  RKEOPS_INLINE void treat(const V* value, int column) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) {
      if (!any(value[k] <= limit[k])) continue;
      insert(state, k, value[k], static_cast<double>(first_column + column));
      refresh(k);
    }
  }
  RKEOPS_INLINE void add(const V*, int) {}
  RKEOPS_INLINE void fold(const V* value, int column) {
    if (__builtin_expect(rare(value), 0)) treat(value, column);
  }
  RKEOPS_INLINE void end(Slots<V>, long long) {}

  RKEOPS_INLINE static void initialise(Slots<V> state) {
    for (int k = 0; k < slots; ++k) state.set(k, no_column<Wide>());
  }
  RKEOPS_INLINE static void merge(Slots<V> into, Slots<V> from) {
    for (int lane = 0; lane < Lanes<V>::count; ++lane)
      for (int k = 0; k < D; ++k)
        for (int rank = 0; rank < K; ++rank)
          insert(into, k, lane, from.at(slot(k, rank), lane),
                 from.at(slot(k, rank) + 1, lane));
  }
  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    constexpr bool both = output_kind == ListOutput::both;
    for (int rank = 0; rank < K; ++rank)
      for (int k = 0; k < D; ++k) {
        const int first = (both ? 2 : 1) * rank * D + k;
        if (output_kind != ListOutput::columns) output[first] = state.get(slot(k, rank));
        if (output_kind != ListOutput::values)
          output[first + (both ? D : 0)] = shown_column(state.get(slot(k, rank) + 1));
      }
  }

 private:
  RKEOPS_INLINE static constexpr int slot(int k, int rank) { return 2 * (k * K + rank); }

  // What is smaller than rank K - 1 enters; while that has no column, what is equal too.
  RKEOPS_INLINE void refresh(int k) {
    const int worst = slot(k, K - 1);
    const V last = narrow<V>(state.get(worst));
    const auto open = narrow<V>(state.get(worst + 1)) == no_column<V>();
    limit[k] = select(open, last, next_below(last));
  }
  // Inserts the values of the lanes that belong into their lists.
  RKEOPS_OUTLINE static void insert(Slots<V> state, int k, V value, double column) {
    const Wide wide = widen(value);
    for (int lane = 0; lane < Lanes<V>::count; ++lane)
      insert(state, k, lane, rkeops::lane(wide, lane), column);
  }
  // Equal values stand in the order of their columns.
  RKEOPS_OUTLINE static void insert(Slots<V> state, int k, int lane, double value,
                                    double column) {
    int rank = K;
    for (; rank > 0; --rank) {
      const double other = state.at(slot(k, rank - 1), lane);
      const double other_column = state.at(slot(k, rank - 1) + 1, lane);
      if (!(value < other || (value == other && column < other_column))) break;
      if (rank == K) continue;
      state.at(slot(k, rank), lane) = other;
      state.at(slot(k, rank) + 1, lane) = other_column;
    }
    if (rank == K) return;
    state.at(slot(k, rank), lane) = value;
    state.at(slot(k, rank) + 1, lane) = column;
  }
};

template <class V, int D, int K>
using KMin = Smallest<V, D, K, ListOutput::values>;
template <class V, int D, int K>
using ArgKMin = Smallest<V, D, K, ListOutput::columns>;
template <class V, int D, int K>
using KMinArgKMin = Smallest<V, D, K, ListOutput::both>;

}  // namespace rkeops

#endif
