// The boundary for what the values of pairs can be, which tests ask.
#include <cmath>

#include "bound/interval_program.h"
#include "boundary.h"
#include "native_pointer.h"
#include "run/call.h"

using namespace rkeops;

namespace {

// The corners of a box for the inputs of a stage: `lower` and `upper` hold a vector for
// each argument.
std::vector<IntervalLanes> box_of(const std::vector<Expr>& inputs,
                                  const Rcpp::List& lower, const Rcpp::List& upper) {
  std::vector<IntervalLanes> box;
  for (Expr input : inputs) {
    if (input->kind != NodeKind::variable) throw internal_error("a box of no variable");
    const SEXP lowest = lower[input->position], highest = upper[input->position];
    const Rcpp::NumericVector lo(lowest), hi(highest);
    for (int k = 0; k < input->dimension; ++k) {
      box.emplace_back();
      std::fill(box.back().lo, box.back().lo + IntervalLanes::count, lo[k]);
      std::fill(box.back().hi, box.back().hi + IntervalLanes::count, hi[k]);
    }
  }
  return box;
}

// No number of a rectangle is larger than its farthest corner.
std::vector<ComplexLanes> rectangles_of(const std::vector<IntervalLanes>& re,
                                        const std::vector<IntervalLanes>& im) {
  std::vector<ComplexLanes> rectangles(re.size());
  for (size_t c = 0; c < re.size(); ++c) {
    rectangles[c].re = re[c];
    rectangles[c].im = im[c];
    for (int k = 0; k < ComplexLanes::count; ++k) {
      const double x = std::max(std::fabs(re[c].lo[k]), std::fabs(re[c].hi[k])),
                   y = std::max(std::fabs(im[c].lo[k]), std::fabs(im[c].hi[k]));
      rectangles[c].modulus[k] = 1.001 * std::hypot(x, y);
    }
  }
  return rectangles;
}

}  // namespace

// The intervals of the components of the values of the first kernel when the arguments
// lie in a box: one row a component, NaN where that is not known. NULL: no rule says.
// [[Rcpp::export(rng = false)]]
SEXP r_value_intervals(SEXP op, Rcpp::List lower, Rcpp::List upper) {
  return guarded([&]() -> SEXP {
    const Operator& planned = native_object<Callable>(op).op();
    const KernelPlan& kernel = planned.plan.kernels.at(0);
    const IntervalProgram::Inputs inputs = {kernel.rows.inputs, kernel.columns.inputs,
                                            kernel.parameters.inputs};
    const IntervalProgram program(kernel.values, inputs, planned.plan.precision);
    if (!program.exists()) return R_NilValue;
    std::vector<std::vector<IntervalLanes>> boxes;
    std::vector<const IntervalLanes*> groups;
    for (const std::vector<Expr>& group : inputs)
      boxes.push_back(box_of(group, lower, upper));
    for (const std::vector<IntervalLanes>& box : boxes) groups.push_back(box.data());
    IntervalProgram::Memory memory = program.memory();
    program.run(groups.data(), memory);
    Rcpp::NumericMatrix result(program.results(), 2);
    for (int k = 0; k < program.results(); ++k) {
      result(k, 0) = memory.results[size_t(k)]->lo[0];
      result(k, 1) = memory.results[size_t(k)]->hi[0];
    }
    return result;
  });
}

// The same for complex arguments: real and imaginary parts lie in boxes. The columns of
// the result are the ends of the real part, of the imaginary part, and the modulus.
// [[Rcpp::export(rng = false)]]
SEXP r_value_rectangles(SEXP op, Rcpp::List lower, Rcpp::List upper, Rcpp::List lower_im,
                        Rcpp::List upper_im) {
  return guarded([&]() -> SEXP {
    const Operator& planned = native_object<Callable>(op).op();
    const KernelPlan& kernel = planned.plan.kernels.at(0);
    const IntervalProgram::Inputs inputs = {kernel.rows.inputs, kernel.columns.inputs,
                                            kernel.parameters.inputs};
    const IntervalProgram program(kernel.values, inputs, planned.plan.precision);
    if (!program.is_analytic()) return R_NilValue;
    std::vector<std::vector<ComplexLanes>> boxes;
    std::vector<const ComplexLanes*> groups;
    for (const std::vector<Expr>& group : inputs)
      boxes.push_back(
          rectangles_of(box_of(group, lower, upper), box_of(group, lower_im, upper_im)));
    for (const std::vector<ComplexLanes>& box : boxes) groups.push_back(box.data());
    IntervalProgram::ComplexMemory memory = program.complex_memory();
    program.run(groups.data(), memory);
    Rcpp::NumericMatrix result(program.results(), 5);
    for (int k = 0; k < program.results(); ++k) {
      const ComplexLanes& value = *memory.results[size_t(k)];
      result(k, 0) = value.re.lo[0];
      result(k, 1) = value.re.hi[0];
      result(k, 2) = value.im.lo[0];
      result(k, 3) = value.im.hi[0];
      result(k, 4) = value.modulus[0];
    }
    return result;
  });
}
