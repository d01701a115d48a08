#include "run/worker_program.h"

#include <list>

#include "base/diagnostic.h"
#include "build/sha256.h"
#include "emit/source.h"
#include "interpret/few_rows.h"
#include "interpret/instruction_sets.h"
#include "interpret/interpreter.h"
#include "interpret/lower.h"
#include "ir/print.h"
#include "run/cpu/compiled_program.h"
#include "semantics/variables.h"

namespace rkeops {

namespace {

constexpr size_t longest_text = 100000;
constexpr size_t most_programs = 32;

std::string digest_of(const Operator& op, size_t kernel) {
  return sha256_hex(without_comments(kernel_source(op, kernel, Engine::cpu)));
}

std::unique_ptr<Operator> read_text(const ProgramText& text) {
  OperatorText wanted;
  wanted.formula = {text.formula, "formula"};
  for (const std::string& one : text.args) wanted.args.push_back({one, "args"});
  wanted.precision = text.precision;
  wanted.sum_scheme = text.sum_scheme;
  wanted.simplified = text.simplified;
  return read_formula(std::move(wanted));
}

bool reads_as(const ProgramText& text) {
  try {
    const std::unique_ptr<Operator> op = read_text(text);
    return size_t(text.kernel) < op->plan.kernels.size() &&
           digest_of(*op, size_t(text.kernel)) == text.digest;
  } catch (const Error&) {
    return false;
  }
}

// Compiled even where settings forbid it: that was decided by who asks.
std::shared_ptr<const CpuProgram> compiled(const Operator& op, size_t kernel,
                                           const Settings& settings,
                                           const Interrupted& interrupted) {
  std::shared_ptr<const CpuProgram> program;
  const TakeLibrary take = [&](const std::shared_ptr<Library>& library) {
    program = compiled_program(library);
  };
  compile_for_cpu(op, kernel, settings, take, interrupted);
  return program;
}

std::shared_ptr<const CpuProgram> make_program(const Operator& op,
                                               const ProgramText& text,
                                               const Settings& settings,
                                               const Interrupted& interrupted) {
  const auto kernel = size_t(text.kernel);
  if (text.kind == "compiled") return compiled(op, kernel, settings, interrupted);
  const tiles::InstructionSet& instructions = instruction_set_named(text.instructions);
  const KernelPlan& plan = op.plan.kernels[kernel];
  if (text.kind == "few rows")
    return few_rows_interpreter(plan, op.plan.precision, instructions);
  return interpreter(lower(plan, op.plan.precision, instructions));
}

WorkerProgram made_program(const ProgramText& text, const Settings& settings,
                           const Interrupted& interrupted) {
  const std::unique_ptr<Operator> op = read_text(text);
  const auto kernel = size_t(text.kernel);
  if (kernel >= op->plan.kernels.size() || digest_of(*op, kernel) != text.digest) {
    throw Error(ErrorKind::argument,
                "A worker makes another program of the formula: its rkeops is another "
                "version.");
  }
  return {make_program(*op, text, settings, interrupted),
          op->plan.kernels[kernel].outputs};
}

}  // namespace

ProgramText text_for_workers(const Operator& op, size_t kernel) {
  ProgramText text;
  text.formula = print_formula(op.typed.root, longest_text);
  for (const Argument& argument : op.typed.arguments) {
    text.args.push_back((argument.name.empty() ? "" : argument.name + " = ") +
                        category_name(argument.level) + "(" +
                        std::to_string(argument.dimension) + ")");
  }
  text.precision = op.text.precision;
  text.sum_scheme = op.text.sum_scheme;
  text.simplified = op.text.simplified;
  text.kernel = int(kernel);
  text.digest = digest_of(op, kernel);
  if (!reads_as(text)) text.formula.clear();
  return text;
}

WorkerProgram program_for(const ProgramText& text, const Settings& settings,
                          const Interrupted& interrupted) {
  struct Kept {
    std::string key;
    WorkerProgram program;
  };
  static std::list<Kept> kept;  // the last one used stands first
  const std::string key = text.digest + text.kind + text.instructions;
  for (auto one = kept.begin(); one != kept.end(); ++one) {
    if (one->key != key) continue;
    kept.splice(kept.begin(), kept, one);
    return kept.front().program;
  }
  kept.push_front({key, made_program(text, settings, interrupted)});
  if (kept.size() > most_programs) kept.pop_back();
  return kept.front().program;
}

}  // namespace rkeops
