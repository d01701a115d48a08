// The search of a warp through the boxes of columns, for 32 rows that are neighbours: the
// nearest box first, as long as it may hold a value that one of the rows wants.
//
// Searches for the largest values look at their negatives, so smaller ones are always
// better. A box is visited where its bound does not exclude better values: for each row
// the bound of that row alone is asked too, since neighbours on the curve can be far from
// each other. Of equal values those of columns with smaller numbers are better; so the
// order in which columns come changes no result.
#ifndef RKEOPS_CUDA_WALK_CUH
#define RKEOPS_CUDA_WALK_CUH

#include <rkeops/reductions/accumulators.h>
#include <rkeops/cuda/cuda_boxes.cuh>

namespace rkeops {

/// The best values of a row with the numbers of their columns, the best one first.
template <class Scalar, int places>
struct CudaBestList {
  static constexpr int no_number = 0x7fffffff;

  Scalar value[places];
  int number[places];

  RKEOPS_INLINE void start() {
    RKEOPS_UNROLL
    for (int k = 0; k < places; ++k) {
      value[k] = Scalar(__builtin_inf());
      number[k] = no_number;
    }
  }
  /// Nothing is found yet; no value above a limit is wanted.
  RKEOPS_INLINE void start_below(Scalar limit) {
    start();
    RKEOPS_UNROLL
    for (int k = 0; k < places; ++k) value[k] = limit;
  }
  RKEOPS_INLINE Scalar limit() const { return value[places - 1]; }
  RKEOPS_INLINE bool may_enter(Scalar v) const { return v <= limit(); }
  RKEOPS_INLINE void take(Scalar v, int n) {
    bool before[places];
    RKEOPS_UNROLL
    for (int k = 0; k < places; ++k)
      before[k] = v < value[k] || (v == value[k] && n < number[k]);
    RKEOPS_UNROLL
    for (int k = places - 1; k > 0; --k) {
      value[k] = before[k - 1] ? value[k - 1] : before[k] ? v : value[k];
      number[k] = before[k - 1] ? number[k - 1] : before[k] ? n : number[k];
    }
    value[0] = before[0] ? v : value[0];
    number[0] = before[0] ? n : number[0];
  }
  /// May a box with this bound hold a better one? NaN is no bound.
  RKEOPS_INLINE bool wants(Scalar bound, int first_number) const {
    return !(bound > limit()) && !(bound == limit() && first_number > number[places - 1]);
  }
  /// To lists of a warp, and what another warp has found for the row.
  RKEOPS_INLINE void save(CudaBestList* to) const {
    RKEOPS_UNROLL
    for (int k = 0; k < places; ++k) {
      to->value[k] = value[k];
      to->number[k] = number[k];
    }
  }
  RKEOPS_INLINE void merge(const CudaBestList& other) {
    RKEOPS_ROLLED
    for (int k = 0; k < places; ++k) take(other.value[k], other.number[k]);
  }
  RKEOPS_INLINE double shown_value(int k, double sign) const {
    return sign * double(value[k]);
  }
  RKEOPS_INLINE double column(int k) const {
    return number[k] == no_number ? no_column<double>() : double(number[k]);
  }
  /// The accumulators of a reduction, which keeps the worst value first.
  RKEOPS_INLINE void put(double sign, double* slots) const {
    RKEOPS_UNROLL
    for (int k = 0; k < places; ++k) {
      slots[2 * (places - 1 - k)] = shown_value(k, sign);
      slots[2 * (places - 1 - k) + 1] = column(k);
    }
  }
};

/// The best value alone, which is NaN when one is.
template <class Scalar>
struct CudaBestValue {
  Scalar value;

  RKEOPS_INLINE void start() { value = Scalar(__builtin_inf()); }
  RKEOPS_INLINE void start_below(Scalar limit) { value = limit; }
  RKEOPS_INLINE Scalar limit() const {
    return value == value ? value : Scalar(-__builtin_inf());
  }
  RKEOPS_INLINE bool may_enter(Scalar v) const { return !(v >= value); }
  RKEOPS_INLINE void take(Scalar v, int) { value = value == value ? v : value; }
  RKEOPS_INLINE bool wants(Scalar bound, int) const { return !(bound >= limit()); }
  RKEOPS_INLINE void save(CudaBestValue* to) const { to->value = value; }
  RKEOPS_INLINE void merge(const CudaBestValue& other) {
    if (may_enter(other.value)) take(other.value, 0);
  }
  RKEOPS_INLINE void put(double sign, double* slots) const {
    slots[0] = sign * double(value);
  }
};

/// A reduction made of what was found.
template <class Reduction>
struct CudaFound {
  template <class Scalar, class List>
  RKEOPS_INLINE static void finish(const List& list, double sign, double* reduced) {
    double slots[Reduction::slots];
    list.put(sign, slots);
    Reduction::finish(Slots<Scalar>{slots, 1}, reduced);
  }
};

/// Lists that are sorted are in the order of the result.
template <class V, int places, ListOutput output>
struct CudaFound<Smallest<V, 1, places, output, false>> {
  template <class Scalar, class List>
  RKEOPS_INLINE static void finish(const List& list, double sign, double* reduced) {
    RKEOPS_UNROLL
    for (int k = 0; k < places; ++k) {
      if (output != ListOutput::columns) *reduced++ = list.shown_value(k, sign);
      if (output != ListOutput::values) *reduced++ = shown_column(list.column(k));
    }
  }
};

/// Values that may enter the lists wait, in shared memory, until they are taken by all
/// threads of a warp at the same time.
template <class Scalar, class List, int places>
struct CudaWaitingValues {
  struct Shared {
    Scalar value[places][cuda_threads];
    int number[places][cuda_threads];
  };
  Shared& shared;
  int waiting;

  RKEOPS_INLINE void wait(Scalar value, int number) {
    shared.value[waiting][threadIdx.x] = value;
    shared.number[waiting][threadIdx.x] = number;
    ++waiting;
  }
  RKEOPS_INLINE void take_all(List& list) {
    for (int k = 0; any_in_warp(k < waiting); ++k) {
      if (k < waiting)
        list.take(shared.value[k][threadIdx.x], shared.number[k][threadIdx.x]);
    }
    waiting = 0;
  }
};

template <class Scalar, class Formula, class Reduction, int places, int sign,
          bool has_columns>
struct CudaWalk {
  static constexpr int of_row = Formula::row_kept, of_column = Formula::column_kept;
  using Interval = CudaInterval<Scalar, !has_columns>;
  using Leaves = CudaLeaves<Scalar, of_column>;
  using Order = CudaOrder<Scalar>;
  using Key = typename Order::Bits;
  using List = typename CudaChoice<has_columns, CudaBestList<Scalar, places>,
                                   CudaBestValue<Scalar>>::Type;

  /// A single best value is kept at once.
  static constexpr bool waits = places > 1;
  /// How many may wait, which takes memory from what is read again and again; columns
  /// between two looks at them, and how many may be left after a leaf.
  static constexpr bool is_wide = of_column * sizeof(Scalar) > 24;
  static constexpr int most_waiting = is_wide ? 8 : 16, run = most_waiting / 2, few = 3;
  using Waiting = CudaWaitingValues<Scalar, List, most_waiting>;

  /// Numbers of a row, of a box and of the list, which a thread keeps.
  static constexpr int kept = (3 * of_row + 2 * of_column) * int(sizeof(Scalar) / 4) +
                              places * int(1 + sizeof(Scalar) / 4);
  /// Blocks of threads that a multiprocessor should hold at least.
  static constexpr int resident_blocks = kept <= 40 ? 9 : kept <= 80 ? 6 : 1;

  struct Shared {
    Key keys[cuda_box_levels][cuda_threads];
    typename CudaChoice<waits, typename Waiting::Shared, char>::Type waiting;
  };

  const CudaPruning& pruning;
  const Scalar* parameter;
  Shared& shared;
  Scalar row[array_length<of_row>];
  Interval row_box[array_length<of_row>];  // of all rows of the warp
  bool is_open;                            // something in this row is not finite
  List list;
  Key limit;  // of the warp, or an earlier one, which is larger
  int waiting;
  long long visited;

  RKEOPS_INLINE void begin(long long number) {
    const CudaSide& side = pruning.rows;
    is_open = false;
    RKEOPS_UNROLL
    for (int k = 0; k < of_row; ++k) {
      row[k] = static_cast<const Scalar*>(side.values)[k * side.points + number];
      const auto ends = Leaves::Ends::of_warp(row[k], row[k], true);
      row_box[k] = Interval(ends.lo, ends.hi);
      is_open = is_open || !is_finite(row[k]);
    }
    list.start();
    find_limit();
    waiting = 0;
    visited = 0;
  }

  RKEOPS_INLINE void find_limit() { limit = warp_maximum(Order::bits(list.limit())); }

  RKEOPS_INLINE void start_below(Scalar known) {
    list.start_below(known);
    find_limit();
  }

  RKEOPS_INLINE static Scalar bound_of(const Scalar* parameter, const Interval* rows,
                                       const Interval* columns) {
    Interval value;
    Formula::template bound_stage<Interval>(parameter, rows, columns, &value);
    return sign > 0 ? value.lo : -value.hi;
  }

  RKEOPS_INLINE void load_box(long long node, Interval* box) const {
    RKEOPS_UNROLL
    for (int k = 0; k < of_column; ++k) {
      const auto ends = Leaves::Ends::load(pruning, k, node);
      box[k] = Interval(ends.lo, ends.hi);
    }
  }

  /// Each thread finds the bound of one node of a group; nodes that do not exist come
  /// after all others, those of which nothing is known before.
  RKEOPS_INLINE void look_at(int level, long long group) const {
    const long long node = pruning.first_node[level] + group * cuda_leaf + lane_of_warp();
    Key key = Order::none;
    if (node < pruning.first_node[level + 1]) {
      Interval box[of_column];
      load_box(node, box);
      const Scalar bound = bound_of(parameter, row_box, box);
      key = Order::bits(bound == bound ? bound : Scalar(-__builtin_inf()));
    }
    shared.keys[level][threadIdx.x] = key;
  }

  RKEOPS_INLINE bool wants(long long node) const {
    Interval box[of_column], here[array_length<of_row>];
    load_box(node, box);
    RKEOPS_UNROLL
    for (int k = 0; k < of_row; ++k) here[k] = Interval(row[k]);
    const Scalar bound = bound_of(parameter, here, box);
    return is_open || list.wants(bound, pruning.first_numbers[node]);
  }

  RKEOPS_INLINE void fold(long long place) {
    const typename Leaves::Column column(pruning.records, place);
    Scalar value;
    Formula::template pair_stage<Scalar>(parameter, row, column.kept(), &value);
    if (sign < 0) value = -value;
    if (!list.may_enter(value)) return;
    const int number = column.number();
    if (number < 0) return;
    if constexpr (waits) {
      Waiting values{shared.waiting, waiting};
      values.wait(value, number);
      waiting = values.waiting;
    } else {
      list.take(value, number);
    }
  }

  RKEOPS_INLINE void take_waiting() {
    if constexpr (waits) {
      Waiting values{shared.waiting, waiting};
      values.take_all(list);
      waiting = 0;
    }
  }

  RKEOPS_INLINE void visit(long long leaf) {
    ++visited;
#pragma unroll 1
    for (int first = 0; first < cuda_leaf; first += run) {
      RKEOPS_UNROLL
      for (int k = 0; k < run; ++k) fold(leaf * cuda_leaf + first + k);
      if constexpr (waits)
        if (any_in_warp(waiting > most_waiting - run)) take_waiting();
    }
    const bool may_wait = waits && limit != Order::bits(Scalar(__builtin_inf()));
    if (may_wait && !any_in_warp(waiting > few)) return;
    take_waiting();
    find_limit();
  }

  /// Below a node; node `n` of a level is group `n` of the level below. False where the
  /// rows give up.
  RKEOPS_INLINE bool go(int from_level, long long from_node) {
    int level = from_level - 1;
    long long group = from_node;
    bool is_done = true;
    look_at(level, group);
    while (true) {
      Key& key = shared.keys[level][threadIdx.x];
      const Key least = warp_minimum(key);
      if (least > limit || least == Order::none) {
        if (++level == from_level) break;
        group /= cuda_leaf;
        continue;
      }
      const int child = first_in_warp(key == least);
      if (lane_of_warp() == child) key = Order::none;
      const long long node = group * cuda_leaf + child;
      if (!any_in_warp(wants(pruning.first_node[level] + node))) continue;
      if (level == 0) {
        is_done = visited != pruning.most_leaves;
        if (!is_done) break;
        visit(node);
      } else {
        --level;
        group = node;
        look_at(level, group);
      }
    }
    take_waiting();
    return is_done;
  }
};

}  // namespace rkeops

#endif
