// The boundary for sums of points by label.
#include <algorithm>

#include "base/label_sums.h"
#include "boundary.h"

using namespace rkeops;

namespace {

MatrixView view_of(const Rcpp::NumericMatrix& matrix) {
  return {matrix.begin(), matrix.nrow(), matrix.ncol()};
}

// NULL: all are 1.
const double* weights_or_null(const Rcpp::Nullable<Rcpp::NumericVector>& weights) {
  return weights.isNull() ? nullptr : REAL(weights.get());
}

double largest_or_one(const Rcpp::Nullable<Rcpp::NumericVector>& weights) {
  if (weights.isNull()) return 1;
  const Rcpp::NumericVector values(weights.get());
  return values.size() > 0 ? *std::max_element(values.begin(), values.end()) : 1.0;
}

void check_labels(const Rcpp::IntegerVector& labels, R_xlen_t points, int count) {
  if (labels.size() != points) throw internal_error("there is a label for each point");
  for (const int label : labels)
    if (label < 1 || label > count)
      throw internal_error("labels are from 1 to their count");
}

}  // namespace

// The largest absolute value in each column.
// [[Rcpp::export(rng = false)]]
Rcpp::NumericVector r_largest_of_columns(Rcpp::NumericMatrix x) {
  return Rcpp::wrap(largest_of_components(view_of(x), settings().usable_threads()));
}

// The centres, moved to the means of the points with their number as label; `largest` are
// those of the columns of x.
// [[Rcpp::export(rng = false)]]
SEXP r_moved_centers(Rcpp::NumericMatrix x, Rcpp::Nullable<Rcpp::NumericVector> weights,
                     Rcpp::NumericVector largest, Rcpp::IntegerVector labels,
                     Rcpp::NumericMatrix centers, bool on_sphere) {
  return guarded([&] {
    check_labels(labels, x.nrow(), centers.nrow());
    Rcpp::NumericMatrix moved = Rcpp::clone(centers);
    const LabelScales scales = label_scales(Rcpp::as<std::vector<double>>(largest),
                                            largest_or_one(weights), x.nrow());
    move_to_means({view_of(x), weights_or_null(weights)}, labels.begin(), scales,
                  on_sphere, moved.begin(), moved.nrow(), settings().usable_threads());
    return moved;
  });
}

// Sums of numbers, times weights, by label.
// [[Rcpp::export(rng = false)]]
SEXP r_sums_by_label(Rcpp::NumericVector values,
                     Rcpp::Nullable<Rcpp::NumericVector> weights,
                     Rcpp::IntegerVector labels, int count) {
  return guarded([&] {
    check_labels(labels, values.size(), count);
    return Rcpp::NumericVector(Rcpp::wrap(sums_by_label(
        values.begin(), weights_or_null(weights), labels.begin(), values.size(), count)));
  });
}
