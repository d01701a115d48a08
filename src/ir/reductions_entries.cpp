// The row that keeps what others reduce: blocks of entries of the matrix of all pairs.
#include "base/diagnostic.h"
#include "ir/ops.h"
#include "ir/reductions_rows.h"

namespace rkeops {

namespace {

using Children = std::vector<Expr>;
using Integers = std::vector<int>;

long long times_count(const Children& c, const Integers& n) {
  if (n[0] < 1) throw DimensionProblem{"needs K of at least 1"};
  return 1LL * n[0] * c[0]->dimension;
}

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
  Reduction row = row_of(
      "Entries", "Entries<V, $d0, $i0>", times_count, entry_adjoints,
      "the first K values as they are, in the order of the index: all components of the "
      "first, of the second, ...",
      "df at each of these elements", "NaN");
  row.integer_arguments = {"K"};
  rows.push_back(row);
}

}  // namespace rkeops
