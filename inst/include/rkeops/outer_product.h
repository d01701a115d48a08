// Outer products: values of many components, such as a kernel of the pair times the
// hundred weights of its column, each component of which is made of the same few numbers
// of the pair, the scalars, and of one component of vectors of its row and column. An
// engine computes the scalars of a block of pairs first, and then sums up a few
// components of the values at a time, as a product of matrices does, so that the sums
// stay in registers however long the value is.
//
// Such a Formula has, besides its stages:
//   outer_length                   components of the value
//   outer_row_vector_count, outer_row_vectors()        vectors of a row, one after the
//   outer_column_vector_count, outer_column_vectors()  other, and those of a column
//   outer_component()              component k of the value, given component k of every
//                                  vector, and the scalars
// Its pair stage gives the scalars.
#ifndef RKEOPS_OUTER_PRODUCT_H
#define RKEOPS_OUTER_PRODUCT_H

#include <rkeops/lanes.h>

namespace rkeops {

/// Whether a Formula has an outer product.
template <class Formula, class = void>
struct HasOuterProduct {
  static constexpr bool value = false;
};
template <class Formula>
struct HasOuterProduct<Formula, decltype(void(Formula::outer_length))> {
  static constexpr bool value = true;
};

}  // namespace rkeops

#endif
