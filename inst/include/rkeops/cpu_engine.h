// The CPU engine: turns a generated Formula and a reduction into a library (abi.h).
//
// Lanes hold neighbouring rows. Parameters and rows are prepared once a call, in the
// workspace; columns in blocks that stay in cache, every column's scalars side by side.
// The loop nest is then: blocks of columns, tiles of `groups` vectors of rows, columns,
// groups; so one scalar of a column, broadcast, serves groups * lanes pairs, and the
// registers hold the rows and the folded values of one tile.
#ifndef RKEOPS_CPU_ENGINE_H
#define RKEOPS_CPU_ENGINE_H

#include "abi.h"
#include "lanes.h"
#include "reductions.h"
#include "vector_math.h"

namespace rkeops {

constexpr int array_length(int n) { return n > 0 ? n : 1; }

constexpr long long smaller(long long a, long long b) { return a < b ? a : b; }
constexpr long long larger(long long a, long long b) { return a > b ? a : b; }

template <class Scalar, class Formula, template <class> class Reduction, int groups>
struct CpuEngine {
  using V = typename LanesOf<Scalar>::V;
  using Fold = Reduction<V>;
  static_assert(Fold::values == Formula::pair_values, "the reduction takes other values");

  static constexpr int lanes = Lanes<V>::count, tile = groups * lanes;

  // Accumulators are doubles: what works on nothing else needs no lanes of Scalar.
  using Doubles = typename LanesOf<double>::V;
  using Total = Reduction<Doubles>;
  static constexpr int doubles = Lanes<Doubles>::count;

  static constexpr int outputs = result_components<Formula, Fold>();

  // Columns prepared together: what the reduction folds in registers, less where the
  // scalars of a column are so many that a block would leave the second-level cache.
  static constexpr long long cache_bytes = 1 << 16;
  static constexpr int column_bytes = array_length(Formula::column_kept) * sizeof(Scalar);
  static constexpr int column_block =
      smaller(Fold::block, larger(16, cache_bytes / column_bytes));

  // Longer rows are read from the workspace, because they would not fit the registers.
  static constexpr bool rows_in_registers = groups * Formula::row_kept <= 24;

  static constexpr long long padded(long long rows) {
    return (rows + tile - 1) / tile * tile;
  }

  // The parts of the workspace, each a whole number of vectors. A kept row component is a
  // vector: those of one group of rows stand together.
  struct Workspace {
    V* rows;
    V* columns;
    V* parameters;
    double* spare;  // the accumulators of an incomplete tile

    static constexpr long long vectors(long long scalars) {
      return (scalars + lanes - 1) / lanes;
    }
    static constexpr long long row_vectors(long long rows) {
      return padded(rows) / lanes * Formula::row_kept;
    }
    static constexpr long long column_vectors =
        vectors(static_cast<long long>(column_block) * Formula::column_kept);
    static constexpr long long parameter_vectors = vectors(Formula::parameters_kept);

    static long long bytes(long long rows) {
      return (row_vectors(rows) + column_vectors + parameter_vectors) * sizeof(V) +
             sizeof(double) * tile * Fold::slots;
    }
    Workspace(void* memory, long long row_count)
        : rows(static_cast<V*>(memory)),
          columns(rows + row_vectors(row_count)),
          parameters(columns + column_vectors),
          spare(reinterpret_cast<double*>(parameters + parameter_vectors)) {}

    const Scalar* parameter() const { return reinterpret_cast<Scalar*>(parameters); }
    const Scalar* column() const { return reinterpret_cast<Scalar*>(columns); }
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
    const long long rows = block.row_end - block.row_begin;
    for (long long row = 0; row < padded(rows); row += lanes) {
      const long long first = smaller(row, rows - 1);
      load_inputs(block.row_inputs, Formula::row_inputs, block.row_begin + first,
                  smaller(lanes, rows - first), input);
      Formula::row_stage(workspace.parameter(), input, kept);
      kept += Formula::row_kept;
    }
  }

  // Lanes hold neighbouring columns here; the result has the scalars of a column
  // together.
  static void keep_columns(const RkeopsBlock& block, Workspace workspace,
                           long long first_column, int columns) {
    V input[array_length(Formula::column_inputs)];
    V kept[array_length(Formula::column_kept)];
    Scalar* to = reinterpret_cast<Scalar*>(workspace.columns);
    for (int column = 0; column < columns; column += lanes) {
      const int n = smaller(lanes, columns - column);
      load_inputs(block.column_inputs, Formula::column_inputs, first_column + column, n,
                  input);
      Formula::column_stage(workspace.parameter(), input, kept);
      const Scalar* from = reinterpret_cast<const Scalar*>(kept);
      for (int l = 0; l < n; ++l)
        for (int k = 0; k < Formula::column_kept; ++k) *to++ = from[k * lanes + l];
    }
  }

  // Folds a block of columns into the accumulators of the rows of one tile.
  static void fold_tile(Workspace workspace, const V* rows, long long first_column,
                        int columns, Slots<V> state) {
    constexpr int row_kept = Formula::row_kept;
    V copies[groups][array_length(rows_in_registers ? row_kept : 0)];
    if constexpr (rows_in_registers) {
      RKEOPS_UNROLL
      for (int g = 0; g < groups; ++g) {
        RKEOPS_UNROLL
        for (int k = 0; k < row_kept; ++k) copies[g][k] = rows[g * row_kept + k];
      }
    }
    Fold fold[groups];
    RKEOPS_UNROLL
    for (int g = 0; g < groups; ++g) fold[g].begin(group(state, g), first_column);
    const Scalar* column = workspace.column();
    for (int c = 0; c < columns; ++c) {
      RKEOPS_UNROLL
      for (int g = 0; g < groups; ++g) {
        V value[array_length(Formula::pair_values)];
        const V* row = rows_in_registers ? copies[g] : rows + g * row_kept;
        Formula::pair_stage(workspace.parameter(), row, column, value);
        fold[g].fold(value, c);
      }
      column += Formula::column_kept;
    }
    RKEOPS_UNROLL
    for (int g = 0; g < groups; ++g) fold[g].end(group(state, g), first_column);
  }

  RKEOPS_INLINE static Slots<V> group(Slots<V> state, int g) {
    return {state.data + g * lanes, state.stride};
  }

  static void fold_columns(const RkeopsBlock& block, Workspace workspace,
                           long long first_column, int columns) {
    const long long rows = block.row_end - block.row_begin;
    const V* kept = workspace.rows;
    for (long long row = 0; row < rows; row += tile) {
      const Borrowed<tile> part(block.partial, rows, row, workspace.spare);
      fold_tile(workspace, kept, first_column, columns,
                {part.slots.data, part.slots.stride});
      part.give_back();
      kept += groups * Formula::row_kept;
    }
  }

  // The accumulators of `size` rows from `row` on, as whole vectors: in place or, where
  // fewer rows are left, copied to `spare` memory so that nothing else is touched.
  template <int size>
  struct Borrowed {
    Slots<Doubles> home, slots;
    int count;

    Borrowed(void* partial, long long rows, long long row, double* spare)
        : home{static_cast<double*>(partial) + row, rows},
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
