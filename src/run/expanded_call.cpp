#include "run/expanded_call.h"

#include <algorithm>

#include "ir/reductions.h"
#include "run/cuda/gpu_matrix.h"

namespace rkeops {

namespace {

bool are_on_gpu(const CallInputs& inputs) {
  return std::any_of(
      inputs.matrices.begin(), inputs.matrices.end(),
      [](const MatrixView& matrix) { return matrix.resident && !matrix.data; });
}

// The questions asked before take milliseconds: not worth a compiler, nor a GPU
// unless the data are there. The same callables answer both ways, so each way has
// generations of its own.
Settings for_questions(Settings settings, const CallInputs& inputs) {
  const bool on_gpu = are_on_gpu(inputs);
  settings.generation = 2 * settings.generation + int(on_gpu);
  settings.expansion = ExpansionMode::never;
  settings.gpu_results = ResultPlace::host;
  if (on_gpu) return settings;
  settings.engine = Engine::cpu;
  settings.compile = CompileMode::never;
  return settings;
}

std::vector<double> evaluated(Callable& part, const CallInputs& inputs,
                              const Settings& settings) {
  std::vector<double> values(size_t(part.op().typed.root->dimension));
  part.call(inputs, {values.data(), nullptr}, settings, {});
  return values;
}

bool holds(Callable& largest, const CallInputs& inputs, const Settings& settings) {
  const std::vector<double> values = evaluated(largest, inputs, settings);
  return std::all_of(values.begin(), values.end(),
                     [](double value) { return value <= 1; });
}

// A centre is to be near the points: the mean of so many of them is.
constexpr long long points_of_a_mean = 256;

// Some of the rows of those of level j that are read, evenly spaced; all of them on a
// GPU, which computes the mean there.
class SampledInputs {
 public:
  SampledInputs(const CallInputs& inputs, const std::vector<Expr>& read)
      : inputs_(inputs) {
    inputs_.cover.reset();
    if (are_on_gpu(inputs)) return;
    inputs_.j_size = std::min(inputs.j_size, points_of_a_mean);
    for (Expr variable : read) {
      MatrixView& matrix = inputs_.matrices.at(size_t(variable->position));
      if (variable->level == level_j) matrix = sampled(matrix);
    }
  }

  const CallInputs& inputs() const { return inputs_; }

 private:
  MatrixView sampled(const MatrixView& all) {
    const long long count = inputs_.j_size;
    values_.emplace_back();
    for (int component = 0; component < all.components; ++component) {
      const double* first = all.data + component * all.stride;
      for (long long k = 0; k < count; ++k)
        values_.back().push_back(first[k * all.rows / count]);
    }
    return {values_.back().data(), count, all.components};
  }

  CallInputs inputs_;
  std::vector<std::vector<double>> values_;
};

std::vector<Expr> variables_of(Expr root) {
  std::vector<Expr> variables;
  for (Expr node : sorted_nodes({root}, true))
    if (node->kind == NodeKind::variable) variables.push_back(node);
  return variables;
}

/// A call reads the same as another one if these are the same: the numbers of matrices
/// that stay on a GPU, as they are. Nothing, if it reads anything else.
std::vector<long long> numbers_of(const std::vector<Expr>& read,
                                  const CallInputs& inputs) {
  std::vector<long long> numbers;
  for (Expr variable : read) {
    const MatrixView& matrix = inputs.matrices.at(size_t(variable->position));
    if (!matrix.resident || matrix.data) return {};
    numbers.insert(numbers.end(), {matrix.resident->number(), matrix.rows});
  }
  return numbers;
}

// How many pairs, each of which costs less, are worth a look at a point. A processor
// reads all points for it, a GPU looks while it prepares them.
double pairs_worth_a_point(Engine engine) { return engine == Engine::cpu ? 500 : 4000; }

// A bound saves half of a long distance, which takes so many pairs to be worth a call.
constexpr double pairs_worth_a_bound = 1e8, pairs_worth_a_bound_a_point = 500;

}  // namespace

bool may_expand(const Operator& op, const CallInputs& inputs, const Settings& settings) {
  if (op.expansion_only_bounds && settings.engine == Engine::cpu) return false;
  if (settings.expansion != ExpansionMode::automatic)
    return settings.expansion == ExpansionMode::always;
  const double points = double(inputs.i_size) + double(inputs.j_size);
  if (op.expansion_only_bounds)
    return inputs.pairs() >= pairs_worth_a_bound &&
           inputs.pairs() > pairs_worth_a_bound_a_point * points;
  return inputs.pairs() > pairs_worth_a_point(settings.engine) * points;
}

ExpandedCall::ExpandedCall(const Operator& op)
    : op_(op), expanded_(expanded_operator(op)) {
  for (const Centre& centre : op.expansion.centres)
    centres_.emplace_back(reduced("Mean", centre.points, level_j));
}

ExpandedCall::Part ExpandedCall::reduced(const char* reduction, Expr expression,
                                         Level index) const {
  const Expr root =
      expression->graph->reduce(reduction_named(reduction), index, {expression});
  return std::make_unique<Callable>(
      operator_of_part(op_, root, level_none, Precision::float64, centre_arguments(op_)));
}

ExpandedCall::Mean::Mean(Part part)
    : part_(std::move(part)), read_(variables_of(part_->op().typed.root)) {}

const std::vector<double>& ExpandedCall::Mean::of(const CallInputs& inputs,
                                                  const Settings& settings) {
  std::vector<long long> numbers = numbers_of(read_, inputs);
  if (numbers.empty() || numbers != numbers_)
    value_ = evaluated(*part_, SampledInputs(inputs, read_).inputs(), settings);
  numbers_ = std::move(numbers);
  return value_;
}

bool ExpandedCall::conditions_hold(const CallInputs& inputs, const Settings& settings) {
  if (largest_.empty()) {
    largest_.push_back(reduced("Max", op_.expansion.condition_j, level_j));
    largest_.push_back(reduced("Max", op_.expansion.condition_i, level_i));
  }
  return std::all_of(largest_.begin(), largest_.end(), [&](const Part& largest) {
    return holds(*largest, inputs, settings);
  });
}

bool ExpandedCall::call(const CallInputs& inputs, const CallOutput& output,
                        const Settings& settings, const Interrupted& interrupted,
                        const Progress& progress, SharedResults* shared) {
  if (inputs.i_size == 0 || inputs.j_size == 0) return false;
  const Settings quick = for_questions(settings, inputs);
  CallInputs all = inputs;  // of rows and columns in no block too
  for (Mean& mean : centres_) {
    const std::vector<double>& centre = mean.of(inputs, quick);
    all.matrices.push_back({centre.data(), 1, int(centre.size())});
  }
  if (settings.engine == Engine::cpu && !conditions_hold(all, quick)) return false;
  try {
    expanded_.call_plain(all, output, settings, interrupted, progress, shared);
  } catch (const ConditionsFail&) {
    return false;
  }
  return true;
}

}  // namespace rkeops
