// The values of the first K columns as they are: a block of the matrix of all pairs.
#ifndef RKEOPS_REDUCTIONS_ENTRIES_H
#define RKEOPS_REDUCTIONS_ENTRIES_H

#include <rkeops/reductions/reductions_smallest.h>

namespace rkeops {

// The values of D components, with the number of columns as an argument. Slots: the
// columns of the first component, then of the second, ... Output: [column][component]. A
// column that is not there is NaN.
template <class V, int D>
struct KeptEntries {
  static constexpr int values = D, block = 256;
  static constexpr bool keeps_columns = true;
  static constexpr int slots_a_rank = D, outputs_a_rank = D;
  using Wide = typename Lanes<V>::Wide;

  Slots<V> state;
  int count;
  long long first_column;

  RKEOPS_INLINE void begin(Slots<V> into, long long first, int columns) {
    state = into;
    count = columns;
    first_column = first;
  }
  RKEOPS_INLINE void fold(const V* value, int column) {
    const long long place = first_column + column;
    if (place >= count) return;
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) state.set(k * count + int(place), widen(value[k]));
  }
  RKEOPS_INLINE void end(Slots<V>, long long) {}

  RKEOPS_INLINE static void initialise(Slots<V> state, int count) {
    const Wide none = all<Wide>(__builtin_nan(""));
    RKEOPS_ROLLED
    for (int k = 0; k < D * count; ++k) state.set(k, none);
  }
  // One of both at most has a column, so what is NaN in `into` may be in `from`.
  RKEOPS_INLINE static void merge(Slots<V> into, Slots<V> from, int count) {
    RKEOPS_ROLLED
    for (int k = 0; k < D * count; ++k) {
      const Wide value = into.get(k);
      into.set(k, select(value == value, value, from.get(k)));
    }
  }
  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output, int count) {
    RKEOPS_ROLLED
    for (int place = 0; place < count; ++place)
      for (int k = 0; k < D; ++k) output[place * D + k] = state.get(k * count + place);
  }
};

template <class V, int D, int K>
struct Entries : KeptEntries<V, D> {
  using Kept = KeptEntries<V, D>;
  static constexpr int slots = D * K, outputs = D * K;
  using Wide = typename Lanes<V>::Wide;

  RKEOPS_INLINE void begin(Slots<V> into, long long first) {
    Kept::begin(into, first, K);
  }
  RKEOPS_INLINE static void initialise(Slots<V> state) { Kept::initialise(state, K); }
  RKEOPS_INLINE static void merge(Slots<V> into, Slots<V> from) {
    Kept::merge(into, from, K);
  }
  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    Kept::finish(state, output, K);
  }
};

template <class V, int D>
struct Entries<V, D, at_run_time> : KeptEntries<V, D> {
  static constexpr int outputs = 0;
};

}  // namespace rkeops

#endif
