// Soft dynamic time warping of two sequences, its gradient, and derivatives of the
// gradient along directions (Cuturi and Blondel, 2017, Soft-DTW, ICML), as loops: written
// out as an expression it would take the compiler minutes.
//
// z holds a sequence x of n numbers, a sequence y, and gamma > 0. Derivatives of the
// gradient come from computing it with dual numbers, to any order.
#ifndef RKEOPS_SOFT_DTW_H
#define RKEOPS_SOFT_DTW_H

#include <rkeops/lanes.h>
#if !defined(__CUDACC__)
#include <rkeops/math/vector_math_exp.h>
#include <rkeops/math/vector_math_log.h>
#endif

namespace rkeops {

// A number and its derivative in one direction.
template <class T>
struct Dual {
  T value, slope;
};

template <class T>
RKEOPS_INLINE Dual<T> operator+(const Dual<T>& a, const Dual<T>& b) {
  return {a.value + b.value, a.slope + b.slope};
}
template <class T>
RKEOPS_INLINE Dual<T> operator-(const Dual<T>& a, const Dual<T>& b) {
  return {a.value - b.value, a.slope - b.slope};
}
template <class T>
RKEOPS_INLINE Dual<T> operator*(const Dual<T>& a, const Dual<T>& b) {
  return {a.value * b.value, a.slope * b.value + a.value * b.slope};
}
template <class T>
RKEOPS_INLINE Dual<T> operator/(const Dual<T>& a, const Dual<T>& b) {
  const T quotient = a.value / b.value;
  return {quotient, (a.slope - quotient * b.slope) / b.value};
}
template <class T>
RKEOPS_INLINE Dual<T> exp(const Dual<T>& a) {
  const T power = exp(a.value);
  return {power, power * a.slope};
}
template <class T>
RKEOPS_INLINE Dual<T> log(const Dual<T>& a) {
  return {log(a.value), a.slope / a.value};
}

// V with `order` directions: V itself, or Dual of Dual of ... of V.
template <class V, int order>
struct Along {
  using Plain = V;
  using Inner = Along<V, order - 1>;
  using T = Dual<typename Inner::T>;

  RKEOPS_INLINE static T constant(V value) {
    return {Inner::constant(value), Inner::constant(V{})};
  }
  // Number i of z, moving along each of the directions of `length` numbers.
  RKEOPS_INLINE static T moving(const V* z, const V* directions, int length, int i) {
    return {Inner::moving(z, directions, length, i),
            Inner::constant(directions[(order - 1) * length + i])};
  }
  RKEOPS_INLINE static V value(const T& a) { return Inner::value(a.value); }
  // The derivative along all of the directions.
  RKEOPS_INLINE static V slope(const T& a) { return Inner::slope(a.slope); }
};
template <class V>
struct Along<V, 0> {
  using Plain = V;
  using T = V;
  RKEOPS_INLINE static T constant(V value) { return value; }
  RKEOPS_INLINE static T moving(const V* z, const V*, int, int i) { return z[i]; }
  RKEOPS_INLINE static V value(const T& a) { return a; }
  RKEOPS_INLINE static V slope(const T& a) { return a; }
};

// The cells of the table of all pairs of samples that a path may come from.
template <class T>
struct CellsBefore {
  T distance[3];
  int count;
};

// -gamma log(sum of exp(-distance / gamma)), as least - gamma log_sum: beside a large
// `least` the second term would be lost, which says how the ways are shared out. `least`
// avoids overflow and cancels, so it has no derivative.
template <class T>
struct SoftMinimum {
  T least, log_sum;

  RKEOPS_INLINE T value(const T& gamma) const { return least - gamma * log_sum; }
  // The logarithm of the share of one of the distances.
  RKEOPS_INLINE T log_share(const T& distance, const T& gamma) const {
    return (least - distance) / gamma - log_sum;
  }
};

template <class A>
RKEOPS_INLINE SoftMinimum<typename A::T> soft_minimum(
    const CellsBefore<typename A::T>& before, const typename A::T& gamma) {
  using T = typename A::T;
  auto least = A::value(before.distance[0]);
  for (int k = 1; k < before.count; ++k)
    least = minimum(least, A::value(before.distance[k]));
  const T shift = A::constant(least);
  T sum = exp((shift - before.distance[0]) / gamma);
  for (int k = 1; k < before.count; ++k)
    sum = sum + exp((shift - before.distance[k]) / gamma);
  return {shift, log(sum)};
}

template <class T>
RKEOPS_INLINE T squared_difference(const T& a, const T& b) {
  return (a - b) * (a - b);
}

// How long the sequences are: known when a program is compiled, or when it runs.
template <int n, int m>
struct FixedLengths {
  static constexpr int x = n, y = m;
  static constexpr int known_cells = n * m, known_length = n + m + 1;
};
struct Lengths {
  static constexpr int known_cells = 0, known_length = 0;
  int x, y;
};

// Room for numbers: where they are few in the function itself, otherwise on the heap,
// because threads may have small stacks.
#if defined(__CUDACC__)
constexpr int most_bytes_of_stack = 1 << 30;
#else
constexpr int most_bytes_of_stack = 1 << 15;
#endif

constexpr bool is_on_stack(int count, unsigned long long bytes) {
  return count > 0 && (unsigned long long)(count)*bytes <= most_bytes_of_stack;
}

// For `known` numbers; 0 where only the constructor says how many.
template <class T, int known, bool on_stack = is_on_stack(known, sizeof(T))>
struct Room {
  T numbers[known];
  RKEOPS_INLINE explicit Room(int) {}
  RKEOPS_INLINE T* data() { return numbers; }
};
#if !defined(__CUDACC__)
template <class T, int known>
struct Room<T, known, false> {
  static constexpr unsigned long long alignment = 64;
  void* memory;

  RKEOPS_INLINE explicit Room(int count)
      : memory(__builtin_malloc(sizeof(T) * (unsigned long long)(count) + alignment)) {
    if (!memory) __builtin_trap();
  }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  RKEOPS_INLINE ~Room() { __builtin_free(memory); }
  RKEOPS_INLINE T* data() {
    const auto address = reinterpret_cast<unsigned long long>(memory);
    return reinterpret_cast<T*>((address + alignment - 1) / alignment * alignment);
  }
};
#endif

// The distances of all pairs of beginnings: best[i * m + j] of x[0..i] and y[0..j]. `way`
// gets the soft minimum that each of them adds to the cost of its pair.
template <class A, class L>
struct SoftDtwTable {
  using T = typename A::T;

  L of;
  T *best, *share;
  SoftMinimum<T>* way;

  RKEOPS_INLINE CellsBefore<T> before(int i, int j) const {
    CellsBefore<T> cells;
    cells.count = 0;
    if (i > 0 && j > 0) cells.distance[cells.count++] = best[(i - 1) * of.y + j - 1];
    if (i > 0) cells.distance[cells.count++] = best[(i - 1) * of.y + j];
    if (j > 0) cells.distance[cells.count++] = best[i * of.y + j - 1];
    return cells;
  }

  RKEOPS_OUTLINE void fill(const T* z) {
    const T gamma = z[of.x + of.y];
    for (int i = 0; i < of.x; ++i)
      for (int j = 0; j < of.y; ++j) {
        const CellsBefore<T> cells = before(i, j);
        T& here = best[i * of.y + j];
        here = squared_difference(z[i], z[of.x + j]);
        if (cells.count == 0) continue;
        way[i * of.y + j] = soft_minimum<A>(cells, gamma);
        here = here + way[i * of.y + j].value(gamma);
      }
  }

  // How much of the distance goes through the cell before, and what that says of gamma.
  static RKEOPS_INLINE void pass(const T& share, const SoftMinimum<T>& way,
                                 const T& distance, const T& gamma, T& share_before,
                                 T& entropy) {
    const T exponent = way.log_share(distance, gamma);
    const T part = share * exp(exponent);
    share_before = share_before + part;
    entropy = entropy + part * exponent;
  }

  // `share` of each cell: the derivative of the distance in the cost of its pair.
  RKEOPS_OUTLINE void gradient(const T* z, T* result) {
    fill(z);
    const int m = of.y;
    const T zero = A::constant(typename A::Plain{}), gamma = z[of.x + m];
    for (int k = 0; k < of.x * m; ++k) share[k] = zero;
    for (int k = 0; k <= of.x + m; ++k) result[k] = zero;
    share[of.x * m - 1] = A::constant(all<typename A::Plain>(1));
    for (int i = of.x - 1; i >= 0; --i)
      for (int j = m - 1; j >= 0; --j) {
        const int cell = i * m + j;
        const T here = share[cell];
        const SoftMinimum<T>& step = way[cell];
        T& entropy = result[of.x + m];
        if (i > 0 && j > 0)
          pass(here, step, best[cell - m - 1], gamma, share[cell - m - 1], entropy);
        if (i > 0) pass(here, step, best[cell - m], gamma, share[cell - m], entropy);
        if (j > 0) pass(here, step, best[cell - 1], gamma, share[cell - 1], entropy);
        const T slope = here * (z[i] - z[of.x + j]);
        result[i] = result[i] + slope + slope;
        result[of.x + j] = result[of.x + j] - slope - slope;
      }
  }
};

// Two rows of the table are enough for the distance alone.
template <class V, class L>
RKEOPS_OUTLINE void soft_dtw_distance(const L of, const V* z, V* result) {
  using A = Along<V, 0>;
  const int n = of.x, m = of.y;
  Room<V, 2 * L::known_length> room(2 * m);
  V* best = room.data();
  for (int i = 0; i < n; ++i) {
    const V* above = best + (i % 2 == 0 ? m : 0);
    V* row = best + (i % 2 == 0 ? 0 : m);
    for (int j = 0; j < m; ++j) {
      CellsBefore<V> cells;
      cells.count = 0;
      if (i > 0 && j > 0) cells.distance[cells.count++] = above[j - 1];
      if (i > 0) cells.distance[cells.count++] = above[j];
      if (j > 0) cells.distance[cells.count++] = row[j - 1];
      row[j] = squared_difference(z[i], z[n + j]);
      if (cells.count > 0) row[j] += soft_minimum<A>(cells, z[n + m]).value(z[n + m]);
    }
  }
  result[0] = best[((n - 1) % 2 == 0 ? 0 : m) + m - 1];
}

// The derivatives in all numbers of z, numbers that move along directions.
template <class A, class L>
RKEOPS_INLINE void soft_dtw_gradient_of(const L of, const typename A::T* z,
                                        typename A::T* result) {
  using T = typename A::T;
  const int cells = of.x * of.y;
  Room<T, 2 * L::known_cells> distances(2 * cells);
  Room<SoftMinimum<T>, L::known_cells> ways(cells);
  SoftDtwTable<A, L> table = {of, distances.data(), distances.data() + cells,
                              ways.data()};
  table.gradient(z, result);
}

template <int order, class V, class L>
RKEOPS_INLINE void soft_dtw_gradient_along(const L of, const V* z, const V* directions,
                                           V* result) {
  using A = Along<V, order>;
  using T = typename A::T;
  const int length = of.x + of.y + 1;
  Room<T, 2 * L::known_length> room(2 * length);
  T *moving = room.data(), *gradient = moving + length;
  for (int k = 0; k < length; ++k) moving[k] = A::moving(z, directions, length, k);
  soft_dtw_gradient_of<A>(of, moving, gradient);
  for (int k = 0; k < length; ++k) result[k] = A::slope(gradient[k]);
}

// ---- what generated programs call: n numbers of x in `length` numbers of z ----

template <int n, int length, class V>
RKEOPS_INLINE void soft_dtw(const V* z, V* result) {
  soft_dtw_distance(FixedLengths<n, length - n - 1>(), z, result);
}
template <int n, int length, class V>
RKEOPS_INLINE void soft_dtw_gradient(const V* z, V* result) {
  soft_dtw_gradient_of<Along<V, 0>>(FixedLengths<n, length - n - 1>(), z, result);
}
// The derivatives of the gradient along directions, each of the length of z.
template <int n, int length, int directions_length, class V>
RKEOPS_INLINE void soft_dtw_gradient_along(const V* z, const V* directions, V* result) {
  soft_dtw_gradient_along<directions_length / length>(FixedLengths<n, length - n - 1>(),
                                                      z, directions, result);
}

// ---- what the interpreter calls ----

#if !defined(__CUDACC__)
template <class V>
void soft_dtw(const V* z, V* result, int n, int length) {
  soft_dtw_distance(Lengths{n, length - n - 1}, z, result);
}
template <class V>
void soft_dtw_gradient(const V* z, V* result, int n, int length) {
  soft_dtw_gradient_of<Along<V, 0>>(Lengths{n, length - n - 1}, z, result);
}
// Along at most three directions: more are only compiled.
template <class V>
void soft_dtw_gradient_along(const V* z, const V* directions, V* result, int n,
                             int length, int directions_length) {
  const Lengths of = {n, length - n - 1};
  switch (directions_length / length) {
    case 1:
      return soft_dtw_gradient_along<1>(of, z, directions, result);
    case 2:
      return soft_dtw_gradient_along<2>(of, z, directions, result);
    default:
      return soft_dtw_gradient_along<3>(of, z, directions, result);
  }
}
#endif

}  // namespace rkeops

#endif
