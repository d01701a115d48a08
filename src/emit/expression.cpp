// A node gets a variable of its own when it is used more than once, when it needs
// statements (a sum over components), or when a loop would compute it again and again;
// all other nodes are written inside the expression that uses them. Vectors are loops
// over their components, which the compiler unrolls.
#include "emit/expression.h"

#include <unordered_map>

#include "base/diagnostic.h"
#include "emit/component.h"
#include "emit/literal.h"
#include "emit/node_uses.h"
#include "ir/ops.h"
#include "ir/print.h"
#include "ir/tensor.h"

namespace rkeops {

namespace {

constexpr int precedence_of_a_call = 10;
constexpr int longest_unrolled_loop = 16;
constexpr size_t longest_comment = 50;

struct Operand {
  std::string text;
  bool is_lanes;
  int precedence;
};

class Statements {
 public:
  Statements(Writer& writer, const std::vector<Source>& sources, const ScalarType& scalar,
             ZeroSign zeros = ZeroSign::as_in_r)
      : writer_(writer), scalar_(scalar), zeros_(zeros) {
    for (const Source& source : sources) {
      int offset = 0;
      for (Expr expression : source.expressions) {
        places_[&*expression] = {source.array, offset, source.is_lanes, source.is_term};
        offset += source.is_term ? 1 : expression->dimension;
      }
    }
  }

  void write(const std::vector<Expr>& outputs, const std::string& target) {
    find_uses(outputs);
    for (Expr node : uses_.computed()) {
      if (uses_.needs_variable(node)) write_variable(node);
    }
    int start = 0;
    for (Expr output : outputs) {
      write_copy(
          output->dimension, target, {start, 1},
          [&](const Component& c) { return operand(output, c); },
          print_formula(output, longest_comment));
      start += output->dimension;
    }
  }

  void write_term(Expr inner_product) {
    const Operand term = component_k(inner_product->children[0]);
    writer_.line(folded(*inner_product->operation, "total", term),
                 print_formula(inner_product, longest_comment));
  }

  void write_component(Expr vector) {
    const Operand component = component_k(vector);
    writer_.line("value = " + lanes(component) + ";",
                 print_formula(vector, longest_comment));
  }

 private:
  // Component k of a vector; what it uses more than once gets a variable.
  Operand component_k(Expr vector) {
    const Component k = {"k", 1, 0};
    find_uses({vector});
    for (Expr node : uses_.computed()) {
      if (uses_.is_used_once(node)) continue;
      const std::string name = "t" + std::to_string(++variables_);
      writer_.line("const V " + name + " = " + lanes(computed(node, k)) + ";",
                   print_formula(node, longest_comment));
      places_[&*node] = {name, 0, true, true};
    }
    return operand(vector, k);
  }

  struct Location {
    std::string array;
    int offset;
    bool is_lanes;
    bool is_term;  // holds one component, the one that is asked for
  };

  void find_uses(const std::vector<Expr>& outputs) {
    uses_.find(outputs, [this](Expr node) { return places_.count(&*node) > 0; });
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
      case Form::contraction:
        write_contraction(node, name, comment);
        break;
      case Form::routine:
        write_routine(node, name, comment);
        break;
      default:
        write_elementwise(node, name, comment);
    }
    places_[&*node] = {name, 0, true, false};
  }

  void write_elementwise(Expr node, const std::string& name, const std::string& comment) {
    if (node->dimension == 1) {
      writer_.line("const V " + name + " = " + lanes(computed(node, {})) + ";", comment);
      return;
    }
    declare(node, name);
    write_copy(
        node->dimension, name, {}, [&](const Component& c) { return computed(node, c); },
        comment);
  }

  void write_fold(Expr node, const std::string& name, const std::string& comment) {
    const Operation& row = *node->operation;
    const Expr vector = node->children[0];
    const int first = begins_with_number(vector) ? 1 : 0;
    const std::string start =
        first > 0 ? lanes(operand(vector, {}))
                  : "all<V>(" + literal(row.start, scalar_.precision) + ")";
    writer_.line("V " + name + " = " + start + ";", comment);
    write_loop(
        vector->dimension - first,
        [&](Component component) {
          component.offset += first;
          return folded(row, name, operand(vector, component));
        },
        "");
  }

  // To begin with it saves an instruction; with a product it would not, as a sum with 0
  // costs what the product alone does.
  bool begins_with_number(Expr vector) const {
    return zeros_ == ZeroSign::any && vector->kind == NodeKind::operation &&
           vector->operation->form == Form::concat && vector->children[0]->dimension == 1;
  }

  static std::string folded(const Operation& row, const std::string& total,
                            const Operand& component) {
    std::string code = row.code + ";";
    replace(code, "$t", total);
    replace(code, "$0", lanes(component));
    return code;
  }

  void write_concat(Expr node, const std::string& name, const std::string& comment) {
    declare(node, name);
    int start = 0;
    for (Expr child : node->children) {
      write_copy(
          child->dimension, name, {start, 1},
          [&](const Component& c) { return operand(child, c); },
          start == 0 ? comment : "");
      start += child->dimension;
    }
  }

  void write_insert(Expr node, const std::string& name, const std::string& comment) {
    declare(node, name);
    const Operand zero = {literal(0, scalar_.precision), false, precedence_of_a_call};
    write_copy(
        node->dimension, name, {}, [&](const Component&) { return zero; }, comment);
    const Expr inserted = node->children[0];
    write_copy(
        inserted->dimension, name, node->operation->placement(node->integers),
        [&](const Component& c) { return operand(inserted, c); }, "");
  }

  // result = 0, then result += f * g in loops over all axes
  void write_contraction(Expr node, const std::string& name, const std::string& comment) {
    const TensorDot dot = tensor_dot_of(node->integers);
    const std::vector<TensorLoop> kept = kept_loops(dot),
                                  contracted = contracted_loops(dot);
    std::vector<TensorLoop> loops = kept;
    loops.insert(loops.end(), contracted.begin(), contracted.end());
    std::string text, f_index, g_index, result_index;
    for (size_t k = 0; k < loops.size(); ++k) {
      const std::string variable = "k" + std::to_string(k);
      text += loop_head(loops[k].extent, variable);
      add_term(f_index, loops[k].f_stride, variable);
      add_term(g_index, loops[k].g_stride, variable);
      add_term(result_index, loops[k].result_stride, variable);
    }
    const Operand f = operand(node->children[0], {f_index, 1, 0});
    const Operand g = operand(node->children[1], {g_index, 1, 0});
    const std::string product =
        (f.is_lanes || g.is_lanes ? f.text : lanes(f)) + " * " + g.text;
    const Operand zero = {literal(0, scalar_.precision), false, precedence_of_a_call};
    if (node->dimension == 1) {
      writer_.line("V " + name + " = " + lanes(zero) + ";", comment);
      writer_.line(text + name + " += " + product + ";");
      return;
    }
    declare(node, name);
    write_copy(
        node->dimension, name, {}, [&](const Component&) { return zero; }, comment);
    writer_.line(text + name + Component{result_index, 1, 0}.index() + " += " + product +
                 ";");
  }

  // The operands copied to arrays, then a call.
  void write_routine(Expr node, const std::string& name, const std::string& comment) {
    std::string code = code_of(*node), operands;
    for (size_t k = 0; k < node->children.size(); ++k) {
      const Expr child = node->children[k];
      const std::string array = name + "_" + std::to_string(k);
      replace(code, "$d" + std::to_string(k), std::to_string(child->dimension));
      writer_.line("V " + array + "[" + std::to_string(child->dimension) + "];");
      write_copy(
          child->dimension, array, {},
          [&](const Component& c) { return operand(child, c); },
          print_formula(child, longest_comment));
      operands += array + ", ";
    }
    const bool is_scalar = node->dimension == 1;
    is_scalar ? writer_.line("V " + name + ";") : declare(node, name);
    code += "(" + operands + (is_scalar ? "&" : "") + name + ");";
    writer_.line(code, comment);
  }

  static void add_term(std::string& index, int stride, const std::string& variable) {
    if (stride == 0) return;
    if (!index.empty()) index += " + ";
    index += (stride == 1 ? "" : std::to_string(stride) + " * ") + variable;
  }

  void declare(Expr node, const std::string& name) {
    writer_.line("V " + name + "[" + std::to_string(node->dimension) + "];");
  }

  // target[placement of k] = value of component k
  template <class Value>
  void write_copy(int dimension, const std::string& target, Placement placement,
                  Value value, const std::string& comment) {
    write_loop(
        dimension,
        [&](const Component& component) {
          const Component place = {component.loop, placement.stride, placement.start};
          return target + place.index() + " = " + lanes(value(component)) + ";";
        },
        comment);
  }

  static std::string loop_head(int extent, const std::string& variable) {
    return (extent <= longest_unrolled_loop ? "RKEOPS_UNROLL for (int " : "for (int ") +
           variable + " = 0; " + variable + " < " + std::to_string(extent) + "; ++" +
           variable + ") ";
  }

  template <class Statement>
  void write_loop(int dimension, Statement statement, const std::string& comment) {
    const std::string text =
        dimension == 1 ? statement(Component{})
                       : loop_head(dimension, "k") + statement(Component{"k", 1, 0});
    comment.empty() ? writer_.line(text) : writer_.line(text, comment);
  }

  // ---- expressions ----

  // `node` as it can be read at `component`; a scalar is the same for every component.
  Operand operand(Expr node, Component component) {
    if (node->dimension == 1) component = {};
    if (node->kind == NodeKind::constant) {
      return {literal(node->value, scalar_.precision), false, precedence_of_a_call};
    }
    const auto place = places_.find(&*node);
    if (place != places_.end()) return located(*node, place->second, component);
    return computed(node, component);
  }

  static Operand located(const Node& node, const Location& place,
                         const Component& component) {
    const bool is_plain_variable =
        place.array[0] == 't' && (node.dimension == 1 || place.is_term);
    const Component at = place.is_term ? Component{} : component;
    const std::string text =
        is_plain_variable ? place.array : place.array + at.index(place.offset);
    return {text, place.is_lanes, precedence_of_a_call};
  }

  Operand computed(Expr node, const Component& component) {
    const Operation& row = *node->operation;
    switch (row.form) {
      case Form::repeat:
        return operand(node->children[0], {});
      case Form::slice:
        return operand(node->children[0],
                       component.within(row.placement(node->integers)));
      case Form::range:
        return {scalar_.name + "(" + component.text() + ")", false, precedence_of_a_call};
      default:
        break;
    }
    std::vector<Operand> operands;
    for (Expr child : node->children) operands.push_back(operand(child, component));
    const bool is_call = row.code.back() == ')';
    return is_call ? call(*node, operands) : infix(row, operands);
  }

  // The code of the row with its integers.
  static std::string code_of(const Node& node) {
    std::string code = node.operation->code;
    for (size_t k = 0; k < node.integers.size(); ++k)
      replace(code, "$i" + std::to_string(k), std::to_string(node.integers[k]));
    return code;
  }

  Operand call(const Node& node, const std::vector<Operand>& operands) {
    std::string code = code_of(node);
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

  // Every `name` in `text`.
  static void replace(std::string& text, const std::string& name,
                      const std::string& value) {
    size_t at = text.find(name);
    if (at == std::string::npos)
      throw internal_error("code without " + name + ": " + text);
    for (; at != std::string::npos; at = text.find(name, at + value.size())) {
      text.replace(at, name.size(), value);
    }
  }

  Writer& writer_;
  const ScalarType& scalar_;
  const ZeroSign zeros_;
  std::unordered_map<const Node*, Location> places_;  // what can be read already
  NodeUses uses_;
  int variables_ = 0;
};

}  // namespace

void write_statements(Writer& writer, const std::vector<Source>& sources,
                      const std::vector<Expr>& outputs, const std::string& target,
                      const ScalarType& scalar, ZeroSign zeros) {
  Statements(writer, sources, scalar, zeros).write(outputs, target);
}

void write_term(Writer& writer, const std::vector<Source>& sources, Expr inner_product,
                const ScalarType& scalar) {
  Statements(writer, sources, scalar).write_term(inner_product);
}

void write_component(Writer& writer, const std::vector<Source>& sources, Expr vector,
                     const ScalarType& scalar) {
  Statements(writer, sources, scalar).write_component(vector);
}

}  // namespace rkeops
