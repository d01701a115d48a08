// The K smallest values for few K and vectors of lanes: sorted lists of all lanes, into
// which a value is inserted in every lane at once, without branches.
// reductions_smallest.h has heaps for all others.
#ifndef RKEOPS_REDUCTIONS_SMALLEST_SORTED_H
#define RKEOPS_REDUCTIONS_SMALLEST_SORTED_H

#include <rkeops/reductions/reductions_slots.h>

namespace rkeops {

// K values in ascending order, each with a mark of type M (where it comes from), equal
// values in the order in which they came. A place that nothing has reached holds NaN.
template <class V, class M, int K>
struct SortedList {
  using Mask = typename Lanes<V>::Mask;

  V value[K];
  M mark[K];

  // In the lanes where `enters` is true, which must not be NaN there.
  RKEOPS_INLINE void insert(V v, M m, Mask enters) {
    Mask before = enters & ~(value[K - 1] <= v);  // v belongs before place k
    for (int k = K - 1; k > 0; --k) {
      const Mask before_next = enters & ~(value[k - 1] <= v);
      value[k] = select(before_next, value[k - 1], select(before, v, value[k]));
      mark[k] = select(before_next, mark[k - 1], select(before, m, mark[k]));
      before = before_next;
    }
    value[0] = select(before, v, value[0]);
    mark[0] = select(before, m, mark[0]);
  }
};

// The reduction; slots and output are those of SmallestLists.
template <class V, int D, int K, bool with_values, bool with_columns>
struct SortedSmallest {
  static constexpr int values = D, block = 256;
  static constexpr bool keeps_columns = true;
  static constexpr int slots = 2 * D * K, outputs = (with_values + with_columns) * D * K;
  using T = typename Lanes<V>::T;
  using I = typename Lanes<V>::I;
  using Wide = typename Lanes<V>::Wide;
  using Mask = typename Lanes<V>::Mask;

  // Marks count columns from the first of the block; those of earlier blocks are ~place,
  // the place in the slots.
  SortedList<V, I, K> list[D];
  V limit[D];  // the largest value that enters the list
  bool is_changed;

  RKEOPS_INLINE void begin(Slots<V> state, long long) {
    is_changed = false;
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) {
      for (int place = 0; place < K; ++place) {
        list[k].value[place] = old_value(state, k, place);
        list[k].mark[place] = I{} + ~place;
      }
      refresh(k);
    }
  }
  RKEOPS_INLINE void fold(const V* value, int column) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) {
      if (__builtin_expect(any(value[k] <= limit[k]), 0)) treat(k, value[k], column);
    }
  }
  RKEOPS_OUTLINE void end(Slots<V> state, long long first_column) {
    if (!is_changed) return;
    for (int k = 0; k < D; ++k) {
      double column[K][Lanes<V>::count];
      for (int place = 0; place < K; ++place) {
        const I mark = list[k].mark[place];
        for (int l = 0; l < Lanes<V>::count; ++l)
          column[place][l] = mark[l] < 0 ? state.at(column_slot(k, ~mark[l]), l)
                                         : static_cast<double>(first_column + mark[l]);
      }
      for (int place = 0; place < K; ++place) {
        const V v = list[k].value[place];
        state.set(value_slot(k, place), widen(select(v == v, v, no_column<V>())));
        state.set(column_slot(k, place), load<Wide>(column[place]));
      }
    }
  }

  RKEOPS_INLINE static void initialise(Slots<V> state) {
    for (int k = 0; k < slots; ++k) state.set(k, no_column<Wide>());
  }
  RKEOPS_OUTLINE static void merge(Slots<V> into, Slots<V> from) {
    static_assert(is_same<V, Wide>, "accumulators are merged as doubles");
    for (int k = 0; k < D; ++k) {
      SortedList<V, V, K> joined;
      for (int place = 0; place < K; ++place) {
        joined.value[place] = old_value(into, k, place);
        joined.mark[place] = into.get(column_slot(k, place));
      }
      for (int place = 0; place < K; ++place) {
        const V v = old_value(from, k, place);
        joined.insert(v, from.get(column_slot(k, place)), v == v);
      }
      for (int place = 0; place < K; ++place) {
        const V v = joined.value[place];
        into.set(value_slot(k, place), select(v == v, v, no_column<V>()));
        into.set(column_slot(k, place), joined.mark[place]);
      }
    }
  }
  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    for (int place = 0; place < K; ++place) {
      if (with_values)
        for (int k = 0; k < D; ++k) *output++ = state.get(value_slot(k, place));
      if (with_columns)
        for (int k = 0; k < D; ++k)
          *output++ = shown_column(state.get(column_slot(k, place)));
    }
  }

 private:
  static constexpr int value_slot(int k, int place) { return 2 * (k * K + place); }
  static constexpr int column_slot(int k, int place) { return value_slot(k, place) + 1; }

  RKEOPS_INLINE static V old_value(Slots<V> state, int k, int place) {
    const V value = narrow<V>(state.get(value_slot(k, place)));
    const V column = narrow<V>(state.get(column_slot(k, place)));
    return select(column == no_column<V>(), all<V>(static_cast<T>(__builtin_nan(""))),
                  value);
  }
  RKEOPS_OUTLINE void treat(int k, V value, int column) {
    list[k].insert(value, I{} + column, value <= limit[k]);
    is_changed = true;
    refresh(k);
  }
  // A value smaller than the last one enters; while the list has room, whatever is a
  // number.
  RKEOPS_INLINE void refresh(int k) {
    const V last = list[k].value[K - 1];
    limit[k] = select(last == last, next_below(last), no_column<V>());
  }
};

}  // namespace rkeops

#endif
