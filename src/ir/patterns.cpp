#include "ir/patterns.h"

#include "ir/ops.h"

namespace rkeops {

bool is_call(Expr node, const char* name) {
  return node->kind == NodeKind::operation && node->operation->name == name;
}

bool is_comparison(Expr node) {
  return node->kind == NodeKind::operation &&
         node->operation->precedence == precedence_of_comparison;
}

bool moves_numbers(Expr node) {
  if (node->kind != NodeKind::operation) return false;
  switch (node->operation->form) {
    case Form::slice:
    case Form::insert:
    case Form::repeat:
    case Form::concat:
      return true;
    default:
      return false;
  }
}

bool is_number(Expr node) { return node->kind == NodeKind::constant; }

bool is_number(Expr node, double value) {
  return is_number(node) && node->value == value;
}

Expr fold_constants(Expr node) {
  if (node->kind != NodeKind::operation || node->children.empty()) return node;
  const Operation& row = *node->operation;
  // the components of a constant are equal, so what only repeats or takes some keeps them
  const bool keeps_value = row.form == Form::repeat || row.form == Form::slice;
  if (!row.evaluate && !keeps_value) return node;
  std::vector<double> values;
  for (Expr child : node->children) {
    if (!is_number(child)) return node;
    values.push_back(child->value);
  }
  const double value = keeps_value ? values[0] : row.evaluate(values.data());
  return node->graph->constant(value, node->dimension);
}

}  // namespace rkeops
