// The K smallest values of each component in ascending order, their columns, or both.
//
// Few values enter the list (about K log(columns / K) of random ones), so a block only
// compares with the K-th best of each row, and inserts lane by lane where one is beaten.
// The list is a heap with the worst in front, so that this takes log(K) steps, and is
// sorted at the end.
#ifndef RKEOPS_REDUCTIONS_SMALLEST_H
#define RKEOPS_REDUCTIONS_SMALLEST_H

#include <rkeops/reductions/reductions_slots.h>
#include <rkeops/reductions/reductions_smallest_sorted.h>

namespace rkeops {

enum class ListOutput { values, columns, both };

// One list of `count` places, a heap with the worst value first, so that inserting into
// long lists is cheap. Slots: for every place the value, then the column. Places that no
// column has reached hold +Inf and no column.
template <class V>
struct SmallestList {
  using Wide = typename Lanes<V>::Wide;

  Slots<V> state;
  int count;

  RKEOPS_INLINE Wide value(int place) const { return state.get(2 * place); }
  RKEOPS_INLINE Wide column(int place) const { return state.get(2 * place + 1); }

  RKEOPS_INLINE void initialise() const {
    RKEOPS_ROLLED
    for (int k = 0; k < 2 * count; ++k) state.set(k, no_column<Wide>());
  }
  RKEOPS_INLINE void merge(SmallestList from) const {
    for (int lane = 0; lane < Lanes<V>::count; ++lane) RKEOPS_ROLLED
    for (int place = 0; place < count; ++place)
      insert(state, count, lane, get(from.state, lane, place));
  }

  // The largest value that enters: what is smaller than the worst one, and while the list
  // has room, what is equal too.
  RKEOPS_INLINE V limit() const {
    const V worst = narrow<V>(value(0));
    const auto open = narrow<V>(column(0)) == no_column<V>();
    return select(open, worst, next_below(worst));
  }

  // Inserts the values of the lanes that belong into their lists. Returns the new limit.
  RKEOPS_OUTLINE static V insert(Slots<V> state, int count, V value, double column) {
    const Wide wide = widen(value);
    for (int lane = 0; lane < Lanes<V>::count; ++lane)
      insert(state, count, lane, {rkeops::lane(wide, lane), column});
    return SmallestList{state, count}.limit();
  }

  // The heap in ascending order.
  RKEOPS_OUTLINE static void sort(Slots<V> state, int count, int lane) {
    RKEOPS_ROLLED
    for (int size = count - 1; size > 0; --size) {
      const Entry worst = get(state, lane, 0), last = get(state, lane, size);
      sink(state, lane, last, size);
      set(state, lane, size, worst);
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
  RKEOPS_INLINE static Entry get(Slots<V> state, int lane, int place) {
    return {state.at(2 * place, lane), state.at(2 * place + 1, lane)};
  }
  RKEOPS_INLINE static void set(Slots<V> state, int lane, int place, const Entry& entry) {
    state.at(2 * place, lane) = entry.value;
    state.at(2 * place + 1, lane) = entry.column;
  }
  RKEOPS_OUTLINE static void insert(Slots<V> state, int count, int lane,
                                    const Entry& entry) {
    if (is_before(entry, get(state, lane, 0))) sink(state, lane, entry, count);
  }
  // Replaces the worst entry of the first `size` places, and makes them a heap again.
  RKEOPS_OUTLINE static void sink(Slots<V> state, int lane, const Entry& entry,
                                  int size) {
    int place = 0;
    RKEOPS_ROLLED
    for (int child = 1; child < size; child = 2 * place + 1) {
      Entry worse = get(state, lane, child);
      if (child + 1 < size) {
        const Entry other = get(state, lane, child + 1);
        if (is_before(worse, other)) {
          worse = other;
          ++child;
        }
      }
      if (!is_before(entry, worse)) break;
      set(state, lane, place, worse);
      place = child;
    }
    set(state, lane, place, entry);
  }
};

// In place of K: how many places there are is said at run time.
constexpr int at_run_time = 0;

// The lists of D components, with the number of places as an argument. Output:
// [rank][component]; with both, [rank][values of the components, columns of the
// components].
template <class V, int D, ListOutput output_kind>
struct SmallestLists {
  static constexpr int values = D, block = 256;
  static constexpr bool keeps_columns = true;
  static constexpr int slots_a_rank = 2 * D;
  static constexpr int outputs_a_rank = (output_kind == ListOutput::both ? 2 : 1) * D;
  using Wide = typename Lanes<V>::Wide;
  using List = SmallestList<V>;

  Slots<V> state;
  int count;
  long long first_column;
  V limit[D];  // the largest value that enters the list

  RKEOPS_INLINE static List list(Slots<V> state, int k, int count) {
    return {{state.data + 2 * k * count * state.stride, state.stride}, count};
  }

  RKEOPS_INLINE void begin(Slots<V> from, long long first, int places) {
    state = from;
    count = places;
    first_column = first;
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) limit[k] = list(from, k, places).limit();
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
      limit[k] = List::insert(list(state, k, count).state, count, value[k],
                              static_cast<double>(first_column + column));
    }
  }
  RKEOPS_INLINE void add(const V*, int) {}
  RKEOPS_INLINE void fold(const V* value, int column) {
    if (__builtin_expect(rare(value), 0)) treat(value, column);
  }
  RKEOPS_INLINE void end(Slots<V>, long long) {}

  RKEOPS_INLINE static void initialise(Slots<V> state, int count) {
    for (int k = 0; k < D; ++k) list(state, k, count).initialise();
  }
  RKEOPS_INLINE static void merge(Slots<V> into, Slots<V> from, int count) {
    for (int k = 0; k < D; ++k) list(into, k, count).merge(list(from, k, count));
  }
  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output, int count) {
    for (int k = 0; k < D; ++k)
      for (int lane = 0; lane < Lanes<V>::count; ++lane)
        List::sort(list(state, k, count).state, count, lane);
    constexpr bool both = output_kind == ListOutput::both;
    RKEOPS_ROLLED
    for (int rank = 0; rank < count; ++rank)
      for (int k = 0; k < D; ++k) {
        const List from = list(state, k, count);
        const int first = (both ? 2 : 1) * rank * D + k;
        if (output_kind != ListOutput::columns) output[first] = from.value(rank);
        if (output_kind != ListOutput::values)
          output[first + (both ? D : 0)] = shown_column(from.column(rank));
      }
  }
};

// Inserting into a sorted list takes K steps for all lanes, into heaps log(K) steps, but
// for each lane and with branches.
template <class V>
constexpr bool sorts_lists(int D, int K) {
  return Lanes<V>::count > 1 && K != at_run_time && K <= 32 && D * K <= 64;
}

template <class V, int D, int K, ListOutput output_kind,
          bool is_sorted = sorts_lists<V>(D, K)>
struct Smallest : SortedSmallest<V, D, K, output_kind != ListOutput::columns,
                                 output_kind != ListOutput::values> {};

template <class V, int D, int K, ListOutput output_kind>
struct Smallest<V, D, K, output_kind, false> : SmallestLists<V, D, output_kind> {
  using Lists = SmallestLists<V, D, output_kind>;
  static constexpr int slots = 2 * D * K, outputs = Lists::outputs_a_rank * K;
  using Wide = typename Lanes<V>::Wide;

  RKEOPS_INLINE void begin(Slots<V> from, long long first) {
    Lists::begin(from, first, K);
  }
  RKEOPS_INLINE void treat(const V* value, int column) {
    this->count = K;  // known to the compiler
    Lists::treat(value, column);
  }
  RKEOPS_INLINE void fold(const V* value, int column) {
    if (__builtin_expect(Lists::rare(value), 0)) treat(value, column);
  }

  RKEOPS_INLINE static void initialise(Slots<V> state) { Lists::initialise(state, K); }
  RKEOPS_INLINE static void merge(Slots<V> into, Slots<V> from) {
    Lists::merge(into, from, K);
  }
  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    Lists::finish(state, output, K);
  }
};

template <class V, int D, ListOutput output_kind>
struct Smallest<V, D, at_run_time, output_kind, false>
    : SmallestLists<V, D, output_kind> {
  static constexpr int outputs = 0;
};

template <class V, int D, int K>
using KMin = Smallest<V, D, K, ListOutput::values>;
template <class V, int D, int K>
using ArgKMin = Smallest<V, D, K, ListOutput::columns>;
template <class V, int D, int K>
using KMinArgKMin = Smallest<V, D, K, ListOutput::both>;

}  // namespace rkeops

#endif
