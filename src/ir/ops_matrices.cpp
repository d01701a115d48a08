// Matrices and tensors inside vectors, in R's order (the first index runs fastest). All
// products are written with one operation, TensorDot.
#include "ir/ops_rows.h"
#include "ir/tensor.h"

namespace rkeops {

namespace {

// ---- TensorDot ----

void check_sizes(const char* which, const std::vector<int>& sizes, int dimension) {
  for (int size : sizes) require(size >= 1, "needs axes of at least one element");
  require(product(sizes) == dimension,
          std::string("needs sizes of ") + which + " whose product is its dimension, " +
              std::to_string(dimension) + ", not " + std::to_string(product(sizes)));
}

void check_axes(const std::vector<int>& axes, size_t count) {
  for (size_t k = 0; k < axes.size(); ++k) {
    require(axes[k] >= 0 && axes[k] < int(count),
            "has no axis " + std::to_string(axes[k]) + " (axes count from 0)");
    require(std::count(axes.begin(), axes.end(), axes[k]) == 1,
            "names axis " + std::to_string(axes[k]) + " twice");
  }
}

long long tensor_dot_dimension(const Children& c, const Integers& integers) {
  const TensorDot dot = tensor_dot_of(integers);
  check_sizes("f", dot.f_sizes, c[0]->dimension);
  check_sizes("g", dot.g_sizes, c[1]->dimension);
  check_axes(dot.f_contracted, dot.f_sizes.size());
  check_axes(dot.g_contracted, dot.g_sizes.size());
  require(dot.f_contracted.size() == dot.g_contracted.size(),
          "needs as many axes of f as of g to sum over");
  for (size_t k = 0; k < dot.f_contracted.size(); ++k) {
    require(dot.f_sizes[size_t(dot.f_contracted[k])] ==
                dot.g_sizes[size_t(dot.g_contracted[k])],
            "sums over axes of different sizes");
  }
  const size_t kept = dot.f_kept().size() + dot.g_kept().size();
  check_axes(dot.permute, kept);
  require(dot.permute.size() == kept, "needs a place for each of the " +
                                          std::to_string(kept) + " axes that are kept");
  return product(dot.result_sizes());
}

// The adjoint of one factor: the adjoint of the result times the other factor, summed
// over the axes of the other factor that the result has, put in the order of this
// factor's axes.
Expr factor_adjoint(const Arguments& a, const TensorDot& dot, bool of_f) {
  const std::vector<int> f_kept = dot.f_kept(), g_kept = dot.g_kept();
  const std::vector<int>& own_kept = of_f ? f_kept : g_kept;
  const std::vector<int>& other_kept = of_f ? g_kept : f_kept;
  const std::vector<int>& own_contracted = of_f ? dot.f_contracted : dot.g_contracted;
  const std::vector<int>& other_contracted = of_f ? dot.g_contracted : dot.f_contracted;
  const size_t own_first = of_f ? 0 : f_kept.size(),
               other_first = of_f ? f_kept.size() : 0;

  TensorDot adjoint;
  adjoint.f_sizes = dot.result_sizes();
  adjoint.g_sizes = of_f ? dot.g_sizes : dot.f_sizes;
  for (size_t k = 0; k < other_kept.size(); ++k) {
    adjoint.f_contracted.push_back(dot.permute[other_first + k]);
    adjoint.g_contracted.push_back(other_kept[k]);
  }
  for (int axis : adjoint.f_kept()) {
    for (size_t k = 0; k < own_kept.size(); ++k) {
      if (dot.permute[own_first + k] == axis) adjoint.permute.push_back(own_kept[k]);
    }
  }
  for (int axis : adjoint.g_kept()) {
    for (size_t k = 0; k < other_contracted.size(); ++k) {
      if (other_contracted[k] == axis) adjoint.permute.push_back(own_contracted[k]);
    }
  }
  return call("TensorDot", {a.adjoint, of_f ? a[1] : a[0]}, integers_of(adjoint));
}

Row tensor_dot_row() {
  Row row =
      linear(
          "TensorDot(f, g, list sizes_f, list sizes_g, list summed_f, list summed_g, "
          "list permute)",
          Form::contraction)
          .adjoints([](const Arguments& a) {
            const TensorDot dot = tensor_dot_of(a.self->integers);
            return Parts{factor_adjoint(a, dot, true), factor_adjoint(a, dot, false)};
          })
          .dimensions(
              "prod(sizes_f), prod(sizes_g) -> product of the sizes that are kept",
              tensor_dot_dimension)
          .documentation(
              "sum over pairs of axes of the product of two tensors; kept axis k (of f, "
              "then "
              "of "
              "g) "
              "becomes axis permute[k]")
          .derivative("TensorDot(df, g) + TensorDot(f, dg)")
          .example("TensorDot(A, x, [2, 3], [3], [1], [0])");
  row.optional_lists(1);
  return row;
}

Expr tensor_dot(Expr f, Expr g, const TensorDot& dot) {
  // through the integers once, which completes a missing `permute`
  return call("TensorDot", {f, g}, integers_of(tensor_dot_of(integers_of(dot))));
}

// ---- products of matrices and vectors ----

int other_side(Expr matrix, Expr vector) {
  require(matrix->dimension % vector->dimension == 0,
          "needs a matrix whose number of components is a multiple of " +
              std::to_string(vector->dimension) + ", not " +
              std::to_string(matrix->dimension));
  return matrix->dimension / vector->dimension;
}

void add_products(Rows& rows) {
  rows.push_back(tensor_dot_row());
  rows.push_back(
      define("MatVecMult(A, b)",
             [](const DefinitionArguments& a) {
               const int columns = a[1]->dimension, rows_of_a = a[0]->dimension / columns;
               return tensor_dot(a[0], a[1],
                                 {{rows_of_a, columns}, {columns}, {1}, {0}, {}});
             })
          .dimensions(
              "n * p, p -> n",
              [](const Children& c, const Integers&) { return other_side(c[0], c[1]); })
          .documentation(
              "matrix A, n x p and column by column, times the vector b of dimension p")
          .example("MatVecMult(A, x)"));
  rows.push_back(
      define("VecMatMult(b, A)",
             [](const DefinitionArguments& a) {
               const int rows_of_a = a[0]->dimension,
                         columns = a[1]->dimension / rows_of_a;
               return tensor_dot(a[0], a[1],
                                 {{rows_of_a}, {rows_of_a, columns}, {0}, {0}, {}});
             })
          .dimensions(
              "n, n * p -> p",
              [](const Children& c, const Integers&) { return other_side(c[1], c[0]); })
          .documentation("the vector b of dimension n times the matrix A, n x p and "
                         "column by column")
          .example("VecMatMult(x, A)"));
  rows.push_back(define("TensorProd(f, g)",
                        [](const DefinitionArguments& a) {
                          return tensor_dot(
                              a[0], a[1],
                              {{a[0]->dimension}, {a[1]->dimension}, {}, {}, {}});
                        })
                     .dimensions("n, p -> n * p",
                                 [](const Children& c, const Integers&) {
                                   return 1LL * c[0]->dimension * c[1]->dimension;
                                 })
                     .documentation("the matrix f g', column by column"));
}

// The lists of Kron: sizes of f and of g.
TensorDot kronecker(const Integers& integers) {
  TensorDot dot = tensor_dot_of(integers);
  const int axes = int(dot.f_sizes.size());
  require(dot.f_sizes.size() == dot.g_sizes.size(), "needs as many axes of f as of g");
  dot.permute.clear();
  for (int axis = 0; axis < axes; ++axis) dot.permute.push_back(2 * axis + 1);
  for (int axis = 0; axis < axes; ++axis) dot.permute.push_back(2 * axis);
  return dot;
}

Row kronecker_row() {
  Row row = define("Kron(f, g, list sizes_f, list sizes_g)",
                   [](const DefinitionArguments& a) {
                     return tensor_dot(a[0], a[1], kronecker(a.integers));
                   })
                .dimensions("prod(sizes_f), prod(sizes_g) -> their product",
                            [](const Children& c, const Integers& n) {
                              return tensor_dot_dimension(c, integers_of(kronecker(n)));
                            })
                .documentation("Kronecker product of two tensors with as many axes")
                .example("Kron(A, x, [2, 3], [3, 1])");
  return row;
}

// ---- small square matrices ----

int side_of(Expr matrix) {
  for (int side = 1; side <= 4; ++side) {
    if (side * side == matrix->dimension) return side;
  }
  throw DimensionProblem{"needs a square matrix of 1, 4, 9 or 16 components, not " +
                         std::to_string(matrix->dimension)};
}

// Determinant of the given rows and columns of an n x n matrix, by its first of these
// columns.
Expr minor_of(Expr matrix, int side, const std::vector<int>& rows,
              const std::vector<int>& columns) {
  if (rows.empty()) return matrix->graph->constant(1);
  const std::vector<int> other_columns(columns.begin() + 1, columns.end());
  Expr total;
  for (size_t k = 0; k < rows.size(); ++k) {
    std::vector<int> other_rows = rows;
    other_rows.erase(other_rows.begin() + long(k));
    const Expr element = call("Elem", {matrix}, {rows[k] + side * columns[0]});
    const Expr rest = minor_of(matrix, side, other_rows, other_columns);
    const Expr term = other_rows.empty() ? element : element * rest;
    total = !total ? term : k % 2 == 0 ? total + term : total - term;
  }
  return total;
}

std::vector<int> all_but(int side, int left_out) {
  std::vector<int> indices;
  for (int index = 0; index < side; ++index) {
    if (index != left_out) indices.push_back(index);
  }
  return indices;
}

// Element (i, j) of the inverse is the cofactor (j, i) over the determinant.
Expr inverse_of(Expr matrix) {
  const int side = side_of(matrix);
  const std::vector<int> all = all_but(side, -1);
  Expr cofactors;
  for (int j = 0; j < side; ++j) {
    for (int i = 0; i < side; ++i) {
      const Expr minor = minor_of(matrix, side, all_but(side, j), all_but(side, i));
      const Expr cofactor = (i + j) % 2 == 0 ? minor : -minor;
      cofactors = cofactors ? call("Concat", {cofactors, cofactor}) : cofactor;
    }
  }
  return cofactors / minor_of(matrix, side, all, all);
}

void add_square(Rows& rows) {
  rows.push_back(define("Det(A)",
                        [](const DefinitionArguments& a) {
                          const int side = side_of(a[0]);
                          return minor_of(a[0], side, all_but(side, -1),
                                          all_but(side, -1));
                        })
                     .dimensions("n * n -> 1",
                                 [](const Children& c, const Integers&) {
                                   side_of(c[0]);
                                   return 1;
                                 })
                     .loses_digits("of nearly singular matrices")
                     .documentation("determinant of a matrix of at most 4 x 4")
                     .example("Det(Q)"));
  rows.push_back(
      define("Inverse(A)", [](const DefinitionArguments& a) { return inverse_of(a[0]); })
          .dimensions("n * n -> n * n",
                      [](const Children& c, const Integers&) {
                        side_of(c[0]);
                        return c[0]->dimension;
                      })
          .loses_digits("of nearly singular matrices")
          .documentation("inverse of a matrix of at most 4 x 4, by cofactors")
          .example("Inverse(Q)"));
}

}  // namespace

void add_matrix_rows(Rows& rows) {
  add_products(rows);
  rows.push_back(kronecker_row());
  add_square(rows);
}

}  // namespace rkeops
