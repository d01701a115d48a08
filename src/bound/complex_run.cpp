// Interval programs of complex numbers.
#include <algorithm>
#include <cmath>

#include "bound/interval_program.h"

namespace rkeops {

namespace {

constexpr int lanes = ComplexLanes::count;

// Nothing is known of a value where nothing is known of its operand.
void poison(ComplexLanes& value, const ComplexLanes& operand) {
  for (int k = 0; k < lanes; ++k) value.modulus[k] += 0 * operand.modulus[k];
}

ComplexLanes real(const IntervalLanes& value) {
  ComplexLanes result;
  result.re = value;
  for (int k = 0; k < lanes; ++k) {
    result.im.lo[k] = result.im.hi[k] = 0;
    result.modulus[k] = std::max(std::fabs(value.lo[k]), std::fabs(value.hi[k]));
  }
  return result;
}

}  // namespace

bool IntervalProgram::is_analytic() const {
  return exists_ && std::all_of(steps_.begin(), steps_.end(),
                                [](const Step& step) { return step.complex_rule; });
}

IntervalProgram::ComplexMemory IntervalProgram::complex_memory() const {
  ComplexMemory memory;
  memory.registers.resize(size_t(registers_));
  for (const IntervalLanes& constant : constants_)
    memory.constants.push_back(real(constant));
  memory.operands.resize(size_t(most_operands_));
  memory.results.resize(results_.size());
  return memory;
}

void IntervalProgram::run(const ComplexLanes* const* inputs,
                          ComplexMemory& memory) const {
  const auto place = [&](const Operand& operand) -> const ComplexLanes* {
    switch (operand.source) {
      case in_registers:
        return &memory.registers[size_t(operand.offset)];
      case in_constants:
        return &memory.constants[size_t(operand.offset)];
      default:
        return inputs[operand.source] + operand.offset;
    }
  };
  for (const Step& step : steps_) {
    for (int k = 0; k < step.count; ++k)
      memory.operands[size_t(k)] = place(operands_[size_t(step.first + k)]);
    compute(step, memory.operands.data(), memory.registers[size_t(step.result)]);
  }
  for (size_t k = 0; k < results_.size(); ++k) memory.results[k] = place(results_[k]);
}

void IntervalProgram::compute(const Step& step, const ComplexLanes* const* operands,
                              ComplexLanes& result) {
  if (!step.is_fold) {
    step.complex_rule(operands, step.integers, result);
    for (int k = 0; k < step.count; ++k) poison(result, *operands[k]);
    return;
  }
  result = *operands[0];
  for (int term = 1; term < step.count; ++term) {
    const ComplexLanes before = result;
    const ComplexLanes* const both[] = {&before, operands[term]};
    step.complex_rule(both, step.integers, result);
    poison(result, before);
    poison(result, *operands[term]);
  }
}

}  // namespace rkeops
