// Algebra of stored matrices, column by column, on threads: for what is small beside a
// kernel matrix, or was stored on purpose. The BLAS that R comes with is ten times
// slower.
#pragma once

namespace rkeops {

/// A matrix of doubles with its columns one after the other.
struct DenseInput {
  const double* values;
  long rows;
  long columns;
};

/// `result` = a b, or a' b where `transposed`.
void dense_multiply(const DenseInput& a, const DenseInput& b, bool transposed,
                    double* result, int threads);

/// Replaces the lower triangle of the n x n matrix `a` by its Cholesky factor, and the
/// upper by zeros. False: the matrix is not positive definite.
bool dense_cholesky(double* a, long n, int threads);

/// Replaces `b` of `columns` columns by L^-1 b, or L'^-1 b where `transposed`; `factor`
/// is L, lower triangular.
void dense_solve(const DenseInput& factor, bool transposed, double* b, long columns,
                 int threads);

/// `result`, rows of `a` x rows of `b`, = squared distances of rows, exactly 0 for equal
/// ones.
void dense_squared_distances(const DenseInput& a, const DenseInput& b, double* result,
                             int threads);

/// `result` = (L L')^-1, all of it.
void dense_inverse(const DenseInput& factor, double* result, int threads);

}  // namespace rkeops
