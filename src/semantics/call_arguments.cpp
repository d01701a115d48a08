#include "semantics/call_arguments.h"

#include "semantics/variables.h"

namespace rkeops {

namespace {

std::string counted(size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

Error wrong_count(const SourceText& source, const Ast& tree,
                  const std::vector<std::string>& wanted,
                  std::vector<std::string> hints) {
  return formula_error(source, tree.place,
                       "`" + tree.text + "` takes " + counted(wanted.size(), "argument") +
                           " (" + listed(wanted) + "), not " +
                           std::to_string(tree.children.size()) + ".",
                       std::move(hints));
}

int integer_argument(const SourceText& source, const Ast& tree, const std::string& callee,
                     const std::string& argument) {
  const auto number = integer_of(tree);
  if (number) return int(*number);
  throw formula_error(
      source, tree.place,
      "Argument `" + argument + "` of `" + callee + "` is a whole number.");
}

}  // namespace rkeops
