#include "cover/block_walk.h"

#include <algorithm>

#include "cover/block_search.h"
#include "cover/block_sum.h"
#include "run/cpu/subnormals.h"

namespace rkeops {

namespace {

constexpr long long columns_at_once = 1 << 16;

}  // namespace

long long workspace_bytes(const CpuProgram& program, long long most_rows) {
  long long most = 0;
  for (long long rows = 1; rows <= most_rows; ++rows)
    most = std::max(most, program.workspace_bytes(rows));
  return most;
}

AlignedMemory workspace_of(const CpuProgram& program) {
  return aligned_memory(workspace_bytes(program, PrunedJob::leaf));
}

std::unique_ptr<BlockWalk> make_walk(const PrunedJob& job, const WalkPrograms& programs) {
  if (job.kernel().search().exists)
    return std::make_unique<BlockSearch>(job, programs.program);
  return std::make_unique<BlockSum>(job, programs.program, programs.absolute);
}

BlockWalk::BlockWalk(const PrunedJob& job, const CpuProgram& program)
    : job_(job),
      program_(program),
      memory_(job.kernel().bound().memory()),
      row_box_(job.kernel().bound(), Side::rows),
      partial_(aligned_memory(program.partial_bytes(PrunedJob::leaf))),
      workspace_(workspace_of(program)),
      results_(size_t(PrunedJob::leaf * job.kernel().outputs())) {}

double BlockWalk::run(long long block, SortedResults& results) {
  start(block);
  bool is_done = row_box_.is_known();
  if (is_done) {
    begin();
    if (columns().leaves() > 0) visit(columns().levels() - 1, 0);
    is_done = settle();
  }
  if (!is_done) fold_all();
  write(results);
  return pairs_;
}

void BlockWalk::start(long long block) {
  const PointTree& rows = job_.rows().tree();
  row_begin_ = rows.leaf_begin(block);
  row_end_ = rows.leaf_end(block);
  const long long count = row_end_ - row_begin_;
  slots_ = {static_cast<double*>(partial_.get()), program_.slot_stride(count)};
  program_.initialise(partial_.get(), count);
  pairs_ = 0;
  row_box_.set(job_.rows(), block);
}

int BlockWalk::nodes_of(int level, long long group) const {
  return int(std::min<long long>(fan, columns().nodes(level) - group * fan));
}

const IntervalLanes* const* BlockWalk::values_of(int level, long long group) {
  const SortedPoints& points = job_.columns();
  return job_.kernel().bound().of(
      {row_box_.positions(), row_box_.weights(), points.positions(level, group),
       points.weights(level, group), job_.parameters()},
      memory_);
}

void BlockWalk::fold_leaf(long long leaf) {
  fold_leaf_by(program_, partial_.get(), workspace_.get(), leaf);
}

void BlockWalk::fold_leaf_by(const CpuProgram& program, void* partial, void* workspace,
                             long long leaf) {
  RkeopsBlock block = block_of(job_.columns().inputs(), columns().leaf_begin(leaf),
                               columns().leaf_end(leaf));
  block.partial = partial;
  block.workspace = workspace;
  reduce(program, block);
}

// In the order of their numbers.
void BlockWalk::fold_all() {
  program_.initialise(partial_.get(), row_end_ - row_begin_);
  for (long long first = 0; first < job_.job().columns; first += columns_at_once)
    reduce(program_, block_of(job_.column_inputs(), first,
                              std::min(first + columns_at_once, job_.job().columns)));
}

void BlockWalk::reduce(const CpuProgram& program, const RkeopsBlock& block) {
  const SubnormalsAreZero mode(job_.job().single_precision);
  program.reduce(block);
  pairs_ += double(block.row_end - block.row_begin) *
            double(block.column_end - block.column_begin);
}

RkeopsBlock BlockWalk::block_of(const double* const* columns, long long first,
                                long long last) {
  return {job_.parameter_inputs(),
          job_.rows().inputs(),
          columns,
          row_begin_,
          row_end_,
          first,
          last,
          partial_.get(),
          workspace_.get()};
}

void BlockWalk::write(SortedResults& results) {
  const long long count = row_end_ - row_begin_;
  program_.finish(block_of(job_.column_inputs(), 0, job_.job().columns), results_.data(),
                  count);
  results.take(row_begin_, count, results_.data());
}

}  // namespace rkeops
