// How the CPU engine folds outer products (outer_product.h): the scalars of a block of
// pairs lie in the workspace, the vectors of its columns in panels, one for each part of
// the components that the registers hold sums for; see cpu_engine.h for the rest.
#ifndef RKEOPS_CPU_OUTER_PRODUCT_H
#define RKEOPS_CPU_OUTER_PRODUCT_H

#include <rkeops/outer_product.h>
#include <rkeops/reductions/accumulators.h>

namespace rkeops {

constexpr int array_length(int n) { return n > 0 ? n : 1; }

// Takes the place of the reduction while the pairs of a block are computed: keeps their
// scalars. Those of one column stand together, of each all groups.
template <class V, int scalars, int groups>
struct KeptScalars {
  static constexpr int values = scalars;

  V* to;  // of one group

  RKEOPS_INLINE void fold(const V* value, int column) {
    RKEOPS_UNROLL
    for (int k = 0; k < scalars; ++k) to[(column * scalars + k) * groups] = value[k];
  }
};

// A Formula without an outer product gives the engine nothing to do.
template <class Scalar, class Formula, class Fold, int groups,
          bool exists = HasOuterProduct<Formula>::value>
struct CpuOuterProduct {
  using PairFold = Fold;
  static constexpr int row_scalars = 0, column_scalars = 0, pair_vectors = 0;
  static constexpr long long column_block = Fold::block;
};

template <class Scalar, class Formula, class Fold, int groups>
struct CpuOuterProduct<Scalar, Formula, Fold, groups, true> {
  using V = typename LanesOf<Scalar>::V;

  static constexpr int length = Formula::outer_length, scalars = Formula::pair_values,
                       row_count = Formula::outer_row_vector_count,
                       column_count = Formula::outer_column_vector_count;
  static_assert(Fold::values == length, "the reduction takes other values");
  using PairFold = KeptScalars<V, scalars, groups>;

  // Scalars of Scalar in the vectors of a row and of a column, vectors of a column's
  // pairs.
  static constexpr int row_scalars = row_count * length,
                       column_scalars = column_count * length,
                       pair_vectors = scalars * groups;

  // The scalars of a block of pairs are to stay in the first-level cache, the vectors of
  // its columns in the second-level one.
  static constexpr long long scalar_bytes = pair_vectors * sizeof(V),
                             vector_bytes = column_scalars * sizeof(Scalar) + 1,
                             fewest_columns = 64;
  static constexpr long long fitting = (1 << 14) / scalar_bytes < (1 << 17) / vector_bytes
                                           ? (1 << 14) / scalar_bytes
                                           : (1 << 17) / vector_bytes;
  static constexpr long long column_block =
      fitting >= Fold::block
          ? Fold::block
          : (fitting > fewest_columns ? fitting / 8 * 8 : fewest_columns);

  // Components are cut into parts of two lengths that differ by one. The sums of the
  // longer ones, for so many groups, leave registers for a scalar and a number of the
  // column.
  static constexpr int groups_at_once = groups % 2 == 0 ? 2 : 1;
  static constexpr int most = (vector_registers - groups_at_once - 2) / groups_at_once;
  static constexpr int parts = (length + most - 1) / most;
  static constexpr int longer = (length + parts - 1) / parts, shorter = length / parts;
  static constexpr int longer_parts = length - parts * shorter;

  // Writes the vectors of the first n lanes, columns `first` and following of the block,
  // to the panels.
  static void keep_columns(const V* vectors, int first, int n, Scalar* panels) {
    const Scalar* from = reinterpret_cast<const Scalar*>(vectors);
    for (int part = 0, component = 0; part < parts; ++part) {
      const int count = part < longer_parts ? longer : shorter;
      Scalar* to = panels + column_count * (component * column_block + first * count);
      for (int l = 0; l < n; ++l)
        for (int m = 0; m < column_count; ++m)
          for (int k = 0; k < count; ++k)
            *to++ = from[(m * length + component + k) * lanes + l];
      component += count;
    }
  }

  // Folds the columns of a block into the accumulators of the rows of one tile.
  static void fold(const Scalar* parameter, const V* rows, const Scalar* panels,
                   const V* pairs, long long first_column, int columns, Slots<V> state) {
    for (int g = 0; g < groups; g += groups_at_once) {
      const Slots<V> slots{state.data + g * lanes, state.stride};
      int component = 0;
      for (int part = 0; part < parts; ++part) {
        const Block block{parameter,
                          rows + g * row_scalars,
                          panels + component * column_count * column_block,
                          pairs + g,
                          component,
                          first_column,
                          columns};
        if (part < longer_parts) {
          fold_part<longer>(block, slots);
          component += longer;
        } else {
          fold_part<shorter>(block, slots);
          component += shorter;
        }
      }
      RKEOPS_UNROLL
      for (int u = 0; u < groups_at_once; ++u)
        Fold::add_columns({slots.data + u * lanes, slots.stride}, columns);
    }
  }

 private:
  static constexpr int lanes = Lanes<V>::count;

  struct Block {
    const Scalar* parameter;
    const V* rows;
    const Scalar* panel;
    const V* pairs;
    int component;  // the first of the part
    long long first_column;
    int columns;
  };

  // Components of one part, groups_at_once groups of rows, all columns.
  template <int count>
  static void fold_part(const Block& block, Slots<V> state) {
    using Component = typename Fold::Component;
    Component sum[count][groups_at_once];
    const auto slots = [&](int k, int u) {
      const int slot = (block.component + k) * Component::slots;
      return Slots<V>{state.data + u * lanes + slot * state.stride, state.stride};
    };
    RKEOPS_UNROLL
    for (int k = 0; k < count; ++k) {
      RKEOPS_UNROLL
      for (int u = 0; u < groups_at_once; ++u)
        sum[k][u].begin(slots(k, u), block.first_column);
    }
    const Scalar* column = block.panel;
    const V* pair = block.pairs;
    for (int c = 0; c < block.columns; ++c) {
      fold_column<count>(block, pair, column, c, sum);
      column += column_count * count;
      pair += pair_vectors;
    }
    RKEOPS_UNROLL
    for (int k = 0; k < count; ++k) {
      RKEOPS_UNROLL
      for (int u = 0; u < groups_at_once; ++u)
        sum[k][u].end(slots(k, u), block.first_column);
    }
  }

  // Component by component, so that a number of the column has to wait in no register.
  template <int count, class Component>
  RKEOPS_INLINE static void fold_column(const Block& block, const V* pair,
                                        const Scalar* panel, int c,
                                        Component (&sum)[count][groups_at_once]) {
    V scalar[groups_at_once][scalars];
    RKEOPS_UNROLL
    for (int u = 0; u < groups_at_once; ++u) {
      RKEOPS_UNROLL
      for (int s = 0; s < scalars; ++s) scalar[u][s] = pair[s * groups + u];
    }
    RKEOPS_UNROLL
    for (int k = 0; k < count; ++k) {
      Scalar column[array_length(column_count)];
      RKEOPS_UNROLL
      for (int m = 0; m < column_count; ++m) column[m] = panel[m * count + k];
      RKEOPS_UNROLL
      for (int u = 0; u < groups_at_once; ++u) {
        const V* rows = block.rows + u * row_scalars + block.component + k;
        V row[array_length(row_count)], value;
        RKEOPS_UNROLL
        for (int m = 0; m < row_count; ++m) row[m] = rows[m * length];
        Formula::outer_component(block.parameter, row, column, scalar[u],
                                 block.component + k, value);
        sum[k][u].fold(&value, c);
      }
    }
  }
};

}  // namespace rkeops

#endif
