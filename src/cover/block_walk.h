// The walk of one thread through the boxes of columns, for one block of rows after the
// other.
#pragma once

#include "cover/pruned_job.h"
#include "cover/sorted_results.h"
#include "run/cpu/tasks.h"

namespace rkeops {

/// The accumulators of a block of rows.
struct SlotView {
  double* data;
  long long stride;
  double& at(int slot, int row) const { return data[slot * stride + row]; }
};

class BlockWalk {
 public:
  virtual ~BlockWalk() = default;
  BlockWalk(const BlockWalk&) = delete;
  BlockWalk& operator=(const BlockWalk&) = delete;

  /// Computes the rows of a block. Gives how many pairs that took.
  double run(long long block, SortedResults& results);

 protected:
  static constexpr int fan = PointTree::fan;

  BlockWalk(const PrunedJob& job, const CpuProgram& program);

  /// Nothing is folded yet.
  virtual void begin() = 0;
  /// Folds what matters of the nodes of a group.
  virtual void visit(int level, long long group) = 0;
  /// Leaves the accumulators as the program would; false where only all columns, in their
  /// order, give the result.
  virtual bool settle() = 0;

  const PrunedJob& job() const { return job_; }
  const PointTree& columns() const { return job_.columns().tree(); }
  const CpuProgram& program() const { return program_; }
  int rows() const { return int(row_end_ - row_begin_); }
  const SlotView& slots() const { return slots_; }

  /// Nodes of a group.
  int nodes_of(int level, long long group) const;
  /// The intervals of the values of the pairs of the block with each node of a group, one
  /// a component.
  const IntervalLanes* const* values_of(int level, long long group);
  void fold_leaf(long long leaf);
  /// The same into the accumulators of another program.
  void fold_leaf_by(const CpuProgram& program, void* partial, void* workspace,
                    long long leaf);

 private:
  void start(long long block);
  void fold_all();
  void write(SortedResults& results);
  void reduce(const CpuProgram& program, const RkeopsBlock& block);
  RkeopsBlock block_of(const double* const* columns, long long first, long long last);

  const PrunedJob& job_;
  const CpuProgram& program_;
  IntervalProgram::Memory memory_;
  LeafBox row_box_;
  AlignedMemory partial_, workspace_;
  std::vector<double> results_;
  SlotView slots_{};
  long long row_begin_ = 0, row_end_ = 0;
  double pairs_ = 0;
};

/// The workspace that blocks of at most so many rows need: fewer rows may take more.
long long workspace_bytes(const CpuProgram& program, long long most_rows);
/// The same for a leaf of rows.
AlignedMemory workspace_of(const CpuProgram& program);

/// The programs of a kernel.
struct WalkPrograms {
  const CpuProgram& program;
  const CpuProgram* absolute;  // adds up absolute terms; null: none
};

/// The walk that the kernel of a job takes.
std::unique_ptr<BlockWalk> make_walk(const PrunedJob& job, const WalkPrograms& programs);

}  // namespace rkeops
