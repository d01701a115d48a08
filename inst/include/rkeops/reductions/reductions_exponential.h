// Sums of exponentials: logarithms of such sums, weighted means with softmax weights.
//
// With m the largest exponent met so far, sum exp(v) = exp(m) sum exp(v - m) never
// overflows. With vectors of lanes a block keeps its exponents, so that m is known before
// the exponentials are taken: one exponential a pair, and one a block to move the older
// sums to the new m. On a GPU, which has no registers for that, m is any earlier exponent
// that is not much smaller than those met so far.
#ifndef RKEOPS_REDUCTIONS_EXPONENTIAL_H
#define RKEOPS_REDUCTIONS_EXPONENTIAL_H

#include <rkeops/reductions/reductions_slots.h>
#if !defined(__CUDACC__)
#include <rkeops/math/vector_math_exp.h>
#include <rkeops/math/vector_math_log.h>
#define RKEOPS_PAIR_FUNCTIONS  // see cuda_pair_math.cuh
#endif

namespace rkeops {

// The sums of exp(v - m), if `with_total`, and of exp(v - m) w for Q weights w. Values:
// v, then the weights. Slots: m, the total, the weighted sums. Where m is infinite the
// sums are those of exp(v), so -Inf adds nothing and +Inf gives Inf.
template <class V, int Q, bool with_total>
struct ExponentialSums {
  static constexpr int values = 1 + Q, sums = Q + with_total, slots = 1 + sums;
  static constexpr int block = Lanes<V>::count == 1 ? 8 : Q < 4 ? 64 : Q < 32 ? 16 : 4;
  using Wide = typename Lanes<V>::Wide;

  V largest;
  int count;
  V kept[block][values];

  RKEOPS_INLINE void begin(Slots<V>, long long) {
    largest = all<V>(static_cast<typename Lanes<V>::T>(-__builtin_inf()));
    count = 0;
  }
  RKEOPS_INLINE void fold(const V* value, int column) {
    largest = larger(value[0], largest);
    RKEOPS_UNROLL
    for (int k = 0; k < values; ++k) kept[column][k] = value[k];
    ++count;
  }
  RKEOPS_INLINE void end(Slots<V> state, long long) {
    const V old_largest = narrow<V>(state.get(0));
    const V new_largest = larger(largest, old_largest);
    const V shift = finite_or_zero(new_largest);
    V sum[sums];
    add_exponentials(shift, sum);
    const Wide scale = widen(exp(old_largest - shift));
    state.set(0, widen(new_largest));
    RKEOPS_UNROLL
    for (int k = 0; k < sums; ++k)
      state.set(1 + k, state.get(1 + k) * scale + widen(sum[k]));
  }

  RKEOPS_INLINE static void initialise(Slots<V> state) {
    state.set(0, all<Wide>(-__builtin_inf()));
    for (int k = 0; k < sums; ++k) state.set(1 + k, Wide{});
  }
  RKEOPS_INLINE static void merge(Slots<V> into, Slots<V> from) {
    const V a = narrow<V>(into.get(0)), b = narrow<V>(from.get(0)),
            largest = larger(b, a);
    const V shift = finite_or_zero(largest);
    const Wide scale_a = widen(exp(a - shift)), scale_b = widen(exp(b - shift));
    into.set(0, widen(largest));
    for (int k = 1; k <= sums; ++k)
      into.set(k, into.get(k) * scale_a + from.get(k) * scale_b);
  }

 private:
  RKEOPS_INLINE static V larger(V a, V b) { return select(a > b, a, b); }
  RKEOPS_INLINE static V finite_or_zero(V v) { return select(v - v == V{}, v, V{}); }

  RKEOPS_INLINE void add_exponentials(V shift, V* sum) const {
    RKEOPS_UNROLL
    for (int k = 0; k < sums; ++k) sum[k] = V{};
    if constexpr (Lanes<V>::count == 1) {  // unrolled: `kept` stays in registers
      RKEOPS_UNROLL
      for (int column = 0; column < block; ++column)
        if (column < count) add_exponential(kept[column], shift, sum);
    } else {
      for (int column = 0; column < count; ++column)
        add_exponential(kept[column], shift, sum);
    }
  }
  RKEOPS_INLINE static void add_exponential(const V* value, V shift, V* sum) {
    const V e = exp(value[0] - shift);
    if (with_total) sum[0] += e;
    RKEOPS_UNROLL
    for (int k = 0; k < Q; ++k) sum[with_total + k] += e * value[1 + k];
  }
};

// The same for plain numbers. Slots as above, but that m is a number near the largest
// one.
template <class V, int Q, bool with_total>
struct LazyExponentialSums {
  static constexpr int values = 1 + Q, sums = Q + with_total, slots = 1 + sums;
  static constexpr int block = 256;
  static constexpr double log2_e = 1.4426950408889634, log_2 = 0.6931471805599453;
  // The reference is `none` before the first exponent, and exponents may exceed it so far
  // (to base 2) that a block of such sums does not overflow.
  static constexpr V none = sizeof(V) == 4 ? V(-3e38) : V(-1e308);
  static constexpr V margin = 64;
  static constexpr bool uses_pair_functions = true;
  // Sums below this have not overflowed, and are far from it.
  static constexpr V most = sizeof(V) == 4 ? V(1e30) : V(1e200);

  V reference;  // to base 2
  V sum[sums];

  RKEOPS_INLINE void begin(Slots<V> state, long long) {
    const double shift = state.get(0);
    reference = shift > -__builtin_inf() ? narrow<V>(shift * log2_e) : none;
    RKEOPS_UNROLL
    for (int k = 0; k < sums; ++k) sum[k] = 0;
  }
  RKEOPS_INLINE bool rare(const V* value) const {
    return value[0] * V(log2_e) - reference > margin;
  }
  // Makes this exponent the reference; +Inf is none, its exponential is Inf anyway.
  RKEOPS_INLINE void treat(const V* value, int) {
    const V next = value[0] * V(log2_e);
    if (next - next != 0) return;
    RKEOPS_PAIR_FUNCTIONS
    const V scale = exp2(reference - next);
    RKEOPS_UNROLL
    for (int k = 0; k < sums; ++k) sum[k] = scaled(sum[k], scale);
    reference = next;
  }
  RKEOPS_INLINE void fold(const V* value, int column) {
    if (__builtin_expect(rare(value), 0)) treat(value, column);
    add(value, column);
  }
  RKEOPS_INLINE bool may_hurry() const { return reference != none; }
  RKEOPS_INLINE bool went_well() const {
    bool well = true;
    RKEOPS_UNROLL
    for (int k = 0; k < sums; ++k) well = well & (sum[k] < most) & (sum[k] > -most);
    return well;
  }
  RKEOPS_INLINE void add(const V* value, int) {
    RKEOPS_PAIR_FUNCTIONS
    const V e = exp2(value[0] * V(log2_e) - reference);
    if (with_total) sum[0] += e;
    RKEOPS_UNROLL
    for (int k = 0; k < Q; ++k) sum[with_total + k] += e * value[1 + k];
  }
  RKEOPS_INLINE void end(Slots<V> state, long long) {
    double found[slots];
    found[0] = reference == none ? -__builtin_inf() : widen(reference) * log_2;
    RKEOPS_UNROLL
    for (int k = 0; k < sums; ++k) found[1 + k] = widen(sum[k]);
    merge(state, Slots<V>{found, 1});
  }

  RKEOPS_INLINE static void initialise(Slots<V> state) {
    state.set(0, -__builtin_inf());
    for (int k = 0; k < sums; ++k) state.set(1 + k, 0.0);
  }
  RKEOPS_INLINE static void merge(Slots<V> into, Slots<V> from) {
    const double a = into.get(0), b = from.get(0), largest = a > b ? a : b;
    const double shift = largest > -__builtin_inf() ? largest : 0;
    const double scale_a = exp(a - shift), scale_b = exp(b - shift);
    into.set(0, largest);
    for (int k = 1; k <= sums; ++k)
      into.set(k, scaled(into.get(k), scale_a) + scaled(from.get(k), scale_b));
  }

 private:
  // An infinite sum stays one.
  template <class T>
  RKEOPS_INLINE static T scaled(T sum, T scale) {
    return sum - sum == 0 ? sum * scale : sum;
  }
};

template <class V, int Q, bool with_total, bool plain = Lanes<V>::count == 1>
struct ShiftedSums : ExponentialSums<V, Q, with_total> {};
template <class V, int Q, bool with_total>
struct ShiftedSums<V, Q, with_total, true> : LazyExponentialSums<V, Q, with_total> {};

// log(sum exp(v)); -Inf where there is no column.
template <class V>
struct LogSumExp : ShiftedSums<V, 0, true> {
  static constexpr int outputs = 1;
  using Wide = typename Lanes<V>::Wide;

  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    output[0] = state.get(0) + log(state.get(1));
  }
};

// log(sum w exp(v)), NaN where that sum is negative.
template <class V, int Q>
struct LogSumExpWeight : ShiftedSums<V, Q, false> {
  static constexpr int outputs = Q;
  using Wide = typename Lanes<V>::Wide;

  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    for (int k = 0; k < Q; ++k) output[k] = state.get(0) + log(state.get(1 + k));
  }
};

// sum w exp(v) / sum exp(v); NaN where there is no column.
template <class V, int Q>
struct SumSoftMaxWeight : ShiftedSums<V, Q, true> {
  static constexpr int outputs = Q;
  using Wide = typename Lanes<V>::Wide;

  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    for (int k = 0; k < Q; ++k) output[k] = state.get(2 + k) / state.get(1);
  }
};

// m = max v, then the sums of w exp(v - m).
template <class V, int Q>
struct MaxSumShiftExpWeight : ExponentialSums<V, Q, false> {
  static constexpr int outputs = 1 + Q;
  using Wide = typename Lanes<V>::Wide;

  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    for (int k = 0; k <= Q; ++k) output[k] = state.get(k);
  }
};

// m = max v, then the sum of exp(v - m).
template <class V>
struct MaxSumShiftExp : ExponentialSums<V, 0, true> {
  static constexpr int outputs = 2;
  using Wide = typename Lanes<V>::Wide;

  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    for (int k = 0; k < 2; ++k) output[k] = state.get(k);
  }
};

}  // namespace rkeops

#endif
