// The table of operations, put together from its families, and the ways to look a row up.
#include "ir/ops.h"

#include <unordered_map>

#include "base/diagnostic.h"
#include "ir/ops_rows.h"

namespace rkeops {

// ---- what dimension rules are written with ----

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
