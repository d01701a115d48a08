#include "operator/compile_formula.h"

#include <cmath>

#include <rkeops/abi.h>
#include "base/trace.h"
#include "build/compile.h"
#include "build/key.h"
#include "emit/source.h"
#include "ir/copy.h"
#include "ir/print.h"
#include "lang/parser.h"
#include "pass/simplify.h"
#include "semantics/variables.h"

namespace rkeops {

namespace {

// A term of 2^2 loses two of its 24 or 53 bits in a sum with 1. The factors stay far from
// the smallest and the largest number, whatever they are multiplied with.
ExpansionLimits expansion_limits(Precision precision) {
  return precision == Precision::float32
             ? ExpansionLimits{4, 50, std::ldexp(1, -24), std::ldexp(1, 100)}
             : ExpansionLimits{16, 400, std::ldexp(1, -53), std::ldexp(1, 400)};
}

void plan_expansion(Operator& op) {
  op.expansion = expand_distances(op.root, int(op.typed.arguments.size()),
                                  expansion_limits(op.text.precision));
  if (!op.expansion.root) return;
  const Plan plan =
      make_plan(op.expansion.root, op.typed.index, op.text.precision, op.text.sum_scheme);
  const long long saved = total_operations(op.plan) - total_operations(plan);
  if (saved < 0 || (saved == 0 && op.expansion.bounds.empty())) op.expansion = {};
  op.expansion_only_bounds = saved == 0;
  // the search by bounds walks over the columns of a launch once (cuda_search.cuh)
  if (op.text.over == Over::cover) op.expansion.bounds.clear();
  if (op.text.over == Over::cover && op.expansion_only_bounds) op.expansion = {};
}

void trace_plan(const Operator& op) {
  if (!is_traced()) return;
  trace("formula", op.text.formula.text);
  if (!op.tree.text.empty()) trace("tree", print_tree(op.tree));
  trace("graph", print_graph(op.typed.root));
  trace("simplified formula", print_formula(op.root));
  trace("plan", print_plan(op.plan));
  if (op.expansion.root) trace("expansion", print_formula(op.expansion.root));
}

void finish(Operator& op) {
  const Expr root = op.text.simplified ? simplify(op.typed.root) : op.typed.root;
  op.root = read_into(op.planned, root);
  op.plan = make_plan(op.root, op.typed.index, op.text.precision, op.text.sum_scheme);
  if (op.text.simplified) plan_expansion(op);
  trace_plan(op);
}

}  // namespace

std::unique_ptr<Operator> read_formula(OperatorText text) {
  auto op = std::make_unique<Operator>();
  op->text = std::move(text);
  op->graph.over = op->text.over;
  op->tree = parse_formula(op->text.formula);
  std::vector<Declaration> declarations;
  for (const SourceText& element : op->text.args) {
    declarations.push_back(parse_declaration(element));
  }
  op->typed = check_formula(op->graph, op->text.formula, op->tree, op->text.args,
                            declarations, op->text.axis);
  finish(*op);
  return op;
}

std::unique_ptr<Operator> plan_formula(const std::function<TypedFormula(Graph&)>& write,
                                       Precision precision, SumScheme sum_scheme,
                                       Over over) {
  auto op = std::make_unique<Operator>();
  op->text.over = op->graph.over = over;
  op->typed = write(op->graph);
  op->text.formula = {print_formula(op->typed.root), "formula"};
  for (const Argument& argument : op->typed.arguments) {
    op->text.args.push_back({argument.name + " = " + category_name(argument.level) + "(" +
                                 std::to_string(argument.dimension) + ")",
                             "args"});
  }
  op->text.precision = precision;
  op->text.sum_scheme = sum_scheme;
  finish(*op);
  return op;
}

std::unique_ptr<Operator> operator_of_part(const Operator& op, Expr part, Level index,
                                           Precision precision,
                                           const std::vector<Argument>& more) {
  const auto write = [&](Graph& graph) {
    TypedFormula formula{copy_to(graph, part), index, op.typed.arguments};
    formula.arguments.insert(formula.arguments.end(), more.begin(), more.end());
    return formula;
  };
  return plan_formula(write, precision, op.text.sum_scheme, op.text.over);
}

std::unique_ptr<Operator> unsimplified_operator(const Operator& op) {
  auto plain = std::make_unique<Operator>();
  plain->text = op.text;
  plain->text.simplified = false;
  plain->graph.over = op.graph.over;
  plain->typed = op.typed;
  plain->typed.root = copy_to(plain->graph, op.typed.root);
  finish(*plain);
  return plain;
}

std::unique_ptr<Operator> covered_operator(const Operator& op) {
  OperatorText text = op.text;
  text.over = Over::cover;
  return read_formula(std::move(text));
}

std::vector<Argument> centre_arguments(const Operator& op) {
  std::vector<Argument> arguments;
  for (const Centre& centre : op.expansion.centres) {
    const Expr parameter = centre.parameter;
    arguments.push_back(
        {parameter->name, level_none, parameter->dimension, parameter->position});
  }
  return arguments;
}

std::unique_ptr<Operator> moved_operator(const Operator& op,
                                         const Translations& translations) {
  std::vector<Argument> twice;
  for (const MovedInput& input : translations.inputs) {
    if (input.position < int(op.typed.arguments.size())) continue;
    Argument argument = op.typed.arguments[size_t(input.argument)];
    if (!argument.name.empty()) argument.name += "_moved";
    argument.position = input.position;
    twice.push_back(argument);
  }
  return operator_of_part(op, translations.root, op.typed.index, op.text.precision,
                          twice);
}

std::unique_ptr<Operator> expanded_operator(const Operator& op) {
  const Expansion& expansion = op.expansion;
  auto expanded = operator_of_part(op, expansion.root, op.typed.index, op.text.precision,
                                   centre_arguments(op));
  expanded->is_expanded = true;
  expanded->expansion = {};  // a bounded value could be expanded again and again
  // in the graph of the plan, where a variable is one node, whoever reads it
  set_conditions(expanded->plan, copy_to(expanded->planned, expansion.condition_i),
                 copy_to(expanded->planned, expansion.condition_j));
  for (const DistanceBound& bound : expansion.bounds) {
    const auto copy = [&](Expr part) { return copy_to(expanded->planned, part); };
    set_bound(expanded->plan, copy(bound.value), bound.wanted,
              {copy(bound.of_i), copy(bound.of_j), copy(bound.products)});
  }
  return expanded;
}

namespace {

using WriteSource = std::string(const KernelPlan&, Precision, const Origin&);

std::string written(const Operator& op, size_t kernel, Engine engine,
                    WriteSource* write) {
  const Origin origin{op.text.formula.text, op.typed.arguments};
  const Plan plan = plan_for_engine(op.plan, engine);
  return write(plan.kernels.at(kernel), plan.precision, origin);
}

}  // namespace

std::string kernel_source(const Operator& op, size_t kernel, Engine engine) {
  return written(op, kernel, engine, engine == Engine::cpu ? cpu_source : cuda_source);
}

std::string pruned_kernel_source(const Operator& op, size_t kernel) {
  return written(op, kernel, Engine::cuda, cuda_pruned_source);
}

namespace {

std::string key_of(const std::string& source, Engine engine, const Settings& settings,
                   const ToolchainSettings& toolchain) {
  KeyParts parts;
  parts.code = without_comments(source);
  parts.flags = key_flags(engine, toolchain);
  parts.compiler = compiler_identity(engine, toolchain);
  parts.processor = engine == Engine::cpu ? cpu_identity() : toolchain.cuda_architecture;
  parts.package_version = settings.package_version;
  parts.abi_version = RKEOPS_ABI_VERSION;
  parts.headers_digest = headers_digest(toolchain.include_directory);
  return library_key(parts);
}

CompileStep compile_step(Engine engine, const ToolchainSettings& toolchain,
                         const Interrupted& interrupted) {
  return [&, engine](const std::string& source_file, const std::string& product_file) {
    return compile(engine, toolchain, source_file, product_file, interrupted);
  };
}

// The source and the log of the compiler lie beside the product.
Product traced(Product product, Engine engine, const ToolchainSettings& toolchain) {
  if (!is_traced()) return product;
  if (product.compiled) {
    trace("compiler",
          command_line(compile_command(
              engine, toolchain, engine == Engine::cpu ? "formula.cpp" : "formula.cu",
              engine == Engine::cpu ? "formula.so" : "formula.cubin")));
  }
  trace("library",
        product.path + (product.compiled
                            ? ", compiled in " + print_number(product.seconds) + " s"
                            : ", found in the cache"));
  return product;
}

bool take_opened(const std::string& path, const TakeLibrary& take) {
  const std::shared_ptr<Library> library = opened_library(path);
  if (library) take(library);
  return library != nullptr;
}

LoadStep load_step(const TakeLibrary& take) {
  return [&take](const CachedFile& file, const std::string& path) {
    take(open_library(file, path));
  };
}

}  // namespace

bool find_compiled(const Operator& op, size_t kernel, const Settings& settings,
                   const TakeLibrary& take) {
  const std::string source = kernel_source(op, kernel, Engine::cpu);
  const std::string key = key_of(source, Engine::cpu, settings, settings.toolchain);
  return take_opened(product_path(settings.cache, key, ".so"), take) ||
         load_cached_library(settings.cache, key, ".so", load_step(take));
}

Product compile_for_cpu(const Operator& op, size_t kernel, const Settings& settings,
                        const TakeLibrary& take, const Interrupted& interrupted) {
  const std::string source = kernel_source(op, kernel, Engine::cpu);
  const std::string key = key_of(source, Engine::cpu, settings, settings.toolchain);
  const std::string path = product_path(settings.cache, key, ".so");
  const auto found = [&]() -> Product {
    if (take_opened(path, take)) return {path, false, 0};
    return cached_library(settings.cache, key, source, ".cpp", ".so",
                          compile_step(Engine::cpu, settings.toolchain, interrupted),
                          load_step(take), interrupted);
  };
  return traced(found(), Engine::cpu, settings.toolchain);
}

Product compile_for_gpu(const Operator& op, size_t kernel, const Settings& settings,
                        const std::string& architecture, const Interrupted& interrupted,
                        CudaProgram program) {
  ToolchainSettings toolchain = settings.toolchain;
  toolchain.cuda_architecture = architecture;
  const std::string source = program == CudaProgram::pruned
                                 ? pruned_kernel_source(op, kernel)
                                 : kernel_source(op, kernel, Engine::cuda);
  return traced(
      cached_library(settings.cache, key_of(source, Engine::cuda, settings, toolchain),
                     source, ".cu", ".cubin",
                     compile_step(Engine::cuda, toolchain, interrupted), {}, interrupted),
      Engine::cuda, toolchain);
}

}  // namespace rkeops
