// Operators are printed with the brackets they need and no others; precedences are those
// of the rows.
#include "ir/print.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <unordered_map>

#include "ir/ops.h"
#include "ir/reductions.h"

namespace rkeops {

namespace {

constexpr int precedence_of_a_call = 10;
constexpr size_t longest_formula = 100000;

struct Text {
  std::string text;
  int precedence = precedence_of_a_call;
};

std::string bracketed(const Text& part, int wanted) {
  return part.precedence < wanted ? "(" + part.text + ")" : part.text;
}

// The integers and lists of an operation, each after a comma, the first without one if it
// `is_first`.
std::string integers_text(const Node& node, bool is_first) {
  const size_t plain = node.operation->integer_arguments.size();
  std::string text;
  for (size_t at = 0; at < node.integers.size(); ++at) {
    text += is_first && at == 0 ? "" : ", ";
    if (at < plain) {
      text += std::to_string(node.integers[at]);
      continue;
    }
    const size_t end = at + size_t(node.integers[at]);
    text += "[";
    while (at++ < end) {
      text += std::to_string(node.integers[at]) + (at < end ? ", " : "");
    }
    --at;
    text += "]";
  }
  return text;
}

// A graph shares what its formula repeats: as text it can be exponentially longer. So
// what is written is counted, and past the limit every part is "...".
class Printer {
 public:
  explicit Printer(size_t limit) : limit_(limit) {}

  /// From now on the node is written by this name.
  void name(Expr node, const std::string& name) { names_[&*node] = name; }

  Text print(Expr node) {
    if (written_ > limit_) return {"..."};
    const auto name = names_.find(&*node);
    if (name != names_.end()) return {name->second};
    Text text = printed(node);
    if (node->children.empty()) written_ += text.text.size();
    return text;
  }

 private:
  Text printed(Expr node) {
    switch (node->kind) {
      case NodeKind::constant:
        return print_constant(*node);
      case NodeKind::variable:
        if (!node->name.empty()) return {node->name};
        return {std::string(category_name(node->level)) + "(" +
                std::to_string(node->position) + ", " + std::to_string(node->dimension) +
                ")"};
      case NodeKind::index:
        return {node->level == level_i ? "IndexParts(0)" : "IndexParts(1)"};
      case NodeKind::operation:
        return node->operation->infix.empty() ? print_call(*node) : print_infix(*node);
      case NodeKind::reduction:
        break;
    }
    return print_call(*node);
  }

  static Text print_constant(const Node& node) {
    const std::string number = print_number(node.value);
    if (node.dimension > 1) {
      const std::string dimension = std::to_string(node.dimension);
      if (node.value == 0) return {"Zero(" + dimension + ")"};
      return {"SumT(" + number + ", " + dimension + ")"};
    }
    const int sign_precedence = operation_named("Minus").precedence;
    return {number, number[0] == '-' ? sign_precedence : precedence_of_a_call};
  }

  Text print_infix(const Node& node) {
    const Operation& row = *node.operation;
    const int precedence = row.precedence;
    written_ += row.infix.size();
    if (node.children.size() == 1) {
      return {row.infix + bracketed(print(node.children[0]), precedence), precedence};
    }
    // left-associative: the right operand needs brackets at equal precedence; comparisons
    // cannot be chained at all
    const bool chains = precedence != precedence_of_comparison;
    const std::string left = bracketed(print(node.children[0]), precedence + !chains);
    const std::string right = bracketed(print(node.children[1]), precedence + 1);
    return {left + " " + row.infix + " " + right, precedence};
  }

  static std::string suffix_of(Over over) {
    return over == Over::cover ? "_Reduction[cover]" : "_Reduction";
  }

  Text print_call(const Node& node) {
    const bool is_reduction = node.kind == NodeKind::reduction;
    std::string text = (is_reduction ? node.reduction->name + suffix_of(node.over)
                                     : node.operation->name) +
                       "(";
    written_ += text.size();
    for (size_t k = 0; k < node.children.size(); ++k) {
      text += (k ? ", " : "") + print(node.children[k]).text;
      if (k > 0 || !is_reduction) continue;
      for (int integer : node.integers) text += ", " + std::to_string(integer);
    }
    if (is_reduction) return {text + (node.reduced == level_j ? ", 0)" : ", 1)")};
    return {text + integers_text(node, node.children.empty()) + ")"};
  }

  const size_t limit_;
  std::unordered_map<const Node*, std::string> names_;
  size_t written_ = 0;  // characters of names and numbers so far
};

// `nodes` are in the order of the graph.
std::string node_reference(Expr node, const std::vector<Expr>& nodes) {
  const auto older = [](Expr a, Expr b) { return a->id < b->id; };
  const auto found = std::lower_bound(nodes.begin(), nodes.end(), node, older);
  return "%" + std::to_string(found - nodes.begin() + 1);
}

std::string made_of(Expr node, const std::vector<Expr>& nodes) {
  if (node->children.empty()) return print_formula(node);
  std::string text = node->kind == NodeKind::reduction
                         ? node->reduction->name + "_Reduction"
                         : node->operation->name;
  text += "(";
  for (size_t k = 0; k < node->children.size(); ++k) {
    text += (k ? ", " : "") + node_reference(node->children[k], nodes);
  }
  if (node->kind == NodeKind::operation) text += integers_text(*node, false);
  if (node->kind == NodeKind::reduction) {
    for (int integer : node->integers) text += ", " + std::to_string(integer);
    text += std::string(" over ") + level_name(node->reduced);
  }
  return text + ")";
}

std::string padded(std::string text, size_t width) {
  return text.size() < width ? text + std::string(width - text.size(), ' ') : text;
}

}  // namespace

std::string print_formula(Expr root, size_t limit) {
  const size_t most = limit > 0 ? limit : longest_formula;
  const std::string text = Printer(most).print(root).text;
  return text.size() <= most ? text : text.substr(0, most - 3) + "...";
}

std::vector<NamedFormula> print_shared(Expr root) {
  // brackets nest no deeper than the parser allows, by far
  constexpr int deepest = 100;
  std::unordered_map<const Node*, int> uses, depth;
  const std::vector<Expr> nodes = sorted_nodes({root}, true);
  for (Expr node : nodes) {
    for (Expr child : node->children) ++uses[&*child];
  }
  std::vector<NamedFormula> parts;
  Printer printer(std::numeric_limits<size_t>::max());
  for (Expr node : nodes) {
    int& height = depth[&*node] = 0;
    for (Expr child : node->children) height = std::max(height, depth.at(&*child) + 1);
    const bool named = uses[&*node] > 1 || height == deepest;
    if (node->children.empty() || node == root || !named) continue;
    height = 0;
    parts.push_back({"T" + std::to_string(parts.size()), printer.print(node).text});
    printer.name(node, parts.back().name);
  }
  parts.push_back({"", printer.print(root).text});
  return parts;
}

std::string print_graph(Expr root) {
  const std::vector<Expr> nodes = sorted_nodes({root}, true);
  std::string text;
  for (size_t k = 0; k < nodes.size(); ++k) {
    const Expr node = nodes[k];
    const std::string level = node->is_constant ? "constant" : level_name(node->level);
    text += padded("%" + std::to_string(k + 1), 6) + padded(level, 11) +
            padded("dim " + std::to_string(node->dimension), 9) + made_of(node, nodes) +
            "\n";
  }
  return text;
}

std::string print_number(double value) {
  if (std::isnan(value)) return "(0 / 0)";
  if (std::isinf(value)) return value > 0 ? "(1 / 0)" : "(-1 / 0)";
  char text[40];
  // the shortest of at most 17 digits that reads back as the same number; "%g" of the C
  // locale
  for (int digits = 1; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    for (char* c = text; *c; ++c) {
      if (*c == ',') *c = '.';  // a locale with another decimal point
    }
    if (std::strtod(text, nullptr) == value) break;
  }
  return text;
}

}  // namespace rkeops
