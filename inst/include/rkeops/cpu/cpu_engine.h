// The CPU engine: turns a generated Formula and a reduction into a library (abi.h).
//
// Lanes hold neighbouring rows. Parameters and rows are prepared once a call, in the
// workspace; columns in blocks that stay in cache, every column's scalars side by side.
// The loop nest is then: blocks of columns, tiles of `groups` vectors of rows, columns,
// groups; so one scalar of a column, broadcast, serves groups * lanes pairs, and the
// registers hold the rows and the folded values of one tile.
#ifndef RKEOPS_CPU_ENGINE_H
#define RKEOPS_CPU_ENGINE_H

#include <rkeops/abi.h>
#include <rkeops/cpu/cpu_outer_product.h>
#include <rkeops/inner_product.h>
#include <rkeops/lanes.h>
#include <rkeops/math/vector_math.h>
#include <rkeops/reductions/accumulators.h>

namespace rkeops {

constexpr long long smaller(long long a, long long b) { return a < b ? a : b; }
constexpr long long larger(long long a, long long b) { return a > b ? a : b; }

template <class Scalar, class Formula, template <class> class Reduction, int groups>
struct CpuEngine {
  using V = typename LanesOf<Scalar>::V;
  using Fold = Reduction<V>;
  using Outer = CpuOuterProduct<Scalar, Formula, Fold, groups>;
  using PairFold = typename Outer::PairFold;  // what the pair stage hands its values to
  static_assert(PairFold::values == Formula::pair_values,
                "the reduction takes other values");

  static constexpr int lanes = Lanes<V>::count, tile = groups * lanes;

  // Accumulators are doubles: what works on nothing else needs no lanes of Scalar.
  using Doubles = typename LanesOf<double>::V;
  using Total = Reduction<Doubles>;
  static constexpr int doubles = Lanes<Doubles>::count;

  static constexpr int outputs = result_components<Formula, Fold>();

  // Columns prepared together: what the reduction folds in registers, less where the
  // scalars of a column are so many that a block would leave the second-level cache.
  static constexpr long long cache_bytes = 1 << 16;
  static constexpr int row_vectors = row_vector_scalars<Formula>,
                       column_vectors = column_vector_scalars<Formula>;
  static constexpr int column_bytes =
      array_length(Formula::column_kept + column_vectors) * sizeof(Scalar);
  static constexpr int column_block =
      smaller(Outer::column_block, larger(16, cache_bytes / column_bytes / 8 * 8));

  // Longer rows are read from the workspace, because they would not fit the registers.
  static constexpr bool rows_in_registers = groups * Formula::row_kept <= 24;

  static constexpr long long padded(long long rows) {
    return (rows + tile - 1) / tile * tile;
  }

  // The parts of the workspace, each a whole number of registers. A kept row component is
  // a register: those of one group of rows stand together.
  struct Workspace {
    V* rows;
    V* row_vectors;
    V* columns;
    V* column_vectors;
    V* outer_rows;  // see CpuOuterProduct
    V* outer_columns;
    V* outer_pairs;
    V* parameters;
    double* spare;  // the accumulators of an incomplete tile

    static constexpr long long registers(long long scalars) {
      return (scalars + lanes - 1) / lanes;
    }
    static constexpr long long of_rows(long long rows, int scalars) {
      return padded(rows) / lanes * scalars;
    }
    static constexpr long long of_columns(int scalars) {
      return registers(static_cast<long long>(column_block) * scalars);
    }

    static long long bytes(long long rows) {
      return (of_rows(rows,
                      Formula::row_kept + CpuEngine::row_vectors + Outer::row_scalars) +
              of_columns(Formula::column_kept) + of_columns(CpuEngine::column_vectors) +
              registers(Outer::column_block * Outer::column_scalars) +
              column_block * Outer::pair_vectors + registers(Formula::parameters_kept)) *
                 sizeof(V) +
             sizeof(double) * tile * Fold::slots;
    }
    Workspace(void* memory, long long row_count)
        : rows(static_cast<V*>(memory)),
          row_vectors(rows + of_rows(row_count, Formula::row_kept)),
          columns(row_vectors + of_rows(row_count, CpuEngine::row_vectors)),
          column_vectors(columns + of_columns(Formula::column_kept)),
          outer_rows(column_vectors + of_columns(CpuEngine::column_vectors)),
          outer_columns(outer_rows + of_rows(row_count, Outer::row_scalars)),
          outer_pairs(outer_columns +
                      registers(Outer::column_block * Outer::column_scalars)),
          parameters(outer_pairs + column_block * Outer::pair_vectors),
          spare(reinterpret_cast<double*>(parameters +
                                          registers(Formula::parameters_kept))) {}

    const Scalar* parameter() const { return reinterpret_cast<Scalar*>(parameters); }
    const Scalar* column() const { return reinterpret_cast<Scalar*>(columns); }
    const Scalar* column_vector() const {
      return reinterpret_cast<Scalar*>(column_vectors);
    }
  };

  // Elements [first, first + n) of every input, in the first n <= lanes lanes.
  RKEOPS_OUTLINE static void load_inputs(const double* const* from, int inputs,
                                         long long first, int n, V* input) {
    for (int k = 0; k < inputs; ++k)
      input[k] = n == lanes ? load_converted<V>(from[k] + first)
                            : load_converted<V>(from[k] + first, n);
  }

  static void keep_parameters(const RkeopsBlock& block, Workspace workspace) {
    V input[array_length(Formula::parameter_inputs)];
    V kept[array_length(Formula::parameters_kept)];
    load_inputs(block.parameter_inputs, Formula::parameter_inputs, 0, 1, input);
    Formula::parameter_stage(input, kept);
    Scalar* parameter = reinterpret_cast<Scalar*>(workspace.parameters);
    for (int k = 0; k < Formula::parameters_kept; ++k) parameter[k] = lane(kept[k], 0);
  }

  // The rows that complete the last tile repeat a row of it.
  static void keep_rows(const RkeopsBlock& block, Workspace workspace) {
    V input[array_length(Formula::row_inputs)];
    V* kept = workspace.rows;
    V* vectors = workspace.row_vectors;
    V* outer = workspace.outer_rows;
    const long long rows = block.row_end - block.row_begin;
    for (long long row = 0; row < padded(rows); row += lanes) {
      const long long first = smaller(row, rows - 1);
      load_inputs(block.row_inputs, Formula::row_inputs, block.row_begin + first,
                  smaller(lanes, rows - first), input);
      Formula::row_stage(workspace.parameter(), input, kept);
      kept += Formula::row_kept;
      if constexpr (row_vectors > 0) {
        Formula::row_vectors(workspace.parameter(), input, vectors);
        vectors += row_vectors;
      }
      if constexpr (Outer::row_scalars > 0) {
        Formula::outer_row_vectors(workspace.parameter(), input, outer);
        outer += Outer::row_scalars;
      }
    }
  }

  // Lanes hold neighbouring columns here; the result has the scalars of a column
  // together.
  static void keep_columns(const RkeopsBlock& block, Workspace workspace,
                           long long first_column, int columns) {
    V input[array_length(Formula::column_inputs)];
    V kept[array_length(Formula::column_kept)];
    Scalar* to = reinterpret_cast<Scalar*>(workspace.columns);
    Scalar* to_vectors = reinterpret_cast<Scalar*>(workspace.column_vectors);
    for (int column = 0; column < columns; column += lanes) {
      const int n = smaller(lanes, columns - column);
      load_inputs(block.column_inputs, Formula::column_inputs, first_column + column, n,
                  input);
      Formula::column_stage(workspace.parameter(), input, kept);
      to = transpose<Formula::column_kept>(kept, n, to);
      if constexpr (column_vectors > 0) {
        V vectors[column_vectors];
        Formula::column_vectors(workspace.parameter(), input, vectors);
        to_vectors = transpose<column_vectors>(vectors, n, to_vectors);
      }
      if constexpr (Outer::column_scalars > 0) {
        V vectors[Outer::column_scalars];
        Formula::outer_column_vectors(workspace.parameter(), input, vectors);
        Outer::keep_columns(vectors, column, n,
                            reinterpret_cast<Scalar*>(workspace.outer_columns));
      }
    }
  }

  // Writes the `scalars` numbers of each of the first n lanes; gives what follows them.
  template <int scalars>
  static Scalar* transpose(const V* kept, int n, Scalar* to) {
    const Scalar* from = reinterpret_cast<const Scalar*>(kept);
    for (int l = 0; l < n; ++l)
      for (int k = 0; k < scalars; ++k) *to++ = from[k * lanes + l];
    return to;
  }

  // One tile of rows: what the pairs read of it, and what they are folded into.
  struct Tile {
    const V* rows;
    const V* vectors;
    V copies[groups][array_length(rows_in_registers ? Formula::row_kept : 0)];
    PairFold fold[groups];

    RKEOPS_INLINE const V* row(int g) const {
      return rows_in_registers ? copies[g] : rows + g * Formula::row_kept;
    }
  };

  // Columns whose inner products are computed together: their results, one vector of
  // each, and a column's scalar fill the registers.
  static constexpr int inner_columns = (vector_registers - groups - 2) / groups / 2 * 2;

  // The inner products of `count` columns with all rows of the tile.
  template <int count>
  RKEOPS_INLINE static void inner_products(const Scalar* parameter, const Tile& tile,
                                           const Scalar* columns,
                                           V (&inner)[count][groups]) {
    constexpr int length = Formula::inner_length;
    V total[count][groups];
    RKEOPS_UNROLL
    for (int c = 0; c < count; ++c) {
      RKEOPS_UNROLL
      for (int g = 0; g < groups; ++g) total[c][g] = all<V>(Formula::inner_start);
    }
    for (int k = 0; k < length; ++k) {
      RKEOPS_UNROLL
      for (int c = 0; c < count; ++c) {
        Scalar column[Formula::column_vector_count];
        RKEOPS_UNROLL
        for (int m = 0; m < Formula::column_vector_count; ++m)
          column[m] = columns[c * column_vectors + m * length + k];
        RKEOPS_UNROLL
        for (int g = 0; g < groups; ++g) {
          V row[Formula::row_vector_count];
          RKEOPS_UNROLL
          for (int m = 0; m < Formula::row_vector_count; ++m)
            row[m] = tile.vectors[g * row_vectors + m * length + k];
          Formula::term(parameter, row, column, k, total[c][g]);
        }
      }
    }
    RKEOPS_UNROLL
    for (int c = 0; c < count; ++c) {
      RKEOPS_UNROLL
      for (int g = 0; g < groups; ++g) inner[c][g] = total[c][g];
    }
  }

  static constexpr int shortest_long_product = 16;

  // In a function of its own, since compilers store a result in memory and load it again
  // for every term where they have anything else to keep in registers: long products take
  // twice as long then. For short ones a call costs more.
  template <int count>
  RKEOPS_OUTLINE static void long_inner_products(const Scalar* parameter,
                                                 const Tile& tile, const Scalar* columns,
                                                 V (&inner)[count][groups]) {
    inner_products<count>(parameter, tile, columns, inner);
  }

  // Folds `count` columns, the first of which is at `position` of the block.
  template <int count>
  RKEOPS_INLINE static void fold_pairs(Workspace workspace, int position, Tile& tile) {
    const Scalar* parameter = workspace.parameter();
    V inner[count][groups];
    const Scalar* vectors = workspace.column_vector() + position * column_vectors;
    if constexpr (Formula::inner_length >= shortest_long_product) {
      long_inner_products<count>(parameter, tile, vectors, inner);
    } else if constexpr (Formula::inner_length > 0) {
      inner_products<count>(parameter, tile, vectors, inner);
    }
    RKEOPS_UNROLL
    for (int step = 0; step < count; ++step) {
      const int c = fold_order<PairFold>(step, count);
      const Scalar* column = workspace.column() + (position + c) * Formula::column_kept;
      RKEOPS_UNROLL
      for (int g = 0; g < groups; ++g) {
        V value[array_length(Formula::pair_values)];
        compute_pair<Formula>(parameter, tile.row(g), column, &inner[c][g], value);
        tile.fold[g].fold(value, position + c);
      }
    }
  }

  // Folds a block of columns into the accumulators of the rows of one tile.
  static void fold_tile(Workspace workspace, const V* rows, const V* vectors,
                        const V* outer, long long first_column, int columns,
                        Slots<V> state) {
    Tile tile;
    tile.rows = rows;
    tile.vectors = vectors;
    if constexpr (rows_in_registers) {
      RKEOPS_UNROLL
      for (int g = 0; g < groups; ++g) {
        RKEOPS_UNROLL
        for (int k = 0; k < Formula::row_kept; ++k)
          tile.copies[g][k] = rows[g * Formula::row_kept + k];
      }
    }
    RKEOPS_UNROLL
    for (int g = 0; g < groups; ++g) {
      if constexpr (HasOuterProduct<Formula>::value)
        tile.fold[g].to = workspace.outer_pairs + g;
      else
        tile.fold[g].begin(group(state, g), first_column);
    }
    int done = 0;
    if constexpr (Formula::inner_length > 0) {
      for (; done + inner_columns <= columns; done += inner_columns)
        fold_pairs<inner_columns>(
            workspace, fold_order<PairFold>(done, columns - inner_columns + 1), tile);
    }
    for (; done < columns; ++done)
      fold_pairs<1>(workspace, fold_order<PairFold>(done, columns), tile);
    if constexpr (HasOuterProduct<Formula>::value) {
      Outer::fold(workspace.parameter(), outer,
                  reinterpret_cast<const Scalar*>(workspace.outer_columns),
                  workspace.outer_pairs, first_column, columns, state);
    } else {
      RKEOPS_UNROLL
      for (int g = 0; g < groups; ++g) tile.fold[g].end(group(state, g), first_column);
    }
  }

  RKEOPS_INLINE static Slots<V> group(Slots<V> state, int g) {
    return {state.data + g * lanes, state.stride};
  }

  static void fold_columns(const RkeopsBlock& block, Workspace workspace,
                           long long first_column, int columns) {
    const long long rows = block.row_end - block.row_begin;
    const V* kept = workspace.rows;
    const V* vectors = workspace.row_vectors;
    const V* outer = workspace.outer_rows;
    for (long long row = 0; row < rows; row += tile) {
      const Borrowed<tile> part(block.partial, rows, row, workspace.spare);
      fold_tile(workspace, kept, vectors, outer, first_column, columns,
                {part.slots.data, part.slots.stride});
      part.give_back();
      kept += groups * Formula::row_kept;
      vectors += groups * row_vectors;
      outer += groups * Outer::row_scalars;
    }
  }

  // The accumulators of `size` rows from `row` on, as whole vectors: in place or, where
  // fewer rows are left, copied to `spare` memory so that nothing else is touched.
  template <int size>
  struct Borrowed {
    Slots<Doubles> home, slots;
    int count;

    Borrowed(void* partial, long long rows, long long row, double* spare)
        : home{static_cast<double*>(partial) + row, rkeops_slot_stride(rows)},
          slots(home),
          count(smaller(size, rows - row)) {
      if (count == size) return;
      slots = {spare, size};
      for (int r = 0; r < size; r += doubles) Total::initialise({spare + r, size});
      copy(home, slots);
    }
    void give_back() const {
      if (count < size) copy(slots, home);
    }
    RKEOPS_OUTLINE void copy(Slots<Doubles> from, Slots<Doubles> to) const {
      for (int k = 0; k < Fold::slots; ++k)
        for (int r = 0; r < count; ++r) to.at(k, r) = from.at(k, r);
    }
  };

  static void reduce(const RkeopsBlock* block) {
    const long long rows = block->row_end - block->row_begin;
    if (rows <= 0) return;
    const Workspace workspace(block->workspace, rows);
    keep_parameters(*block, workspace);
    keep_rows(*block, workspace);
    for (long long column = block->column_begin; column < block->column_end;
         column += column_block) {
      const int columns = smaller(column_block, block->column_end - column);
      keep_columns(*block, workspace, column, columns);
      fold_columns(*block, workspace, column, columns);
    }
  }

  static void initialise(void* partial, long long rows) {
    double spare[array_length(Fold::slots * doubles)];
    for (long long row = 0; row < rows; row += doubles) {
      const Borrowed<doubles> part(partial, rows, row, spare);
      Total::initialise(part.slots);
      part.give_back();
    }
  }

  static void merge(void* into, const void* from, long long rows) {
    double spare[array_length(Fold::slots * doubles)],
        other_spare[array_length(Fold::slots * doubles)];
    for (long long row = 0; row < rows; row += doubles) {
      const Borrowed<doubles> part(into, rows, row, spare);
      const Borrowed<doubles> other(const_cast<void*>(from), rows, row, other_spare);
      Total::merge(part.slots, other.slots);
      part.give_back();
    }
  }

  // Elements of the inputs that only the finish stage reads.
  static void load_finish_inputs(const RkeopsBlock& block, long long row, int n,
                                 double* parameter, Doubles* input) {
    for (int k = 0; k < Formula::finish_parameters; ++k)
      parameter[k] = *block.parameter_inputs[Formula::parameter_inputs + k];
    for (int k = 0; k < Formula::finish_rows; ++k) {
      const double* from = block.row_inputs[Formula::row_inputs + k] + row;
      input[k] = n == doubles ? load<Doubles>(from) : load<Doubles>(from, n);
    }
  }

  static void finish(const RkeopsBlock* block, double* output, long long stride) {
    const long long rows = block->row_end - block->row_begin;
    double spare[array_length(Fold::slots * doubles)];
    Doubles reduced[array_length(Fold::outputs)];
    for (long long row = 0; row < rows; row += doubles) {
      const Borrowed<doubles> part(block->partial, rows, row, spare);
      Total::finish(part.slots, reduced);
      Doubles result[outputs];
      if constexpr (Formula::has_finish_stage) {
        double parameter[array_length(Formula::finish_parameters)];
        Doubles input[array_length(Formula::finish_rows)];
        load_finish_inputs(*block, block->row_begin + row, part.count, parameter, input);
        Formula::finish_stage(parameter, input, reduced, result);
      }
      const Doubles* shown = Formula::has_finish_stage ? result : reduced;
      for (int k = 0; k < outputs; ++k)
        store(output + k * stride + row, shown[k], part.count);
    }
  }

  static const RkeopsCpuLibrary* library() {
    static constexpr RkeopsCpuLibrary table = {
        RKEOPS_ABI_VERSION, Fold::slots, outputs, Workspace::bytes,
        initialise,         reduce,      merge,   finish};
    return &table;
  }
};

}  // namespace rkeops

// Defines the one symbol of a generated library.
#define RKEOPS_CPU_LIBRARY(Scalar, Formula, Reduction, groups)               \
  extern "C" __attribute__((visibility("default"))) const RkeopsCpuLibrary*  \
  rkeops_cpu_library(void) {                                                 \
    return rkeops::CpuEngine<Scalar, Formula, Reduction, groups>::library(); \
  }

#endif
