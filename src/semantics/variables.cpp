// Positions are given by the order of `args`, or written: "x = Vi(3)" or "x = Vi(0, 3)";
// one way for all elements of `args`.
#include "semantics/variables.h"

#include <cmath>

namespace rkeops {

namespace {

constexpr int most_arguments = 10000;

const std::vector<std::string> variable_calls = {"Vi", "Vj", "Pm", "Var", "Vx", "Vy"};

Level level_of_call(const std::string& callee) {
  if (callee == "Vi" || callee == "Vx") return level_i;
  if (callee == "Vj" || callee == "Vy") return level_j;
  return level_none;
}

// Var(position, dimension, category): 0 is Vi, 1 is Vj, 2 is Pm.
Level level_of_category(const SourceText& source, const Ast& tree, long category) {
  if (category == 0) return level_i;
  if (category == 1) return level_j;
  if (category == 2) return level_none;
  throw formula_error(
      source, tree.place,
      "The category of a variable is 0 (indexed by i), 1 (indexed by j) or 2 "
      "(a parameter), not " +
          std::to_string(category) + ".");
}

std::vector<long> integers_of_call(const SourceText& source, const Ast& tree) {
  std::vector<long> integers;
  for (const Ast& child : tree.children) {
    const auto integer = integer_of(child);
    if (!integer || *integer < 0) {
      throw formula_error(source, child.place,
                          "`" + tree.text + "` takes whole numbers of at least 0.");
    }
    integers.push_back(*integer);
  }
  return integers;
}

// "Vi(dimension)", "Vi(position, dimension)" or "Var(position, dimension, category)";
// position -1 when it is not written.
Argument argument_of_call(const SourceText& source, const Ast& tree) {
  const std::vector<long> integers = integers_of_call(source, tree);
  const bool is_var = tree.text == "Var";
  const size_t count = integers.size();
  if (is_var ? count != 3 : count != 1 && count != 2) {
    throw formula_error(
        source, tree.place,
        is_var ? "`Var` takes three numbers: Var(position, dimension, category)."
               : "`" + tree.text + "` takes one or two numbers: " + tree.text +
                     "(dimension) or " + tree.text + "(position, dimension).");
  }
  const long position = count == 1 ? -1 : integers[0];
  const long dimension = count == 1 ? integers[0] : integers[1];
  if (dimension < 1 || dimension > largest_dimension || position >= most_arguments) {
    throw formula_error(source, tree.place,
                        dimension < 1 ? "A variable has at least dimension 1."
                                      : "The dimension or the position is too large.");
  }
  const Level level =
      is_var ? level_of_category(source, tree, integers[2]) : level_of_call(tree.text);
  return {"", level, int(dimension), int(position)};
}

}  // namespace

bool is_variable_call(const Ast& tree) {
  if (tree.kind != Ast::Kind::call) return false;
  for (const std::string& name : variable_calls) {
    if (tree.text == name) return true;
  }
  return false;
}

namespace {

std::optional<double> whole_number(const Ast& tree) {
  if (tree.kind == Ast::Kind::number && tree.value == std::floor(tree.value))
    return tree.value;
  if (tree.kind != Ast::Kind::unary && tree.kind != Ast::Kind::binary)
    return std::nullopt;
  const auto a = whole_number(tree.children[0]);
  if (!a) return std::nullopt;
  if (tree.kind == Ast::Kind::unary) return tree.text == "-" ? -*a : *a;
  const auto b = whole_number(tree.children[1]);
  if (!b) return std::nullopt;
  if (tree.text == "+") return *a + *b;
  if (tree.text == "-") return *a - *b;
  if (tree.text == "*") return *a * *b;
  return std::nullopt;
}

}  // namespace

std::optional<long> integer_of(const Ast& tree) {
  const auto number = whole_number(tree);
  if (!number || std::fabs(*number) > 1e9) return std::nullopt;
  return long(*number);
}

Variables::Variables(Graph& graph, const std::vector<SourceText>& args,
                     const std::vector<Declaration>& declarations)
    : graph_(graph) {
  if (declarations.size() > size_t(most_arguments)) {
    throw Error(ErrorKind::argument,
                "`args` declares " + std::to_string(declarations.size()) +
                    " variables, more than the " + std::to_string(most_arguments) +
                    " there can be.");
  }
  int with_position = 0;
  for (size_t k = 0; k < declarations.size(); ++k) {
    const Declaration& declaration = declarations[k];
    if (!is_variable_call(declaration.type)) {
      throw formula_error(
          args[k], declaration.type.place,
          "`" + declaration.type.text + "` is not a kind of variable.",
          {"Use Vi (indexed by i), Vj (indexed by j) or Pm (a parameter), as in "
           "\"x = Vi(3)\"."});
    }
    if (!declaration.name.empty() && named(declaration.name)) {
      throw formula_error(args[k], declaration.name_place,
                          "The name `" + declaration.name + "` is declared twice.");
    }
    Argument argument = argument_of_call(args[k], declaration.type);
    argument.name = declaration.name;
    with_position += argument.position >= 0;
    if (with_position != 0 && with_position != int(k) + 1) {
      throw formula_error(
          args[k], declaration.type.place,
          "`args` mixes variables with and without a position.",
          {"Write all of them as Vi(dimension), or all as Vi(position, dimension)."});
    }
    if (argument.position < 0) argument.position = int(k);
    if (at(argument.position)) {
      throw formula_error(args[k], declaration.type.place,
                          "Position " + std::to_string(argument.position) +
                              " is taken by another variable.");
    }
    add(args[k], declaration.type.place, argument);
  }
}

Expr Variables::add(const SourceText& source, Place place, Argument argument) {
  const size_t position = size_t(argument.position);
  if (by_position_.size() <= position) by_position_.resize(position + 1);
  const Expr known = by_position_[position];
  if (known &&
      (known->dimension != argument.dimension || known->level != argument.level)) {
    throw formula_error(source, place,
                        "Position " + std::to_string(position) + " is already " +
                            category_name(known->level) + "(" +
                            std::to_string(known->dimension) + ").");
  }
  if (!known) {
    by_position_[position] = graph_.variable(argument.name, argument.position,
                                             argument.level, argument.dimension);
  }
  return by_position_[position];
}

Expr Variables::written(const SourceText& source, const Ast& tree) {
  Argument argument = argument_of_call(source, tree);
  if (argument.position < 0) argument.position = int(by_position_.size());
  return add(source, tree.place, argument);
}

Expr Variables::placed(const SourceText& source, Place place, int position, Level level,
                       int dimension) {
  if (position < 0 || position >= most_arguments) {
    throw formula_error(source, place,
                        "There is no position " + std::to_string(position) + ".");
  }
  return add(source, place, {"", level, dimension, position});
}

Expr Variables::named(const std::string& name) const {
  for (Expr variable : by_position_) {
    if (variable && variable->name == name) return variable;
  }
  const auto bound = bound_.find(name);
  return bound == bound_.end() ? Expr() : bound->second;
}

Expr Variables::at(int position) const {
  return position >= 0 && size_t(position) < by_position_.size() ? by_position_[position]
                                                                 : Expr();
}

std::vector<std::string> Variables::names() const {
  std::vector<std::string> names;
  for (Expr variable : by_position_) {
    if (variable && !variable->name.empty()) names.push_back(variable->name);
  }
  return names;
}

std::vector<Argument> Variables::arguments(const SourceText& formula) const {
  std::vector<Argument> arguments;
  for (size_t k = 0; k < by_position_.size(); ++k) {
    const Expr variable = by_position_[k];
    if (!variable) {
      throw formula_error(formula, {0, int(formula.text.size())},
                          "No variable has position " + std::to_string(k) +
                              ", although one has " + "position " +
                              std::to_string(by_position_.size() - 1) + ".",
                          {"Positions count from 0, without gaps."});
    }
    arguments.push_back({variable->name, variable->level, variable->dimension, int(k)});
  }
  return arguments;
}

}  // namespace rkeops
