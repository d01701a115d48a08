// A kernel whose sum may be expanded: its pairs are functions of the differences of rows
// and columns, which are bounded in boxes, real and complex.
#pragma once

#include <string>
#include <vector>

#include "base/job.h"
#include "bound/interval_program.h"
#include "pass/difference_form.h"
#include "plan/plan.h"

namespace rkeops {

/// All differences within `half` of the middle, component by component.
struct DifferenceBox {
  double middle[3], half;
};

class FarKernel {
 public:
  /// Boxes that are looked at together.
  static constexpr int lanes = IntervalLanes::count;

  FarKernel(const KernelPlan& kernel, Precision precision);

  /// Has a tolerance a meaning for what it computes? If not, `why_refused` says why.
  bool is_sum() const { return why_refused_.empty(); }
  const std::string& why_refused() const { return why_refused_; }
  /// Can it be expanded? If not, `why_not` says what stands against it.
  bool exists() const { return is_sum() && why_not_.empty(); }
  const std::string& why_not() const { return is_sum() ? why_not_ : why_refused_; }

  int dimension() const { return form_.dimension; }
  /// Sums of a row.
  int sums() const { return sums_; }
  bool is_even() const { return form_.is_even; }
  double operations() const { return operations_; }
  /// Components of the result, which may be made of sums.
  int outputs() const { return outputs_; }

  /// Coordinates of rows and columns, and weights of columns, those of a point together.
  std::vector<double> row_coordinates(const Job& job, int threads) const;
  std::vector<double> column_coordinates(const Job& job, int threads) const;
  std::vector<double> weights(const Job& job, int threads) const;

  /// The function of the differences, with the parameters of a job. Each thread has its
  /// own.
  class Function {
   public:
    Function(const FarKernel& kernel, const Job& job);

    /// The least and the largest absolute value in boxes; 0 and infinity where nothing is
    /// known.
    void bound(const DifferenceBox* boxes, int count, double* least, double* largest);
    /// Its values at points, `count` at most `lanes`, those of a point together. Gives
    /// the largest error, also of points as far from these as `spread`; NaN where nothing
    /// is known.
    double sample(const double* points, int count, const double* spread, double* values);
    /// The largest moduli where component `axis` is in ellipses, whose foci are the ends
    /// of the box and whose half axes add up to `sizes` times its half; NaN where it is
    /// not analytic there, or nothing is known.
    void bound_ellipses(const DifferenceBox& box, int axis, const double* sizes,
                        double* largest);

   private:
    void set(int component, int lane, double lo, double hi);
    void set_nodes();

    const FarKernel& kernel_;
    IntervalProgram::Memory memory_;
    IntervalProgram::ComplexMemory complex_memory_;
    std::vector<IntervalLanes> parameters_, coordinates_, nodes_;
    std::vector<ComplexLanes> complex_parameters_, complex_nodes_;
  };

 private:
  std::vector<double> read(const IntervalProgram& program,
                           const std::vector<MatrixView>& inputs, long long points,
                           int components, const Job& job, int threads) const;
  void find_programs(const KernelPlan& kernel, Precision precision);

  DifferenceForm form_;
  int sums_ = 0, outputs_ = 0;
  double operations_ = 0;
  std::string why_refused_, why_not_;
  std::vector<IntervalProgram> programs_;  // of pairs, rows, columns, weights
};

}  // namespace rkeops
