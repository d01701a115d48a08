#include "explain/explain.h"

#include "base/diagnostic.h"
#include "bound/gpu_search.h"
#include "build/compile.h"
#include "cover/pruned_kernel.h"
#include "far/far_kernel.h"
#include "interpret/instruction_sets.h"
#include "interpret/lower.h"
#include "ir/print.h"
#include "pass/differentiate.h"
#include "pass/missing_values.h"
#include "pass/simplify.h"
#include "pass/simplify_rules.h"
#include "pass/translations.h"
#include "run/account.h"
#include "run/guarded_call.h"
#include "semantics/variables.h"

namespace rkeops {

namespace {

// As it can be written in a formula.
std::string reference(const Argument& argument) {
  if (!argument.name.empty()) return argument.name;
  return std::string(category_name(argument.level)) + "(" +
         std::to_string(argument.position) + ", " + std::to_string(argument.dimension) +
         ")";
}

std::string gradients(const Operator& op) {
  std::string text;
  for (const Argument& argument : op.typed.arguments) {
    text += "in " + reference(argument) + ":\n";
    try {
      // on a graph of its own: asking must not change the operator
      const GradientText gradient = gradient_text(op, argument.position, "eta");
      OperatorText whole = op.text;
      whole.formula.text = gradient.formula;
      whole.args.clear();
      for (const std::string& one : gradient.args) whole.args.push_back({one, "args"});
      text += "  " + print_formula(read_formula(std::move(whole))->root) + "\n";
    } catch (const Error& error) {
      if (error.kind != ErrorKind::formula) throw;
      text += "  " + error.message + "\n";
    }
  }
  return text;
}

// One step of the simplifier a paragraph: rule, part of the formula before and after.
std::string simplification(const Operator& op) {
  std::vector<SimplifierStep> steps;
  const Expr result = simplify(op.typed.root, &steps);
  constexpr size_t longest = 200;
  std::string text = "formula: " + print_formula(op.typed.root) + "\n";
  for (const SimplifierStep& step : steps) {
    text += std::string(step.rule->name) + " (" + step.rule->law + ")\n" + "       " +
            print_formula(step.before, longest) + "\n" + "    -> " +
            print_formula(step.after, longest) + "\n";
  }
  return text + "result: " + print_formula(result) + "\n";
}

// The formula where data are missing.
std::string missing(const Operator& op) {
  if (!has_comparisons(op.typed.root)) return "nothing hides a missing value\n";
  return print_formula(simplify(with_missing(op.typed.root))) + "\n";
}

// The reason against leaving pairs out.
std::string why_all_pairs(const Operator& op, const KernelPlan& kernel, Engine engine) {
  if (engine == Engine::cpu) return PrunedKernel(kernel, op.plan.precision).why_not();
  if (op.plan.kernels.size() > 1) return "the formula has several reductions";
  return why_gpu_computes_all(plan_for_engine(op.plan, Engine::cuda).kernels[0]);
}

std::string sources(const Operator& op, Engine engine) {
  std::string text;
  for (size_t k = 0; k < op.plan.kernels.size(); ++k) {
    text += (k ? "\n" : "") + kernel_source(op, k, engine);
  }
  const bool may_prune = engine == Engine::cuda && !op.is_expanded &&
                         why_all_pairs(op, op.plan.kernels[0], engine).empty();
  return may_prune ? text + "\n" + pruned_kernel_source(op, 0) : text;
}

// Shows the operator as it is computed where the data allow it.
std::string expansion(const Operator& op, Engine engine) {
  const Expansion& expansion = op.expansion;
  if (!expansion.root) return "nothing to expand\n";
  std::string text = "formula: " + print_formula(expansion.root) + "\n";
  for (const Centre& centre : expansion.centres) {
    text += centre.parameter->name + ": near the mean of the rows of " +
            print_formula(centre.points) + "\n";
  }
  for (Expr condition : {expansion.condition_i, expansion.condition_j}) {
    text += "where, for all " + std::string(level_name(condition->level)) + ", " +
            print_formula(condition) + " <= 1\n";
  }
  for (const DistanceBound& bound : expansion.bounds) {
    text += "bound of " + print_formula(bound.value) +
            ", for GPUs: " + print_formula(bound.of_i + bound.of_j + bound.products) +
            "\n";
  }
  const auto expanded = expanded_operator(op);
  return text + print_plan(expanded->plan) + sources(*expanded, engine);
}

// How operators in single precision keep the digits of their inputs.
std::string digits(const Callable& operation) {
  const Operator& op = operation.op();
  if (op.plan.precision == Precision::float64) return "computed in double precision\n";
  const Translations translations =
      find_translations(op.root, int(op.typed.arguments.size()));
  std::string text;
  for (int group = 0; group < translations.groups; ++group) {
    std::string names;
    for (const MovedInput& input : translations.inputs) {
      if (input.group != group) continue;
      names += (names.empty() ? "" : ", ") +
               reference(op.typed.arguments[size_t(input.argument)]);
    }
    text += "moved together, where they are far from 0: " + names + "\n";
  }
  if (translations.inputs.empty()) text += "no input can be moved\n";
  if (translations.root != op.root)
    text += "formula of the moved inputs: " + print_formula(translations.root) + "\n";
  const GuardedCall* const guard = operation.guard();
  return text + "last call: " + (guard ? guard->last_way() : "none") + "\n";
}

std::string seconds(const char* what, double number) {
  char text[64];
  std::snprintf(text, sizeof text, "%s: %.3g s\n", what, number);
  return text;
}

std::string percent(const char* what, double share) {
  char text[64];
  std::snprintf(text, sizeof text, "%s: %.3g %%\n", what, 100 * share);
  return text;
}

// Which kernels may leave pairs out, and what the last call did.
std::string pruning(const Callable& operation, Engine engine) {
  const Operator& op = operation.op();
  std::string text;
  for (const KernelPlan& kernel : op.plan.kernels) {
    const std::string why_not = why_all_pairs(op, kernel, engine);
    text += print_formula(kernel.result, 60) + ": " +
            (why_not.empty() ? "pairs that do not matter can be left out"
                             : "all pairs, since " + why_not) +
            "\n";
  }
  const PruningReport& last = operation.timings().pruning;
  text += "last call: " + (last.decision.empty() ? "none" : last.decision) + "\n";
  if (last.sorting == 0) return text;
  if (last.predicted >= 0) text += percent("predicted share of pairs", last.predicted);
  text += percent("share of pairs computed", last.share);
  text += std::string("order of the points: ") +
          (last.rows_were_cached && last.columns_were_cached ? "kept from an earlier call"
           : last.rows_were_cached                           ? "that of the rows was kept"
           : last.columns_were_cached ? "that of the columns was kept"
                                      : "new") +
          "\n";
  return text + seconds("sorting", last.sorting) +
         seconds("a few rows, to predict", last.predicting) +
         seconds("pairs that matter", last.walking);
}

// Which kernels may have a tolerance, and what the last call with one did.
std::string tolerance(const Callable& operation) {
  const Operator& op = operation.op();
  std::string text;
  for (const KernelPlan& kernel : op.plan.kernels) {
    const FarKernel far(kernel, Precision::float64);
    text += print_formula(kernel.result, 60) + ": " +
            (far.exists() ? "pairs that are far from each other can be expanded"
                          : "all pairs, since " + far.why_not()) +
            "\n";
  }
  const FarReport& last = operation.timings().far;
  text += "last call: " + (last.decision.empty() ? "none" : last.decision) + "\n";
  if (last.sorting == 0) return text;
  if (last.expansions > 0) {
    text += percent("share of pairs computed directly", last.direct) +
            percent("share of pairs that do not matter", last.left_out) +
            "expansions: " + std::to_string(last.expansions) +
            " pairs of cubes, of orders up to " + std::to_string(last.largest_order) +
            "\n";
  }
  return text + seconds("sorting", last.sorting) +
         seconds("sums of absolute terms", last.bounding) +
         seconds("pairs of cubes", last.walking) + seconds("expansions", last.expanding) +
         seconds("near pairs", last.near);
}

std::string command(Engine engine, const Settings& settings) {
  ToolchainSettings toolchain = settings.toolchain;
  if (toolchain.cuda_architecture.empty()) toolchain.cuda_architecture = "sm_90";
  const bool is_cpu = engine == Engine::cpu;
  return command_line(compile_command(engine, toolchain,
                                      is_cpu ? "formula.cpp" : "formula.cu",
                                      is_cpu ? "formula.so" : "formula.cubin")) +
         "\n";
}

std::string instructions(const Operator& op, const Settings& settings) {
  std::string text;
  for (const KernelPlan& kernel : op.plan.kernels) {
    text += (text.empty() ? "" : "\n") +
            print_program(lower(kernel, op.plan.precision,
                                instruction_set_named(settings.instructions)));
  }
  return text;
}

std::string compilation(const Callable& operation, Engine engine,
                        const Settings& settings) {
  if (operation.is_compiled(engine)) return "compiled";
  if (engine == Engine::cuda || settings.compile == CompileMode::always)
    return "compiled at the first call";
  const std::string now = std::string("interpreted (instructions: ") +
                          instruction_set_named(settings.instructions).name + ")";
  const bool stays = settings.compile == CompileMode::never ||
                     find_compiler(engine, settings.toolchain).empty();
  const Error* const failure = stays ? nullptr : end_of_compiling(settings);
  if (failure) return now + ", since compiling failed: " + failure->message;
  return stays ? now : now + " until compiling is worth it";
}

std::string engine_text(const Callable& operation, Engine engine,
                        const Settings& settings) {
  const std::string compiler = find_compiler(engine, settings.toolchain);
  std::string text = std::string("engine: ") + engine_name(engine) +
                     (engine == settings.engine ? " (in use)" : " (not in use)") + "\n";
  text +=
      std::string("precision: ") + precision_name(operation.op().plan.precision) + "\n";
  text += "compiler: " + (compiler.empty() ? "none found" : compiler) + "\n";
  if (engine == Engine::cpu)
    text += "threads: " + std::to_string(settings.usable_threads()) + "\n";
  return text + "program: " + compilation(operation, engine, settings) + "\n";
}

bool is_taken(const Operator& op, const std::string& name) {
  for (const Argument& argument : op.typed.arguments) {
    if (argument.name == name) return true;
  }
  return false;
}

std::string declaration(const Argument& argument, bool with_position) {
  const std::string position =
      with_position ? std::to_string(argument.position) + ", " : "";
  return (argument.name.empty() ? "" : argument.name + " = ") +
         category_name(argument.level) + "(" + position +
         std::to_string(argument.dimension) + ")";
}

}  // namespace

const std::vector<std::string>& explained_stages() {
  static const std::vector<std::string> stages = {
      "tree",   "graph",     "gradient",     "simplify", "missing",
      "plan",   "expansion", "digits",       "pruning",  "tolerance",
      "source", "command",   "instructions", "engine"};
  return stages;
}

std::string explain(const Callable& operation, const std::string& what, Engine engine,
                    const Settings& settings) {
  const Operator& op = operation.op();
  if (what == "graph") return print_graph(op.typed.root);
  if (what == "gradient") return gradients(op);
  if (what == "simplify") return simplification(op);
  if (what == "missing") return missing(op);
  if (what == "plan") return print_plan(op.plan);
  if (what == "expansion") return expansion(op, engine);
  if (what == "digits") return digits(operation);
  if (what == "pruning") return pruning(operation, engine);
  if (what == "tolerance") return tolerance(operation);
  if (what == "source") return sources(op, engine);
  if (what == "command") return command(engine, settings);
  if (what == "instructions") return instructions(op, settings);
  if (what == "engine") return engine_text(operation, engine, settings);
  if (what != "tree") throw internal_error("explain() of " + what);
  return print_tree(op.tree);
}

GradientText gradient_text(const Operator& op, int position, const std::string& name) {
  const std::vector<Argument>& arguments = op.typed.arguments;
  GradientText gradient;
  gradient.name = name;
  for (int k = 2; is_taken(op, gradient.name); ++k)
    gradient.name = name + std::to_string(k);
  gradient.formula = "Grad(" + op.text.formula.text + ", " +
                     reference(arguments.at(size_t(position))) + ", " + gradient.name +
                     ")";
  // variables written in the formula take positions too: then all positions are written
  bool with_position = arguments.size() != op.text.args.size();
  for (const Argument& argument : arguments) with_position |= argument.name.empty();
  for (const Argument& argument : arguments) {
    gradient.args.push_back(declaration(argument, with_position));
  }
  const Argument input = {gradient.name, op.typed.index, op.root->dimension,
                          int(arguments.size())};
  gradient.args.push_back(declaration(input, with_position));
  return gradient;
}

}  // namespace rkeops
