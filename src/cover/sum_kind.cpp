#include "cover/sum_kind.h"

#include "ir/reductions.h"

namespace rkeops {

namespace {

// Longer values take more time than what their boxes save.
constexpr int most_sums = 512;

bool reads_the_same(const KernelPlan& a, const KernelPlan& b) {
  return a.parameters.inputs == b.parameters.inputs && a.rows.inputs == b.rows.inputs &&
         a.columns.inputs == b.columns.inputs;
}

}  // namespace

// Sums are those of blocks, as other ways promise a certain order, or more digits.
SumKind::SumKind(const KernelPlan& kernel) {
  if (!kernel.reduction || kernel.row_index == level_none ||
      kernel.column_index == level_none || kernel.sum_scheme != SumScheme::block)
    return;
  const Adds adds = kernel.reduction->reduction->adds;
  if (adds == Adds::nothing) return;
  of_exponentials = adds != Adds::values;
  has_total = adds == Adds::exponentials;
  weights = total_dimension(kernel.values) - int(of_exponentials);
  exists = sums() <= most_sums;
}

KernelPlan absolute_kernel(const KernelPlan& kernel, const SumKind& kind) {
  KernelPlan absolute = kernel;
  const size_t first = kind.of_exponentials ? 1 : 0;
  for (size_t k = first; k < absolute.values.size(); ++k)
    absolute.values[k] = call("Abs", {absolute.values[k]});
  absolute = with_products(std::move(absolute), Products::none);
  if (!reads_the_same(absolute, kernel)) absolute.reduction = Expr();
  return absolute;
}

}  // namespace rkeops
