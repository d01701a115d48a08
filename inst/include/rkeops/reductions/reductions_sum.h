// Sums, and what is made of sums: means, variances, products, counts of conditions.
#ifndef RKEOPS_REDUCTIONS_SUM_H
#define RKEOPS_REDUCTIONS_SUM_H

#include <rkeops/reductions/reductions_slots.h>

namespace rkeops {

// plain: in the precision of the formula. block: blocks of columns in that precision,
// their sums in double. compensated: every rounding error is kept and added at the end.
enum class SumScheme { plain, block, compensated };

template <class V, int D, SumScheme scheme>
struct Sum;

// Sums have this for outer products (outer_product.h): the accumulators of a component
// are those of a sum of one component.
template <class V, SumScheme scheme>
struct SumComponents {
  using Component = Sum<V, 1, scheme>;
  // Told once for all components how many columns there were.
  RKEOPS_INLINE static void add_columns(Slots<V>, int) {}
};

// Terms that are equal round alike, so that the relative error of a sum of n grows to
// n / 2 rounding units: 1e-6 for 32 numbers of single precision. So after so many columns
// the sum of a block is put aside: on the CPU into the slots; on GPUs, many of which add
// doubles too slowly for that, into a second number of single precision, in blocks of
// 256. There sums are short enough for the loop over their columns to be unrolled whole.
template <class V>
constexpr int columns_of_sum = sizeof(typename Lanes<V>::T) == 4 ? 32 : 256;
#if defined(__CUDACC__)
constexpr bool sums_settle = true;
#else
constexpr bool sums_settle = false;
#endif

// The sums of a block.
template <class V, int D, bool settles = (sums_settle && columns_of_sum<V> < 256)>
struct BlockSums {
  static constexpr int block = columns_of_sum<V>, columns_to_settle = 0;

  V sum[D];

  RKEOPS_INLINE void begin() {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) sum[k] = V{};
  }
  RKEOPS_INLINE V total(int k) const { return sum[k]; }
};
template <class V, int D>
struct BlockSums<V, D, true> {
  static constexpr int block = 256, columns_to_settle = D < 4 ? 16 : 32;

  V sum[D], settled[D];

  RKEOPS_INLINE void begin() {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) sum[k] = settled[k] = V{};
  }
  RKEOPS_INLINE void settle() {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) {
      settled[k] += sum[k];
      sum[k] = V{};
    }
  }
  RKEOPS_INLINE V total(int k) const { return settled[k] + sum[k]; }
};

template <class V, int D>
struct Sum<V, D, SumScheme::block> : SumComponents<V, SumScheme::block> {
  static constexpr int block = BlockSums<V, D>::block;
  static constexpr int columns_to_settle = BlockSums<V, D>::columns_to_settle;
  static constexpr int values = D, slots = D, outputs = D;
  static constexpr bool merges_in_any_order = true;
  using Wide = typename Lanes<V>::Wide;

  BlockSums<V, D> sums;

  RKEOPS_INLINE void begin(Slots<V>, long long) { sums.begin(); }
  RKEOPS_INLINE void fold(const V* value, int) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) sums.sum[k] += value[k];
  }
  RKEOPS_INLINE void settle() { sums.settle(); }
  RKEOPS_INLINE void end(Slots<V> state, long long) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) state.set(k, state.get(k) + widen(sums.total(k)));
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

template <class V, int D>
struct Sum<V, D, SumScheme::plain> : SumComponents<V, SumScheme::plain> {
  static constexpr int values = D, slots = D, outputs = D, block = 256;
  using Wide = typename Lanes<V>::Wide;

  V sum[D];

  RKEOPS_INLINE void begin(Slots<V> state, long long) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) sum[k] = narrow<V>(state.get(k));
  }
  RKEOPS_INLINE void fold(const V* value, int) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) sum[k] += value[k];
  }
  RKEOPS_INLINE void end(Slots<V> state, long long) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) state.set(k, widen(sum[k]));
  }

  RKEOPS_INLINE static void initialise(Slots<V> state) {
    for (int k = 0; k < D; ++k) state.set(k, Wide{});
  }
  RKEOPS_INLINE static void merge(Slots<V> into, Slots<V> from) {
    for (int k = 0; k < D; ++k)
      into.set(k, widen(narrow<V>(into.get(k)) + narrow<V>(from.get(k))));
  }
  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    for (int k = 0; k < D; ++k) output[k] = state.get(k);
  }
};

// The part of a + b that rounding loses, exactly (Knuth), given the sum; NaN if that is
// infinite.
template <class V>
RKEOPS_INLINE V rounding_error(const V& a, const V& b, const V& sum) {
  const V b_in_sum = sum - a;
  return (a - (sum - b_in_sum)) + (b - b_in_sum);
}

// Slots: for each component the sum, and the errors not yet in it.
template <class V, int D>
struct Sum<V, D, SumScheme::compensated> : SumComponents<V, SumScheme::compensated> {
  static constexpr int values = D, slots = 2 * D, outputs = D, block = 256;
  using Wide = typename Lanes<V>::Wide;

  V sum[D], error[D];

  RKEOPS_INLINE void begin(Slots<V>, long long) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) sum[k] = error[k] = V{};
  }
  RKEOPS_INLINE void fold(const V* value, int) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) {
      const V total = sum[k] + value[k];
      error[k] += rounding_error(sum[k], value[k], total);
      sum[k] = total;
    }
  }
  RKEOPS_INLINE void end(Slots<V> state, long long) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) add(state, k, widen(sum[k]), widen(error[k]));
  }

  RKEOPS_INLINE static void initialise(Slots<V> state) {
    for (int k = 0; k < slots; ++k) state.set(k, Wide{});
  }
  RKEOPS_INLINE static void merge(Slots<V> into, Slots<V> from) {
    for (int k = 0; k < D; ++k) add(into, k, from.get(2 * k), from.get(2 * k + 1));
  }
  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    for (int k = 0; k < D; ++k) {
      const Wide sum = state.get(2 * k);
      output[k] = select(sum - sum == Wide{}, sum + state.get(2 * k + 1), sum);
    }
  }

 private:
  RKEOPS_INLINE static void add(Slots<V> state, int k, const Wide& sum,
                                const Wide& error) {
    const Wide before = state.get(2 * k), total = before + sum;
    state.set(2 * k, total);
    state.set(2 * k + 1,
              state.get(2 * k + 1) + error + rounding_error(before, sum, total));
  }
};

// Formulas without a reduction compute everything in the finish stage.
template <class V>
struct Nothing {
  static constexpr int values = 0, slots = 0, outputs = 0, block = 256;
  using Wide = typename Lanes<V>::Wide;

  RKEOPS_INLINE void begin(Slots<V>, long long) {}
  RKEOPS_INLINE void fold(const V*, int) {}
  RKEOPS_INLINE void end(Slots<V>, long long) {}

  RKEOPS_INLINE static void initialise(Slots<V>) {}
  RKEOPS_INLINE static void merge(Slots<V>, Slots<V>) {}
  RKEOPS_INLINE static void finish(Slots<V>, Wide*) {}
};

// NaN where there is no column. Slots: those of the sum, and the number of columns.
template <class V, int D, SumScheme scheme>
struct Mean : SumComponents<V, scheme> {
  using Total = Sum<V, D, scheme>;
  static constexpr int values = D, outputs = D, block = Total::block;
  static constexpr int columns_to_settle = Settles<Total>::columns;
  static constexpr int count_slot = Total::slots, slots = count_slot + 1;
  using Wide = typename Lanes<V>::Wide;

  Total total;
  int count;

  RKEOPS_INLINE void begin(Slots<V> state, long long first_column) {
    total.begin(state, first_column);
    count = 0;
  }
  RKEOPS_INLINE void fold(const V* value, int column) {
    total.fold(value, column);
    ++count;
  }
  RKEOPS_INLINE void settle() { total.settle(); }
  RKEOPS_INLINE void end(Slots<V> state, long long first_column) {
    total.end(state, first_column);
    add_columns(state, count);
  }
  RKEOPS_INLINE static void add_columns(Slots<V> state, int columns) {
    state.set(count_slot, state.get(count_slot) + all<Wide>(columns));
  }

  RKEOPS_INLINE static void initialise(Slots<V> state) {
    Total::initialise(state);
    state.set(count_slot, Wide{});
  }
  RKEOPS_INLINE static void merge(Slots<V> into, Slots<V> from) {
    Total::merge(into, from);
    into.set(count_slot, into.get(count_slot) + from.get(count_slot));
  }
  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    Total::finish(state, output);
    for (int k = 0; k < D; ++k) output[k] /= state.get(count_slot);
  }
};

// The variance with n - 1 in the denominator, as R's var(); NaN for fewer than 2 columns.
// Slots: the number of columns; the means; the sums of squared distances from the means.
template <class V, int D>
struct Var {
  static constexpr int values = D, slots = 1 + 2 * D, outputs = D, block = 256;
  using Wide = typename Lanes<V>::Wide;

  // Sums over the block of (value - shift) and its square; the shift is the value folded
  // first, which keeps the digits when the values are far from 0.
  Wide shift[D], sum[D], squares[D];
  int count;

  RKEOPS_INLINE void begin(Slots<V>, long long) {
    count = 0;
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) shift[k] = sum[k] = squares[k] = Wide{};
  }
  RKEOPS_INLINE void fold(const V* value, int) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) {
      const Wide wide = widen(value[k]);
      if (count == 0) shift[k] = wide;
      const Wide distance = wide - shift[k];
      sum[k] += distance;
      squares[k] += distance * distance;
    }
    ++count;
  }
  RKEOPS_INLINE void end(Slots<V> state, long long) {
    if (count == 0) return;
    const Wide n = all<Wide>(count), before = state.get(0);
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) {
      const Wide mean = sum[k] / n;
      add(state, k, before, n / (before + n), shift[k] + mean,
          squares[k] - sum[k] * mean);
    }
    state.set(0, before + n);
  }

  RKEOPS_INLINE static void initialise(Slots<V> state) {
    for (int k = 0; k < slots; ++k) state.set(k, Wide{});
  }
  RKEOPS_INLINE static void merge(Slots<V> into, Slots<V> from) {
    const Wide before = into.get(0), n = from.get(0);
    const Wide part = select(n > Wide{}, n / (before + n), Wide{});
    for (int k = 0; k < D; ++k)
      add(into, k, before, part, from.get(1 + k), from.get(1 + D + k));
    into.set(0, before + n);
  }
  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    const Wide n = state.get(0), one = all<Wide>(1), nan = all<Wide>(__builtin_nan(""));
    for (int k = 0; k < D; ++k)
      output[k] = select(n > one, state.get(1 + D + k) / (n - one), nan);
  }

 private:
  // Joins the moments of more columns to those of the `before` columns in the slots
  // (Chan, Golub and LeVeque); they are `part` of all columns together.
  RKEOPS_INLINE static void add(Slots<V> state, int k, const Wide& before,
                                const Wide& part, const Wide& mean, const Wide& squares) {
    const Wide distance = mean - state.get(1 + k);
    state.set(1 + k, state.get(1 + k) + distance * part);
    state.set(1 + D + k,
              state.get(1 + D + k) + squares + distance * distance * before * part);
  }
};

// Multiplied in double, because a product of a few values may leave the range of float.
template <class V, int D>
struct Prod {
  static constexpr int values = D, slots = D, outputs = D, block = 256;
  using Wide = typename Lanes<V>::Wide;

  Wide product[D];

  RKEOPS_INLINE void begin(Slots<V> state, long long) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) product[k] = state.get(k);
  }
  RKEOPS_INLINE void fold(const V* value, int) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) product[k] *= widen(value[k]);
  }
  RKEOPS_INLINE void end(Slots<V> state, long long) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) state.set(k, product[k]);
  }

  RKEOPS_INLINE static void initialise(Slots<V> state) {
    for (int k = 0; k < D; ++k) state.set(k, all<Wide>(1));
  }
  RKEOPS_INLINE static void merge(Slots<V> into, Slots<V> from) {
    for (int k = 0; k < D; ++k) into.set(k, into.get(k) * from.get(k));
  }
  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    for (int k = 0; k < D; ++k) output[k] = state.get(k);
  }
};

}  // namespace rkeops

#endif
