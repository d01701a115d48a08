// How to read this file: every method named after a kind of tree turns it into a value, a
// graph node with the index its rows have. All errors go through `fail`, which shows the
// place.
#include "check.h"

#include <algorithm>

#include "../pass/differentiate.h"
#include "../pass/simplify.h"
#include "ops.h"
#include "reductions.h"
#include "variables.h"

namespace rkeops {

namespace {

struct Value {
  Expr expr;
  // The index space the value lives in: at least the level of `expr`. The sum over j of a
  // formula of parameters alone has level `none`, but a row for each i.
  Level index;
};

std::string counted(size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// "Sum" of "Sum_Reduction" and of "SumReduction"; "" when it is no such name.
std::string reduction_name(const std::string& callee) {
  for (const char* ending : {"_Reduction", "Reduction"}) {
    const std::string suffix = ending;
    if (callee.size() > suffix.size() &&
        callee.compare(callee.size() - suffix.size(), suffix.size(), suffix) == 0) {
      return callee.substr(0, callee.size() - suffix.size());
    }
  }
  return "";
}

class Checker {
 public:
  Checker(Graph& graph, const SourceText& formula, Variables& variables, Axis axis)
      : graph_(graph), source_(formula), variables_(variables), axis_(axis) {}

  Value value(const Ast& tree) {
    switch (tree.kind) {
      case Ast::Kind::number:
        return {graph_.constant(tree.value), level_none};
      case Ast::Kind::name:
        return name(tree);
      case Ast::Kind::unary:
        return unary(tree);
      case Ast::Kind::binary:
        return binary(tree);
      case Ast::Kind::call:
        return call_of(tree);
      case Ast::Kind::list:
        break;
    }
    throw formula_error(source_, tree.place, "A list of numbers cannot stand here.");
  }

 private:
  Value name(const Ast& tree) {
    const Expr variable = variables_.named(tree.text);
    if (variable) return {variable, variable->level};
    throw formula_error(
        source_, tree.place, "There is no variable `" + tree.text + "`.",
        near(tree.text, variables_.names(),
             "Declare it in `args`, as in \"" + tree.text + " = Vi(3)\"."));
  }

  Value unary(const Ast& tree) {
    const Value operand = value(tree.children[0]);
    if (tree.text == "+") return operand;
    return apply(tree, infix_row(tree, 1), {operand}, {});
  }

  Value binary(const Ast& tree) {
    const Operation& row = infix_row(tree, 2);
    return apply(tree, row, {value(tree.children[0]), value(tree.children[1])}, {});
  }

  // The operation written as this operator.
  const Operation& infix_row(const Ast& tree, size_t arguments) {
    for (const Operation& row : operations()) {
      if (row.infix == tree.text && row.arguments.size() == arguments) return row;
    }
    throw formula_error(source_, tree.name_place,
                        "The operator `" + tree.text + "` is not known.");
  }

  Value call_of(const Ast& tree) {
    if (is_variable_call(tree)) {
      const Expr variable = variables_.written(source_, tree);
      return {variable, variable->level};
    }
    for (const CalculusRow& row : calculus_rows()) {
      if (tree.text == row.name)
        return (this->*row.meaning)(counted_arguments(tree, row));
    }
    const size_t count = tree.children.size();
    if (const Operation* row = find_operation(tree.text, count))
      return operation(tree, *row);
    // the last argument of a reduction is its axis
    const Reduction* row =
        find_reduction(reduction_name(tree.text), count > 0 ? count - 1 : 0);
    if (row) return reduction(tree, *row);
    throw unknown_call(tree);
  }

  Error unknown_call(const Ast& tree) {
    std::vector<std::string> known;
    for (const CalculusRow& row : calculus_rows()) known.push_back(row.name);
    for (const Operation& row : operations()) known.push_back(row.name);
    for (const Reduction& row : reductions()) known.push_back(row.name + "_Reduction");
    return formula_error(source_, tree.name_place,
                         "There is no operation or reduction `" + tree.text + "`.",
                         near(tree.text, known, ""));
  }

  static std::vector<std::string> near(const std::string& name,
                                       const std::vector<std::string>& known,
                                       const std::string& otherwise) {
    const std::string nearest = nearest_name(name, known);
    if (!nearest.empty()) return {"Did you mean `" + nearest + "`?"};
    if (!otherwise.empty()) return {otherwise};
    return {};
  }

  Error wrong_count(const Ast& tree, const std::vector<std::string>& wanted,
                    std::vector<std::string> hints = {}) {
    return formula_error(source_, tree.place,
                         "`" + tree.text + "` takes " +
                             counted(wanted.size(), "argument") + " (" + listed(wanted) +
                             "), not " + std::to_string(tree.children.size()) + ".",
                         std::move(hints));
  }

  // ---- operations: Name(formula, ..., integer, ..., list, ...) ----

  Value operation(const Ast& tree, const Operation& row) {
    std::vector<std::string> wanted = row.arguments;
    wanted.insert(wanted.end(), row.integer_arguments.begin(),
                  row.integer_arguments.end());
    wanted.insert(wanted.end(), row.list_arguments.begin(), row.list_arguments.end());
    const size_t given = tree.children.size();
    if (given > wanted.size() || given + size_t(row.optional_lists) < wanted.size()) {
      throw wrong_count(tree, wanted);
    }
    std::vector<Value> values;
    std::vector<int> numbers;
    const size_t formulas = row.arguments.size();
    for (size_t k = 0; k < formulas; ++k) values.push_back(value(tree.children[k]));
    for (size_t k = formulas; k < given; ++k) {
      const Ast& child = tree.children[k];
      if (k < formulas + row.integer_arguments.size()) {
        numbers.push_back(integer(child, tree.text, wanted[k]));
      } else {
        append_list(numbers, child, tree.text, wanted[k]);
      }
    }
    return apply(tree, row, values, numbers);
  }

  int integer(const Ast& tree, const std::string& callee, const std::string& argument) {
    const auto number = integer_of(tree);
    if (number) return int(*number);
    throw formula_error(
        source_, tree.place,
        "Argument `" + argument + "` of `" + callee + "` is a whole number.");
  }

  // The length of the list, then its entries; one number is a list of one.
  void append_list(std::vector<int>& numbers, const Ast& tree, const std::string& callee,
                   const std::string& argument) {
    if (tree.kind != Ast::Kind::list) {
      numbers.push_back(1);
      numbers.push_back(integer(tree, callee, argument));
      return;
    }
    numbers.push_back(int(tree.children.size()));
    for (const Ast& entry : tree.children)
      numbers.push_back(integer(entry, callee, argument));
  }

  Value apply(const Ast& tree, const Operation& row, const std::vector<Value>& values,
              const std::vector<int>& integers) {
    std::vector<Expr> children;
    Level index = level_none;
    for (const Value& value : values) {
      children.push_back(value.expr);
      index = join(index, value.index);
    }
    try {
      return {fold_constants(graph_.apply(row, children, integers)), index};
    } catch (const DimensionProblem& problem) {
      throw dimension_error(tree, problem);
    }
  }

  Error dimension_error(const Ast& tree, const DimensionProblem& problem) {
    return formula_error(source_, tree.place,
                         "`" + tree.text + "` " + problem.message + ".");
  }

  // ---- reductions: X_Reduction(f, [K,] axis), with a weight before or after the axis
  // ----

  Value reduction(const Ast& tree, const Reduction& row) {
    const size_t formulas = row.arguments.size(), integers = row.integer_arguments.size();
    if (tree.children.size() != formulas + integers + 1) {
      std::vector<std::string> wanted = row.arguments;
      wanted.insert(wanted.begin() + (formulas > 0), row.integer_arguments.begin(),
                    row.integer_arguments.end());
      wanted.push_back("axis");
      throw wrong_count(
          tree, wanted,
          {axis_ == Axis::output
               ? "The axis is 0 for a result indexed by i, 1 for one indexed by j."
               : "The axis is 0 to reduce over i, 1 to reduce over j."});
    }
    std::vector<const Ast*> rest;
    for (const Ast& child : tree.children) rest.push_back(&child);
    std::vector<Value> values;
    if (formulas > 0) {
      values.push_back(value(*rest.front()));
      rest.erase(rest.begin());
    }
    std::vector<int> numbers;
    for (size_t k = 0; k < integers; ++k) {
      numbers.push_back(integer(*rest.front(), tree.text, row.integer_arguments[k]));
      rest.erase(rest.begin());
    }
    // rkeops 1.x writes the weight last, rkeops 2.x the axis
    const bool axis_first = rest.size() > 1 && !integer_of(*rest.back());
    const Ast* axis = axis_first ? rest.front() : rest.back();
    rest.erase(axis_first ? rest.begin() : rest.end() - 1);
    for (const Ast* weight : rest) values.push_back(value(*weight));
    return reduce(tree, row, values, numbers, reduced_index(*axis));
  }

  Value reduce(const Ast& tree, const Reduction& row, const std::vector<Value>& values,
               const std::vector<int>& integers, Level reduced) {
    std::vector<Expr> children;
    for (const Value& value : values) children.push_back(value.expr);
    try {
      return {graph_.reduce(row, reduced, children, integers),
              without(level_pair, reduced)};
    } catch (const DimensionProblem& problem) {
      throw dimension_error(tree, problem);
    }
  }

  Level reduced_index(const Ast& tree) {
    const auto number = integer_of(tree);
    if (!number || (*number != 0 && *number != 1)) {
      throw formula_error(source_, tree.place,
                          "The last argument of a reduction is 0 or 1.",
                          {axis_ == Axis::output
                               ? "0 gives a result indexed by i, 1 a result indexed by j."
                               : "0 reduces over i, 1 reduces over j."});
    }
    const bool over_i = axis_ == Axis::output ? *number == 1 : *number == 0;
    return over_i ? level_i : level_j;
  }

  // ---- calculus: what is done to formulas when they are read ----

  struct CalculusRow {
    const char* name;
    std::vector<std::string> arguments;
    size_t optional;  // how many of the last arguments may be left out
    Value (Checker::*meaning)(const Ast&);
  };

  static const std::vector<CalculusRow>& calculus_rows() {
    static const std::vector<CalculusRow> rows = {
        {"Grad", {"f", "v", "gradient input"}, 1, &Checker::grad},
        {"Grad_WithSavedForward",
         {"f", "v", "gradient input", "saved"},
         0,
         &Checker::grad},
        {"GradFromPos", {"f", "v", "position"}, 0, &Checker::grad_from_position},
        {"GradFromInd",
         {"f", "position of v", "position"},
         0,
         &Checker::grad_from_position},
        {"AdjointOperator", {"f", "v", "u"}, 0, &Checker::grad},
        {"SumLinOperator", {"f", "v"}, 0, &Checker::sum_of_entries},
        {"Diff", {"f", "v", "u"}, 0, &Checker::diff},
        {"Diff_WithSavedForward", {"f", "v", "u", "saved"}, 0, &Checker::diff},
        {"GradMatrix", {"f", "v"}, 0, &Checker::grad_matrix},
        {"Divergence", {"f", "v"}, 0, &Checker::trace_of_derivative},
        {"TraceOperator", {"f", "v"}, 0, &Checker::trace_of_derivative},
        {"Laplacian", {"f", "v"}, 0, &Checker::laplacian},
        {"Factorize", {"f", "g"}, 0, &Checker::first_argument},
        {"AutoFactorize", {"f"}, 0, &Checker::first_argument},
        {"IndexParts", {"axis"}, 0, &Checker::index_parts}};
    return rows;
  }

  const Ast& counted_arguments(const Ast& tree, const CalculusRow& row) {
    const size_t given = tree.children.size(), wanted = row.arguments.size();
    if (given > wanted || given + row.optional < wanted)
      throw wrong_count(tree, row.arguments);
    return tree;
  }

  Value variable_argument(const Ast& tree) {
    const Value v = value(tree);
    if (v.expr->kind == NodeKind::variable) return v;
    throw formula_error(source_, tree.place,
                        "A derivative is taken in a variable, not in an expression.");
  }

  // Grad(f, v, e): the adjoint of the derivative of f in v, applied to e.
  Value grad(const Ast& tree) {
    const Value f = value(tree.children[0]), v = variable_argument(tree.children[1]);
    if (tree.children.size() == 2) {
      return gradient_of(tree, f, v, new_input(tree, f, v, variables_.count()), tree);
    }
    return gradient_of(tree, f, v, value(tree.children[2]), tree.children[2]);
  }

  // The forms of rkeops 1.x, whose gradient input is a variable made for it.
  Value grad_from_position(const Ast& tree) {
    const Value f = value(tree.children[0]);
    const bool by_number = tree.text == "GradFromInd";
    Value v;
    if (by_number) {
      v.expr = variables_.at(integer(tree.children[1], tree.text, "position of v"));
      if (!v.expr) {
        throw formula_error(source_, tree.children[1].place,
                            "No variable has this position.");
      }
      v.index = v.expr->level;
    } else {
      v = variable_argument(tree.children[1]);
    }
    const int position = integer(tree.children[2], tree.text, "position");
    return gradient_of(tree, f, v, new_input(tree, f, v, position), tree);
  }

  // Indexed like the result; where there is no reduction yet, by the index that v does
  // not have.
  Value new_input(const Ast& tree, const Value& f, const Value& v, int position) {
    const Level index = has_reduction(f.expr) ? f.index : without(level_pair, v.index);
    if (index == level_pair) {
      throw formula_error(source_, tree.place, "The gradient input is missing.");
    }
    const Expr input =
        variables_.placed(source_, tree.place, position, index, f.expr->dimension);
    return {input, index};
  }

  void check_direction(const Ast& tree, const Value& given, const Value& like) {
    if (given.expr->dimension == like.expr->dimension) return;
    throw formula_error(source_, tree.place,
                        "This must have dimension " +
                            std::to_string(like.expr->dimension) + ", not " +
                            std::to_string(given.expr->dimension) + ".");
  }

  Value gradient_of(const Ast& tree, const Value& f, const Value& v, const Value& e,
                    const Ast& e_tree) {
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

  // Where there is a reduction the derivative is that of the operator, indexed like v;
  // elsewhere it is taken for each pair.
  template <class Derivative>
  Value differentiated(const Ast& tree, const Value& f, const Value& v, Level other_index,
                       Derivative derivative) {
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
  Value diff(const Ast& tree) {
    const Value f = value(tree.children[0]), v = variable_argument(tree.children[1]);
    const Value u = value(tree.children[2]);
    check_direction(tree.children[2], u, v);
    Value result = differentiated(tree, f, v, u.index, [&] {
      return directional_derivative(f.expr, f.index, v.expr, u.expr);
    });
    if (has_reduction(f.expr)) result.index = f.index;
    return result;
  }

  Value grad_matrix(const Ast& tree) {
    const Value f = value(tree.children[0]), v = variable_argument(tree.children[1]);
    return differentiated(tree, f, v, level_none,
                          [&] { return gradient_matrix(f.expr, f.index, v.expr); });
  }

  Value sum_of_entries(const Ast& tree) {
    const Value f = value(tree.children[0]), v = variable_argument(tree.children[1]);
    return differentiated(tree, f, v, level_none, [&] {
      const Expr ones = graph_.constant(1, f.expr->dimension);
      return call("Sum", {rkeops::gradient(f.expr, f.index, v.expr, ones)});
    });
  }

  Value trace_of_derivative(const Ast& tree) {
    const Value f = value(tree.children[0]), v = variable_argument(tree.children[1]);
    check_direction(tree.children[0], f, v);
    return differentiated(tree, f, v, level_none,
                          [&] { return divergence(f.expr, f.index, v.expr); });
  }

  Value laplacian(const Ast& tree) {
    const Value f = value(tree.children[0]), v = variable_argument(tree.children[1]);
    check_direction(tree.children[0], f, {graph_.constant(1), level_none});
    return differentiated(tree, f, v, level_none, [&] {
      const Expr slope = rkeops::gradient(f.expr, f.index, v.expr, graph_.constant(1));
      return divergence(slope, v.index, v.expr);
    });
  }

  // Sharing of common parts needs no word here: the graph has each of them once.
  Value first_argument(const Ast& tree) { return value(tree.children[0]); }

  // The number of an element, exact in two parts: of i for 0, of j for 1.
  Value index_parts(const Ast& tree) {
    const int axis = integer(tree.children[0], tree.text, "axis");
    if (axis != 0 && axis != 1) {
      throw formula_error(source_, tree.children[0].place,
                          "The axis is 0 for i, 1 for j.");
    }
    const Level level = axis == 0 ? level_i : level_j;
    return {graph_.index(level), level};
  }

  Graph& graph_;
  const SourceText& source_;
  Variables& variables_;
  const Axis axis_;
};

}  // namespace

TypedFormula check_formula(Graph& graph, const SourceText& formula, const Ast& tree,
                           const std::vector<SourceText>& args,
                           const std::vector<Declaration>& declarations, Axis axis) {
  Variables variables(graph, args, declarations);
  const Value root = Checker(graph, formula, variables, axis).value(tree);
  if (root.index == level_pair || !has_reduction(root.expr)) {
    throw formula_error(
        formula, tree.place,
        root.index == level_pair
            ? "The formula has a value for each pair (i, j): a reduction is missing."
            : "The formula has no reduction.",
        {"For a sum over j write Sum_Reduction(<formula>, 0)."});
  }
  return {root.expr, root.index, variables.arguments(formula)};
}

}  // namespace rkeops
