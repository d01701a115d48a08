#include "interpret/lower.h"

#include <algorithm>

#include "base/diagnostic.h"
#include "interpret/lower_stage.h"
#include "ir/ops.h"
#include "ir/reductions.h"

namespace rkeops {

namespace {

// As inst/include/rkeops/cpu/cpu_engine.h cuts the columns, so that sums are added in the
// same order.
constexpr int cache_bytes = 1 << 16;
constexpr int fewest_columns = 16;

bool mentions(const std::string& text, const char* word) {
  return text.find(word) != std::string::npos;
}

const char* const as_they_are = "$0";

// nullptr where there is none.
const tiles::Accumulator* accumulator_of(const tiles::Loops& loops,
                                         const std::string& code, int weights,
                                         const std::string& of) {
  for (int k = 0; k < loops.accumulator_count; ++k) {
    const tiles::Accumulator& row = loops.accumulators[k];
    if (code == row.code && of == row.of && row.weights == weights) return &row;
  }
  return nullptr;
}

const tiles::Accumulator& find_accumulator(const tiles::Loops& loops,
                                           const std::string& code, int weights) {
  const tiles::Accumulator* row = accumulator_of(loops, code, weights, as_they_are);
  if (!row) throw internal_error("the interpreter has no accumulator " + code);
  return *row;
}

std::string accumulator_code(const KernelPlan& kernel) {
  std::string code = kernel.reduction->reduction->accumulator;
  const std::string word = "$scheme";
  const size_t at = code.find(word);
  if (at != std::string::npos)
    code.replace(at, word.size(), sum_scheme_name(kernel.sum_scheme));
  return code;
}

// The operation the accumulator does itself to what it folds, as a sum of products does.
const tiles::Accumulator* accumulator_with_operation(const KernelPlan& kernel,
                                                     const tiles::Loops& loops) {
  if (kernel.values.empty()) return nullptr;
  const Node& value = *kernel.values[0];
  const bool is_computed =
      value.kind == NodeKind::operation && kernel.is_of_pairs(value.level);
  if (kernel.values.size() != 1 || !is_computed) return nullptr;
  return accumulator_of(loops, accumulator_code(kernel), 0, value.operation->code);
}

// The largest number of weights at most `left` that an accumulator takes together.
int weights_together(const tiles::Loops& loops, const std::string& code, int left,
                     const std::string& of = as_they_are) {
  int most = 1;
  for (int k = 0; k < loops.accumulator_count; ++k) {
    const tiles::Accumulator& row = loops.accumulators[k];
    if (code == row.code && of == row.of && row.weights <= left)
      most = std::max(most, row.weights);
  }
  return most;
}

// The pair stage has to give these.
const std::vector<Expr>& folded_by_pairs(const KernelPlan& kernel,
                                         const tiles::Loops& loops) {
  return accumulator_with_operation(kernel, loops) ? kernel.values[0]->children
                                                   : kernel.values;
}

class ReductionLowering {
 public:
  ReductionLowering(const KernelPlan& kernel, KernelProgram& program)
      : program_(program), code_(accumulator_code(kernel)) {
    const Node& node = *kernel.reduction;
    const auto& outputs = program.pairs.outputs;
    program_.count = node.integers.empty() ? 0 : node.integers[0];
    ranks_ = mentions(code_, "$i0") ? program_.count : 1;
    if (const auto* accumulator = accumulator_with_operation(kernel, program.loops())) {
      components_ = kernel.values[0]->dimension;
      const int done = add_shared_products(accumulator->of);
      for (int k = done; k < components_; ++k)
        add(*accumulator, {component(outputs[0], k), component(outputs[1], k)}, k);
    } else if (mentions(code_, "$d1")) {
      add_weighted(outputs[0], outputs[1]);
    } else {
      components_ = outputs[0].dimension;
      for (int k = 0; k < components_; ++k)
        add(find_accumulator(program_.loops(), code_, 0), {component(outputs[0], k)}, k);
    }
  }

 private:
  static Operand component(const StageOutput& output, int k) {
    return {output.operand.space, output.operand.start + output.operand.step * k, 0};
  }

  // Products of a number of the pair and a vector of the column, as many components at a
  // time as there is an accumulator for; returns how many components are done then.
  int add_shared_products(const std::string& of) {
    const tiles::Loops& loops = program_.loops();
    const StageOutput* shared = &program_.pairs.outputs[0];
    const StageOutput* vector = &program_.pairs.outputs[1];
    if (shared->dimension > 1) std::swap(shared, vector);
    if (shared->dimension > 1 || shared->operand.space != Space::tile ||
        vector->operand.space != Space::column)
      return 0;
    int done = 0;
    for (int count = weights_together(loops, code_, components_, of); count > 1;
         count = weights_together(loops, code_, components_ - done, of)) {
      std::vector<Operand> values = {component(*shared, 0)};
      for (int k = 0; k < count; ++k) values.push_back(component(*vector, done + k));
      add(*accumulator_of(loops, code_, count, of), values, done);
      done += count;
    }
    return done;
  }

  void add_weighted(const StageOutput& shared, const StageOutput& weights) {
    const tiles::Loops& loops = program_.loops();
    components_ = weights.dimension;
    const int outputs_of_one = find_accumulator(loops, code_, 1).outputs;
    // outputs that do not come once for each weight
    shared_outputs_ =
        program_.outputs == components_ * outputs_of_one ? 0 : outputs_of_one - 1;
    for (int first = 0; first < components_;) {
      const int count = weights_together(loops, code_, components_ - first);
      std::vector<Operand> values = {component(shared, 0)};
      for (int k = 0; k < count; ++k) values.push_back(component(weights, first + k));
      add(find_accumulator(loops, code_, count), values, first);
      first += count;
    }
  }

  void add(const tiles::Accumulator& accumulator, std::vector<Operand> operands,
           int first) {
    ReductionPart part;
    part.accumulator = &accumulator;
    part.operands = std::move(operands);
    part.slots = accumulator.slots * ranks_;
    part.first_slot = program_.slots;
    const int width = std::max(1, accumulator.weights);
    for (int k = 0; k < accumulator.outputs * ranks_; ++k) {
      const int own = k - shared_outputs_;
      part.outputs.push_back(own < 0 ? k
                                     : shared_outputs_ + own / width * components_ +
                                           first + own % width);
    }
    program_.slots += part.slots;
    program_.parts.push_back(std::move(part));
  }

  KernelProgram& program_;
  const std::string code_;
  int ranks_ = 1;
  int components_ = 0;
  int shared_outputs_ = 0;
};

int column_block(const KernelProgram& program) {
  const int scalar = program.precision == Precision::float32 ? 4 : 8;
  const int bytes = std::max(1, program.columns.output_components()) * scalar;
  int block = std::max(fewest_columns, cache_bytes / bytes);
  for (const ReductionPart& part : program.parts)
    block = std::min(block, part.accumulator->block);
  return block;
}

FinishProgram lower_finish(const KernelPlan& kernel,
                           const tiles::InstructionSet& instructions) {
  FinishProgram finish;
  finish.exists = true;
  finish.parameters = total_dimension(kernel.finish.parameter_inputs);
  finish.rows = total_dimension(kernel.finish.row_inputs);
  std::vector<Expr> inputs = kernel.finish.row_inputs;
  if (kernel.reduction) inputs.push_back(kernel.reduction);
  Constants constants(finish.parameters, finish.constants);
  Places places;
  add_places(places, Space::parameter, kernel.finish.parameter_inputs);
  finish.stage =
      lower_stage(inputs, {kernel.result}, places, constants, instructions.float64);
  return finish;
}

}  // namespace

bool can_interpret(const KernelPlan& kernel) {
  for (Expr node : sorted_nodes({kernel.result}, true)) {
    if (node->kind != NodeKind::operation || !node->operation->is_interpreted) continue;
    if (!node->operation->is_interpreted(node->children)) return false;
  }
  return true;
}

KernelProgram lower(const KernelPlan& plan, Precision precision,
                    const tiles::InstructionSet& instructions) {
  const KernelPlan kernel = with_products(plan, Products::none);
  KernelProgram program;
  program.precision = precision;
  program.instructions = &instructions;
  program.outputs = kernel.reduction ? kernel.reduction->dimension : 0;
  const tiles::Loops& loops = program.loops();
  Constants constants(total_dimension(kernel.parameters.kept), program.constants);
  const auto lowered = [&](const Stage& stage, const Places& places) {
    return lower_stage(stage.inputs, stage.kept, places, constants, loops);
  };
  Places places;
  program.parameters = lowered(kernel.parameters, places);
  add_places(places, Space::parameter, kernel.parameters.kept);
  program.rows = lowered(kernel.rows, places);
  program.columns = lowered(kernel.columns, places);
  add_places(places, Space::row, kernel.rows.kept);
  add_places(places, Space::column, kernel.columns.kept);
  program.pairs =
      lower_stage({}, folded_by_pairs(kernel, loops), places, constants, loops);
  if (kernel.reduction) ReductionLowering(kernel, program);
  if (kernel.has_finish()) program.finish = lower_finish(kernel, instructions);
  program.column_block = column_block(program);
  return program;
}

namespace {

std::string print_operand(const Operand& operand) {
  static const char* const names[] = {"tile", "row", "column", "parameter"};
  return std::string(names[int(operand.space)]) + "[" + std::to_string(operand.start) +
         (operand.step == 1 ? "..." : "") + "]";
}

std::string code_of(const Step& step, const tiles::Loops& loops) {
  for (int k = 0; k < loops.instruction_count; ++k) {
    if (loops.instructions[k].loop == step.loop) return loops.instructions[k].code;
  }
  return step.loop == loops.copy ? "$0" : "sum of $0 * $1";
}

std::string print_stage(const char* name, const StageProgram& stage,
                        const tiles::Loops& loops) {
  std::string text =
      std::string(name) + ": " + std::to_string(stage.registers) + " registers\n";
  for (const Step& step : stage.steps) {
    text += "  tile[" + std::to_string(step.result) + "] = " + code_of(step, loops);
    for (const Operand& operand : step.operands) text += ", " + print_operand(operand);
    text += "; " + std::to_string(step.components) + " components\n";
  }
  return text;
}

}  // namespace

std::string print_program(const KernelProgram& program) {
  const tiles::Loops& loops = program.loops();
  return std::string("instructions: ") + program.instructions->name + "\n" +
         print_stage("once for all", program.parameters, loops) +
         print_stage("once a row", program.rows, loops) +
         print_stage("once a column", program.columns, loops) +
         print_stage("once a pair", program.pairs, loops);
}

}  // namespace rkeops
