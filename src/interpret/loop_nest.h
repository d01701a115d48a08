// The loop nest of inst/include/rkeops/cpu/cpu_engine.h with tiles in place of vectors:
// parameters and rows are prepared once a call, columns in blocks; then blocks of
// columns, tiles of rows, tiles of columns. In the row and column stages a tile is one
// column wide.
#pragma once

#include <algorithm>
#include <cstring>

#include "base/cpu_program.h"
#include "interpret/finish.h"
#include "interpret/stages.h"

namespace rkeops {

constexpr int most_rows = 64;             // of a tile
constexpr int tile_bytes = 24 << 10;      // leaves room in the first-level cache
constexpr int row_bytes = 64 << 10;       // what a tile reads of its rows
constexpr long long most_scalars = 2048;  // of one register: enough work for a step
constexpr long long alignment = 64;

inline long long rounded_up(long long n, long long unit) {
  return (n + unit - 1) / unit * unit;
}

template <class Scalar>
class FewRowsInterpreter;

template <class Scalar>
class Interpreter : public CpuProgram {
 public:
  explicit Interpreter(KernelProgram program)
      : program_(std::move(program)),
        loops_(program_.loops()),
        lanes_(loops_.lanes),
        row_kept_(program_.rows.output_components()),
        column_kept_(program_.columns.output_components()),
        parameters_kept_(program_.parameters.output_components()),
        column_rows_(fitting_rows(most_rows, program_.columns.registers)) {}

  long long partial_bytes(long long rows) const override {
    long long most_outputs = 0;
    for (const ReductionPart& part : program_.parts)
      most_outputs = std::max<long long>(most_outputs, (long long)part.outputs.size());
    const long long finished = most_outputs * program_.instructions->doubles;
    return 8 * (slots_size(rows) + finished);
  }

  long long workspace_bytes(long long rows) const override {
    return Workspace(*this, nullptr, rows).bytes;
  }

  void initialise(void* partial, long long rows) const override {
    for (const ReductionPart& part : program_.parts) {
      part.accumulator->initialise(slots(partial, part, rows), slot_stride(rows),
                                   int(padded(rows)), program_.count);
    }
  }

  void reduce(const RkeopsBlock& block) const override {
    const long long rows = block.row_end - block.row_begin;
    if (rows <= 0) return;
    const Workspace workspace(*this, block.workspace, rows);
    keep_parameters(block, workspace);
    keep_rows(block, workspace);
    for (long long column = block.column_begin; column < block.column_end;
         column += program_.column_block) {
      const int columns =
          int(std::min<long long>(program_.column_block, block.column_end - column));
      keep_columns(block, workspace, column, columns);
      for (long long row = 0; row < rows; row += workspace.tile_rows)
        fold_tile(block.partial, rows, workspace, row, column, columns);
    }
  }

  void merge(void* into, const void* from, long long rows) const override {
    for (const ReductionPart& part : program_.parts) {
      part.accumulator->merge(slots(into, part, rows),
                              slots(const_cast<void*>(from), part, rows),
                              slot_stride(rows), int(padded(rows)), program_.count);
    }
  }

  long long slot_stride(long long rows) const override {
    return rkeops_slot_stride(padded(rows));
  }

  // Slots that are no outputs stand first, in every part.
  int slot(int k) const override {
    const ReductionPart& first = program_.parts[0];
    const int before = std::max(0, first.slots - int(first.outputs.size()));
    if (k < before) return first.first_slot + k;
    for (const ReductionPart& part : program_.parts) {
      const auto place = std::find(part.outputs.begin(), part.outputs.end(), k - before);
      if (place == part.outputs.end()) continue;
      return part.first_slot + before + int(place - part.outputs.begin());
    }
    return k;
  }

  void finish(const RkeopsBlock& block, double* output, long long stride) const override {
    const long long rows = block.row_end - block.row_begin;
    const int lanes = program_.instructions->doubles;
    if (!program_.finish.exists) {
      for (long long row = 0; row < rows; row += lanes)
        finish_rows(block, row, int(std::min<long long>(lanes, rows - row)), output + row,
                    stride);
      return;
    }
    FinishRunner runner(program_, block);
    for (long long row = 0; row < rows; row += lanes) {
      finish_rows(block, row, lanes, runner.reduced(), lanes);
      runner.run(row, int(std::min<long long>(lanes, rows - row)), output + row, stride);
    }
  }

 private:
  friend class FewRowsInterpreter<Scalar>;

  // ---- memory ----

  // Rows that are not there are computed as copies of the last one.
  static long long padded(long long rows) { return rounded_up(rows, most_rows); }

  long long slots_size(long long rows) const {
    return program_.slots * slot_stride(rows);
  }

  double* slots(void* partial, const ReductionPart& part, long long rows) const {
    return static_cast<double*>(partial) + part.first_slot * slot_stride(rows);
  }

  int fitting_rows(int rows, int registers) const {
    const int bytes = int(sizeof(Scalar));
    while (rows > lanes_ && (long long)registers * rows * bytes > row_bytes) rows /= 2;
    return std::max(rows, lanes_);
  }

  struct Workspace {
    int tile_rows;  // of a tile of pairs
    int tile_columns;
    Scalar *tile, *rows, *columns, *parameters;
    char* folds;
    long long bytes = 0;

    Workspace(const Interpreter& it, void* memory, long long row_count) {
      const KernelProgram& program = it.program_;
      const int registers = program.pairs.registers;
      const long long whole = rounded_up(std::max(row_count, 1LL), it.lanes_);
      tile_rows = it.fitting_rows(most_rows, registers + it.row_kept_);
      while (tile_rows / 2 >= whole && tile_rows > it.lanes_) tile_rows /= 2;
      const long long scalars = std::min<long long>(
          most_scalars, tile_bytes / (long long)sizeof(Scalar) / std::max(registers, 1));
      tile_columns =
          int(std::clamp<long long>(scalars / tile_rows, 1, program.column_block));
      const long long tile_size =
          std::max<long long>({(long long)registers * tile_rows * tile_columns,
                               (long long)program.rows.registers * tile_rows,
                               (long long)program.columns.registers * it.column_rows_,
                               (long long)program.parameters.registers * it.lanes_});
      long long fold_bytes = 0;
      for (const ReductionPart& part : program.parts)
        fold_bytes += it.fold_bytes(part, tile_rows);
      char* start = static_cast<char*>(memory);
      tile = take<Scalar>(start, tile_size);
      rows = take<Scalar>(start, rounded_up(row_count, tile_rows) * it.row_kept_);
      columns = take<Scalar>(start, (long long)it.column_kept_ * program.column_block);
      parameters =
          take<Scalar>(start, it.parameters_kept_ + (long long)program.constants.size());
      folds = take<char>(start, fold_bytes);
    }

   private:
    template <class T>
    T* take(char* start, long long count) {
      T* part = start ? reinterpret_cast<T*>(start + bytes) : nullptr;
      bytes += rounded_up(count * (long long)sizeof(T), alignment);
      return part;
    }
  };

  long long fold_bytes(const ReductionPart& part, int rows) const {
    return rounded_up((long long)part.accumulator->fold_bytes * (rows / lanes_),
                      alignment);
  }

  // ---- stages ----

  using Runner = StageRunner<Scalar>;
  using Frame = typename Runner::Frame;

  Frame frame_of(const Workspace& workspace, int rows, int columns) const {
    const long long size = (long long)rows * columns;
    return {{workspace.tile, nullptr, nullptr, workspace.parameters},
            {size, rows, program_.column_block, 1},
            {rows, 0, 1, 0},
            columns,
            rows / lanes_};
  }

  // Rows [first, first + count) of the inputs into the first registers of the tile.
  static void load(const double* const* inputs, const StageProgram& stage,
                   long long first, int count, const Frame& frame) {
    Scalar* to = const_cast<Scalar*>(frame.base[0]);
    const int rows = int(frame.component[0]);
    for (int k = 0; k < stage.inputs; ++k) {
      const double* from = inputs[k] + first;
      for (int r = 0; r < count; ++r) to[r] = Scalar(from[r]);
      std::fill(to + count, to + rows, to[count - 1]);
      to += rows;
    }
  }

  static void copy(const Scalar* from, bool lanes, Scalar* to, int count) {
    if (lanes)
      std::copy(from, from + count, to);
    else
      std::fill(to, to + count, *from);
  }

  void keep_parameters(const RkeopsBlock& block, const Workspace& workspace) const {
    Scalar* to = workspace.parameters;
    for (size_t k = 0; k < program_.constants.size(); ++k)
      to[parameters_kept_ + int(k)] = Scalar(program_.constants[k]);
    const Frame frame = frame_of(workspace, lanes_, 1);
    load(block.parameter_inputs, program_.parameters, 0, 1, frame);
    Runner::run(program_.parameters, frame);
    Runner::for_outputs(program_.parameters, frame,
                        [&](int k, const Scalar* from, bool) { to[k] = *from; });
  }

  void keep_rows(const RkeopsBlock& block, const Workspace& workspace) const {
    const int tile_rows = workspace.tile_rows;
    const Frame frame = frame_of(workspace, tile_rows, 1);
    const long long rows = block.row_end - block.row_begin;
    Scalar* to = workspace.rows;
    for (long long row = 0; row < rows; row += tile_rows) {
      const int count = int(std::min<long long>(tile_rows, rows - row));
      load(block.row_inputs, program_.rows, block.row_begin + row, count, frame);
      Runner::run(program_.rows, frame);
      Runner::for_outputs(program_.rows, frame, [&](int, const Scalar* from, bool lanes) {
        copy(from, lanes, to, tile_rows);
        to += tile_rows;
      });
    }
  }

  void keep_columns(const RkeopsBlock& block, const Workspace& workspace,
                    long long first_column, int columns) const {
    const Frame frame = frame_of(workspace, column_rows_, 1);
    for (int column = 0; column < columns; column += column_rows_) {
      const int count = std::min(column_rows_, columns - column);
      load(block.column_inputs, program_.columns, first_column + column, count, frame);
      Runner::run(program_.columns, frame);
      Runner::for_outputs(
          program_.columns, frame, [&](int k, const Scalar* from, bool lanes) {
            const long long place = (long long)k * program_.column_block + column;
            copy(from, lanes, workspace.columns + place, count);
          });
    }
  }

  // The reduction of rows [row, row + count), at most a vector of doubles.
  void finish_rows(const RkeopsBlock& block, long long row, int count, double* output,
                   long long stride) const {
    const long long rows = block.row_end - block.row_begin;
    // behind the slots; see partial_bytes()
    double* finished = static_cast<double*>(block.partial) + slots_size(rows);
    for (const ReductionPart& part : program_.parts) {
      part.accumulator->finish(slots(block.partial, part, rows) + row, slot_stride(rows),
                               finished, program_.count);
      for (size_t k = 0; k < part.outputs.size(); ++k)
        std::memcpy(output + part.outputs[k] * stride,
                    finished + (long long)k * program_.instructions->doubles,
                    sizeof(double) * size_t(count));
    }
  }

  // ---- pairs ----

  // Folds a block of columns into the accumulators of the rows of one tile.
  void fold_tile(void* partial, long long rows, const Workspace& workspace, long long row,
                 long long first_column, int columns) const {
    const long long step = slot_stride(rows);
    const int tile_rows = workspace.tile_rows, vectors = tile_rows / lanes_;
    char* folds = workspace.folds;
    for (const ReductionPart& part : program_.parts) {
      part.accumulator->begin(folds, slots(partial, part, rows) + row, step, vectors,
                              first_column, program_.count);
      folds += fold_bytes(part, tile_rows);
    }
    const int tiles = (columns + workspace.tile_columns - 1) / workspace.tile_columns;
    const bool backwards =
        !program_.parts.empty() && program_.parts[0].accumulator->backwards;
    for (int tile = 0; tile < tiles; ++tile) {
      const int column = (backwards ? tiles - 1 - tile : tile) * workspace.tile_columns;
      const int count = std::min(workspace.tile_columns, columns - column);
      Frame frame = frame_of(workspace, tile_rows, count);
      frame.base[int(Space::row)] = workspace.rows + row * row_kept_;
      frame.base[int(Space::column)] = workspace.columns + column;
      Runner::run(program_.pairs, frame);
      fold_pairs(frame, workspace.folds, tile_rows, column);
    }
    folds = workspace.folds;
    for (const ReductionPart& part : program_.parts) {
      part.accumulator->end(folds, slots(partial, part, rows) + row, step, vectors,
                            first_column);
      folds += fold_bytes(part, tile_rows);
    }
  }

  void fold_pairs(const Frame& frame, char* folds, int tile_rows, int column) const {
    constexpr size_t most_operands = 16;
    tiles::View values[most_operands];
    for (const ReductionPart& part : program_.parts) {
      for (size_t k = 0; k < part.operands.size(); ++k)
        values[k] = Runner::view(frame, part.operands[k]);
      part.accumulator->fold(folds, values, frame.columns, frame.vectors, column);
      folds += fold_bytes(part, tile_rows);
    }
  }

  const KernelProgram program_;
  const tiles::Loops& loops_;
  const int lanes_;
  const int row_kept_, column_kept_, parameters_kept_;
  const int column_rows_;  // of a tile of the column stage
};

}  // namespace rkeops
