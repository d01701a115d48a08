// The program of the kernel with rows and columns exchanged prepares columns as if they
// were rows, and computes pairs; what it folds are the columns of each row, one vector of
// accumulators for every lane. Everything else is done by the usual program: columns that
// fill no tile, what is kept between blocks, merging, finishing.
#include "interpret/few_rows.h"

#include <algorithm>
#include <utility>

#include "interpret/loop_nest.h"
#include "interpret/lower.h"

namespace rkeops {

template <class Scalar>
class FewRowsInterpreter : public CpuProgram {
 public:
  FewRowsInterpreter(KernelProgram usual, KernelProgram exchanged)
      : usual_(std::move(usual)),
        exchanged_(std::move(exchanged)),
        program_(exchanged_.program_) {}

  long long partial_bytes(long long rows) const override {
    return usual_.partial_bytes(rows);
  }
  void initialise(void* partial, long long rows) const override {
    usual_.initialise(partial, rows);
  }
  void merge(void* into, const void* from, long long rows) const override {
    usual_.merge(into, from, rows);
  }
  void finish(const RkeopsBlock& block, double* output, long long stride) const override {
    usual_.finish(block, output, stride);
  }

  // Lanes of columns are merged at the end of each block.
  bool depends_on_slices() const override { return true; }

  long long workspace_bytes(long long rows) const override {
    const Memory memory(*this, nullptr, rows);
    return std::max(memory.bytes, usual_.workspace_bytes(rows));
  }

  void reduce(const RkeopsBlock& block) const override {
    const long long rows = block.row_end - block.row_begin;
    if (rows <= 0) return;
    const Memory memory(*this, block.workspace, rows);
    const long long tile = memory.workspace.tile_rows;
    const long long whole = (block.column_end - block.column_begin) / tile * tile;
    if (whole > 0) fold_whole_tiles(block, memory, block.column_begin + whole);
    RkeopsBlock rest = block;
    rest.column_begin += whole;
    if (rest.column_begin < rest.column_end) usual_.reduce(rest);
  }

 private:
  using Nest = Interpreter<Scalar>;
  using Runner = StageRunner<Scalar>;

  // Tiles of columns whose accumulators stay in registers, if they fit the cache.
  long long tiles_of_block(long long tile_rows) const {
    const long long bytes =
        std::max(1, exchanged_.row_kept_) * tile_rows * (long long)sizeof(Scalar);
    return std::clamp<long long>((256 << 10) / bytes, 1, program_.column_block);
  }

  // The workspace of the exchanged program for one block, and for each row what is
  // folded and the accumulators of its lanes.
  struct Memory {
    typename Nest::Workspace workspace;
    long long block, bytes, fold_bytes = 0, lane_slots;
    char* folds;
    double* slots;
    void* partial;  // of the usual program

    Memory(const FewRowsInterpreter& it, void* memory, long long rows)
        : workspace(it.exchanged_, memory, most_rows) {
      block = it.tiles_of_block(workspace.tile_rows) * workspace.tile_rows;
      workspace = typename Nest::Workspace(it.exchanged_, memory, block);
      for (const ReductionPart& part : it.program_.parts)
        fold_bytes += it.exchanged_.fold_bytes(part, workspace.tile_rows);
      lane_slots = (long long)it.program_.slots * workspace.tile_rows;
      char* start = static_cast<char*>(memory);
      const long long folds_at = workspace.bytes;
      const long long slots_at = folds_at + rounded_up(rows * fold_bytes, alignment);
      const long long partial_at =
          slots_at + rounded_up(rows * lane_slots * 8, alignment);
      folds = start ? start + folds_at : nullptr;
      slots = start ? reinterpret_cast<double*>(start + slots_at) : nullptr;
      partial = start ? start + partial_at : nullptr;
      bytes = partial_at + rounded_up(it.usual_.partial_bytes(rows), alignment);
    }
  };

  // Rows and columns exchanged.
  static RkeopsBlock turned(const RkeopsBlock& block) {
    RkeopsBlock other = block;
    std::swap(other.row_inputs, other.column_inputs);
    std::swap(other.row_begin, other.column_begin);
    std::swap(other.row_end, other.column_end);
    return other;
  }

  void fold_whole_tiles(const RkeopsBlock& block, const Memory& memory,
                        long long end) const {
    const int rows = int(block.row_end - block.row_begin);
    const auto& workspace = memory.workspace;
    RkeopsBlock other = turned(block);
    exchanged_.keep_parameters(other, workspace);
    exchanged_.keep_columns(other, workspace, block.row_begin, rows);
    for_parts(memory, rows, [&](const ReductionPart& part, int, char*, double* slots) {
      part.accumulator->initialise(slots, workspace.tile_rows, workspace.tile_rows,
                                   program_.count);
    });
    for (long long column = block.column_begin; column < end; column += memory.block) {
      other.row_begin = column;
      other.row_end = std::min(column + memory.block, end);
      exchanged_.keep_rows(other, workspace);
      fold_block(memory, rows, (other.row_end - column) / workspace.tile_rows);
    }
    merge_lanes(block, memory, rows);
  }

  // Calls use(part, row, what is folded, accumulators of the lanes).
  template <class Use>
  void for_parts(const Memory& memory, int rows, Use use) const {
    for (int row = 0; row < rows; ++row) {
      char* folds = memory.folds + row * memory.fold_bytes;
      double* slots = memory.slots + row * memory.lane_slots;
      for (const ReductionPart& part : program_.parts) {
        use(part, row, folds,
            slots + (long long)part.first_slot * memory.workspace.tile_rows);
        folds += exchanged_.fold_bytes(part, memory.workspace.tile_rows);
      }
    }
  }

  void fold_block(const Memory& memory, int rows, long long tiles) const {
    const auto& workspace = memory.workspace;
    const int tile_rows = workspace.tile_rows, vectors = tile_rows / exchanged_.lanes_;
    for_parts(memory, rows, [&](const ReductionPart& part, int, char* fold, double* s) {
      part.accumulator->begin(fold, s, tile_rows, vectors, 0, program_.count);
    });
    for (int tile = 0; tile < tiles; ++tile) {
      // as many rows at a time as registers have been made for
      for (int row = 0; row < rows; row += workspace.tile_columns) {
        const int count = std::min(workspace.tile_columns, rows - row);
        auto frame = exchanged_.frame_of(workspace, tile_rows, count);
        frame.base[int(Space::row)] =
            workspace.rows + (long long)tile * tile_rows * exchanged_.row_kept_;
        frame.base[int(Space::column)] = workspace.columns + row;
        Runner::run(program_.pairs, frame);
        fold_rows(memory, frame, row, tile);
      }
    }
    for_parts(memory, rows, [&](const ReductionPart& part, int, char* fold, double* s) {
      part.accumulator->end(fold, s, tile_rows, vectors, 0);
    });
  }

  // Folds what the pairs of a tile gave, for rows from `first` on.
  void fold_rows(const Memory& memory, const typename Runner::Frame& frame, int first,
                 int position) const {
    constexpr size_t most_operands = 16;
    tiles::View values[most_operands];
    for_parts(memory, first + frame.columns,
              [&](const ReductionPart& part, int row, char* fold, double*) {
                if (row < first) return;
                for (size_t k = 0; k < part.operands.size(); ++k) {
                  values[k] = Runner::view(frame, part.operands[k]);
                  const long long skipped = (row - first) * values[k].column;
                  values[k].data = static_cast<const Scalar*>(values[k].data) + skipped;
                }
                part.accumulator->fold(fold, values, 1, frame.vectors, position);
              });
  }

  // Halves of the lanes into each other, until a vector of doubles is left; its lanes,
  // one after the other, into the accumulators of the usual program.
  void merge_lanes(const RkeopsBlock& block, const Memory& memory, int rows) const {
    const int tile_rows = memory.workspace.tile_rows;
    int lanes = tile_rows;
    for (; lanes > program_.instructions->doubles; lanes /= 2) {
      for_parts(memory, rows, [&](const ReductionPart& part, int, char*, double* slots) {
        part.accumulator->merge(slots, slots + lanes / 2, tile_rows, lanes / 2,
                                program_.count);
      });
    }
    for (int lane = 0; lane < lanes; ++lane) {
      usual_.initialise(memory.partial, rows);
      double* to = static_cast<double*>(memory.partial);
      for (int row = 0; row < rows; ++row) {
        const double* from = memory.slots + row * memory.lane_slots + lane;
        for (int slot = 0; slot < program_.slots; ++slot)
          to[slot * usual_.slot_stride(rows) + row] = from[(long long)slot * tile_rows];
      }
      usual_.merge(block.partial, memory.partial, rows);
    }
  }

  const Nest usual_, exchanged_;
  const KernelProgram& program_;  // the exchanged one
};

namespace {

KernelPlan exchanged(const KernelPlan& kernel) {
  KernelPlan other = with_products(kernel, Products::none);
  std::swap(other.row_index, other.column_index);
  std::swap(other.rows, other.columns);
  return other;
}

bool same_accumulators(const KernelProgram& a, const KernelProgram& b) {
  return std::equal(a.parts.begin(), a.parts.end(), b.parts.begin(), b.parts.end(),
                    [](const ReductionPart& one, const ReductionPart& other) {
                      return one.accumulator == other.accumulator &&
                             one.first_slot == other.first_slot;
                    });
}

}  // namespace

std::unique_ptr<CpuProgram> few_rows_interpreter(
    const KernelPlan& kernel, Precision precision,
    const tiles::InstructionSet& instructions) {
  if (!kernel.reduction || kernel.column_index == level_none) return nullptr;
  KernelProgram usual = lower(kernel, precision, instructions);
  KernelProgram other = lower(exchanged(kernel), precision, instructions);
  for (const ReductionPart& part : usual.parts) {
    if (part.accumulator->keeps_columns) return nullptr;
  }
  if (!same_accumulators(usual, other)) return nullptr;
  if (precision == Precision::float32)
    return std::make_unique<FewRowsInterpreter<float>>(std::move(usual),
                                                       std::move(other));
  return std::make_unique<FewRowsInterpreter<double>>(std::move(usual), std::move(other));
}

}  // namespace rkeops
