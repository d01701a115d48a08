// The accumulators that a row keeps between blocks of columns.
//
// Every accumulator is a double, whatever the precision of the formula, and so are the
// indices of columns (exact up to 2^53). Slot k of neighbouring rows is contiguous, so
// the rows in the lanes of V are read and written as one vector, Lanes<V>::Wide.
//
// Wide is wider than a register when V holds floats: compilers split its arithmetic well
// but its comparisons into single lanes. So comparisons are made in V, or on the `parts`.
#ifndef RKEOPS_REDUCTIONS_SLOTS_H
#define RKEOPS_REDUCTIONS_SLOTS_H

#include <rkeops/lanes.h>

namespace rkeops {

// The accumulators of as many neighbouring rows as V has lanes: slot k at data + k *
// stride.
template <class V>
struct Slots {
  using Wide = typename Lanes<V>::Wide;

  double* data;
  long long stride;

  RKEOPS_INLINE Wide get(int k) const { return load<Wide>(data + k * stride); }
  RKEOPS_INLINE void set(int k, const Wide& value) const {
    store(data + k * stride, value);
  }

  // Slot k of the row in one lane.
  RKEOPS_INLINE double& at(int k, int lane) const { return data[k * stride + lane]; }
};

// Components of the result of a kernel: what its finish stage makes of the reduction, or
// the reduction itself.
template <class Formula, class Reduction>
constexpr int result_components() {
  if constexpr (Formula::has_finish_stage)
    return Formula::finish_outputs;
  else
    return Reduction::outputs;
}

// The lanes that one register of accumulators holds, and how many times they go into V.
template <class V, bool plain = Lanes<V>::count == 1>
struct SlotParts {
  using Part = typename LanesOf<double>::V;
  static constexpr int count = Lanes<V>::count / Lanes<Part>::count;
};
template <class V>
struct SlotParts<V, true> {
  using Part = double;
  static constexpr int count = 1;
};

// The accumulators in one of the parts.
template <class V>
RKEOPS_INLINE Slots<typename SlotParts<V>::Part> slot_part(Slots<V> slots, int k) {
  return {slots.data + k * Lanes<typename SlotParts<V>::Part>::count, slots.stride};
}

// Slot of a column index that no column has reached; the result shows it as NaN.
template <class V>
RKEOPS_INLINE V no_column() {
  return all<V>(static_cast<typename Lanes<V>::T>(__builtin_inf()));
}
template <class V>
RKEOPS_INLINE V shown_column(V column) {
  return select(column == no_column<V>(), all<V>(__builtin_nan("")), column);
}

// Small integers, the positions of columns in a block, as V.
template <class V>
RKEOPS_INLINE V as_scalars(int position) {
  return static_cast<V>(position);
}
template <class V>
RKEOPS_INLINE V as_scalars(long long position) {
  return static_cast<V>(position);
}
#if !defined(__CUDACC__)
template <class V, class Positions>
RKEOPS_INLINE V as_scalars(Positions positions) {
  return __builtin_convertvector(positions, V);
}
#endif

// Whether a reduction wants the columns of a block from the last one to the first.
template <class Reduction, class = void>
struct FoldsBackwards {
  static constexpr bool value = false;
};
template <class Reduction>
struct FoldsBackwards<Reduction, decltype(void(Reduction::backwards))> {
  static constexpr bool value = Reduction::backwards;
};

// Whether the accumulators of a reduction hold columns, by which columns in the lanes of
// one vector could not be told apart.
template <class Reduction, class = void>
struct KeepsColumns {
  static constexpr bool value = false;
};
template <class Reduction>
struct KeepsColumns<Reduction, decltype(void(Reduction::keeps_columns))> {
  static constexpr bool value = Reduction::keeps_columns;
};

// Place number `step` of `count` in the order in which `Reduction` wants columns.
template <class Reduction>
RKEOPS_INLINE constexpr int fold_order(int step, int count) {
  return FoldsBackwards<Reduction>::value ? count - 1 - step : step;
}

// Reductions for which few columns need more than the others (a new smallest value, say)
// tell which: rare(value). An engine may ask for several rows at once, call treat(value,
// column) where the answer is yes, and then add(value, column) for all of them. Their
// fold() does all three.
template <class Reduction, class = void>
struct HasRareColumns {
  static constexpr bool value = false;
};
template <class Reduction>
struct HasRareColumns<Reduction, decltype(void(&Reduction::treat))> {
  static constexpr bool value = true;
};

// Some of these can also tell afterwards whether columns that were only added
// needed more: may_hurry() before, and went_well() after a few columns. Where these did
// not go well an engine takes the object it kept from before, and folds them again.
template <class Reduction, class = void>
struct CanHurry {
  static constexpr bool value = false;
};
template <class Reduction>
struct CanHurry<Reduction, decltype(void(&Reduction::went_well))> {
  static constexpr bool value = true;
};

// After how many columns of a block settle() is to be called, such that sums keep their
// digits; 0 for never.
template <class Reduction, class = void>
struct Settles {
  static constexpr int columns = 0;
};
template <class Reduction>
struct Settles<Reduction, decltype(void(Reduction::columns_to_settle))> {
  static constexpr int columns = Reduction::columns_to_settle;
};

// Whether partial results of any columns may be merged in any order: where columns have
// no number and of equal values none comes first.
template <class Reduction, class = void>
struct MergesInAnyOrder {
  static constexpr bool value = false;
};
template <class Reduction>
struct MergesInAnyOrder<Reduction, decltype(void(Reduction::merges_in_any_order))> {
  static constexpr bool value = Reduction::merges_in_any_order;
};

}  // namespace rkeops

#endif
