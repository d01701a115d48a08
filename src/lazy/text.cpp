#include "lazy/text.h"

#include "ir/print.h"
#include "lang/parser.h"
#include "semantics/variables.h"

namespace rkeops {

namespace {

constexpr char named_by[] = " = ";

}  // namespace

LazyText write_lazy(const LazyExpression& expression) {
  LazyText text;
  const auto written = written_lazy(expression);
  for (const NamedFormula& part : print_shared(written->root)) {
    const std::string name = part.name.empty() ? "" : part.name + named_by;
    text.formulas.push_back(name + part.formula);
  }
  for (const Argument& argument : written->arguments) {
    text.args.push_back(argument.name + " = " + category_name(argument.level) + "(" +
                        std::to_string(argument.dimension) + ")");
  }
  return text;
}

std::unique_ptr<LazyExpression> read_lazy(const LazyText& text) {
  std::vector<SourceText> args;
  std::vector<Declaration> declarations;
  for (const std::string& one : text.args) {
    args.push_back({one, "args"});
    declarations.push_back(parse_declaration(args.back()));
  }
  auto graph = std::make_unique<Graph>();
  Variables variables(*graph, args, declarations);
  Expr root;
  for (const std::string& line : text.formulas) {
    const size_t name = line.find(named_by);
    const bool is_named = name != std::string::npos;
    const SourceText part{is_named ? line.substr(name + sizeof named_by - 1) : line,
                          "formula"};
    root = check_part(*graph, part, parse_formula(part), variables);
    if (is_named) variables.bind(line.substr(0, name), root);
  }
  return lazy_of_graph(std::move(graph), root, variables.arguments({"", "args"}));
}

}  // namespace rkeops
