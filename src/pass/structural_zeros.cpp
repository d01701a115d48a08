#include "pass/structural_zeros.h"

#include <algorithm>
#include <vector>

#include "ir/ops.h"
#include "pass/simplify.h"
#include "pass/simplify_rules.h"

namespace rkeops {

namespace {

bool has_form(Expr node, Form form) {
  return node->kind == NodeKind::operation && node->operation->form == form;
}

// Longer sums of insertions are vectors like any other.
constexpr int most_terms = 64;

// The insertions that a sum of nothing else consists of; false where there are others.
bool collect_insertions(Expr node, int dimension, std::vector<Expr>& insertions) {
  if (node->dimension != dimension || insertions.size() >= most_terms) return false;
  if (has_form(node, Form::insert)) {
    insertions.push_back(node);
    return true;
  }
  return is_call(node, "Add") &&
         collect_insertions(node->children[0], dimension, insertions) &&
         collect_insertions(node->children[1], dimension, insertions);
}

std::vector<Expr> insertions_of(Expr node) {
  std::vector<Expr> insertions;
  const bool all = collect_insertions(node, node->dimension, insertions);
  return all ? insertions : std::vector<Expr>();
}

// Marks the components of x, which stand at `place`, that are not zero by their form.
void mark(Expr x, Placement place, std::vector<bool>& is_filled) {
  const std::vector<Expr> insertions = insertions_of(x);
  for (Expr insertion : insertions) {
    const Placement inner = insertion->operation->placement(insertion->integers);
    mark(insertion->children[0],
         {place.start + place.stride * inner.start, place.stride * inner.stride},
         is_filled);
  }
  if (!insertions.empty()) return;
  for (int k = 0; k < x->dimension; ++k)
    is_filled[size_t(place.start + place.stride * k)] = true;
}

// The insertions whose sum the node is, where that leaves components zero; else none.
std::vector<Expr> sparse_terms(Expr node) {
  const std::vector<Expr> insertions = insertions_of(node);
  if (insertions.empty()) return {};
  std::vector<bool> is_filled(size_t(node->dimension));
  mark(node, {}, is_filled);
  const auto zero = std::find(is_filled.begin(), is_filled.end(), false);
  return zero == is_filled.end() ? std::vector<Expr>() : insertions;
}

Expr sum_of(Expr a, Expr b) { return !a ? b : !b ? a : a + b; }

Expr inserted_like(Expr insertion, Expr x) {
  return insertion->graph->apply(*insertion->operation, {x}, insertion->integers);
}

// The components of x that the insertion fills: the adjoint of an insertion is a slice.
Expr taken_like(Expr insertion, Expr x) {
  return fold_constants(insertion->operation->adjoints({insertion, x})[0]);
}

Expr scaled_insertion(Expr insertion, Expr partial) {
  const bool is_repeated = partial->dimension == 1;
  return inserted_like(insertion,
                       scaled(insertion->children[0],
                              is_repeated ? partial : taken_like(insertion, partial)));
}

// Where the components of a slice of an insertion come from.
struct Overlap {
  int count = 0;
  int to = 0, from = 0;  // the first of the slice, the first of what is inserted
};

Overlap overlap_of(Placement slice, int sliced, Placement insertion, int inserted) {
  Overlap overlap;
  for (int k = 0; k < sliced; ++k) {
    const int offset = slice.start + slice.stride * k - insertion.start;
    if (offset < 0 || offset % insertion.stride || offset / insertion.stride >= inserted)
      continue;
    if (overlap.count++ > 0) continue;
    overlap.to = k;
    overlap.from = offset / insertion.stride;
  }
  return overlap;
}

// A slice of an insertion as an insertion of a slice; null where all of it is zero.
Expr slice_of_insertion(Expr slice, Expr insertion) {
  const Placement from = slice->operation->placement(slice->integers);
  const Placement to = insertion->operation->placement(insertion->integers);
  Expr x = insertion->children[0];
  const Overlap overlap = overlap_of(from, slice->dimension, to, x->dimension);
  if (overlap.count == 0) return Expr();
  if (overlap.count > 1 && from.stride != to.stride)
    return slice->graph->apply(*slice->operation, {insertion}, slice->integers);
  if (overlap.count < x->dimension)
    x = with_zeros_in_sight(call("Extract", {x}, {overlap.from, overlap.count}));
  if (!x || overlap.count == slice->dimension) return x;
  return call("ExtractT", {x}, {overlap.to, slice->dimension});
}

}  // namespace

Expr scaled(Expr adjoint, Expr partial) {
  if (is_number(partial, 1)) return adjoint;
  Expr sum;
  for (Expr term : sparse_terms(adjoint))
    sum = sum_of(sum, scaled_insertion(term, partial));
  if (sum) return sum;
  return is_number(partial, -1) ? -adjoint : partial * adjoint;
}

Expr with_zeros_in_sight(Expr adjoint) {
  const bool is_slice = has_form(adjoint, Form::slice), is_sum = is_call(adjoint, "Sum");
  if (!is_slice && !is_sum) return adjoint;
  const std::vector<Expr> insertions = insertions_of(adjoint->children[0]);
  if (insertions.empty()) return adjoint;
  Expr sum;
  for (Expr insertion : insertions) {
    const Expr inserted = insertion->children[0];
    if (is_slice) {
      sum = sum_of(sum, slice_of_insertion(adjoint, insertion));
    } else {
      sum = sum_of(sum, inserted->dimension == 1
                            ? inserted
                            : with_zeros_in_sight(call("Sum", {inserted})));
    }
  }
  return sum;
}

}  // namespace rkeops
