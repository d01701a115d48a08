// The integers of TensorDot, and the loops they stand for. Tensors lie in vectors in R's
// order: the first index runs fastest.
#pragma once

#include <vector>

namespace rkeops {

struct TensorDot {
  std::vector<int> f_sizes, g_sizes;            // of the axes
  std::vector<int> f_contracted, g_contracted;  // axes summed over, in pairs
  /// Axis k of those kept (of f, then of g) becomes axis permute[k] of the result.
  std::vector<int> permute;

  std::vector<int> f_kept() const;
  std::vector<int> g_kept() const;
  /// Sizes of the axes of the result.
  std::vector<int> result_sizes() const;
};

/// From the integers of a node, and back: five lists, each as its length, then its
/// entries. A missing `permute` keeps the order.
TensorDot tensor_dot_of(const std::vector<int>& integers);
std::vector<int> integers_of(const TensorDot& dot);

/// One index of the loops around result += f * g.
struct TensorLoop {
  int extent;
  int f_stride, g_stride, result_stride;
};

std::vector<TensorLoop> kept_loops(const TensorDot& dot);
std::vector<TensorLoop> contracted_loops(const TensorDot& dot);

/// At most 10^18.
long long product(const std::vector<int>& sizes);

}  // namespace rkeops
