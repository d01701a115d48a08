#include "ir/copy.h"
#include "lazy/lazy_expression.h"

namespace rkeops {

// ---- variables ----

void VariableList::append(Level level, int dimension, DataIdentity data) {
  if (!places_.empty()) places_.emplace(data, data_.size());
  shapes_.push_back({level, dimension});
  data_.push_back(data);
}

bool VariableList::is_at(size_t place, Level level, int dimension,
                         DataIdentity data) const {
  const Shape& shape = shapes_[place];
  return data_[place] == data && shape.level == level && shape.dimension == dimension;
}

// Its place, or the number of all where it is new.
size_t VariableList::find(Level level, int dimension, DataIdentity data) {
  constexpr size_t few = 16;
  if (++looked_up_ < few) {
    size_t place = 0;
    while (place < size() && !is_at(place, level, dimension, data)) ++place;
    return place;
  }
  for (size_t place = places_.size(); place < size(); ++place)
    places_.emplace(data_[place], place);
  const auto known = places_.equal_range(data);
  for (auto one = known.first; one != known.second; ++one) {
    if (is_at(one->second, level, dimension, data)) return one->second;
  }
  return size();
}

size_t VariableList::add(Level level, int dimension, DataIdentity data) {
  const size_t place = find(level, dimension, data);
  if (place == size()) append(level, dimension, data);
  return place;
}

Expr LazyBuilder::variable(Level level, int dimension, DataIdentity data) {
  const size_t place = variables_.add(level, dimension, data);
  if (place == arguments_.size()) {
    arguments_.push_back({"V" + std::to_string(place), level, dimension, int(place)});
  }
  return graph_.variable(arguments_[place].name, int(place), level, dimension);
}

Expr LazyBuilder::add(const LazyOperand& operand, LevelMap level) {
  // also those that the formula has lost: they tell the numbers of points
  std::vector<std::pair<VariableNumber, Expr>> variables;
  size_t position = 0;
  for (const LazyVariable& one : operand.expression->variables) {
    variables.emplace_back(one.number,
                           variable(level ? level(one.level) : one.level, one.dimension,
                                    operand.data.at(position++)));
  }
  return StepWriter(graph_, *operand.expression->step, variables, level).write();
}

std::unique_ptr<WrittenLazy> written_lazy(const LazyExpression& expression) {
  auto written = std::make_unique<WrittenLazy>();
  LazyBuilder builder(written->graph);
  LazyOperand operand{&expression, {}};
  for (const LazyVariable& one : expression.variables) operand.data.push_back(&one);
  written->root = builder.add(operand);
  written->arguments = builder.arguments();
  return written;
}

std::unique_ptr<LazyExpression> lazy_of_graph(std::unique_ptr<Graph> graph, Expr root,
                                              const std::vector<Argument>& arguments) {
  auto step = std::make_shared<LazyStep>();
  auto expression = std::make_unique<LazyExpression>();
  step->kind = LazyStep::Kind::written;
  step->dimension = root->dimension;
  step->level = root->level;
  step->graph = std::move(graph);
  step->root = root;
  for (const Argument& argument : arguments) {
    step->variables.push_back(next_variable_number());
    expression->variables.push_back(
        {argument.level, argument.dimension, step->variables.back()});
  }
  expression->step = std::move(step);
  return expression;
}

}  // namespace rkeops
