// How often a condition holds: values are 0 (false) or not 0 (true).
#ifndef RKEOPS_REDUCTIONS_CONDITION_H
#define RKEOPS_REDUCTIONS_CONDITION_H

#include <rkeops/reductions/reductions_slots.h>

namespace rkeops {

// The number of columns where a value is not 0.
template <class V, int D>
struct Count {
  static constexpr int values = D, slots = D, outputs = D, block = 256;
  using Wide = typename Lanes<V>::Wide;

  V count[D];

  RKEOPS_INLINE void begin(Slots<V>, long long) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) count[k] = V{};
  }
  RKEOPS_INLINE void fold(const V* value, int) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) count[k] += select(value[k] != V{}, all<V>(1), V{});
  }
  RKEOPS_INLINE void end(Slots<V> state, long long) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) state.set(k, state.get(k) + widen(count[k]));
  }

  RKEOPS_INLINE static void initialise(Slots<V> state) {
    for (int k = 0; k < D; ++k) state.set(k, Wide{});
  }
  RKEOPS_INLINE static void merge(Slots<V> into, Slots<V> from) {
    for (int k = 0; k < D; ++k) into.set(k, into.get(k) + from.get(k));
  }
  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    for (int k = 0; k < D; ++k) output[k] = state.get(k);
  }
};

// 1 where any column has a value that is not 0.
template <class V, int D>
struct Any : Count<V, D> {
  using Wide = typename Lanes<V>::Wide;

  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    for (int k = 0; k < D; ++k)
      output[k] = select(state.get(k) > Wide{}, all<Wide>(1), Wide{});
  }
};

// 1 where no column has the value 0: counts the zeros.
template <class V, int D>
struct All : Count<V, D> {
  using Wide = typename Lanes<V>::Wide;

  RKEOPS_INLINE void fold(const V* value, int) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) this->count[k] += select(value[k] == V{}, all<V>(1), V{});
  }
  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    for (int k = 0; k < D; ++k)
      output[k] = select(state.get(k) > Wide{}, Wide{}, all<Wide>(1));
  }
};

}  // namespace rkeops

#endif
