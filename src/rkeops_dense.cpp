// The boundary for stored matrices.
#include "boundary.h"
#include "dense/dense_algebra.h"

using namespace rkeops;

namespace {

DenseInput dense_input(const Rcpp::NumericMatrix& matrix) {
  return {matrix.begin(), matrix.nrow(), matrix.ncol()};
}

}  // namespace

// a b, or a' b.
// [[Rcpp::export(rng = false)]]
Rcpp::NumericMatrix r_dense_multiply(Rcpp::NumericMatrix a, Rcpp::NumericMatrix b,
                                     bool transposed) {
  const int inner = transposed ? a.nrow() : a.ncol();
  if (inner != b.nrow()) Rcpp::stop("Matrices of a product do not fit.");
  Rcpp::NumericMatrix result = Rcpp::no_init(transposed ? a.ncol() : a.nrow(), b.ncol());
  dense_multiply(dense_input(a), dense_input(b), transposed, result.begin(),
                 settings().usable_threads());
  return result;
}

// The lower Cholesky factor, or NULL where there is none.
// [[Rcpp::export(rng = false)]]
SEXP r_dense_cholesky(Rcpp::NumericMatrix a) {
  Rcpp::NumericMatrix factor = Rcpp::clone(a);
  const bool found =
      dense_cholesky(factor.begin(), factor.nrow(), settings().usable_threads());
  if (!found) return R_NilValue;
  return factor;
}

// [[Rcpp::export(rng = false)]]
Rcpp::NumericMatrix r_dense_solve(Rcpp::NumericMatrix factor, Rcpp::NumericMatrix b,
                                  bool transposed) {
  if (factor.nrow() != b.nrow()) Rcpp::stop("Matrices of a system do not fit.");
  Rcpp::NumericMatrix result = Rcpp::clone(b);
  dense_solve(dense_input(factor), transposed, result.begin(), result.ncol(),
              settings().usable_threads());
  return result;
}

// The distances of the rows of `a` from those of `b`.
// [[Rcpp::export(rng = false)]]
Rcpp::NumericMatrix r_dense_squared_distances(Rcpp::NumericMatrix a,
                                              Rcpp::NumericMatrix b) {
  if (a.ncol() != b.ncol()) Rcpp::stop("Rows of different lengths have no distance.");
  Rcpp::NumericMatrix result = Rcpp::no_init(a.nrow(), b.nrow());
  dense_squared_distances(dense_input(a), dense_input(b), result.begin(),
                          settings().usable_threads());
  return result;
}

// [[Rcpp::export(rng = false)]]
Rcpp::NumericMatrix r_dense_inverse(Rcpp::NumericMatrix factor) {
  Rcpp::NumericMatrix result = Rcpp::no_init(factor.nrow(), factor.nrow());
  dense_inverse(dense_input(factor), result.begin(), settings().usable_threads());
  return result;
}
