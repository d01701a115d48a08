// Indices as two numbers, the remainder modulo 2^20 and the rest: both are exact in
// float, so that a formula can compare them with the index of an element. See
// Graph::index.
#ifndef RKEOPS_REDUCTIONS_INDEX_H
#define RKEOPS_REDUCTIONS_INDEX_H

#include "reductions_extremum.h"
#include "reductions_smallest.h"
#if !defined(__CUDACC__)
#include "vector_math_basic.h"
#endif

namespace rkeops {

// Output: all remainders, then all rests; NaN where there is no index.
template <class V, class Arg>
struct IndexParts : Arg {
  static constexpr int indices = Arg::outputs, outputs = 2 * indices;
  using Wide = typename Lanes<V>::Wide;

  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    Wide index[indices];
    Arg::finish(state, index);
    for (int k = 0; k < indices; ++k) {
      const Wide rest = floor(index[k] * (1.0 / 1048576));
      output[k] = index[k] - rest * 1048576.0;
      output[indices + k] = rest;
    }
  }
};

template <class V, int D>
using ArgMinParts = IndexParts<V, ArgMin<V, D>>;
template <class V, int D>
using ArgMaxParts = IndexParts<V, ArgMax<V, D>>;
template <class V, int D, int K>
using ArgKMinParts = IndexParts<V, ArgKMin<V, D, K>>;

}  // namespace rkeops

#endif
