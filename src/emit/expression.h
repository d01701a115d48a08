// Expressions -> statements of one stage of a kernel. The same text serves all engines: V
// is a vector of rows or columns on the CPU and a plain number on the GPU, Scalar the
// type of one number.
#pragma once

#include <string>
#include <vector>

#include "emit/writer.h"
#include "plan/plan.h"

namespace rkeops {

/// An array the statements can read, and the expressions that lie in it one after the
/// other.
struct Source {
  std::string array;  // "row", "column", "parameter", "input", "reduced"
  bool is_lanes;      // V rather than Scalar
  std::vector<Expr> expressions;
  /// Gives only the component of each expression that is written (write_term,
  /// write_component).
  bool is_term = false;
};

/// The type of one number of a stage.
struct ScalarType {
  std::string name;
  Precision precision;
};

/// Whether a zero that is computed may have either sign: then a sum can begin with its
/// first number, which otherwise is added to 0.
enum class ZeroSign { as_in_r, any };

/// Writes statements that compute `outputs` into the array `target`, one after the other.
void write_statements(Writer& writer, const std::vector<Source>& sources,
                      const std::vector<Expr>& outputs, const std::string& target,
                      const ScalarType& scalar, ZeroSign zeros = ZeroSign::as_in_r);

/// Writes statements that fold term `k` of an inner product into the variable `total`.
void write_term(Writer& writer, const std::vector<Source>& sources, Expr inner_product,
                const ScalarType& scalar);

/// Writes statements that compute component `k` of `vector` into the variable `value`.
void write_component(Writer& writer, const std::vector<Source>& sources, Expr vector,
                     const ScalarType& scalar);

}  // namespace rkeops
