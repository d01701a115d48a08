#include "ir/tensor.h"

#include <algorithm>

namespace rkeops {

namespace {

std::vector<int> other_axes(size_t count, const std::vector<int>& axes) {
  std::vector<int> others;
  for (int axis = 0; axis < int(count); ++axis) {
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) others.push_back(axis);
  }
  return others;
}

// Distance in the vector between neighbours along each axis.
std::vector<int> strides_of(const std::vector<int>& sizes) {
  std::vector<int> strides;
  int stride = 1;
  for (int size : sizes) {
    strides.push_back(stride);
    stride *= size;
  }
  return strides;
}

}  // namespace

long long product(const std::vector<int>& sizes) {
  // sizes too large to be meant must not overflow
  double result = 1;
  for (int size : sizes) result *= size;
  return result < 1e18 ? (long long)result : (long long)1e18;
}

std::vector<int> TensorDot::f_kept() const {
  return other_axes(f_sizes.size(), f_contracted);
}
std::vector<int> TensorDot::g_kept() const {
  return other_axes(g_sizes.size(), g_contracted);
}

std::vector<int> TensorDot::result_sizes() const {
  std::vector<int> kept;
  for (int axis : f_kept()) kept.push_back(f_sizes[size_t(axis)]);
  for (int axis : g_kept()) kept.push_back(g_sizes[size_t(axis)]);
  std::vector<int> sizes(kept.size());
  for (size_t k = 0; k < kept.size(); ++k) sizes[size_t(permute[k])] = kept[k];
  return sizes;
}

TensorDot tensor_dot_of(const std::vector<int>& integers) {
  TensorDot dot;
  size_t at = 0;
  for (std::vector<int>* list :
       {&dot.f_sizes, &dot.g_sizes, &dot.f_contracted, &dot.g_contracted, &dot.permute}) {
    if (at == integers.size()) break;
    const size_t length = size_t(integers[at++]);
    list->assign(integers.begin() + long(at), integers.begin() + long(at + length));
    at += length;
  }
  if (dot.permute.empty()) {
    const size_t kept = dot.f_kept().size() + dot.g_kept().size();
    for (size_t k = 0; k < kept; ++k) dot.permute.push_back(int(k));
  }
  return dot;
}

std::vector<int> integers_of(const TensorDot& dot) {
  std::vector<int> integers;
  for (const std::vector<int>* list :
       {&dot.f_sizes, &dot.g_sizes, &dot.f_contracted, &dot.g_contracted, &dot.permute}) {
    integers.push_back(int(list->size()));
    integers.insert(integers.end(), list->begin(), list->end());
  }
  return integers;
}

std::vector<TensorLoop> kept_loops(const TensorDot& dot) {
  const std::vector<int> f_strides = strides_of(dot.f_sizes),
                         g_strides = strides_of(dot.g_sizes);
  const std::vector<int> result_strides = strides_of(dot.result_sizes());
  std::vector<TensorLoop> loops;
  for (int axis : dot.f_kept()) {
    loops.push_back({dot.f_sizes[size_t(axis)], f_strides[size_t(axis)], 0, 0});
  }
  for (int axis : dot.g_kept()) {
    loops.push_back({dot.g_sizes[size_t(axis)], 0, g_strides[size_t(axis)], 0});
  }
  for (size_t k = 0; k < loops.size(); ++k) {
    loops[k].result_stride = result_strides[size_t(dot.permute[k])];
  }
  return loops;
}

std::vector<TensorLoop> contracted_loops(const TensorDot& dot) {
  const std::vector<int> f_strides = strides_of(dot.f_sizes),
                         g_strides = strides_of(dot.g_sizes);
  std::vector<TensorLoop> loops;
  for (size_t k = 0; k < dot.f_contracted.size(); ++k) {
    const size_t f_axis = size_t(dot.f_contracted[k]),
                 g_axis = size_t(dot.g_contracted[k]);
    loops.push_back({dot.f_sizes[f_axis], f_strides[f_axis], g_strides[g_axis], 0});
  }
  return loops;
}

}  // namespace rkeops
