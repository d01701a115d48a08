// A plan says what will be computed, before any text is written: plain structs with a
// printer.
//
// A formula becomes a sequence of kernels, one for each reduction in it; a kernel may
// read the results of earlier ones like inputs. In a kernel "rows" are the index of its
// result and "columns" the index that is reduced, whichever of i and j they are;
// everything is computed at the cheapest of four stages: once (parameter), once a row,
// once a column, once a pair. What the formula makes of a reduction is computed by the
// kernel of that reduction, when it has folded all columns of a row: the finish stage.
#pragma once

#include <string>
#include <vector>

#include "base/engine.h"
#include "ir/expr.h"
#include "ir/reductions.h"

namespace rkeops {

enum class Precision { float32, float64 };
enum class SumScheme { plain, block, compensated };

const char* precision_name(Precision precision);
const char* sum_scheme_name(SumScheme scheme);

struct Stage {
  std::vector<Expr>
      inputs;  // variables, indices, and reductions computed by earlier kernels
  std::vector<Expr> kept;  // what the pairs read of this stage
};

/// A fold over the components of long vectors, like Sum(Square(x - y)), in which each
/// term is made of one component of every vector. Engines compute it for several rows and
/// columns at once, like a product of matrices, before they compute the pairs.
struct InnerProduct {
  Expr node;  // the fold; null where the kernel has none
  std::vector<Expr> row_vectors, column_vectors;  // what the terms read
  int length() const { return node ? node->children[0]->dimension : 0; }
};

/// A sum of wide values, like Exp(-SqDist(x, y)) * b with b of a hundred components: each
/// component is made of one component of every vector and of the scalars, which are
/// computed once a pair. Engines sum up a few components at a time over many pairs, like
/// a product of matrices.
struct OuterProduct {
  int length = 0;             // components of the value; 0: the kernel has none
  std::vector<Expr> scalars;  // what the pair stage gives in place of the values
  std::vector<Expr> row_vectors, column_vectors;
};

// The result of a kernel holds if its rows and columns are so: no component of these
// may exceed 1 or be NaN. A GPU finds out while it prepares them.
struct Conditions {
  Expr of_rows, of_columns;  // null: none
};

// A bound is of_row + of_column + products: less than any value by more than rounding
// errors where the smallest values are looked for, more where the largest are. A GPU
// computes it first, and the value only where it may matter.
struct Bound {
  Expr of_row, of_column, products;  // null: none
};

// In the form of a GPU that has a bound for its value: the value of a pair as it is
// written, and what is kept of rows and columns for it.
struct ExactValue {
  Expr value;
  std::vector<Expr> row_kept, column_kept;
};

// After the reduction, once a row and in double precision whatever that of the operator.
struct Finish {
  std::vector<Expr> parameter_inputs, row_inputs;  // read beside the reduction
};

/// How a GPU computes a kernel, in its form.
struct GpuSizes {
  int rows_per_thread = 0;
  int columns_per_tile = 0;          // staged through shared memory together
  bool uses_pair_functions = false;  // see cuda_pair_math.cuh
};

struct KernelPlan {
  Expr reduction;  // what is folded over the columns; null: nothing
  SumScheme sum_scheme = SumScheme::block;
  Expr result;         // the reduction itself, or what the finish stage makes of it
  Level row_index;     // level_none: a single row
  Level column_index;  // level_none: a single column
  Stage parameters, rows, columns;
  InnerProduct inner;
  OuterProduct outer;
  Finish finish;
  Conditions conditions;
  Bound bound;
  ExactValue exact;
  std::vector<Expr> values;  // what a pair hands to the accumulator, one after the other
  std::string accumulator;   // type in inst/include/rkeops/reductions/accumulators.h, a
                             // template of V
  int outputs = 0;           // components of the result
  long long operations = 0;  // on components, for a pair
  long long work = 1;        // components computed for a pair

  /// Is what has this level computed for every pair?
  bool is_of_pairs(Level level) const {
    return level != level_none && level != row_index && level != column_index;
  }
  int row_groups = 0;  // CPU: vectors of rows handled together
  GpuSizes gpu;

  bool has_finish() const { return result != reduction; }

  /// The pair stage gives these.
  const std::vector<Expr>& pair_results() const {
    return outer.length ? outer.scalars : values;
  }
};

struct Plan {
  Precision precision;
  SumScheme sum_scheme;
  std::vector<KernelPlan> kernels;  // in order; the last one gives the result
};

/// `index` is that of the rows of the result (see TypedFormula).
Plan make_plan(Expr root, Level index, Precision precision, SumScheme scheme);

/// Gives the kernels of pairs conditions, of what has level i and of what has level j.
void set_conditions(Plan& plan, Expr of_i, Expr of_j);

/// Gives the kernels that look for such values among those of `value` a bound of it, in
/// which rows are those of i.
void set_bound(Plan& plan, Expr value, Wanted wanted, const Bound& bound);

/// Operations for a pair, of all kernels together.
long long total_operations(const Plan& plan);

/// The same kernel with these of the products that its formula has; what the others would
/// do is done by the pair stage.
enum class Products { none, inner, outer, all };
KernelPlan with_products(KernelPlan kernel, Products products);

/// The plan as an engine computes it: a GPU has sizes of its own, reads conditions, and
/// bounds what it searches. Conditions and bounds come before.
Plan plan_for_engine(Plan plan, Engine engine);

std::string print_plan(const Plan& plan);

/// Components of all expressions together.
int total_dimension(const std::vector<Expr>& expressions);

}  // namespace rkeops
