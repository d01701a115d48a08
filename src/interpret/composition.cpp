#include "interpret/composition.h"

#include "ir/ops.h"

namespace rkeops {

namespace {

bool is_call(const std::string& code) { return code.back() == ')'; }

// `code` with its operands numbered from `first` on.
std::string renumbered(const std::string& code, size_t first) {
  std::string text;
  for (size_t k = 0; k < code.size(); ++k) {
    text += code[k];
    if (code[k] != '$' || k + 1 == code.size() || !isdigit(code[k + 1])) continue;
    text += std::to_string(first + size_t(code[++k] - '0'));
  }
  return text;
}

// `code` with `texts[k]` in place of $k.
std::string filled(const std::string& code, const std::vector<std::string>& texts) {
  std::string text;
  for (size_t k = 0; k < code.size(); ++k) {
    const bool is_operand = code[k] == '$' && k + 1 < code.size() && isdigit(code[k + 1]);
    text += is_operand ? texts[size_t(code[++k] - '0')] : std::string(1, code[k]);
  }
  return text;
}

Composition alone(Expr node) { return {node->operation->code, node->children, {}}; }

// One composition chosen for each child; the child itself where it has none.
Composition joined(Expr node, const std::vector<const Composition*>& parts) {
  Composition whole;
  std::vector<std::string> texts;
  const std::string& code = node->operation->code;
  for (size_t k = 0; k < parts.size(); ++k) {
    const size_t first = whole.operands.size();
    if (!parts[k]) {
      texts.push_back("$" + std::to_string(first));
      whole.operands.push_back(node->children[k]);
      continue;
    }
    const std::string part = renumbered(parts[k]->code, first);
    texts.push_back(is_call(code) || is_call(part) ? part : "(" + part + ")");
    whole.operands.insert(whole.operands.end(), parts[k]->operands.begin(),
                          parts[k]->operands.end());
    whole.inside.push_back(node->children[k]);
    whole.inside.insert(whole.inside.end(), parts[k]->inside.begin(),
                        parts[k]->inside.end());
  }
  whole.code = filled(code, texts);
  return whole;
}

}  // namespace

std::vector<Composition> compositions(Expr node, size_t most_operands,
                                      const std::function<bool(Expr)>& may_be_inside,
                                      int depth) {
  std::vector<Composition> result = {alone(node)};
  if (!node->integers.empty() || depth == 0) return result;
  std::vector<std::vector<Composition>> choices;
  for (Expr child : node->children) {
    const bool inside = child->kind == NodeKind::operation &&
                        child->operation->form == Form::elementwise &&
                        child->integers.empty() && may_be_inside(child);
    choices.push_back(inside
                          ? compositions(child, most_operands, may_be_inside, depth - 1)
                          : std::vector<Composition>());
  }
  // counts through the choices like the digits of a number; 0 is the child itself
  std::vector<size_t> digits(choices.size(), 0);
  constexpr size_t most = 64;
  while (result.size() < most) {
    size_t place = 0;
    while (place < digits.size() && ++digits[place] > choices[place].size())
      digits[place++] = 0;
    if (place == digits.size()) break;
    std::vector<const Composition*> parts;
    for (size_t k = 0; k < digits.size(); ++k)
      parts.push_back(digits[k] ? &choices[k][digits[k] - 1] : nullptr);
    Composition whole = joined(node, parts);
    if (whole.operands.size() <= most_operands) result.push_back(std::move(whole));
  }
  return result;
}

}  // namespace rkeops
