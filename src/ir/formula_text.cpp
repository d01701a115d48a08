#include "ir/formula_text.h"

#include <map>
#include <memory>

#include "base/diagnostic.h"
#include "lang/parser.h"

namespace rkeops {

namespace {

/// A part of the text: a formula, or a number where there is none.
struct Part {
  Expr expr;
  double number = 0;
};

struct Definition {
  std::string text;
  Ast tree;
  std::vector<std::string> arguments, integers;
  NamedParts parts;
};

double computed(const std::string& symbol, double a, double b) {
  if (symbol == "+") return a + b;
  if (symbol == "-") return a - b;
  if (symbol == "*") return a * b;
  if (symbol == "/") return a / b;
  throw internal_error("numbers in definitions have no operator " + symbol);
}

class Reader {
 public:
  Reader(const Definition& definition, const DefinitionArguments& given)
      : definition_(definition), given_(given) {}

  Expr formula(const Ast& tree) { return as_formula(part(tree)); }

 private:
  Part part(const Ast& tree) {
    switch (tree.kind) {
      case Ast::Kind::number:
        return {{}, tree.value};
      case Ast::Kind::name:
        return name(tree.text);
      case Ast::Kind::unary:
      case Ast::Kind::binary:
        return infix(tree);
      case Ast::Kind::call:
        return call_of(tree);
      case Ast::Kind::list:
        break;
    }
    throw wrong("has a list");
  }

  Part name(const std::string& name) {
    const Definition& d = definition_;
    for (size_t k = 0; k < d.arguments.size(); ++k)
      if (d.arguments[k] == name) return {given_[k]};
    for (size_t k = 0; k < d.integers.size(); ++k)
      if (d.integers[k] == name) return {{}, double(given_.integers[k])};
    for (const auto& [part, value] : d.parts)
      if (part == name) return {value(given_)};
    throw wrong("has the unknown name " + name);
  }

  Part infix(const Ast& tree) {
    // from the right: gradients add their terms in the order in which nodes were made
    std::vector<Part> operands(tree.children.size());
    bool are_numbers = true;
    for (size_t k = operands.size(); k-- > 0;) {
      operands[k] = part(tree.children[k]);
      are_numbers = are_numbers && !operands[k].expr;
    }
    if (are_numbers) {
      const double first = operands[0].number;
      if (operands.size() == 1) return {{}, tree.text == "-" ? -first : first};
      return {{}, computed(tree.text, first, operands[1].number)};
    }
    std::vector<Expr> children;
    for (const Part& operand : operands) children.push_back(as_formula(operand));
    for (const Operation& row : operations()) {
      if (row.infix == tree.text && row.arguments.size() == children.size())
        return {given_.graph->apply(row, children, {})};
    }
    throw wrong("has the unknown operator " + tree.text);
  }

  Part call_of(const Ast& tree) {
    if (tree.text == "Dim") return {{}, double(formula(tree.children.at(0))->dimension)};
    const Operation* const row = find_operation(tree.text, tree.children.size());
    if (!row) throw wrong("has the unknown operation " + tree.text);
    std::vector<Expr> children;
    std::vector<int> integers;
    for (const Ast& child : tree.children) {
      if (children.size() < row->arguments.size())
        children.push_back(formula(child));
      else
        integers.push_back(int(part(child).number));
    }
    return {given_.graph->apply(*row, children, integers)};
  }

  Expr as_formula(const Part& part) const {
    return part.expr ? part.expr : given_.graph->constant(part.number);
  }

  Error wrong(const std::string& what) const {
    return internal_error("the definition " + definition_.text + " " + what);
  }

  const Definition& definition_;
  const DefinitionArguments& given_;
};

}  // namespace

std::function<Expr(const DefinitionArguments&)> meaning_of(
    const std::string& text, const std::vector<std::string>& arguments,
    const std::vector<std::string>& integers, NamedParts parts) {
  const auto definition = std::make_shared<const Definition>(Definition{
      text, parse_formula({text, "definition"}), arguments, integers, std::move(parts)});
  return [definition](const DefinitionArguments& given) {
    return Reader(*definition, given).formula(definition->tree);
  };
}

}  // namespace rkeops
