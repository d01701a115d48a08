#include "bound/interval_program.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "ir/ops.h"
#include "ir/tensor.h"

namespace rkeops {

namespace {

constexpr int lanes = IntervalLanes::count;
// Longer programs are not worth it.
constexpr int most_registers = 4096;
constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

// NaN where one of the operands is.
void poison(IntervalLanes& value, const IntervalLanes& operand) {
  for (int k = 0; k < lanes; ++k) {
    const double nothing = 0 * (operand.lo[k] + operand.hi[k]);
    value.lo[k] += nothing;
    value.hi[k] += nothing;
  }
}

void keep_within(IntervalLanes& value, double least, double most) {
  for (int k = 0; k < lanes; ++k) {
    value.lo[k] = value.lo[k] < least ? least : value.lo[k];
    value.hi[k] = value.hi[k] > most ? most : value.hi[k];
  }
}

IntervalLanes all_lanes(double lo, double hi) {
  IntervalLanes value;
  std::fill(value.lo, value.lo + lanes, lo);
  std::fill(value.hi, value.hi + lanes, hi);
  return value;
}

}  // namespace

// Numbers below the normal ones are 0 for some engines, in both precisions.
Rounding::Rounding(Precision precision) {
  const bool is_single = precision == Precision::float32;
  epsilon = is_single ? std::numeric_limits<float>::epsilon()
                      : std::numeric_limits<double>::epsilon();
  tiny = 2 * (is_single ? double(std::numeric_limits<float>::min())
                        : std::numeric_limits<double>::min());
  largest = is_single ? double(std::numeric_limits<float>::max())
                      : std::numeric_limits<double>::max();
}

// Rounding does not change signs, as 0 is a number of every precision.
void Rounding::widen(IntervalLanes& value, double ulps, double units) const {
  const double relative = ulps * epsilon * 1.01, absolute = units * epsilon + tiny;
  const bool keeps_sign = units == 0;
  for (int k = 0; k < lanes; ++k) {
    const double lo = value.lo[k], hi = value.hi[k];
    const double wide_lo = lo - (std::fabs(lo) * relative + absolute);
    const double wide_hi = hi + (std::fabs(hi) * relative + absolute);
    value.lo[k] = keeps_sign && lo >= 0 && wide_lo < 0 ? 0 : wide_lo;
    value.hi[k] = keeps_sign && hi <= 0 && wide_hi > 0 ? 0 : wide_hi;
  }
}

void Rounding::forget_infinite(IntervalLanes& value) const {
  for (int k = 0; k < lanes; ++k) {
    const bool is_finite = value.lo[k] >= -largest && value.hi[k] <= largest;
    value.lo[k] = is_finite ? value.lo[k] : not_known;
    value.hi[k] = is_finite ? value.hi[k] : not_known;
  }
}

// ---- from expressions to steps ----

class IntervalProgram::Builder {
 public:
  Builder(IntervalProgram& program, const Inputs& inputs) : to_(program) {
    for (size_t group = 0; group < inputs.size(); ++group) {
      int offset = 0;
      for (Expr node : inputs[group]) {
        Components components;
        for (int c = 0; c < node->dimension; ++c)
          components.push_back({int(group), offset++});
        places_.emplace(&*node, components);
      }
    }
  }

  // Children first, so that nothing recurs as deep as the expression is high.
  void build(Expr root) {
    std::vector<Expr> waiting = {root};
    while (!waiting.empty() && to_.exists_) {
      const Expr node = waiting.back();
      const size_t before = waiting.size();
      if (!places_.count(&*node)) {
        for (Expr child : node->children)
          if (!places_.count(&*child)) waiting.push_back(child);
      }
      if (waiting.size() > before) continue;
      components(node);
      waiting.pop_back();
    }
  }

  const Components& components(Expr node) {
    const auto known = places_.find(&*node);
    if (known != places_.end()) return known->second;
    Components made;
    if (to_.exists_) made = computed(node);
    if (to_.registers_ > most_registers) to_.exists_ = false;
    made.resize(size_t(node->dimension));
    return places_[&*node] = made;
  }

 private:
  Components computed(Expr node) {
    if (node->kind == NodeKind::constant)
      return Components(size_t(node->dimension), constant(node->value));
    if (node->kind != NodeKind::operation) return unknown();
    switch (node->operation->form) {
      case Form::elementwise:
        return elementwise(node);
      case Form::fold:
        return {step(*node->operation, components(node->children[0]), true, node)};
      case Form::range: {
        Components range;
        for (int c = 0; c < node->dimension; ++c) range.push_back(constant(c));
        return range;
      }
      case Form::repeat:
        return Components(size_t(node->dimension), components(node->children[0])[0]);
      case Form::slice:
      case Form::insert:
        return moved(node);
      case Form::concat: {
        Components both = components(node->children[0]);
        const Components& more = components(node->children[1]);
        both.insert(both.end(), more.begin(), more.end());
        return both;
      }
      case Form::contraction:
        return contraction(node);
      default:
        return unknown();
    }
  }

  Components unknown() {
    to_.exists_ = false;
    return {};
  }

  Operand constant(double value) {
    IntervalLanes box = all_lanes(value, value);
    const bool is_exact = to_.rounding_.epsilon < 1e-10 || double(float(value)) == value;
    if (!is_exact) to_.rounding_.widen(box, 1, 0);
    to_.rounding_.forget_infinite(box);
    to_.constants_.push_back(box);
    return {in_constants, int(to_.constants_.size()) - 1};
  }

  Operand step(const Operation& row, const Components& operands, bool is_fold,
               Expr node) {
    if (!row.interval || to_.registers_ > most_registers) {
      to_.exists_ = false;
      return {in_registers, 0};
    }
    const int first = int(to_.operands_.size()), count = int(operands.size());
    to_.operands_.insert(to_.operands_.end(), operands.begin(), operands.end());
    to_.most_operands_ = std::max(to_.most_operands_, count);
    to_.steps_.push_back({row.interval, row.complex_interval, to_.registers_, first,
                          count, is_fold, node->integers.data()});
    return {in_registers, to_.registers_++};
  }

  Components elementwise(Expr node) {
    std::vector<Components> arguments;
    for (Expr child : node->children) arguments.push_back(components(child));
    Components values;
    for (int c = 0; c < node->dimension && to_.exists_; ++c) {
      Components operands;
      for (const Components& argument : arguments)
        operands.push_back(argument[argument.size() == 1 ? 0 : size_t(c)]);
      values.push_back(step(*node->operation, operands, false, node));
    }
    return values;
  }

  Components moved(Expr node) {
    const Placement place = node->operation->placement(node->integers);
    const Components from = components(node->children[0]);
    Components values;
    if (node->operation->form == Form::slice) {
      for (int c = 0; c < node->dimension; ++c)
        values.push_back(from[size_t(place.start + place.stride * c)]);
      return values;
    }
    values.assign(size_t(node->dimension), constant(0));
    for (size_t c = 0; c < from.size(); ++c)
      values[size_t(place.start) + size_t(place.stride) * c] = from[c];
    return values;
  }

  Components contraction(Expr node) {
    const Components f = components(node->children[0]), g = components(node->children[1]);
    const TensorDot dot = tensor_dot_of(node->integers);
    std::vector<TensorLoop> loops = kept_loops(dot);
    const std::vector<TensorLoop> contracted = contracted_loops(dot);
    loops.insert(loops.end(), contracted.begin(), contracted.end());
    std::vector<Components> terms(size_t(node->dimension));
    const Operation& times = operation_named("Mult");
    const auto multiply = [&](const auto& self, size_t loop, int at_f, int at_g,
                              int at_result) -> void {
      if (!to_.exists_) return;
      if (loop == loops.size()) {
        terms[size_t(at_result)].push_back(
            step(times, {f[size_t(at_f)], g[size_t(at_g)]}, false, node));
        return;
      }
      for (int k = 0; k < loops[loop].extent; ++k)
        self(self, loop + 1, at_f + k * loops[loop].f_stride,
             at_g + k * loops[loop].g_stride, at_result + k * loops[loop].result_stride);
    };
    multiply(multiply, 0, 0, 0, 0);
    Components values;
    for (const Components& of_one : terms) {
      if (!to_.exists_) return {};
      values.push_back(of_one.size() == 1
                           ? of_one[0]
                           : step(operation_named("Add"), of_one, true, node));
    }
    return values;
  }

  IntervalProgram& to_;
  std::unordered_map<const Node*, Components> places_;
};

IntervalProgram::IntervalProgram(const std::vector<Expr>& roots, const Inputs& inputs,
                                 Precision precision)
    : rounding_(precision) {
  Builder builder(*this, inputs);
  for (Expr root : roots) {
    builder.build(root);
    const Components& components = builder.components(root);
    results_.insert(results_.end(), components.begin(), components.end());
  }
}

// ---- running ----

IntervalProgram::Memory IntervalProgram::memory() const {
  Memory memory;
  memory.registers.resize(size_t(registers_));
  memory.operands.resize(size_t(most_operands_));
  memory.results.resize(results_.size());
  return memory;
}

void IntervalProgram::run(const IntervalLanes* const* inputs, Memory& memory) const {
  const auto place = [&](const Operand& operand) -> const IntervalLanes* {
    switch (operand.source) {
      case in_registers:
        return &memory.registers[size_t(operand.offset)];
      case in_constants:
        return &constants_[size_t(operand.offset)];
      default:
        return inputs[operand.source] + operand.offset;
    }
  };
  for (const Step& step : steps_) {
    for (int k = 0; k < step.count; ++k)
      memory.operands[size_t(k)] = place(operands_[size_t(step.first + k)]);
    IntervalLanes& result = memory.registers[size_t(step.result)];
    if (step.is_fold)
      fold(step, memory.operands.data(), result);
    else
      compute(step, memory.operands.data(), result);
  }
  for (size_t k = 0; k < results_.size(); ++k) memory.results[k] = place(results_[k]);
}

void IntervalProgram::compute(const Step& step, const IntervalLanes* const* operands,
                              IntervalLanes& result) const {
  step.rule.apply(operands, step.integers, result);
  for (int k = 0; k < step.count; ++k) poison(result, *operands[k]);
  if (step.rule.ulps > 0 || step.rule.units > 0)
    rounding_.widen(result, step.rule.ulps, step.rule.units);
  keep_within(result, step.rule.least, step.rule.most);
  rounding_.forget_infinite(result);
}

// Terms are added in an order that the engine chooses: the error of each sum is one of
// the sum of all absolute terms.
void IntervalProgram::fold(const Step& step, const IntervalLanes* const* operands,
                           IntervalLanes& result) const {
  result = *operands[0];
  double sizes[lanes], least[lanes], most[lanes];
  for (int k = 0; k < lanes; ++k) {
    sizes[k] = std::max(std::fabs(result.lo[k]), std::fabs(result.hi[k]));
    least[k] = result.lo[k];
    most[k] = result.hi[k];
  }
  for (int term = 1; term < step.count; ++term) {
    const IntervalLanes& next = *operands[term];
    const IntervalLanes before = result;
    const IntervalLanes* const both[] = {&before, &next};
    step.rule.apply(both, step.integers, result);
    poison(result, next);
    for (int k = 0; k < lanes; ++k) {
      sizes[k] += std::max(std::fabs(next.lo[k]), std::fabs(next.hi[k]));
      least[k] = std::min(least[k], next.lo[k]);
      most[k] = std::max(most[k], next.hi[k]);
    }
  }
  poison(result, *operands[0]);
  if (step.rule.ulps > 0) {
    const double relative = step.rule.ulps * step.count * rounding_.epsilon * 1.01;
    for (int k = 0; k < lanes; ++k) {
      const double width = sizes[k] * relative + rounding_.tiny;
      const double lo = result.lo[k] - width, hi = result.hi[k] + width;
      result.lo[k] = least[k] >= 0 && lo < 0 ? 0 : lo;
      result.hi[k] = most[k] <= 0 && hi > 0 ? 0 : hi;
    }
  }
  rounding_.forget_infinite(result);
}

}  // namespace rkeops
