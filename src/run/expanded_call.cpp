#include "expanded_call.h"

#include <algorithm>

#include "../ir/reductions.h"

namespace rkeops {

namespace {

/// Points a centre is made of; any number of them gives one that is near enough.
constexpr long long most_samples = 256;

// Some rows of the matrices of level j, evenly spread, and all others as they are.
struct Sample {
  CallInputs inputs;
  std::vector<std::vector<double>> rows;
};

std::vector<double> sampled_rows(const MatrixView& matrix, long long samples) {
  std::vector<double> rows;
  rows.reserve(size_t(samples * matrix.components));
  for (int k = 0; k < matrix.components; ++k) {
    for (long long s = 0; s < samples; ++s)
      rows.push_back(matrix.data[k * matrix.rows + s * matrix.rows / samples]);
  }
  return rows;
}

Sample sample(const CallInputs& inputs, const std::vector<Argument>& arguments) {
  Sample result;
  result.inputs = inputs;
  result.inputs.j_size = std::min(inputs.j_size, most_samples);
  for (const Argument& argument : arguments) {
    if (argument.level != level_j) continue;
    MatrixView& matrix = result.inputs.matrices.at(size_t(argument.position));
    result.rows.push_back(sampled_rows(matrix, result.inputs.j_size));
    matrix = {result.rows.back().data(), result.inputs.j_size, matrix.components};
  }
  return result;
}

// What is asked before is a matter of milliseconds: not worth a compiler or a GPU.
Settings for_interpreter(Settings settings) {
  settings.engine = Engine::cpu;
  settings.compile = CompileMode::never;
  settings.expansion = ExpansionMode::never;
  return settings;
}

std::vector<double> evaluated(Callable& part, const CallInputs& inputs,
                              const Settings& settings) {
  const TypedFormula& formula = part.op().typed;
  std::vector<double> values(size_t(size_of(formula.index, inputs)) *
                             size_t(formula.root->dimension));
  part.call(inputs, values.data(), settings, {});
  return values;
}

bool holds(Callable& largest, const CallInputs& inputs, const Settings& settings) {
  const std::vector<double> values = evaluated(largest, inputs, settings);
  return std::all_of(values.begin(), values.end(),
                     [](double value) { return value <= 1; });
}

// The largest values of the components, in one row.
Expr largest(Expr condition, Level index) {
  return condition->graph->reduce(reduction_named("Max"), index, {condition});
}

}  // namespace

bool may_expand(const CallInputs& inputs, const Settings& settings) {
  if (settings.expansion != ExpansionMode::automatic)
    return settings.expansion == ExpansionMode::always;
  const double rows = double(inputs.i_size), columns = double(inputs.j_size);
  const double pairs_worth_a_point = settings.engine == Engine::cpu ? 500 : 30000;
  return rows * columns > pairs_worth_a_point * (rows + columns);
}

ExpandedCall::ExpandedCall(const Operator& op)
    : arguments_(op.typed.arguments),
      expanded_(
          operator_of_part(op, op.expansion.root, op.typed.index, op.text.precision)),
      condition_i_(part(op, largest(op.expansion.condition_i, level_i), level_none)),
      condition_j_(part(op, largest(op.expansion.condition_j, level_j), level_none)) {
  for (const Centre& centre : op.expansion.centres)
    points_.push_back(part(op, centre.points, level_j));
}

ExpandedCall::Part ExpandedCall::part(const Operator& op, Expr expression, Level index) {
  return std::make_unique<Callable>(
      operator_of_part(op, expression, index, Precision::float64));
}

std::vector<double> ExpandedCall::centre(Callable& points, const CallInputs& inputs,
                                         const Settings& settings) const {
  const Sample some = sample(inputs, arguments_);
  const std::vector<double> values = evaluated(points, some.inputs, settings);
  const size_t samples = size_t(some.inputs.j_size);
  std::vector<double> mean;
  for (size_t first = 0; first < values.size(); first += samples) {
    double sum = 0;
    for (size_t s = 0; s < samples; ++s) sum += values[first + s];
    mean.push_back(sum / double(samples));
  }
  return mean;
}

bool ExpandedCall::call(const CallInputs& inputs, double* output,
                        const Settings& settings, const Interrupted& interrupted,
                        const Progress& progress, SharedResults* shared) {
  if (inputs.i_size == 0 || inputs.j_size == 0) return false;
  const Settings quick = for_interpreter(settings);
  std::vector<std::vector<double>> centres;
  for (const Part& points : points_) centres.push_back(centre(*points, inputs, quick));
  CallInputs all = inputs;
  for (const std::vector<double>& values : centres)
    all.matrices.push_back({values.data(), 1, int(values.size())});
  if (!holds(*condition_j_, all, quick) || !holds(*condition_i_, all, quick))
    return false;
  expanded_.call(all, output, settings, interrupted, progress, shared);
  return true;
}

}  // namespace rkeops
