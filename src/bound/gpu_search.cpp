#include "bound/gpu_search.h"

#include <unordered_set>

#include "ir/ops.h"

namespace rkeops {

namespace {

// A thread keeps so much in registers: places of its list, and numbers of its row and of
// a box.
constexpr int most_places = 32, most_numbers = 24;

bool has_bound(Expr node) {
  if (node->kind == NodeKind::constant) return true;
  if (node->kind != NodeKind::operation) return false;
  switch (node->operation->form) {
    case Form::elementwise:
    case Form::fold:
      return node->operation->interval.is_of_gpu;
    case Form::routine:
    case Form::definition:
      return false;
    default:
      return true;
  }
}

// Everything that is computed for a pair.
bool pairs_have_bounds(const KernelPlan& form) {
  std::unordered_set<const Node*> seen;
  for (const Stage* stage : {&form.parameters, &form.rows, &form.columns})
    for (Expr kept : stage->kept) seen.insert(&*kept);
  std::vector<Expr> waiting = form.values;
  while (!waiting.empty()) {
    const Expr node = waiting.back();
    waiting.pop_back();
    if (!seen.insert(&*node).second) continue;
    if (!has_bound(node)) return false;
    waiting.insert(waiting.end(), node->children.begin(), node->children.end());
  }
  return true;
}

}  // namespace

std::string why_gpu_computes_all(const KernelPlan& form) {
  const SearchKind search(form);
  if (!search.exists)
    return "the reduction does not look for few values of a formula of dimension 1";
  if (search.places > most_places)
    return "more than " + std::to_string(most_places) + " values are looked for";
  const int of_row = total_dimension(form.rows.kept),
            of_column = total_dimension(form.columns.kept);
  if (form.inner.node || of_row > most_numbers || of_column > most_numbers)
    return "pairs read long vectors";
  if (of_row == 0 || of_column == 0 || !pairs_have_bounds(form))
    return "nothing bounds the formula of a box of rows and a box of columns";
  return "";
}

}  // namespace rkeops
