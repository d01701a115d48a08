// Inner products: folds over the components of long vectors, such as the squared distance
// of points with a hundred coordinates. An engine computes them for several rows and
// columns at once, so that what it reads of a vector serves many pairs, and hands the
// result to the pair stage in `inner`.
//
// Such a Formula has, besides its stages:
//   inner_length, inner_start           the number of terms, and what the fold starts
//   from row_vector_count, row_vectors()     vectors of a row, one after the other
//   column_vector_count, column_vectors()
//   term()                              folds term k, given component k of every vector
#ifndef RKEOPS_INNER_PRODUCT_H
#define RKEOPS_INNER_PRODUCT_H

#include <rkeops/lanes.h>

namespace rkeops {

/// A Formula without an inner product is derived from this.
struct NoInnerProduct {
  static constexpr int inner_length = 0, row_vector_count = 0, column_vector_count = 0;
};

/// Numbers in the vectors of one row, and of one column.
template <class Formula>
constexpr int row_vector_scalars = Formula::inner_length* Formula::row_vector_count;
template <class Formula>
constexpr int column_vector_scalars = Formula::inner_length* Formula::column_vector_count;

/// The pair stage of any Formula.
template <class Formula, class Scalar, class V>
RKEOPS_INLINE void compute_pair(const Scalar* parameter, const V* row,
                                const Scalar* column, const V* inner, V* value) {
  if constexpr (Formula::inner_length > 0) {
    Formula::pair_stage(parameter, row, column, inner, value);
  } else {
    Formula::pair_stage(parameter, row, column, value);
  }
}

}  // namespace rkeops

#endif
