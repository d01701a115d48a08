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

/// The points whose values are read.
enum class Side { rows, columns };

/// A part of them: those that tell how near a row and a column are, by which points are
/// sorted, or the others, such as the weights of a sum.
enum class Part { positions, weights };

/// Boxes of values that pairs read, by components; null where there are none.
struct PairBoxes {
  const IntervalLanes *row_positions, *row_weights, *column_positions, *column_weights,
      *parameters;
};

class PairBound {
 public:
  PairBound(const KernelPlan& kernel, Precision precision);

  /// Has everything a pair is made of a rule, and does it read rows and columns?
  bool exists() const;

  /// Numbers that pairs read of a row or of a column.
  int components(Side side, Part part) const { return program(side, part).results(); }
  /// Components of the value of a pair.
  int values() const { return pair_->results(); }

  /// The values that pairs read of the rows or of the columns of a job.
  PointValues read(Side side, Part part, const Job& job, int threads) const;

  /// The intervals of the parameters of a job.
  std::vector<IntervalLanes> read_parameters(const Job& job) const;

  IntervalProgram::Memory memory() const { return pair_->memory(); }

  /// The values of pairs of eight boxes of rows with eight of columns, one a component.
  const IntervalLanes* const* of(const PairBoxes& boxes,
                                 IntervalProgram::Memory& memory) const {
    const IntervalLanes* const inputs[] = {boxes.row_positions, boxes.row_weights,
                                           boxes.column_positions, boxes.column_weights,
                                           boxes.parameters};
    pair_->run(inputs, memory);
    return memory.results.data();
  }

 private:
  static constexpr int sides = 2, parts = 2;

  const IntervalProgram& program(Side side, Part part) const {
    return *programs_[int(side)][int(part)];
  }

  bool copy(const IntervalProgram& what, const std::vector<MatrixView>& inputs,
            int threads, PointValues& values) const;

  const Precision precision_;
  int inputs_[sides] = {0, 0};  // components of a row, of a column
  int parameter_inputs_ = 0;
  std::unique_ptr<IntervalProgram> programs_[sides][parts], parameters_, pair_;
};

}  // namespace rkeops
