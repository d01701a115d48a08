// Expressions evaluated in intervals: what their values can be, in the precision of a
// program, when those of some nodes lie in boxes. The rules are a column of the table of
// operations.
#pragma once

#include <vector>

#include "ir/complex_interval.h"
#include "ir/expr.h"
#include "ir/interval.h"
#include "plan/plan.h"

namespace rkeops {

/// How computed values differ from exact ones.
struct Rounding {
  explicit Rounding(Precision precision);
  double epsilon;  // a unit in the last digit of 1
  double tiny;     // what is smaller may be taken as 0
  double largest;  // what is larger may be infinite

  /// `value`, which was computed without them, with errors of so many units in the last
  /// digit, and of so many units of 1.
  void widen(IntervalLanes& value, double ulps, double units) const;
  /// NaN where a value may be infinite.
  void forget_infinite(IntervalLanes& value) const;
};

class IntervalProgram {
 public:
  /// Groups of nodes, those of a group one after the other.
  using Inputs = std::vector<std::vector<Expr>>;

  /// For the values of `roots`, given those of `inputs`, below which it does not look.
  IntervalProgram(const std::vector<Expr>& roots, const Inputs& inputs,
                  Precision precision);

  /// Has every operation a rule?
  bool exists() const { return exists_; }
  /// Are the values components of inputs, and nothing computed?
  bool only_copies() const { return steps_.empty(); }
  /// The component of the first group that is copied; negative: another number.
  int copied(int result) const {
    const Operand& from = results_[size_t(result)];
    return from.source == 0 ? from.offset : -1;
  }
  /// Components of all roots.
  int results() const { return int(results_.size()); }

  /// run() works here, and leaves its results, one for each component. Each thread has
  /// its own.
  struct Memory {
    std::vector<IntervalLanes> registers;
    std::vector<const IntervalLanes*> operands, results;
  };
  Memory memory() const;

  /// `inputs[k]` are the components of group k.
  void run(const IntervalLanes* const* inputs, Memory& memory) const;

  /// Has every operation a rule for complex numbers?
  bool is_analytic() const;
  /// The same for complex values of the inputs, in exact arithmetic.
  struct ComplexMemory {
    std::vector<ComplexLanes> registers, constants;
    std::vector<const ComplexLanes*> operands, results;
  };
  ComplexMemory complex_memory() const;
  void run(const ComplexLanes* const* inputs, ComplexMemory& memory) const;

 private:
  // One component of a value: a register, a constant, or a component of an input.
  struct Operand {
    int source, offset;
  };
  static constexpr int in_registers = -1, in_constants = -2;
  struct Step {
    IntervalRule rule;
    ComplexRule complex_rule;
    int result;
    int first, count;  // of its operands
    bool is_fold;
    const int* integers;
  };
  using Components = std::vector<Operand>;

  class Builder;

  static void compute(const Step& step, const ComplexLanes* const* operands,
                      ComplexLanes& result);

  void compute(const Step& step, const IntervalLanes* const* operands,
               IntervalLanes& result) const;
  void fold(const Step& step, const IntervalLanes* const* operands,
            IntervalLanes& result) const;

  const Rounding rounding_;
  bool exists_ = true;
  int registers_ = 0;
  int most_operands_ = 0;
  std::vector<Step> steps_;
  std::vector<Operand> operands_;
  std::vector<IntervalLanes> constants_;
  Components results_;
};

}  // namespace rkeops
