#include "compile_formula.h"

#include "../inst/include/rkeops/abi.h"
#include "build/compile.h"
#include "build/key.h"
#include "emit/source.h"
#include "lang/parser.h"
#include "pass/simplify.h"

namespace rkeops {

std::unique_ptr<Operator> read_formula(OperatorText text) {
  auto op = std::make_unique<Operator>();
  op->text = std::move(text);
  op->tree = parse_formula(op->text.formula);
  std::vector<Declaration> declarations;
  for (const SourceText& element : op->text.args) {
    declarations.push_back(parse_declaration(element));
  }
  op->typed = check_formula(op->graph, op->text.formula, op->tree, op->text.args,
                            declarations, op->text.axis);
  op->root = op->text.simplified ? simplify(op->typed.root) : op->typed.root;
  op->plan =
      make_plan(op->root, op->typed.index, op->text.precision, op->text.sum_scheme);
  return op;
}

std::string kernel_source(const Operator& op, size_t kernel, Engine engine) {
  const Origin origin{op.text.formula.text, op.typed.arguments};
  const auto write = engine == Engine::cpu ? cpu_source : cuda_source;
  return write(op.plan.kernels.at(kernel), op.plan.precision, origin);
}

Product compile_kernel(const Operator& op, size_t kernel, Engine engine,
                       const Settings& settings, const std::string& architecture,
                       const Interrupted& interrupted) {
  const bool is_cpu = engine == Engine::cpu;
  ToolchainSettings toolchain = settings.toolchain;
  toolchain.cuda_architecture = architecture;

  KeyParts parts;
  parts.source = kernel_source(op, kernel, engine);
  parts.flags = key_flags(engine, toolchain);
  parts.compiler = compiler_identity(engine, toolchain);
  parts.processor = is_cpu ? cpu_identity() : architecture;
  parts.package_version = settings.package_version;
  parts.abi_version = RKEOPS_ABI_VERSION;
  parts.headers_digest = headers_digest(toolchain.include_directory);

  const auto compile_step = [&](const std::string& source_file,
                                const std::string& product_file) {
    return compile(engine, toolchain, source_file, product_file, interrupted);
  };
  return cached_library(settings.cache, library_key(parts), parts.source,
                        is_cpu ? ".cpp" : ".cu", is_cpu ? ".so" : ".cubin", compile_step,
                        interrupted);
}

}  // namespace rkeops
