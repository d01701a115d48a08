// The interval of the values of pairs, for a box of rows and a box of columns. Boxes hold
// the values that the pair reads of each: the largest parts of its formula that vary with
// rows alone, or with columns alone.
#pragma once

#include <memory>
#include <vector>

#include "base/job.h"
#include "bound/interval_program.h"
#include "plan/plan.h"
#include "tree/point_tree.h"

namespace rkeops {

class PairBound {
 public:
  PairBound(const KernelPlan& kernel, Precision precision);

  /// Has everything a pair is made of a rule, and does it read rows and columns?
  bool exists() const;

  /// Numbers that pairs read of a row.
  int row_components() const { return rows_->results(); }

  /// The values that pairs read of the rows and of the columns of a job.
  PointValues read_rows(const Job& job, int threads) const;
  PointValues read_columns(const Job& job, int threads) const;

  /// The intervals of the parameters of a job.
  std::vector<IntervalLanes> read_parameters(const Job& job) const;

  IntervalProgram::Memory memory() const { return pair_->memory(); }

  /// The values of pairs of eight boxes of rows with eight of columns, given by
  /// components.
  const IntervalLanes& of(const IntervalLanes* rows, const IntervalLanes* columns,
                          const IntervalLanes* parameters,
                          IntervalProgram::Memory& memory) const {
    const IntervalLanes* const inputs[] = {rows, columns, parameters};
    pair_->run(inputs, memory);
    return *memory.results[0];
  }

 private:
  struct Source;
  PointValues read(const IntervalProgram& program, const Source& source, long long points,
                   int threads) const;

  const Precision precision_;
  int row_inputs_ = 0, column_inputs_ = 0, parameter_inputs_ = 0;
  std::unique_ptr<IntervalProgram> rows_, columns_, parameters_, pair_;
};

}  // namespace rkeops
