// The table of operations, put together from its families, and the ways to look a row up.
#include "ir/ops.h"

#include <unordered_map>

#include "base/diagnostic.h"
#include "ir/ops_rows.h"

namespace rkeops {

// ---- what rows are written with ----

void require(bool condition, const std::string& message) {
  if (!condition) throw DimensionProblem{message};
}

namespace {

std::string listed(const Children& children) {
  std::string text;
  for (size_t k = 0; k < children.size(); ++k) {
    text += (k == 0 ? "" : k + 1 == children.size() ? " and " : ", ");
    text += std::to_string(children[k]->dimension);
  }
  return text;
}

}  // namespace

int broadcast_dimension(const Children& children, const Integers&) {
  int dimension = 1;
  for (Expr child : children) dimension = std::max(dimension, child->dimension);
  for (Expr child : children) {
    require(
        child->dimension == 1 || child->dimension == dimension,
        "needs arguments of equal dimension, or of dimension 1, not " + listed(children));
  }
  return dimension;
}

int one(const Children&, const Integers&) { return 1; }

Operation unary(const char* name, const char* code, double (*evaluate)(double),
                std::function<Expr(const Arguments&)> partial, const char* documentation,
                const char* derivative) {
  std::function<Parts(const Arguments&)> partials;
  if (partial) partials = [partial](const Arguments& a) { return Parts{partial(a)}; };
  std::function<double(const double*)> value;
  if (evaluate) value = [evaluate](const double* a) { return evaluate(a[0]); };
  return elementwise(name, {"f"}, code, value, partials, documentation, derivative);
}

Operation elementwise(const char* name, std::vector<std::string> arguments,
                      const char* code, std::function<double(const double*)> evaluate,
                      std::function<Parts(const Arguments&)> partials,
                      const char* documentation, const char* derivative) {
  Operation row;
  row.name = name;
  row.arguments = std::move(arguments);
  row.form = Form::elementwise;
  row.code = code;
  row.evaluate = std::move(evaluate);
  row.partials = std::move(partials);
  row.documentation = documentation;
  row.derivative = derivative;
  return row;
}

Operation choosing(Operation row, std::function<Parts(const Arguments&)> adjoints) {
  row.adjoints = std::move(adjoints);
  return row;
}

Operation hiding_missing(Operation row, std::vector<size_t> arguments) {
  const std::string name = row.name;
  row.with_missing = [name, arguments](const DefinitionArguments& a) {
    const Operation& own = *find_operation(name, a.children.size() + a.integers.size());
    Expr value = a.graph->apply(own, a.children, a.integers);
    for (auto k = arguments.rbegin(); k != arguments.rend(); ++k) {
      const Expr argument = a[*k];
      const bool is_known =
          argument->kind == NodeKind::constant && argument->value == argument->value;
      if (!is_known) value = call("IfKnown", {argument, value});
    }
    return value;
  };
  return row;
}

Operation infix(Operation row, const char* symbol, int precedence) {
  row.infix = symbol;
  row.precedence = precedence;
  return row;
}

Operation shown(Operation row, const char* example) {
  row.example = example;
  return row;
}

void describe_dimensions(
    Rows& rows, std::initializer_list<std::pair<const char*, const char*>> of_names) {
  for (const auto& [name, dimensions] : of_names) {
    const std::string wanted = name;
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const Operation& one) {
      return one.name == wanted;
    });
    if (row == rows.end()) throw internal_error("there is no operation " + wanted);
    row->dimensions = dimensions;
  }
}

void give_intervals(
    Rows& rows, std::initializer_list<std::pair<const char*, IntervalRule>> of_names) {
  for (const auto& [name, rule] : of_names) {
    const std::string wanted = name;
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const Operation& one) {
      return one.name == wanted && one.form != Form::definition;
    });
    if (row == rows.end()) throw internal_error("there is no operation " + wanted);
    row->interval = rule;
  }
}

Operation faster_in_pairs(Operation row) {
  row.has_pair_function = true;
  return row;
}

Operation also_called(Operation row, std::vector<std::string> names) {
  row.other_names = std::move(names);
  return row;
}

Operation definition(const char* name, std::vector<std::string> arguments,
                     std::vector<std::string> integer_arguments, DimensionRule dimension,
                     std::function<Expr(const DefinitionArguments&)> meaning,
                     const char* documentation) {
  Operation row;
  row.name = name;
  row.arguments = std::move(arguments);
  row.integer_arguments = std::move(integer_arguments);
  row.form = Form::definition;
  row.dimension = std::move(dimension);
  row.definition = std::move(meaning);
  row.documentation = documentation;
  row.derivative = "by its definition";
  return row;
}

Operation linear(const char* name, std::vector<std::string> arguments,
                 std::vector<std::string> integer_arguments, Form form,
                 DimensionRule dimension, std::function<Parts(const Arguments&)> adjoints,
                 const char* documentation, const char* derivative) {
  Operation row;
  row.name = name;
  row.arguments = std::move(arguments);
  row.integer_arguments = std::move(integer_arguments);
  row.form = form;
  row.dimension = std::move(dimension);
  row.adjoints = std::move(adjoints);
  row.documentation = documentation;
  row.derivative = derivative;
  return row;
}

int Operation::result_dimension(const Children& children,
                                const Integers& integers) const {
  return limited_dimension(dimension ? dimension(children, integers)
                                     : broadcast_dimension(children, integers));
}

int limited_dimension(long long dimension) {
  require(dimension <= largest_dimension,
          "would have more than " + std::to_string(largest_dimension) + " components");
  return int(dimension);
}

// ---- the table ----

namespace {

// Exp(x), x + y, Powf(x, y)
std::string usual_example(const Operation& row) {
  if (!row.infix.empty()) {
    return row.arguments.size() == 1 ? row.infix + "x" : "x " + row.infix + " y";
  }
  return row.name + (row.arguments.size() == 1 ? "(x)" : "(x, y)");
}

// "D, D -> D"
std::string usual_dimensions(const Operation& row) {
  std::string text;
  for (size_t k = 0; k < row.arguments.size(); ++k) text += k == 0 ? "D" : ", D";
  return text + " -> D";
}

}  // namespace

const std::vector<Operation>& operations() {
  static const Rows rows = [] {
    Rows all;
    for (auto add : {add_constant_rows, add_arithmetic_rows, add_function_rows,
                     add_comparison_rows, add_vector_rows, add_norm_rows, add_matrix_rows,
                     add_complex_rows, add_kernel_rows, add_sequence_rows}) {
      add(all);
    }
    for (Operation& row : all) {
      if (row.example.empty()) row.example = usual_example(row);
      if (row.dimensions.empty()) row.dimensions = usual_dimensions(row);
    }
    return all;
  }();
  return rows;
}

const Operation* find_operation(const std::string& name, size_t arguments) {
  static const auto index = [] {
    std::unordered_map<std::string, std::vector<const Operation*>> by_name;
    for (const Operation& row : operations()) by_name[row.name].push_back(&row);
    for (const Operation& row : operations()) {
      for (const std::string& other : row.other_names) by_name[other].push_back(&row);
    }
    return by_name;
  }();
  const auto found = index.find(name);
  if (found == index.end()) return nullptr;
  for (const Operation* row : found->second) {
    if (row->arguments.size() + row->integer_arguments.size() == arguments) return row;
  }
  return found->second.front();
}

const Operation& operation_named(const char* name) {
  const Operation* row = find_operation(name);
  if (!row) throw internal_error(std::string("there is no operation ") + name);
  return *row;
}

}  // namespace rkeops
