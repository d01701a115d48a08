// The K smallest values of each component in ascending order, their columns, or both.
//
// Few values enter the list (about K log(columns / K) of random ones), so a block only
// compares with the K-th best of each row, and inserts lane by lane where one is beaten.
// The list is a heap with the worst in front, so that this takes log(K) steps, and is
// sorted at the end.
#ifndef RKEOPS_REDUCTIONS_SMALLEST_H
#define RKEOPS_REDUCTIONS_SMALLEST_H

#include "reductions_slots.h"

namespace rkeops {

enum class ListOutput { values, columns, both };

// Slots: for every component and place in its heap the value, then the column. Places
// that no column has reached hold +Inf and no column. Output: [rank][component]; with
// both, [rank][values of the components, columns of the components].
template <class V, int D, int K, ListOutput output_kind>
struct Smallest {
  static constexpr int values = D, slots = 2 * D * K, block = 256;
  static constexpr int outputs = (output_kind == ListOutput::both ? 2 : 1) * D * K;
  using Wide = typename Lanes<V>::Wide;

  Slots<V> state;
  long long first_column;
  V last[D];     // the worst value of the list
  bool open[D];  // whether a list has room: only then +Inf may enter

  RKEOPS_INLINE void begin(Slots<V> from, long long first) {
    state = from;
    first_column = first;
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) refresh(k);
  }
  RKEOPS_INLINE void fold(const V* value, int column) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) {
      const bool enters = open[k] ? any(value[k] <= last[k]) : any(value[k] < last[k]);
      if (__builtin_expect(enters, 0)) {
        insert(state, k, value[k], static_cast<double>(first_column + column));
        refresh(k);
      }
    }
  }
  RKEOPS_INLINE void end(Slots<V>, long long) {}

  RKEOPS_INLINE static void initialise(Slots<V> state) {
    for (int k = 0; k < slots; ++k) state.set(k, no_column<Wide>());
  }
  RKEOPS_INLINE static void merge(Slots<V> into, Slots<V> from) {
    for (int lane = 0; lane < Lanes<V>::count; ++lane)
      for (int k = 0; k < D; ++k)
        for (int place = 0; place < K; ++place)
          insert(into, k, lane, get(from, k, lane, place));
  }
  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    for (int lane = 0; lane < Lanes<V>::count; ++lane)
      for (int k = 0; k < D; ++k) sort(state, k, lane);
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
  struct Entry {
    double value, column;
  };
  // Equal values stand in the order of their columns. False for NaN.
  RKEOPS_INLINE static bool is_before(const Entry& a, const Entry& b) {
    return a.value < b.value || (a.value == b.value && a.column < b.column);
  }

  RKEOPS_INLINE static constexpr int slot(int k, int place) {
    return 2 * (k * K + place);
  }
  RKEOPS_INLINE static Entry get(Slots<V> state, int k, int lane, int place) {
    return {state.at(slot(k, place), lane), state.at(slot(k, place) + 1, lane)};
  }
  RKEOPS_INLINE static void set(Slots<V> state, int k, int lane, int place,
                                const Entry& entry) {
    state.at(slot(k, place), lane) = entry.value;
    state.at(slot(k, place) + 1, lane) = entry.column;
  }

  RKEOPS_INLINE void refresh(int k) {
    const int worst = slot(k, 0);
    last[k] = narrow<V>(state.get(worst));
    open[k] = any(narrow<V>(state.get(worst + 1)) == no_column<V>());
  }
  // Inserts the values of the lanes that belong into their lists.
  RKEOPS_OUTLINE static void insert(Slots<V> state, int k, V value, double column) {
    const Wide wide = widen(value);
    for (int lane = 0; lane < Lanes<V>::count; ++lane)
      insert(state, k, lane, {rkeops::lane(wide, lane), column});
  }
  RKEOPS_OUTLINE static void insert(Slots<V> state, int k, int lane, const Entry& entry) {
    if (is_before(entry, get(state, k, lane, 0))) sink(state, k, lane, entry, K);
  }
  // Replaces the worst entry of the first `size` places, and makes them a heap again.
  RKEOPS_OUTLINE static void sink(Slots<V> state, int k, int lane, const Entry& entry,
                                  int size) {
    int place = 0;
    for (int child = 1; child < size; child = 2 * place + 1) {
      Entry worse = get(state, k, lane, child);
      if (child + 1 < size) {
        const Entry other = get(state, k, lane, child + 1);
        if (is_before(worse, other)) {
          worse = other;
          ++child;
        }
      }
      if (!is_before(entry, worse)) break;
      set(state, k, lane, place, worse);
      place = child;
    }
    set(state, k, lane, place, entry);
  }
  // The heap in ascending order.
  RKEOPS_OUTLINE static void sort(Slots<V> state, int k, int lane) {
    for (int size = K - 1; size > 0; --size) {
      const Entry worst = get(state, k, lane, 0), last_entry = get(state, k, lane, size);
      sink(state, k, lane, last_entry, size);
      set(state, k, lane, size, worst);
    }
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
