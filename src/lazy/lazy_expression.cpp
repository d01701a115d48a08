#include "lazy/lazy_expression.h"

#include "ir/ops.h"
#include "ir/patterns.h"
#include "ir/reductions.h"
#include "pass/differentiate.h"

namespace rkeops {

namespace {

// A new expression, whose graph `body` writes with a builder.
template <class Body>
LazyResult built(Body body) {
  auto graph = std::make_unique<Graph>();
  LazyBuilder builder(*graph);
  const Expr root = body(builder);
  LazyResult result;
  result.expression = lazy_of_graph(std::move(graph), root, builder.arguments());
  result.data = builder.data();
  return result;
}

LazyResult lazy_leaf(std::shared_ptr<LazyStep> step) {
  LazyResult result;
  result.expression = std::make_unique<LazyExpression>();
  result.expression->step = std::move(step);
  return result;
}

std::vector<std::string> hint(const std::string& nearest) {
  if (nearest.empty()) return {};
  return {"Did you mean `" + nearest + "`?"};
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Error wrong_count(const std::string& callee, const std::vector<std::string>& wanted,
                  size_t given) {
  return Error(ErrorKind::argument,
               callee + " takes " + std::to_string(wanted.size()) +
                   (wanted.size() == 1 ? " argument" : " arguments") + " (" +
                   listed(wanted) + "), not " + std::to_string(given) + ".");
}

// ---- operations ----

const Operation* find_infix(const std::string& symbol, size_t operands) {
  for (const Operation& row : operations()) {
    if (row.infix == symbol && row.arguments.size() == operands) return &row;
  }
  return nullptr;
}

const Operation& row_for(const std::string& name, const std::string& label,
                         size_t operands, const std::vector<std::vector<int>>& integers) {
  const Operation* row = find_infix(name, operands);
  if (!row) row = find_operation(name, operands + integers.size());
  if (!row) {
    std::vector<std::string> known;
    for (const Operation& one : operations()) known.push_back(one.name);
    throw Error(ErrorKind::argument, "There is no operation `" + label + "`.", {},
                hint(nearest_name(name, known)));
  }
  std::vector<std::string> wanted = row->arguments;
  for (const auto* more : {&row->integer_arguments, &row->list_arguments}) {
    wanted.insert(wanted.end(), more->begin(), more->end());
  }
  const size_t given = operands + integers.size();
  if (operands != row->arguments.size() || given > wanted.size() ||
      given + size_t(row->optional_lists) < wanted.size()) {
    throw wrong_count("`" + label + "`", wanted, given);
  }
  return *row;
}

// Plain integers as they are, each list after its length, as nodes keep them.
std::vector<int> flat_integers(const Operation& row, const std::string& label,
                               const std::vector<std::vector<int>>& integers) {
  std::vector<int> flat;
  const size_t plain = row.integer_arguments.size();
  for (size_t k = 0; k < integers.size(); ++k) {
    if (k >= plain) {
      flat.push_back(int(integers[k].size()));
    } else if (integers[k].size() != 1) {
      throw Error(ErrorKind::argument, "`" + row.integer_arguments[k] + "` of `" + label +
                                           "` must be one whole number.");
    }
    flat.insert(flat.end(), integers[k].begin(), integers[k].end());
  }
  return flat;
}

// Operands that are only known by what a dimension rule asks of them.
std::vector<Expr> stand_ins(Graph& graph, const std::vector<LazyOperand>& operands) {
  std::vector<Expr> children;
  for (const LazyOperand& operand : operands) {
    const LazyStep& step = *operand.expression->step;
    children.push_back(
        step.kind == LazyStep::Kind::constant
            ? graph.constant(step.value, step.dimension)
            : graph.variable("", int(children.size()), step.level, step.dimension));
  }
  return children;
}

// The variables of an operand become those of the step, but for those it has already.
void take_variables(LazyResult& result, LazyStep& step, VariableList& list,
                    const LazyOperand& operand) {
  std::vector<LazyVariable>& known = result.expression->variables;
  if (known.empty()) {
    known = operand.expression->variables;
    for (size_t k = 0; k < known.size(); ++k)
      list.append(known[k].level, known[k].dimension, operand.data.at(k));
    return;
  }
  size_t position = 0;
  for (const LazyVariable& one : operand.expression->variables) {
    const size_t place = list.add(one.level, one.dimension, operand.data.at(position++));
    if (place == known.size()) {
      known.push_back(one);
    } else if (known[place].number != one.number) {
      step.same.emplace_back(known[place].number, one.number);
    }
  }
}

template <class Body>
auto with_label(const std::string& label, Body body) -> decltype(body()) {
  try {
    return body();
  } catch (const DimensionProblem& problem) {
    throw Error(ErrorKind::shape, "`" + label + "` " + problem.message + ".");
  }
}

Level other_index(Level level) {
  return level == level_i ? level_j : level == level_j ? level_i : level;
}

Level to_i(Level level) { return level == level_none ? level_none : level_i; }

// ---- gradients ----

void check_variable(Expr root, Expr f) {
  if (root->kind != NodeKind::variable) {
    throw Error(ErrorKind::argument,
                "A gradient is taken in a variable, not in an expression.", {},
                {"Give the LazyTensor that was made from the data."});
  }
  if (!depends_on(f, root)) {
    throw Error(
        ErrorKind::argument, "The LazyTensor does not depend on this variable.", {},
        {"Use the same R object for the data in both places: values are not compared."});
  }
}

void check_direction(Expr e, Expr f, Level index) {
  if (e->dimension != 1 && e->dimension != f->dimension) {
    throw Error(ErrorKind::shape, "The gradient input must have dimension " +
                                      std::to_string(f->dimension) + ", not " +
                                      std::to_string(e->dimension) + ".");
  }
  if (!within(e->level, index)) {
    throw Error(ErrorKind::shape,
                std::string("The gradient input must be indexed like the result, by ") +
                    (index == level_none ? "nothing" : level_name(index)) + ", not by " +
                    level_name(e->level) + ".");
  }
}

Expr repeated(Expr e, int dimension) {
  return e->dimension == dimension ? e : call("SumT", {e}, {dimension});
}

template <class Body>
Expr derivative(Body body) {
  try {
    return body();
  } catch (const NotDifferentiable& problem) {
    throw Error(ErrorKind::argument, "`" + problem.name + "` has no derivative.");
  }
}

const Reduction& reduction_row(const LazyReduction& reduction, size_t operands) {
  const size_t given = operands + reduction.integers.size();
  const Reduction* row = find_reduction(reduction.name, given);
  if (!row) {
    std::vector<std::string> known;
    for (const Reduction& one : rkeops::reductions()) known.push_back(one.name);
    throw Error(ErrorKind::argument, "There is no reduction `" + reduction.name + "`.",
                {}, hint(nearest_name(reduction.name, known)));
  }
  std::vector<std::string> wanted = row->arguments;
  wanted.insert(wanted.end(), row->integer_arguments.begin(),
                row->integer_arguments.end());
  if (operands != row->arguments.size() || given != wanted.size()) {
    throw wrong_count("The reduction `" + reduction.name + "`", wanted, given);
  }
  return *row;
}

}  // namespace

// ---- steps ----

LazyResult lazy_variable(Level level, int dimension, DataIdentity data) {
  if (dimension > largest_dimension) {
    throw Error(ErrorKind::shape, "The points of a LazyTensor have at most " +
                                      std::to_string(largest_dimension) +
                                      " components, not " + std::to_string(dimension) +
                                      ".");
  }
  auto step = std::make_shared<LazyStep>();
  step->kind = LazyStep::Kind::variable;
  step->dimension = dimension;
  step->level = level;
  step->variable = next_variable_number();
  LazyResult result = lazy_leaf(step);
  result.expression->variables = {{level, dimension, step->variable}};
  result.data = {data};
  return result;
}

LazyResult lazy_constant(double value) {
  auto step = std::make_shared<LazyStep>();
  step->value = value;
  return lazy_leaf(step);
}

LazyResult lazy_apply(const std::string& name, const std::string& label,
                      const std::vector<LazyOperand>& operands,
                      const std::vector<std::vector<int>>& integers) {
  const Operation& row = row_for(name, label, operands.size(), integers);
  auto step = std::make_shared<LazyStep>();
  step->integers = flat_integers(row, label, integers);
  Graph scratch;
  const Expr outcome = with_label(label, [&] {
    return fold_constants(
        scratch.apply(row, stand_ins(scratch, operands), step->integers));
  });
  step->dimension = outcome->dimension;
  step->level = outcome->level;
  step->kind = LazyStep::Kind::operation;
  step->operation = &row;
  if (outcome->kind == NodeKind::constant) {
    step->kind = LazyStep::Kind::constant;
    step->value = outcome->value;
  }
  LazyResult result = lazy_leaf(step);
  VariableList list;
  for (const LazyOperand& operand : operands) {
    if (step->kind == LazyStep::Kind::operation) {
      step->operands.push_back(operand.expression->step);
    }
    take_variables(result, *step, list, operand);
  }
  result.data = list.data();
  return result;
}

LazyResult lazy_transposed(const LazyOperand& operand) {
  return built([&](LazyBuilder& builder) { return builder.add(operand, other_index); });
}

LazyResult lazy_flattened(const LazyOperand& operand) {
  // the same data indexed by i and by j become two
  LazyOperand distinct{operand.expression, {}};
  for (const LazyVariable& one : operand.expression->variables)
    distinct.data.push_back(&one);
  return built([&](LazyBuilder& builder) { return builder.add(distinct, to_i); });
}

LazyResult lazy_gradient(const LazyOperand& f, const LazyOperand& v,
                         const LazyOperand& e) {
  return built([&](LazyBuilder& builder) {
    const Expr whole = builder.add(f), variable = builder.add(v), input = builder.add(e);
    check_variable(variable, whole);
    check_direction(input, whole, level_pair);
    const Level index = join(whole->level, input->level);
    return derivative([&] {
      return gradient(whole, index, variable, repeated(input, whole->dimension));
    });
  });
}

TypedFormula reduced_formula(LazyBuilder& builder, Graph& graph,
                             const std::vector<LazyOperand>& operands,
                             const LazyReduction& reduction) {
  std::vector<Expr> children;
  for (const LazyOperand& operand : operands) children.push_back(builder.add(operand));
  if (reduction.name.empty()) {
    const Expr root = children.at(0);
    return {root, root->level, builder.arguments()};
  }
  const Reduction& row = reduction_row(reduction, operands.size());
  const Expr root = with_label(reduction.name, [&] {
    return graph.reduce(row, reduction.reduced, children, reduction.integers, graph.over);
  });
  return {root, without(level_pair, reduction.reduced), builder.arguments()};
}

TypedFormula gradient_formula(LazyBuilder& builder, Graph& graph,
                              const std::vector<LazyOperand>& operands,
                              const LazyOperand& v, const LazyOperand& e,
                              const LazyReduction& reduction) {
  const TypedFormula whole = reduced_formula(builder, graph, operands, reduction);
  const Expr variable = builder.add(v), input = builder.add(e);
  check_variable(variable, whole.root);
  check_direction(input, whole.root, whole.index);
  const Expr root = derivative([&] {
    return gradient(whole.root, whole.index, variable,
                    repeated(input, whole.root->dimension));
  });
  return {root, variable->level, builder.arguments()};
}

}  // namespace rkeops
