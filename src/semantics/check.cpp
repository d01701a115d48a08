// How to read this file: every method named after a kind of tree turns it into a value, a
// graph node with the index its rows have. All errors go through `fail`, which shows the
// place.
#include "semantics/check.h"

#include <algorithm>

#include "ir/ops.h"
#include "ir/patterns.h"
#include "ir/reductions.h"
#include "semantics/calculus.h"
#include "semantics/call_arguments.h"
#include "semantics/variables.h"

namespace rkeops {

namespace {

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
      : graph_(graph),
        source_(formula),
        variables_(variables),
        axis_(axis),
        calculus_(graph, formula, variables,
                  [this](const Ast& tree) { return whole(tree); }) {}

  // The value of a formula by itself. Where its parts have rows of i and of j, as the
  // product of a sum over i and a sum over j, but it varies with neither, it is one row.
  Value whole(const Ast& tree) {
    const Value result = value(tree);
    const bool is_one = result.index == level_pair && result.expr->level == level_none;
    return {result.expr, is_one ? level_none : result.index};
  }

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
    if (Calculus::knows(tree.text)) return calculus_.value(tree);
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
    std::vector<std::string> known = Calculus::names();
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

  // ---- operations: Name(formula, ..., integer, ..., list, ...) ----

  Value operation(const Ast& tree, const Operation& row) {
    std::vector<std::string> wanted = row.arguments;
    wanted.insert(wanted.end(), row.integer_arguments.begin(),
                  row.integer_arguments.end());
    wanted.insert(wanted.end(), row.list_arguments.begin(), row.list_arguments.end());
    const size_t given = tree.children.size();
    if (given > wanted.size() || given + size_t(row.optional_lists) < wanted.size()) {
      throw wrong_count(source_, tree, wanted);
    }
    std::vector<Value> values;
    std::vector<int> numbers;
    const size_t formulas = row.arguments.size();
    for (size_t k = 0; k < formulas; ++k) values.push_back(value(tree.children[k]));
    for (size_t k = formulas; k < given; ++k) {
      const Ast& child = tree.children[k];
      if (k < formulas + row.integer_arguments.size()) {
        numbers.push_back(integer_argument(source_, child, tree.text, wanted[k]));
      } else {
        append_list(numbers, child, tree.text, wanted[k]);
      }
    }
    return apply(tree, row, values, numbers);
  }

  // The length of the list, then its entries; one number is a list of one.
  void append_list(std::vector<int>& numbers, const Ast& tree, const std::string& callee,
                   const std::string& argument) {
    if (tree.kind != Ast::Kind::list) {
      numbers.push_back(1);
      numbers.push_back(integer_argument(source_, tree, callee, argument));
      return;
    }
    numbers.push_back(int(tree.children.size()));
    for (const Ast& entry : tree.children)
      numbers.push_back(integer_argument(source_, entry, callee, argument));
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
      const Expr expr = fold_constants(graph_.apply(row, children, integers));
      return {expr, index_of_rows(expr, index)};
    } catch (const DimensionProblem& problem) {
      throw dimension_error(tree, problem);
    }
  }

  // A value that varies with no index, as the sum over j of parameters, is one row for
  // all, like a parameter: a factor with another index gives the result its rows.
  static Level index_of_rows(Expr expr, Level joined) {
    const bool is_told = expr->level == level_i || expr->level == level_j;
    return joined == level_pair && is_told ? expr->level : joined;
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
          source_, tree, wanted,
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
      numbers.push_back(
          integer_argument(source_, *rest.front(), tree.text, row.integer_arguments[k]));
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
      return {graph_.reduce(row, reduced, children, integers, graph_.over),
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

  Graph& graph_;
  const SourceText& source_;
  Variables& variables_;
  const Axis axis_;
  Calculus calculus_;
};

}  // namespace

TypedFormula check_formula(Graph& graph, const SourceText& formula, const Ast& tree,
                           const std::vector<SourceText>& args,
                           const std::vector<Declaration>& declarations, Axis axis) {
  Variables variables(graph, args, declarations);
  const Value root = Checker(graph, formula, variables, axis).whole(tree);
  if (root.index == level_pair) {
    throw formula_error(
        formula, tree.place,
        "The formula has a value for each pair (i, j): a reduction is missing.",
        {"For a sum over j write Sum_Reduction(<formula>, 0)."});
  }
  return {root.expr, root.index, variables.arguments(formula)};
}

Expr check_part(Graph& graph, const SourceText& part, const Ast& tree,
                Variables& variables) {
  return Checker(graph, part, variables, Axis::output).value(tree).expr;
}

}  // namespace rkeops
