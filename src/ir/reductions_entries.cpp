// The row that keeps what others reduce: blocks of entries of the matrix of all pairs.
#include "base/diagnostic.h"
#include "ir/ops.h"
#include "ir/reductions_rows.h"

namespace rkeops {

namespace {

// The adjoint of entry k where the element that is reduced is number k, else 0.
ReductionParts entry_adjoints(const ReductionDerivative& a) {
  const int dimension = a[0]->dimension, all = a.self->dimension;
  Graph& graph = *a.self->graph;
  const Expr component = graph.apply(operation_named("Range"), {}, {all});
  const Expr place = call("Floor", {1.0 / dimension * (0.5 + component)});
  const Expr places = call("Concat", {place, graph.constant(0, all)});
  return {sum_of_ranks(a, at_place(a, places, 0, a.adjoint), dimension)};
}

}  // namespace

void add_entries(std::vector<Reduction>& rows) {
  rows.push_back(
      reduction("Entries(f, int K)", "Entries<V, $d0, $i0>")
          .dimensions("D -> K * D", times_count)
          .adjoints(entry_adjoints)
          .gives(ResultKind::entries)
          .documentation("the first K values as they are, in the order of the index: "
                         "all components of the first, of the second, ...")
          .derivative("df at each of these elements")
          .empty("NaN"));
}

}  // namespace rkeops
