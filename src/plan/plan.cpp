// Kernels are found from the inside out: a reduction waits for those below it. Stages
// follow from the levels of the nodes alone.
#include "plan/plan.h"

#include <algorithm>
#include <unordered_set>

#include "base/diagnostic.h"
#include "ir/ops.h"
#include "plan/plan_outer_product.h"
#include "plan/plan_stages.h"

namespace rkeops {

const char* precision_name(Precision precision) {
  return precision == Precision::float32 ? "float32" : "float64";
}

const char* sum_scheme_name(SumScheme scheme) {
  static const char* const names[] = {"plain", "block", "compensated"};
  return names[int(scheme)];
}

int total_dimension(const std::vector<Expr>& expressions) {
  int total = 0;
  for (Expr expression : expressions) total += expression->dimension;
  return total;
}

bool is_input(Expr node) {
  return node->kind == NodeKind::variable || node->kind == NodeKind::index ||
         node->kind == NodeKind::reduction;
}

Stage* stage_of(KernelPlan& kernel, Level level) {
  if (level == level_none) return &kernel.parameters;
  if (level == kernel.row_index) return &kernel.rows;
  if (level == kernel.column_index) return &kernel.columns;
  return nullptr;  // the pairs
}

void keep(KernelPlan& kernel, Expr node) {
  Stage* stage = stage_of(kernel, node->level);
  if (!stage || node->kind == NodeKind::constant) return;
  if (std::find(stage->kept.begin(), stage->kept.end(), node) == stage->kept.end()) {
    stage->kept.push_back(node);
  }
}

void add_once(std::vector<Expr>& to, Expr node) {
  if (std::find(to.begin(), to.end(), node) == to.end()) to.push_back(node);
}

std::vector<Expr> nodes_of_stages(const KernelPlan& kernel) {
  const InnerProduct& inner = kernel.inner;
  const OuterProduct& outer = kernel.outer;
  std::vector<Expr> pending = kernel.pair_results(), found;
  for (const auto* more : {&inner.row_vectors, &inner.column_vectors, &outer.row_vectors,
                           &outer.column_vectors, &kernel.parameters.kept}) {
    pending.insert(pending.end(), more->begin(), more->end());
  }
  std::unordered_set<const Node*> seen;
  while (!pending.empty()) {
    const Expr node = pending.back();
    pending.pop_back();
    if (node == inner.node || !seen.insert(&*node).second) continue;
    found.push_back(node);
    if (node->kind == NodeKind::operation) {
      pending.insert(pending.end(), node->children.begin(), node->children.end());
    }
  }
  std::sort(found.begin(), found.end(), [](Expr a, Expr b) { return a->id < b->id; });
  return found;
}

namespace {

// Text of a template with $name replaced.
std::string filled(std::string text, const std::string& name, const std::string& value) {
  for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
    text.replace(at, name.size(), value);
  }
  return text;
}

std::string accumulator_type(Expr reduction, SumScheme scheme) {
  std::string text = reduction->reduction->accumulator;
  for (size_t k = 0; k < reduction->children.size(); ++k) {
    text = filled(text, "$d" + std::to_string(k),
                  std::to_string(reduction->children[k]->dimension));
  }
  for (size_t k = 0; k < reduction->integers.size(); ++k) {
    text = filled(text, "$i" + std::to_string(k), std::to_string(reduction->integers[k]));
  }
  return filled(text, "$scheme", sum_scheme_name(scheme));
}

// Shorter vectors stay in registers.
constexpr int shortest_inner_product = 6;

// Whether component k of `node` is made of components k of vectors of rows and columns,
// and of parameters; collects those.
bool read_term(KernelPlan& kernel, Expr node, int length, InnerProduct& inner,
               std::vector<Expr>& parameters) {
  const Stage* stage = stage_of(kernel, node->level);
  if (stage == &kernel.parameters) {
    if (node->kind != NodeKind::constant) add_once(parameters, node);
    return node->dimension == length || node->dimension == 1;
  }
  if (node->dimension != length) return false;
  if (stage) {
    add_once(stage == &kernel.rows ? inner.row_vectors : inner.column_vectors, node);
    return true;
  }
  if (node->operation->form != Form::elementwise) return false;
  return std::all_of(node->children.begin(), node->children.end(), [&](Expr child) {
    return read_term(kernel, child, length, inner, parameters);
  });
}

bool fits_registers(const std::vector<Expr>& vectors) {
  return !vectors.empty() && vectors.size() <= 4;
}

// Finds the longest inner product among the pairs, and keeps the parameters it reads.
void find_inner_product(KernelPlan& kernel) {
  std::vector<Expr> kept;
  for (Expr node : sorted_nodes(kernel.values, false)) {
    const bool is_pair_fold = !stage_of(kernel, node->level) &&
                              node->kind == NodeKind::operation &&
                              node->operation->form == Form::fold;
    if (!is_pair_fold) continue;
    InnerProduct inner{node, {}, {}};
    std::vector<Expr> parameters;
    if (inner.length() >= shortest_inner_product &&
        inner.length() > kernel.inner.length() &&
        read_term(kernel, node->children[0], inner.length(), inner, parameters) &&
        fits_registers(inner.row_vectors) && fits_registers(inner.column_vectors)) {
      kernel.inner = inner;
      kept = parameters;
    }
  }
  for (Expr node : kept) keep(kernel, node);
}

// A stage keeps what a costlier one reads: children of a node of another stage, and
// values.
void fill_stages(KernelPlan& kernel) {
  for (Expr value : kernel.pair_results()) keep(kernel, value);
  for (Expr node : nodes_of_stages(kernel)) {
    if (is_input(node)) {
      Stage* stage = stage_of(kernel, node->level);
      if (!stage) throw internal_error("an input varies with pairs");
      stage->inputs.push_back(node);
      continue;
    }
    for (Expr child : node->children) {
      if (stage_of(kernel, child->level) != stage_of(kernel, node->level))
        keep(kernel, child);
    }
  }
}

// Operations on components for a pair, as the table says what they cost.
long long operations_of(const KernelPlan& kernel) {
  long long operations = 0;
  for (Expr node : sorted_nodes(kernel.values, false)) {
    // with a single row, what is computed once a column is computed once a pair
    const bool is_of_columns =
        kernel.row_index == level_none && node->level == kernel.column_index;
    if (is_input(node) || !(kernel.is_of_pairs(node->level) || is_of_columns)) continue;
    int components = node->dimension;
    for (Expr child : node->children) components = std::max(components, child->dimension);
    operations += 1LL * components * node->operation->cost;
  }
  return operations;
}

// The scalars of an outer product are to stay in the first-level cache for as many
// columns as are summed up at once; where values are wide, that matters most.
constexpr int widest_for_many_groups = 32;

// Vectors of registers: rows and accumulators of one group of lanes must fit a few times.
int row_groups(const KernelPlan& kernel) {
  if (kernel.inner.node || kernel.outer.length >= widest_for_many_groups) return 2;
  const int registers =
      total_dimension(kernel.rows.kept) + total_dimension(kernel.pair_results()) + 2;
  return std::max(1, std::min(4, 28 / registers));
}

void choose_sizes(KernelPlan& kernel) {
  kernel.operations = operations_of(kernel);
  kernel.work = std::max(kernel.operations / cost_of_function, 1LL);
  kernel.row_groups = row_groups(kernel);
}

// Finds the outer product, and keeps the parameters it reads.
void add_outer_product(KernelPlan& kernel) {
  std::vector<Expr> parameters;
  kernel.outer = find_outer_product(kernel, parameters);
  if (!kernel.outer.length) return;
  for (Expr node : parameters) keep(kernel, node);
}

KernelPlan plan_reduction(Expr node, Level row_index, SumScheme scheme) {
  KernelPlan kernel;
  kernel.result = kernel.reduction = node;
  kernel.sum_scheme = scheme;
  kernel.row_index = row_index;
  kernel.column_index = node->reduced;
  kernel.values = node->children;
  kernel.accumulator = accumulator_type(node, scheme);
  kernel.outputs = node->dimension;
  kernel = with_products(std::move(kernel), Products::all);
  choose_sizes(kernel);
  return kernel;
}

// Rows alone: nothing is reduced, the finish stage does it all.
KernelPlan plan_rows(Level row_index) {
  KernelPlan kernel;
  kernel.row_index = row_index;
  kernel.column_index = level_none;
  kernel.accumulator = "Nothing<V>";
  choose_sizes(kernel);
  return kernel;
}

// `result`, an expression of the reduction of the kernel, of others, and of inputs.
void add_finish(KernelPlan& kernel, Expr result) {
  kernel.result = result;
  kernel.outputs = result->dimension;
  for (Expr node : sorted_nodes({result}, false)) {
    if (!is_input(node) || node == kernel.reduction) continue;
    (node->level == level_none ? kernel.finish.parameter_inputs
                               : kernel.finish.row_inputs)
        .push_back(node);
  }
}

// The reduction whose kernel can compute `root` in its finish stage: it has the rows of
// the root and no kernel waits for it, so it can run last. Null if there is none.
Expr reduction_to_finish(Expr root, Level index) {
  std::vector<Expr> below;  // the arguments of all reductions
  for (Expr node : sorted_nodes({root}, true)) {
    if (node->kind != NodeKind::reduction) continue;
    below.insert(below.end(), node->children.begin(), node->children.end());
  }
  const std::vector<Expr> awaited = sorted_nodes(below, false);
  Expr found;
  for (Expr node : sorted_nodes({root}, false)) {
    if (node->kind != NodeKind::reduction || node->level != index) continue;
    if (std::find(awaited.begin(), awaited.end(), node) == awaited.end()) found = node;
  }
  return found;
}

}  // namespace

Plan make_plan(Expr root, Level index, Precision precision, SumScheme scheme) {
  Plan plan{precision, scheme, {}};
  // a reduction over the index of the result itself is one number, given to all rows
  const bool is_reduction = root->kind == NodeKind::reduction && root->reduced != index;
  const Expr last = is_reduction ? root : reduction_to_finish(root, index);
  for (Expr node : sorted_nodes({root}, true)) {
    if (node->kind != NodeKind::reduction || node == last) continue;
    plan.kernels.push_back(plan_reduction(node, node->level, scheme));
  }
  plan.kernels.push_back(last ? plan_reduction(last, index, scheme) : plan_rows(index));
  if (!is_reduction) add_finish(plan.kernels.back(), root);
  return plan;
}

void set_conditions(Plan& plan, Expr of_i, Expr of_j) {
  for (KernelPlan& kernel : plan.kernels) {
    if (kernel.row_index == level_i && kernel.column_index == level_j)
      kernel.conditions = {of_i, of_j};
    if (kernel.row_index == level_j && kernel.column_index == level_i)
      kernel.conditions = {of_j, of_i};
  }
}

void set_bound(Plan& plan, Expr value, Wanted wanted, const Bound& bound) {
  for (KernelPlan& kernel : plan.kernels) {
    if (!kernel.reduction || kernel.reduction->reduction->wanted != wanted ||
        kernel.values != std::vector<Expr>{value})
      continue;
    kernel.bound = bound;
    if (kernel.row_index == level_j)
      std::swap(kernel.bound.of_row, kernel.bound.of_column);
  }
}

long long total_operations(const Plan& plan) {
  long long operations = 0;
  for (const KernelPlan& kernel : plan.kernels) operations += kernel.operations;
  return operations;
}

KernelPlan with_products(KernelPlan kernel, Products products) {
  kernel.inner = {};
  kernel.outer = {};
  kernel.parameters = kernel.rows = kernel.columns = {};
  if (products == Products::all || products == Products::inner)
    find_inner_product(kernel);
  if (products == Products::all || products == Products::outer) add_outer_product(kernel);
  fill_stages(kernel);
  return kernel;
}

}  // namespace rkeops
