#include "cover/block_walk.h"

#include <algorithm>

#include "cover/block_search.h"
#include "cover/block_sum.h"
#include "run/cpu/subnormals.h"

namespace rkeops {

namespace {

constexpr long long columns_at_once = 1 << 16;

}  // namespace

std::unique_ptr<BlockWalk> make_walk(PrunedJob& job, const CpuProgram& program) {
  if (job.kernel().search().exists) return std::make_unique<BlockSearch>(job, program);
  return std::make_unique<BlockSum>(job, program);
}

BlockWalk::BlockWalk(PrunedJob& job, const CpuProgram& program)
    : job_(job),
      program_(program),
      memory_(job.kernel().bound().memory()),
      row_box_(size_t(job.kernel().bound().row_components())),
      partial_(aligned_memory(program.partial_bytes(PrunedJob::leaf))),
      workspace_(aligned_memory(program.workspace_bytes(PrunedJob::leaf))),
      results_(size_t(PrunedJob::leaf * job.kernel().outputs())) {}

double BlockWalk::run(long long block) {
  start(block);
  bool is_done = block < job_.rows().known_leaves();
  if (is_done) {
    begin();
    if (columns().leaves() > 0) visit(columns().levels() - 1, 0);
    is_done = settle();
  }
  if (!is_done) fold_all();
  finish();
  return pairs_;
}

void BlockWalk::start(long long block) {
  const PointTree& rows = job_.rows();
  row_begin_ = rows.leaf_begin(block);
  row_end_ = rows.leaf_end(block);
  const long long count = row_end_ - row_begin_;
  slots_ = {static_cast<double*>(partial_.get()), program_.slot_stride(count)};
  program_.initialise(partial_.get(), count);
  pairs_ = 0;
  const int lane = int(block % fan);
  const IntervalLanes* const boxes = rows.boxes(0, block / fan);
  for (size_t k = 0; k < row_box_.size(); ++k) {
    std::fill(row_box_[k].lo, row_box_[k].lo + fan, boxes[k].lo[lane]);
    std::fill(row_box_[k].hi, row_box_[k].hi + fan, boxes[k].hi[lane]);
  }
}

int BlockWalk::nodes_of(int level, long long group) const {
  return int(std::min<long long>(fan, columns().nodes(level) - group * fan));
}

const IntervalLanes& BlockWalk::values_of(int level, long long group) {
  return job_.kernel().bound().of(row_box_.data(), columns().boxes(level, group),
                                  job_.parameters(), memory_);
}

void BlockWalk::fold_leaf(long long leaf) {
  reduce(job_.sorted_columns(), columns().leaf_begin(leaf), columns().leaf_end(leaf));
}

// In the order of their numbers.
void BlockWalk::fold_all() {
  program_.initialise(partial_.get(), row_end_ - row_begin_);
  for (long long first = 0; first < job_.job().columns; first += columns_at_once)
    reduce(job_.column_inputs(), first,
           std::min(first + columns_at_once, job_.job().columns));
}

void BlockWalk::reduce(const double* const* columns, long long first, long long last) {
  const SubnormalsAreZero mode(job_.job().single_precision);
  program_.reduce(block_of(columns, first, last));
  pairs_ += double(row_end_ - row_begin_) * double(last - first);
}

RkeopsBlock BlockWalk::block_of(const double* const* columns, long long first,
                                long long last) {
  return {job_.parameter_inputs(),
          job_.sorted_rows(),
          columns,
          row_begin_,
          row_end_,
          first,
          last,
          partial_.get(),
          workspace_.get()};
}

void BlockWalk::finish() {
  const long long count = row_end_ - row_begin_;
  program_.finish(block_of(job_.column_inputs(), 0, job_.job().columns), results_.data(),
                  count);
  const int outputs = job_.kernel().outputs();
  if (double* const together = job_.results_of(row_begin_)) {
    for (long long row = 0; row < count; ++row)
      for (int k = 0; k < outputs; ++k)
        together[row * outputs + k] = results_[size_t(k * count + row)];
    return;
  }
  const int* const numbers = job_.rows().numbers().data() + row_begin_;
  const Job& job = job_.job();
  for (int k = 0; k < outputs; ++k)
    for (long long row = 0; row < count; ++row)
      job.output[k * job.rows + numbers[row]] = results_[size_t(k * count + row)];
}

}  // namespace rkeops
