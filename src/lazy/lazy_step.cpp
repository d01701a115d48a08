#include "lazy/lazy_step.h"

#include <unordered_set>

#include "ir/copy.h"
#include "ir/patterns.h"

namespace rkeops {

VariableNumber next_variable_number() {
  static VariableNumber last = 0;
  return ++last;
}

LazyStep::~LazyStep() {
  std::vector<LazyStepPointer> pending;
  pending.swap(operands);
  while (!pending.empty()) {
    const LazyStepPointer step = std::move(pending.back());
    pending.pop_back();
    if (step.use_count() != 1) continue;
    // nobody else has it: it ends here, without operands
    auto& last = const_cast<LazyStep&>(*step);
    for (LazyStepPointer& operand : last.operands) pending.push_back(std::move(operand));
    last.operands.clear();
  }
}

std::vector<const LazyStep*> sorted_steps(const LazyStep& last) {
  struct Place {
    const LazyStep* step;
    size_t operand;
  };
  std::unordered_set<const LazyStep*> seen = {&last};
  std::vector<Place> path = {{&last, 0}};
  std::vector<const LazyStep*> steps;
  while (!path.empty()) {
    Place& place = path.back();
    if (place.operand == place.step->operands.size()) {
      steps.push_back(place.step);
      path.pop_back();
      continue;
    }
    const LazyStep* operand = place.step->operands[place.operand++].get();
    if (seen.insert(operand).second) path.push_back({operand, 0});
  }
  return steps;
}

StepWriter::StepWriter(Graph& graph, const LazyStep& last,
                       const std::vector<std::pair<VariableNumber, Expr>>& variables,
                       LevelMap level)
    : graph_(graph), level_(level), steps_(sorted_steps(last)) {
  for (const LazyStep* step : steps_) {
    for (const SameVariables& pair : step->same) {
      const VariableNumber first = representative(pair.first);
      parents_[representative(pair.second)] = first;
    }
  }
  for (const auto& one : variables)
    variables_.emplace(representative(one.first), one.second);
}

// The root of a tree of those with the same data, whose paths are halved on the way.
VariableNumber StepWriter::representative(VariableNumber number) {
  VariableNumber parent = parents_.emplace(number, number).first->second;
  while (parent != number) {
    const VariableNumber above = parents_.at(parent);
    parents_[number] = above;
    number = above;
    parent = parents_.at(number);
  }
  return number;
}

Expr StepWriter::write() {
  for (const LazyStep* step : steps_) known_[step] = written(*step);
  return known_.at(steps_.back());
}

Expr StepWriter::written(const LazyStep& step) {
  switch (step.kind) {
    case LazyStep::Kind::variable:
      return variable(step.variable);
    case LazyStep::Kind::constant:
      return graph_.constant(step.value, step.dimension);
    case LazyStep::Kind::operation: {
      std::vector<Expr> children;
      for (const LazyStepPointer& operand : step.operands)
        children.push_back(known_.at(operand.get()));
      return fold_constants(graph_.apply(*step.operation, children, step.integers));
    }
    case LazyStep::Kind::written:
      break;
  }
  CopyRules rules;
  rules.level = level_;
  rules.variable = [&](Expr node) {
    return variable(step.variables.at(size_t(node->position)));
  };
  return copy_to(graph_, step.root, rules);
}

}  // namespace rkeops
