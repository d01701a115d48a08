#include "bound/search_kind.h"

namespace rkeops {

namespace {

// Longer lists take more time than the values that enter them.
constexpr int most_places = 256;

}  // namespace

SearchKind::SearchKind(const KernelPlan& kernel) {
  if (!kernel.reduction || kernel.row_index == level_none ||
      kernel.column_index == level_none)
    return;
  const Reduction& row = *kernel.reduction->reduction;
  const bool is_of_one = kernel.values.size() == 1 && kernel.values[0]->dimension == 1;
  if (row.wanted == Wanted::all || !is_of_one) return;
  const std::vector<int>& integers = kernel.reduction->integers;
  sign = row.wanted == Wanted::smallest ? 1 : -1;
  places = integers.empty() ? 1 : integers[0];
  has_columns = !row.keeps_values_alone;
  exists = places <= most_places;
}

}  // namespace rkeops
