#include "lazy/text.h"

#include "ir/print.h"
#include "lang/parser.h"
#include "semantics/variables.h"

namespace rkeops {

LazyText write_lazy(const LazyExpression& expression) {
  LazyText text;
  for (const NamedFormula& part : print_shared(expression.root)) {
    text.names.push_back(part.name);
    text.formulas.push_back(part.formula);
  }
  for (const Argument& argument : expression.arguments) {
    text.args.push_back(argument.name + " = " + category_name(argument.level) + "(" +
                        std::to_string(argument.dimension) + ")");
  }
  return text;
}

std::unique_ptr<LazyExpression> read_lazy(const LazyText& text) {
  auto expression = std::make_unique<LazyExpression>();
  std::vector<SourceText> args;
  std::vector<Declaration> declarations;
  for (const std::string& one : text.args) {
    args.push_back({one, "args"});
    declarations.push_back(parse_declaration(args.back()));
  }
  Variables variables(expression->graph, args, declarations);
  for (size_t k = 0; k < text.formulas.size(); ++k) {
    const SourceText part{text.formulas[k], "formula"};
    expression->root =
        check_part(expression->graph, part, parse_formula(part), variables);
    variables.bind(text.names[k], expression->root);
  }
  expression->arguments = variables.arguments({"", "args"});
  return expression;
}

}  // namespace rkeops
