// A node gets a variable of its own when it is used more than once, when it needs
// statements (a sum over components), or when a loop would compute it again and again;
// all other nodes are written inside the expression that uses them. Vectors are loops
// over their components, which the compiler unrolls.
#include "expression.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "../diagnostic.h"
#include "../ir/ops.h"
#include "../ir/print.h"
#include "literal.h"

namespace rkeops {

namespace {

constexpr int precedence_of_a_call = 10;
constexpr int longest_unrolled_loop = 16;
constexpr size_t longest_comment = 50;

// Which component: `offset` alone, or counted from the loop variable k.
struct Component {
  bool in_loop;
  int offset;
  Component shifted(int by) const { return {in_loop, offset + by}; }
};

struct Operand {
  std::string text;
  bool is_lanes;
  int precedence;
};

class Statements {
 public:
  Statements(Writer& writer, const std::vector<Source>& sources, Precision precision)
      : writer_(writer), precision_(precision) {
    for (const Source& source : sources) {
      int offset = 0;
      for (Expr expression : source.expressions) {
        places_[&*expression] = {source.array, offset, source.is_lanes};
        offset += expression->dimension;
      }
    }
  }

  void write(const std::vector<Expr>& outputs, const std::string& target) {
    find_computed(outputs);
    for (Expr node : computed_) {
      if (needs_variable(node)) write_variable(node);
    }
    int offset = 0;
    for (Expr output : outputs) {
      write_loop(
          output->dimension,
          [&](Component component) {
            return target + index(offset, component) + " = " +
                   lanes(operand(output, component)) + ";";
          },
          print_formula(output, longest_comment));
      offset += output->dimension;
    }
  }

 private:
  struct Location {
    std::string array;
    int offset;
    bool is_lanes;
  };

  // ---- what is computed here, and how often it is used ----

  void find_computed(const std::vector<Expr>& outputs) {
    std::vector<Expr> pending = outputs;
    std::unordered_set<const Node*> seen;
    for (Expr output : outputs) ++uses_[&*output];
    while (!pending.empty()) {
      const Expr node = pending.back();
      pending.pop_back();
      const bool lies_in_array =
          places_.count(&*node) || node->kind != NodeKind::operation;
      if (lies_in_array || !seen.insert(&*node).second) continue;
      computed_.push_back(node);
      pending.insert(pending.end(), node->children.begin(), node->children.end());
    }
    std::sort(computed_.begin(), computed_.end(),
              [](Expr a, Expr b) { return a->id < b->id; });
    for (Expr node : computed_) {
      for (Expr child : node->children) {
        ++uses_[&*child];
        if (repeats(node, child)) repeated_.insert(&*child);
      }
    }
  }

  // Would `child`, written inside `node`, be computed once a component although it is one
  // value, or be picked from by an index?
  static bool repeats(Expr node, Expr child) {
    const Form form = node->operation->form;
    if (form == Form::repeat || form == Form::slice) return true;
    return child->dimension == 1 && node->dimension > 1;
  }

  bool needs_variable(Expr node) const {
    const Form form = node->operation->form;
    if (form == Form::repeat || form == Form::slice) return false;
    if (form != Form::elementwise) return true;
    return uses_.at(&*node) > 1 || repeated_.count(&*node);
  }

  // ---- statements ----

  void write_variable(Expr node) {
    const std::string name = "t" + std::to_string(++variables_);
    const std::string comment = print_formula(node, longest_comment);
    switch (node->operation->form) {
      case Form::fold:
        write_fold(node, name, comment);
        break;
      case Form::concat:
        write_concat(node, name, comment);
        break;
      case Form::insert:
        write_insert(node, name, comment);
        break;
      default:
        write_elementwise(node, name, comment);
    }
    places_[&*node] = {name, 0, true};
  }

  void write_elementwise(Expr node, const std::string& name, const std::string& comment) {
    if (node->dimension == 1) {
      writer_.line("const V " + name + " = " + lanes(computed(node, {false, 0})) + ";",
                   comment);
      return;
    }
    declare(node, name);
    write_loop(
        node->dimension,
        [&](Component component) {
          return name + index(0, component) + " = " + lanes(computed(node, component)) +
                 ";";
        },
        comment);
  }

  void write_fold(Expr node, const std::string& name, const std::string& comment) {
    writer_.line("V " + name + " = all<V>(0);", comment);
    const Expr folded = node->children[0];
    write_loop(
        folded->dimension,
        [&](Component component) {
          std::string code = node->operation->code + ";";
          replace(code, "$t", name);
          replace(code, "$0", lanes(operand(folded, component)));
          return code;
        },
        "");
  }

  void write_concat(Expr node, const std::string& name, const std::string& comment) {
    declare(node, name);
    int offset = 0;
    for (Expr child : node->children) {
      write_loop(
          child->dimension,
          [&](Component component) {
            return name + index(offset, component) + " = " +
                   lanes(operand(child, component)) + ";";
          },
          offset == 0 ? comment : "");
      offset += child->dimension;
    }
  }

  void write_insert(Expr node, const std::string& name, const std::string& comment) {
    declare(node, name);
    write_loop(
        node->dimension,
        [&](Component component) { return name + index(0, component) + " = all<V>(0);"; },
        comment);
    write_loop(
        node->children[0]->dimension,
        [&](Component component) {
          return name + index(node->integers[0], component) + " = " +
                 lanes(operand(node->children[0], component)) + ";";
        },
        "");
  }

  void declare(Expr node, const std::string& name) {
    writer_.line("V " + name + "[" + std::to_string(node->dimension) + "];");
  }

  template <class Statement>
  void write_loop(int dimension, Statement statement, const std::string& comment) {
    std::string text = statement(Component{dimension > 1, 0});
    if (dimension > 1) {
      text = "for (int k = 0; k < " + std::to_string(dimension) + "; ++k) " + text;
      if (dimension <= longest_unrolled_loop) text = "RKEOPS_UNROLL " + text;
    }
    comment.empty() ? writer_.line(text) : writer_.line(text, comment);
  }

  // ---- expressions ----

  static std::string index(int offset, Component component) {
    const int constant = offset + component.offset;
    if (!component.in_loop) return "[" + std::to_string(constant) + "]";
    return constant == 0 ? "[k]" : "[" + std::to_string(constant) + " + k]";
  }

  // `node` as it can be read at `component`; a scalar is the same for every component.
  Operand operand(Expr node, Component component) {
    if (node->dimension == 1) component = {false, 0};
    if (node->kind == NodeKind::constant) {
      return {literal(node->value, precision_), false, precedence_of_a_call};
    }
    const auto place = places_.find(&*node);
    if (place != places_.end()) return located(*node, place->second, component);
    return computed(node, component);
  }

  static Operand located(const Node& node, const Location& place, Component component) {
    const bool is_plain_variable = place.array[0] == 't' && node.dimension == 1;
    const std::string text =
        is_plain_variable ? place.array : place.array + index(place.offset, component);
    return {text, place.is_lanes, precedence_of_a_call};
  }

  Operand computed(Expr node, Component component) {
    const Operation& row = *node->operation;
    if (row.form == Form::repeat) return operand(node->children[0], {false, 0});
    if (row.form == Form::slice) {
      return operand(node->children[0], component.shifted(node->integers[0]));
    }
    std::vector<Operand> operands;
    for (Expr child : node->children) operands.push_back(operand(child, component));
    return row.infix.empty() ? call(row, *node, operands) : infix(row, operands);
  }

  Operand call(const Operation& row, const Node& node,
               const std::vector<Operand>& operands) {
    std::string code = row.code;
    for (size_t k = 0; k < node.integers.size(); ++k) {
      replace(code, "$i" + std::to_string(k), std::to_string(node.integers[k]));
    }
    for (size_t k = 0; k < operands.size(); ++k) {
      replace(code, "$" + std::to_string(k), lanes(operands[k]));
    }
    return {code, true, precedence_of_a_call};
  }

  // One operand of an operator must be lanes; the others are repeated by the compiler.
  Operand infix(const Operation& row, std::vector<Operand> operands) {
    bool any_lanes = false;
    for (const Operand& part : operands) any_lanes = any_lanes || part.is_lanes;
    if (!any_lanes) operands[0] = {lanes(operands[0]), true, precedence_of_a_call};
    std::string code = row.code;
    for (size_t k = 0; k < operands.size(); ++k) {
      const int wanted = row.precedence + (k > 0 ? 1 : 0);
      std::string text = operands[k].text;
      if (operands[k].precedence < wanted) text = "(" + text + ")";
      replace(code, "$" + std::to_string(k), text);
    }
    return {code, true, row.precedence};
  }

  static std::string lanes(const Operand& part) {
    return part.is_lanes ? part.text : "all<V>(" + part.text + ")";
  }

  static void replace(std::string& text, const std::string& name,
                      const std::string& value) {
    const size_t at = text.find(name);
    if (at == std::string::npos)
      throw internal_error("code without " + name + ": " + text);
    text.replace(at, name.size(), value);
  }

  Writer& writer_;
  const Precision precision_;
  std::unordered_map<const Node*, Location> places_;  // what can be read already
  std::vector<Expr> computed_;                        // what is computed here, in order
  std::unordered_set<const Node*> repeated_;
  std::unordered_map<const Node*, int> uses_;
  int variables_ = 0;
};

}  // namespace

void write_statements(Writer& writer, const std::vector<Source>& sources,
                      const std::vector<Expr>& outputs, const std::string& target,
                      Precision precision) {
  Statements(writer, sources, precision).write(outputs, target);
}

}  // namespace rkeops
