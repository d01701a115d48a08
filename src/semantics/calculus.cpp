// If what is differentiated holds a reduction, the derivative is that of the operator,
// indexed like the variable; elsewhere it is taken for each pair.
#include "semantics/calculus.h"

#include "ir/ops.h"
#include "pass/differentiate.h"
#include "semantics/call_arguments.h"

namespace rkeops {

struct Calculus::Row {
  const char* name;
  std::vector<std::string> arguments;
  size_t optional;  // how many of the last arguments may be left out
  Value (Calculus::*meaning)(const Ast&);
};

const std::vector<Calculus::Row>& Calculus::rows() {
  static const std::vector<Row> rows = {
      {"Grad", {"f", "v", "gradient input"}, 1, &Calculus::grad},
      {"Grad_WithSavedForward",
       {"f", "v", "gradient input", "saved"},
       0,
       &Calculus::grad},
      {"GradFromPos", {"f", "v", "position"}, 0, &Calculus::grad_from_position},
      {"GradFromInd",
       {"f", "position of v", "position"},
       0,
       &Calculus::grad_from_position},
      {"AdjointOperator", {"f", "v", "u"}, 0, &Calculus::grad},
      {"GradFromPos_WithSavedForward",
       {"f", "v", "position"},
       0,
       &Calculus::grad_from_position},
      {"GradFromInd_WithSavedForward",
       {"f", "position of v", "position"},
       0,
       &Calculus::grad_from_position},
      {"SumLinOperator",
       {"f", "v", "weight of f", "weight of v"},
       2,
       &Calculus::sum_of_entries},
      {"Diff", {"f", "v", "u"}, 0, &Calculus::diff},
      {"Diff_WithSavedForward", {"f", "v", "u", "saved"}, 0, &Calculus::diff},
      {"GradMatrix", {"f", "v"}, 0, &Calculus::grad_matrix},
      {"Divergence", {"f", "v"}, 0, &Calculus::trace_of_derivative},
      {"TraceOperator", {"f", "v", "weight"}, 1, &Calculus::trace_of_derivative},
      {"Laplacian", {"f", "v"}, 0, &Calculus::laplacian},
      {"Factorize", {"f", "g"}, 0, &Calculus::first_argument},
      {"AutoFactorize", {"f"}, 0, &Calculus::first_argument},
      {"IndexParts", {"axis"}, 0, &Calculus::index_parts}};
  return rows;
}

bool Calculus::knows(const std::string& name) {
  for (const Row& row : rows()) {
    if (name == row.name) return true;
  }
  return false;
}

std::vector<std::string> Calculus::names() {
  std::vector<std::string> names;
  for (const Row& row : rows()) names.push_back(row.name);
  return names;
}

Value Calculus::value(const Ast& tree) {
  for (const Row& row : rows()) {
    if (tree.text != row.name) continue;
    const size_t given = tree.children.size(), wanted = row.arguments.size();
    if (given > wanted || given + row.optional < wanted) {
      throw wrong_count(source_, tree, row.arguments);
    }
    return (this->*row.meaning)(tree);
  }
  throw internal_error(tree.text + " is no word of the calculus");
}

Value Calculus::variable_argument(const Ast& tree) {
  const Value v = value_(tree);
  if (v.expr->kind == NodeKind::variable) return v;
  throw formula_error(source_, tree.place,
                      "A derivative is taken in a variable, not in an expression.");
}

// Grad(f, v, e): the adjoint of the derivative of f in v, applied to e.
Value Calculus::grad(const Ast& tree) {
  const Value f = value_(tree.children[0]), v = variable_argument(tree.children[1]);
  if (tree.children.size() == 2) {
    return gradient_of(tree, f, v, new_input(tree, f, v, variables_.count()), tree);
  }
  return gradient_of(tree, f, v, value_(tree.children[2]), tree.children[2]);
}

// The forms of rkeops 1.x, whose gradient input is a variable made for it.
Value Calculus::grad_from_position(const Ast& tree) {
  const Value f = value_(tree.children[0]);
  const bool by_number = tree.text.rfind("GradFromInd", 0) == 0;
  Value v;
  if (by_number) {
    v.expr = variables_.at(
        integer_argument(source_, tree.children[1], tree.text, "position of v"));
    if (!v.expr) {
      throw formula_error(source_, tree.children[1].place,
                          "No variable has this position.");
    }
    v.index = v.expr->level;
  } else {
    v = variable_argument(tree.children[1]);
  }
  const int position = integer_argument(source_, tree.children[2], tree.text, "position");
  if (tree.text.find("_WithSavedForward") != std::string::npos) {
    // an input that is not needed here: the result, which 1.x wants behind the gradient's
    variables_.placed(source_, tree.place, position + 1, f.index, f.expr->dimension);
  }
  return gradient_of(tree, f, v, new_input(tree, f, v, position), tree);
}

// Indexed like the result; where there is no reduction yet, by the index that v does
// not have.
Value Calculus::new_input(const Ast& tree, const Value& f, const Value& v, int position) {
  const Level index = has_reduction(f.expr) ? f.index : without(level_pair, v.index);
  if (index == level_pair) {
    throw formula_error(source_, tree.place, "The gradient input is missing.");
  }
  const Expr input =
      variables_.placed(source_, tree.place, position, index, f.expr->dimension);
  return {input, index};
}

void Calculus::check_direction(const Ast& tree, const Value& given, const Value& like) {
  if (given.expr->dimension == like.expr->dimension) return;
  throw formula_error(source_, tree.place,
                      "This must have dimension " + std::to_string(like.expr->dimension) +
                          ", not " + std::to_string(given.expr->dimension) + ".");
}

Value Calculus::gradient_of(const Ast& tree, const Value& f, const Value& v,
                            const Value& e, const Ast& e_tree) {
  check_direction(e_tree, e, f);
  if (has_reduction(f.expr) && !within(e.expr->level, f.index)) {
    throw formula_error(
        source_, e_tree.place,
        std::string("The gradient input must be indexed like the result, by ") +
            level_name(f.index) + ".");
  }
  return differentiated(tree, f, v, e.index, [&] {
    return rkeops::gradient(f.expr, f.index, v.expr, e.expr);
  });
}

// With a reduction the derivative is that of the operator, indexed like v;
// elsewhere it is taken for each pair.
template <class Derivative>
Value Calculus::differentiated(const Ast& tree, const Value& f, const Value& v,
                               Level other_index, Derivative derivative) {
  try {
    const Level index =
        has_reduction(f.expr) ? v.index : join(join(f.index, v.index), other_index);
    return {derivative(), index};
  } catch (const NotDifferentiable& problem) {
    throw formula_error(source_, tree.children[0].place,
                        "`" + problem.name + "` has no derivative.");
  }
}

// Diff(f, v, u): the derivative of f in v in the direction u.
Value Calculus::diff(const Ast& tree) {
  const Value f = value_(tree.children[0]), v = variable_argument(tree.children[1]);
  const Value u = value_(tree.children[2]);
  check_direction(tree.children[2], u, v);
  Value result = differentiated(tree, f, v, u.index, [&] {
    return directional_derivative(f.expr, f.index, v.expr, u.expr);
  });
  if (has_reduction(f.expr)) result.index = f.index;
  return result;
}

Value Calculus::grad_matrix(const Ast& tree) {
  const Value f = value_(tree.children[0]), v = variable_argument(tree.children[1]);
  return differentiated(tree, f, v, level_none,
                        [&] { return gradient_matrix(f.expr, f.index, v.expr); });
}

// SumLinOperator(f, v, l, r): l' M r for the matrix M of the derivative of f in v; the
// weights are 1 where they are left out.
Value Calculus::sum_of_entries(const Ast& tree) {
  const Value f = value_(tree.children[0]), v = variable_argument(tree.children[1]);
  const Value left = weight_argument(tree, 2, f), right = weight_argument(tree, 3, v);
  return differentiated(tree, f, v, join(left.index, right.index), [&] {
    return call("Sum",
                {rkeops::gradient(f.expr, f.index, v.expr, left.expr) * right.expr});
  });
}

// Argument k of the call; ones like `like` where it is left out.
Value Calculus::weight_argument(const Ast& tree, size_t k, const Value& like) {
  if (tree.children.size() <= k)
    return {graph_.constant(1, like.expr->dimension), level_none};
  const Value weight = value_(tree.children[k]);
  check_direction(tree.children[k], weight, like);
  return weight;
}

Value Calculus::trace_of_derivative(const Ast& tree) {
  const Value f = value_(tree.children[0]), v = variable_argument(tree.children[1]);
  check_direction(tree.children[0], f, v);
  const bool is_weighted = tree.children.size() > 2;
  const Value weight = weight_argument(tree, 2, v);
  return differentiated(tree, f, v, weight.index, [&] {
    return divergence(f.expr, f.index, v.expr, is_weighted ? weight.expr : Expr());
  });
}

Value Calculus::laplacian(const Ast& tree) {
  const Value f = value_(tree.children[0]), v = variable_argument(tree.children[1]);
  check_direction(tree.children[0], f, {graph_.constant(1), level_none});
  return differentiated(tree, f, v, level_none, [&] {
    const Expr slope = rkeops::gradient(f.expr, f.index, v.expr, graph_.constant(1));
    return divergence(slope, v.index, v.expr);
  });
}

// Sharing of common parts needs no word here: the graph has each of them once.
Value Calculus::first_argument(const Ast& tree) {
  if (tree.children.size() > 1) value_(tree.children[1]);  // for its errors
  return value_(tree.children[0]);
}

// The number of an element, exact in two parts: of i for 0, of j for 1.
Value Calculus::index_parts(const Ast& tree) {
  const int axis = integer_argument(source_, tree.children[0], tree.text, "axis");
  if (axis != 0 && axis != 1) {
    throw formula_error(source_, tree.children[0].place, "The axis is 0 for i, 1 for j.");
  }
  const Level level = axis == 0 ? level_i : level_j;
  return {graph_.index(level), level};
}

}  // namespace rkeops
