// Indices as two numbers, the remainder modulo 2^20 and the rest: both are exact in
// float, so that a formula can compare them with the index of an element. See
// Graph::index.
#ifndef RKEOPS_REDUCTIONS_INDEX_H
#define RKEOPS_REDUCTIONS_INDEX_H

#include <rkeops/reductions/reductions_extremum.h>
#include <rkeops/reductions/reductions_smallest.h>
#if !defined(__CUDACC__)
#include <rkeops/math/vector_math_basic.h>
#endif

namespace rkeops {

// output[0], ... , output[indices - 1] as remainders there and rests behind them.
template <class Wide>
RKEOPS_INLINE void split_indices(Wide* output, int indices) {
  for (int k = 0; k < indices; ++k) {
    const Wide rest = floor(output[k] * (1.0 / 1048576));
    output[k] -= rest * 1048576.0;
    output[indices + k] = rest;
  }
}

// Output: all remainders, then all rests; NaN where there is no index.
template <class V, class Arg>
struct IndexParts : Arg {
  static constexpr int outputs = 2 * Arg::outputs;
  using Wide = typename Lanes<V>::Wide;

  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output) {
    Arg::finish(state, output);
    split_indices(output, Arg::outputs);
  }
};

template <class V, int D>
struct IndexParts<V, Smallest<V, D, at_run_time, ListOutput::columns>>
    : SmallestLists<V, D, ListOutput::columns> {
  using Arg = SmallestLists<V, D, ListOutput::columns>;
  static constexpr int outputs_a_rank = 2 * Arg::outputs_a_rank;
  using Wide = typename Lanes<V>::Wide;

  RKEOPS_INLINE static void finish(Slots<V> state, Wide* output, int count) {
    Arg::finish(state, output, count);
    split_indices(output, Arg::outputs_a_rank * count);
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
