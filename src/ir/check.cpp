// How to read this file: every method named after a kind of tree turns it into a value, a
// graph node with the index its rows have. All errors go through `fail`, which shows the
// place.
#include "check.h"

#include <algorithm>

#include "../pass/differentiate.h"
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
    if (tree.text == "Grad") return gradient(tree);
    if (const Operation* row = find_operation(tree.text)) return operation(tree, *row);
    const std::string reduction = reduction_name(tree.text);
    if (const Reduction* row = find_reduction(reduction))
      return this->reduction(tree, *row);
    throw unknown_call(tree);
  }

  Error unknown_call(const Ast& tree) {
    std::vector<std::string> known = {"Grad"};
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

  // Name(formula, ..., integer, ...)
  Value operation(const Ast& tree, const Operation& row) {
    const size_t formulas = row.arguments.size(), integers = row.integer_arguments.size();
    if (tree.children.size() != formulas + integers) {
      std::vector<std::string> wanted = row.arguments;
      wanted.insert(wanted.end(), row.integer_arguments.begin(),
                    row.integer_arguments.end());
      throw formula_error(source_, tree.place,
                          "`" + row.name + "` takes " +
                              counted(wanted.size(), "argument") + " (" + listed(wanted) +
                              "), not " + std::to_string(tree.children.size()) + ".");
    }
    std::vector<Value> values;
    std::vector<int> numbers;
    for (size_t k = 0; k < formulas; ++k) values.push_back(value(tree.children[k]));
    for (size_t k = 0; k < integers; ++k) {
      numbers.push_back(
          integer(tree.children[formulas + k], row.name, row.integer_arguments[k]));
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

  Value apply(const Ast& tree, const Operation& row, const std::vector<Value>& values,
              const std::vector<int>& integers) {
    std::vector<Expr> children;
    Level index = level_none;
    for (const Value& value : values) {
      children.push_back(value.expr);
      index = join(index, value.index);
    }
    try {
      return {graph_.apply(row, children, integers), index};
    } catch (const DimensionProblem& problem) {
      throw dimension_error(tree, row.name, problem);
    }
  }

  Error dimension_error(const Ast& tree, const std::string& callee,
                        const DimensionProblem& problem) {
    const std::string shown = tree.kind == Ast::Kind::call ? callee : tree.text;
    return formula_error(source_, tree.place, "`" + shown + "` " + problem.message + ".");
  }

  // X_Reduction(f, [K,] axis), with a weight before or after the axis where the row has
  // one.
  Value reduction(const Ast& tree, const Reduction& row) {
    const size_t formulas = row.arguments.size(), integers = row.integer_arguments.size();
    if (tree.children.size() != formulas + integers + 1) {
      std::vector<std::string> wanted = row.arguments;
      wanted.insert(wanted.begin() + 1, row.integer_arguments.begin(),
                    row.integer_arguments.end());
      wanted.push_back("axis");
      throw formula_error(
          source_, tree.place,
          "`" + tree.text + "` takes " + counted(wanted.size(), "argument") + " (" +
              listed(wanted) + "), not " + std::to_string(tree.children.size()) + ".",
          {"The last one is 0 for a result indexed by i, 1 for one indexed by j."});
    }
    std::vector<const Ast*> rest;
    for (size_t k = 1 + integers; k < tree.children.size(); ++k)
      rest.push_back(&tree.children[k]);
    // rkeops 1.x writes the weight last, rkeops 2.x the axis.
    const bool axis_first = rest.size() > 1 && !integer_of(*rest.back());
    const Ast* axis = axis_first ? rest.front() : rest.back();
    rest.erase(axis_first ? rest.begin() : rest.end() - 1);

    std::vector<Value> values = {value(tree.children[0])};
    for (const Ast* weight : rest) values.push_back(value(*weight));
    std::vector<int> numbers;
    for (size_t k = 0; k < integers; ++k) {
      numbers.push_back(
          integer(tree.children[1 + k], tree.text, row.integer_arguments[k]));
    }
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
      throw dimension_error(tree, tree.text, problem);
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

  // Grad(f, v, e): the adjoint of the derivative of f in the variable v, applied to e.
  Value gradient(const Ast& tree) {
    if (tree.children.size() != 3) {
      throw formula_error(source_, tree.place,
                          "`Grad` takes 3 arguments (f, variable, gradient input), not " +
                              std::to_string(tree.children.size()) + ".");
    }
    const Value f = value(tree.children[0]);
    const Value v = value(tree.children[1]);
    const Value e = value(tree.children[2]);
    if (v.expr->kind != NodeKind::variable) {
      throw formula_error(source_, tree.children[1].place,
                          "`Grad` differentiates in a variable, not in an expression.");
    }
    if (e.expr->dimension != f.expr->dimension) {
      throw formula_error(
          source_, tree.children[2].place,
          "The gradient input has the dimension of what is differentiated, " +
              std::to_string(f.expr->dimension) + ", not " +
              std::to_string(e.expr->dimension) + ".");
    }
    return adjoint_of(tree, f, v, e);
  }

  Value adjoint_of(const Ast& tree, const Value& f, const Value& v, const Value& e) {
    try {
      if (!has_reduction(f.expr)) {
        return {pointwise_gradient(f.expr, v.expr, e.expr),
                join(join(f.index, v.index), e.index)};
      }
      if (!within(e.expr->level, f.index)) {
        throw formula_error(
            source_, tree.children[2].place,
            std::string("The gradient input is indexed like the result: by ") +
                level_name(f.index) + ".");
      }
      return {operator_gradient(f.expr, f.index, v.expr, e.expr), v.index};
    } catch (const NotDifferentiable& problem) {
      throw formula_error(source_, tree.children[0].place,
                          "`" + problem.name + "` has no derivative.");
    }
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
