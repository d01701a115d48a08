// The loops of instructions: functions of components, sums over components, products of
// tensors. Part of loops.h.

namespace rkeops {
namespace {

template <class V>
RKEOPS_INLINE const typename Lanes<V>::T* scalars(const View& view) {
  return static_cast<const typename Lanes<V>::T*>(view.data);
}

// ---- operands ----

// One column of one component of an operand: vectors from memory, or one repeated.
template <class V>
struct Column {
  using T = typename Lanes<V>::T;

  V repeated;
  const T* from;
  long long step;

  RKEOPS_INLINE void open(const View& view, long long component, long long column) {
    from = scalars<V>(view) + component * view.component + column * view.column;
    step = Lanes<V>::count;
    if (view.lanes) return;
    repeated = all<V>(*from);
    from = reinterpret_cast<const T*>(&repeated);
    step = 0;
  }
  RKEOPS_INLINE V at(int vector) const { return load<V>(from + vector * step); }
};

// Whether the columns of an operand follow each other like those of a tile.
template <class V>
RKEOPS_INLINE bool is_contiguous(const View& view, int vectors) {
  return view.column == (view.lanes ? vectors * Lanes<V>::count : 0);
}

struct TileShape {
  int columns, vectors;
};

// Columns that follow each other in all operands are one long column.
template <class V, int operands>
RKEOPS_INLINE TileShape shape_of(const Task& task) {
  bool contiguous = true;
  for (int k = 0; k < operands; ++k)
    contiguous = contiguous && is_contiguous<V>(task.operands[k], task.vectors);
  if (contiguous) return {1, task.columns * task.vectors};
  return {task.columns, task.vectors};
}

// ---- sums of products ----

// Sums over components are fused multiply-adds in every loop. GCC 13 fuses `t += a * b`
// in loops over several vectors and does not in loops over one, so that the same pair had
// two values, by the number of rows it was computed with.
template <class V>
RKEOPS_INLINE void add_product(V& t, V a, V b) {
#if RKEOPS_FUSED
  t = fused(a, b, t);
#else
  t += a * b;
#endif
}
template <class V>
RKEOPS_INLINE void add_square(V& t, V a) {
  add_product(t, a, a);
}

// ---- instructions ----

template <class V, class Code, int operands>
void elementwise(const Task& task) {
  using T = typename Lanes<V>::T;
  const TileShape shape = shape_of<V, operands>(task);
  Column<V> operand[operands];
  for (int k = 0; k < task.components; ++k) {
    T* to = static_cast<T*>(task.result) + k * task.component;
    for (int c = 0; c < shape.columns; ++c) {
      RKEOPS_UNROLL
      for (int p = 0; p < operands; ++p) operand[p].open(task.operands[p], k, c);
      for (int v = 0; v < shape.vectors; ++v) {
        V value;
        if constexpr (operands == 1)
          value = Code::template of<V>(operand[0].at(v), task.integer);
        if constexpr (operands == 2)
          value = Code::template of<V>(operand[0].at(v), operand[1].at(v), task.integer);
        if constexpr (operands == 3)
          value = Code::template of<V>(operand[0].at(v), operand[1].at(v),
                                       operand[2].at(v), task.integer);
        store(to, value);
        to += Lanes<V>::count;
      }
    }
  }
}

// As many vectors are handled together as hide the time of one addition.
constexpr int vectors_at_once = 4;

template <class V, bool lanes>
struct FoldOperand {
  const typename Lanes<V>::T* from;
  long long component;

  RKEOPS_INLINE FoldOperand(const View& view, int column, int vector)
      : from(scalars<V>(view) + column * view.column +
             (lanes ? vector * Lanes<V>::count : 0)),
        component(view.component) {}
  RKEOPS_INLINE V at(int vector) const {
    if constexpr (lanes) return load<V>(from + vector * Lanes<V>::count);
    if constexpr (!lanes) return all<V>(*from);
  }
};

template <class V, class Code, int count, bool lanes>
RKEOPS_INLINE void fold_vectors(const Task& task, int c, int v, V* to) {
  FoldOperand<V, lanes> operand(task.operands[0], c, v);
  V total[count];
  RKEOPS_UNROLL
  for (int u = 0; u < count; ++u)
    total[u] = all<V>(static_cast<typename Lanes<V>::T>(task.start));
  for (int k = 0; k < task.components; ++k) {
    RKEOPS_UNROLL
    for (int u = 0; u < count; ++u) Code::template fold<V>(total[u], operand.at(u));
    operand.from += operand.component;
  }
  RKEOPS_UNROLL
  for (int u = 0; u < count; ++u) to[u] = total[u];
}

template <class V, class Code, int count, bool f_lanes, bool g_lanes>
RKEOPS_INLINE void fold_vectors(const Task& task, int c, int v, V* to) {
  FoldOperand<V, f_lanes> f(task.operands[0], c, v);
  FoldOperand<V, g_lanes> g(task.operands[1], c, v);
  V total[count];
  RKEOPS_UNROLL
  for (int u = 0; u < count; ++u)
    total[u] = all<V>(static_cast<typename Lanes<V>::T>(task.start));
  for (int k = 0; k < task.components; ++k) {
    RKEOPS_UNROLL
    for (int u = 0; u < count; ++u) Code::template fold<V>(total[u], f.at(u), g.at(u));
    f.from += f.component;
    g.from += g.component;
  }
  RKEOPS_UNROLL
  for (int u = 0; u < count; ++u) to[u] = total[u];
}

template <class V, class Code, bool... lanes>
void fold_operands(const Task& task) {
  using T = typename Lanes<V>::T;
  const TileShape shape = shape_of<V, sizeof...(lanes)>(task);
  T* to = static_cast<T*>(task.result);
  for (int c = 0; c < shape.columns; ++c) {
    int v = 0;
    V total[vectors_at_once];
    for (; v + vectors_at_once <= shape.vectors; v += vectors_at_once) {
      fold_vectors<V, Code, vectors_at_once, lanes...>(task, c, v, total);
      RKEOPS_UNROLL
      for (int u = 0; u < vectors_at_once; ++u) store(to + u * Lanes<V>::count, total[u]);
      to += vectors_at_once * Lanes<V>::count;
    }
    for (; v < shape.vectors; ++v) {
      fold_vectors<V, Code, 1, lanes...>(task, c, v, total);
      store(to, total[0]);
      to += Lanes<V>::count;
    }
  }
}

template <class V, class Code, int operands>
void fold(const Task& task) {
  const bool f = task.operands[0].lanes;
  if constexpr (operands == 1) {
    f ? fold_operands<V, Code, true>(task) : fold_operands<V, Code, false>(task);
  } else {
    const bool g = task.operands[1].lanes;
    if (f && g) fold_operands<V, Code, true, true>(task);
    if (f && !g) fold_operands<V, Code, true, false>(task);
    if (!f && g) fold_operands<V, Code, false, true>(task);
    if (!f && !g) fold_operands<V, Code, false, false>(task);
  }
}

// ---- routines: functions of whole vectors ----

template <class V, class Code, int operands>
void routine(const Task& task) {
  using T = typename Lanes<V>::T;
  const int f_length = task.lengths[0], g_length = operands > 1 ? task.lengths[1] : 0;
  Room<V, 0> room(f_length + g_length + task.components);
  V *f = room.data(), *g = f + f_length, *result = g + g_length;
  T* to = static_cast<T*>(task.result);
  Column<V> operand;
  for (int c = 0; c < task.columns; ++c) {
    for (int v = 0; v < task.vectors; ++v) {
      for (int k = 0; k < f_length + g_length; ++k) {
        const bool is_first = k < f_length;
        operand.open(task.operands[is_first ? 0 : 1], is_first ? k : k - f_length, c);
        f[k] = operand.at(v);
      }
      if constexpr (operands == 1) Code::run(f, result, task.integer, f_length);
      if constexpr (operands == 2)
        Code::run(f, g, result, task.integer, f_length, g_length);
      for (int k = 0; k < task.components; ++k) store(to + k * task.component, result[k]);
      to += Lanes<V>::count;
    }
  }
}

struct Copy {
  template <class V>
  RKEOPS_INLINE static V of(V a, int) {
    return a;
  }
};

template <class V>
void sum_products(const Task& task) {
  using T = typename Lanes<V>::T;
  const Products& products = *task.products;
  Column<V> f, g;
  for (int r = 0; r < products.results; ++r) {
    T* to = static_cast<T*>(task.result) + products.result[r] * task.component;
    for (int c = 0; c < task.columns; ++c) {
      for (int v = 0; v < task.vectors; ++v) {
        V total = all<V>(0);
        for (int t = 0; t < products.terms; ++t) {
          f.open(task.operands[0], products.f[r] + products.f_term[t], c);
          g.open(task.operands[1], products.g[r] + products.g_term[t], c);
          add_product(total, f.at(v), g.at(v));
        }
        store(to, total);
        to += Lanes<V>::count;
      }
    }
  }
}

}  // namespace
}  // namespace rkeops
