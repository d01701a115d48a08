// The boundary for what the values of pairs can be, which tests ask.
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
