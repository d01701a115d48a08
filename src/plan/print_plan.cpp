// The text of a plan, as explain() shows it.
#include "ir/print.h"
#include "plan/plan.h"

namespace rkeops {

namespace {

std::string listed(const std::vector<Expr>& expressions) {
  std::string text;
  for (Expr expression : expressions) {
    text += (text.empty() ? "" : ", ") + print_formula(expression, 60);
    if (expression->dimension > 1)
      text += " [" + std::to_string(expression->dimension) + "]";
  }
  return text.empty() ? "nothing" : text;
}

std::string print_stage(const char* name, const Stage& stage) {
  return std::string("  once ") + name + ": read " + listed(stage.inputs) + "; keep " +
         listed(stage.kept) + "\n";
}

std::string index_text(Level index) {
  return index == level_none ? "one" : level_name(index);
}

std::string print_finish(const KernelPlan& kernel) {
  std::vector<Expr> inputs = kernel.finish.parameter_inputs;
  inputs.insert(inputs.end(), kernel.finish.row_inputs.begin(),
                kernel.finish.row_inputs.end());
  if (kernel.reduction) inputs.push_back(kernel.reduction);
  return "  at the end of a row: read " + listed(inputs) + "; give " +
         listed({kernel.result}) + "\n";
}

std::string print_sizes(const KernelPlan& kernel, const KernelPlan& gpu) {
  const bool inner_differs = kernel.inner.node && !gpu.inner.node;
  const bool outer_differs = kernel.outer.length && !gpu.outer.length;
  return "  CPU: " + std::to_string(kernel.row_groups) +
         " groups of lanes; CUDA: " + std::to_string(gpu.gpu.rows_per_thread) +
         " rows a thread, " + std::to_string(gpu.gpu.columns_per_tile) +
         " columns a tile" + (inner_differs ? ", vectors in registers" : "") +
         (outer_differs ? ", all components a pair" : "") + "\n";
}

std::string print_kernel(const KernelPlan& kernel, const KernelPlan& gpu, size_t number) {
  std::string text =
      "kernel " + std::to_string(number) + ": " + print_formula(kernel.result, 70) + "\n";
  text += "  rows: " + index_text(kernel.row_index) +
          ", columns: " + index_text(kernel.column_index) + ", result of dimension " +
          std::to_string(kernel.outputs) + "\n";
  text += print_stage("for all", kernel.parameters) + print_stage("a row", kernel.rows) +
          print_stage("a column", kernel.columns);
  if (kernel.inner.node) {
    text += "  in tiles: " + listed({kernel.inner.node}) + " of " +
            listed(kernel.inner.row_vectors) + " and " +
            listed(kernel.inner.column_vectors) + "\n";
  }
  text += "  once a pair: " + listed(kernel.pair_results()) + "\n";
  if (kernel.outer.length) {
    text += "  summed up by components: " + listed(kernel.values) + " of this, row's " +
            listed(kernel.outer.row_vectors) + ", column's " +
            listed(kernel.outer.column_vectors) + "\n";
  }
  if (kernel.bound.products) {
    text += "  on a GPU before, and often instead: " +
            listed({kernel.bound.of_row, kernel.bound.of_column, kernel.bound.products}) +
            "\n";
  }
  text += "  accumulator: " + kernel.accumulator + "\n";
  if (kernel.has_finish()) text += print_finish(kernel);
  return text + print_sizes(kernel, gpu);
}

}  // namespace

std::string print_plan(const Plan& plan) {
  std::string text = std::string("precision ") + precision_name(plan.precision) +
                     ", sums " + sum_scheme_name(plan.sum_scheme) + "\n";
  const Plan gpu = plan_for_engine(plan, Engine::cuda);
  for (size_t k = 0; k < plan.kernels.size(); ++k)
    text += print_kernel(plan.kernels[k], gpu.kernels[k], k + 1);
  return text;
}

}  // namespace rkeops
