// Kernels as GPUs compute them: short vectors stay in registers, of which a thread has
// more than a processor; searches compute bounds first.
#include <algorithm>

#include "ir/ops.h"
#include "plan/plan.h"
#include "plan/plan_stages.h"

namespace rkeops {

namespace {

constexpr int shortest_inner_product_of_gpu = 16;

// Outer products that GPUs sum up as such (cuda_outer_product.cuh). Shorter ones are
// faster as values of the pair, and more so where a thread has the vectors of its row in
// registers; the others would not fit into registers or shared memory.
constexpr int shortest_outer_product_of_gpu = 20;
constexpr int shortest_outer_product_of_tiles = 12;

bool is_outer_product_of_gpu(const KernelPlan& kernel) {
  const OuterProduct& outer = kernel.outer;
  const int shortest =
      kernel.inner.node ? shortest_outer_product_of_tiles : shortest_outer_product_of_gpu;
  return outer.length >= shortest && kernel.sum_scheme == SumScheme::block &&
         outer.scalars.size() == 1 && outer.row_vectors.empty() &&
         outer.column_vectors.size() <= 2 &&
         (!kernel.inner.node || total_dimension(kernel.rows.kept) <= 2) &&
         total_dimension(kernel.columns.kept) <= 32;
}

int rows_per_thread(const KernelPlan& kernel, Precision precision) {
  if (kernel.inner.node || kernel.outer.length) return 1;
  const int words =
      (total_dimension(kernel.rows.kept) + 3 * total_dimension(kernel.values)) *
      (precision == Precision::float64 ? 2 : 1);
  // lists and bounds need registers of their own
  const bool is_simple =
      kernel.reduction && kernel.reduction->integers.empty() && !kernel.exact.value;
  if (is_simple && words <= 6) return 8;
  return words <= 24 ? 4 : words <= 48 ? 2 : 1;
}

// Columns of one tile: shared memory of a block is at most 48 KiB, and several blocks
// share it. Where they search, some threads are late, and others wait at every tile.
int columns_per_tile(const KernelPlan& kernel, Precision precision) {
  const int bytes = std::max(1, total_dimension(kernel.columns.kept)) *
                    (precision == Precision::float64 ? 8 : 4);
  if (kernel.exact.value && 256 * bytes <= 12288) return 256;
  for (int columns : {128, 64, 32, 16, 8, 4, 2, 1}) {
    if (columns * bytes <= 16384 || (columns <= 8 && columns * bytes <= 40960))
      return columns;
  }
  return 0;  // too long for shared memory: read from global memory
}

bool uses_pair_functions(const KernelPlan& kernel) {
  const std::vector<Expr> nodes = nodes_of_stages(kernel);
  return std::any_of(nodes.begin(), nodes.end(), [&](Expr node) {
    return node->kind == NodeKind::operation && node->operation->has_pair_function &&
           kernel.is_of_pairs(node->level);
  });
}

// The stages read what these expressions need, too: inputs, and parameters that are
// kept.
void read_beside(KernelPlan& kernel, const std::vector<Expr>& expressions) {
  std::vector<Expr> computed;
  for (Expr expression : expressions) {
    if (!expression) continue;
    computed.push_back(expression);
    if (expression->level == level_none) keep(kernel, expression);
  }
  for (Expr node : sorted_nodes(computed, false)) {
    if (is_input(node)) {
      add_once(stage_of(kernel, node->level)->inputs, node);
      continue;
    }
    for (Expr child : node->children) {
      if (child->level == level_none && node->level != level_none) keep(kernel, child);
    }
  }
}

// Pairs hand this to a bounded accumulator: the part of the row comes later.
Expr bound_of_pair(const Bound& bound, bool in_tiles) {
  if (in_tiles || bound.products->operation != &operation_named("Sum"))
    return bound.of_column + bound.products;
  // one sum takes an operation less
  return call("Sum", {call("Concat", {bound.of_column, bound.products->children[0]})});
}

// In place of the value its bound is computed.
void compute_bound(KernelPlan& kernel) {
  kernel.exact.value = kernel.values[0];
  kernel.values = {bound_of_pair(kernel.bound, true)};
  kernel = with_products(std::move(kernel), Products::inner);
  if (kernel.inner.length() < shortest_inner_product_of_gpu)
    kernel.values = {bound_of_pair(kernel.bound, false)};
}

// The sum of a bound begins with the part of the column: where not all that pairs read of
// it arrives at once, that stands first.
constexpr int most_numbers_at_once = 4;

void begin_with_column(KernelPlan& kernel) {
  std::vector<Expr>& kept = kernel.columns.kept;
  if (!kernel.exact.value || kernel.inner.node ||
      total_dimension(kept) <= most_numbers_at_once)
    return;
  const auto place = std::find(kept.begin(), kept.end(), kernel.bound.of_column);
  if (place != kept.end()) std::rotate(kept.begin(), place, place + 1);
}

// Adds what the value of a pair reads beside its bound.
void add_exact_value(KernelPlan& kernel) {
  if (!kernel.exact.value) return;
  read_beside(kernel, {kernel.exact.value, kernel.bound.of_row});
  for (Expr node : sorted_nodes({kernel.exact.value}, false)) {
    if (!kernel.is_of_pairs(node->level)) continue;
    for (Expr child : node->children) {
      if (child->level == kernel.row_index) add_once(kernel.exact.row_kept, child);
      if (child->level == kernel.column_index) add_once(kernel.exact.column_kept, child);
    }
  }
}

KernelPlan kernel_for_gpu(KernelPlan kernel, Precision precision) {
  if (kernel.bound.products) compute_bound(kernel);
  // inner products read tiles that begin at multiples of 16 columns, ranges begin
  // anywhere
  const bool has_cover = kernel.reduction && kernel.reduction->over == Over::cover;
  const bool inner = !has_cover && kernel.inner.length() >= shortest_inner_product_of_gpu;
  KernelPlan form = with_products(kernel, inner ? Products::all : Products::outer);
  if (form.outer.length && !is_outer_product_of_gpu(form))
    form = with_products(std::move(kernel), inner ? Products::inner : Products::none);
  read_beside(form, {form.conditions.of_rows, form.conditions.of_columns});
  begin_with_column(form);
  add_exact_value(form);
  form.gpu = {rows_per_thread(form, precision), columns_per_tile(form, precision),
              uses_pair_functions(form)};
  return form;
}

}  // namespace

Plan plan_for_engine(Plan plan, Engine engine) {
  if (engine == Engine::cpu) return plan;
  for (KernelPlan& kernel : plan.kernels)
    kernel = kernel_for_gpu(std::move(kernel), plan.precision);
  return plan;
}

}  // namespace rkeops
