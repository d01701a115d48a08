#include "cover/sorted_inputs.h"

#include "base/input_summary.h"
#include "run/cpu/tasks.h"

namespace rkeops {

SortedInputs::SortedInputs(const std::vector<MatrixView>& matrices,
                           const std::vector<int>& order, int threads) {
  const std::vector<const double*> from = component_pointers(matrices);
  values_.resize(from.size() * order.size());
  in_parts(order.size(), threads, [&](size_t first, size_t last) {
    for (size_t k = 0; k < from.size(); ++k) {
      double* const to = values_.data() + k * order.size();
      for (size_t place = first; place < last; ++place) to[place] = from[k][order[place]];
    }
  });
  for (size_t k = 0; k < from.size(); ++k)
    pointers_.push_back(values_.data() + k * order.size());
}

}  // namespace rkeops
