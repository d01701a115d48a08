#include "lang/ast.h"

namespace rkeops {

namespace {

void print_below(const Ast& tree, int depth, std::string& text) {
  static const char* const kinds[] = {"number", "name",     "call",
                                      "sign",   "operator", "list"};
  text += std::string(size_t(2 * depth), ' ') + kinds[int(tree.kind)] + " " + tree.text +
          "\n";
  for (const Ast& child : tree.children) print_below(child, depth + 1, text);
}

}  // namespace

std::string print_tree(const Ast& tree) {
  std::string text;
  print_below(tree, 0, text);
  return text;
}

}  // namespace rkeops
