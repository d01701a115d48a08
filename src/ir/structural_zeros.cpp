#include "ir/structural_zeros.h"

#include <algorithm>
#include <vector>

#include "ir/ops.h"
#include "ir/patterns.h"
#include "ir/selection.h"
#include "ir/tensor.h"

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

Expr sum_of(Expr a, Expr b) { return !a ? b : !b ? a : joined(a, b); }

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

// Says where the components of a slice of an insertion come from.
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

// A sum of adjoints that are zero somewhere, some of them insertions.
bool is_mixed_sum(Expr node) {
  if (!is_call(node, "Add")) return false;
  const auto is_sparse = [](Expr term) {
    return !insertions_of(term).empty() || is_mixed_sum(term);
  };
  const auto is_partly_zero = [&](Expr term) {
    return is_sparse(term) || support_of(term).kind != Support::everywhere;
  };
  const Expr a = node->children[0], b = node->children[1];
  return (is_sparse(a) || is_sparse(b)) && is_partly_zero(a) && is_partly_zero(b);
}

// ---- choices below what rearranges or sums up components ----

Expr applied_like(Expr node, Expr x) {
  std::vector<Expr> children = node->children;
  children[0] = x;
  return node->graph->apply(*node->operation, children, node->integers);
}

// The loops of a contraction f * g written out: a component for each product of one of f
// and one of g, so that each product can be chosen.
struct Products {
  std::vector<int> sizes, g_kept_sizes,
      g_places;  // axes: those of f, then kept ones of g
  TensorDot dot;

  explicit Products(Expr contraction) : dot(tensor_dot_of(contraction->integers)) {
    sizes = dot.f_sizes;
    g_places.resize(dot.g_sizes.size());
    for (int axis : dot.g_kept()) {
      g_places[size_t(axis)] = int(sizes.size());
      g_kept_sizes.push_back(dot.g_sizes[size_t(axis)]);
      sizes.push_back(g_kept_sizes.back());
    }
    for (size_t k = 0; k < dot.g_contracted.size(); ++k)
      g_places[size_t(dot.g_contracted[k])] = dot.f_contracted[k];
  }

  static Expr ones(Expr like, const std::vector<int>& sizes) {
    return like->graph->constant(1, int(product(sizes)));
  }
  static Expr dotted(Expr f, Expr g, const TensorDot& dot) {
    return call("TensorDot", {f, g}, integers_of(tensor_dot_of(integers_of(dot))));
  }

  Expr of_f(Expr f) const {
    return dotted(f, ones(f, g_kept_sizes), {dot.f_sizes, g_kept_sizes, {}, {}, {}});
  }
  Expr of_g(Expr g) const {
    TensorDot repeated;
    repeated.g_sizes = dot.g_sizes;
    for (int axis : dot.f_kept()) {
      repeated.f_sizes.push_back(dot.f_sizes[size_t(axis)]);
      repeated.permute.push_back(axis);
    }
    repeated.permute.insert(repeated.permute.end(), g_places.begin(), g_places.end());
    return dotted(ones(g, repeated.f_sizes), g, repeated);
  }
  Expr summed(Expr products) const {
    TensorDot sum{sizes, {}, dot.f_contracted, {}, dot.permute};
    for (size_t k = 0; k < dot.f_contracted.size(); ++k) {
      sum.g_sizes.push_back(dot.f_sizes[size_t(dot.f_contracted[k])]);
      sum.g_contracted.push_back(int(k));
    }
    return dotted(products, ones(products, sum.g_sizes), sum);
  }
  bool are_few() const { return product(sizes) <= largest_dimension; }
};

Expr contraction_of_choice(Expr contraction, const Support& support) {
  const Expr chosen = contraction->children[0], other = contraction->children[1];
  const Products products(contraction);
  if (!products.are_few()) return contraction;
  Support of_products = support;
  of_products.test = products.of_f(support.test);
  const Support of_sums = support_of_count(products.summed(indicator(of_products)));
  if (other->is_constant) return selected(of_sums, contraction, contraction->dimension);
  const Expr factors = products.of_f(value_on_support(chosen)),
             all = scaled(selected(of_products, factors, factors->dimension),
                          products.of_g(other));
  return selected(of_sums, products.summed(all), contraction->dimension);
}

// `node` is linear in its first argument, which a choice makes zero somewhere.
Expr with_choice_in_sight(Expr node, const Support& support) {
  const Expr x = node->children[0], value = value_on_support(x);
  // of a sum of choices all of it
  const auto of_value = [&] {
    return value == x ? node : with_zeros_in_sight(applied_like(node, value));
  };
  if (support.test->dimension == 1) {
    const Expr part = of_value();
    return part ? selected(support, part, node->dimension) : part;
  }
  if (has_form(node, Form::contraction)) return contraction_of_choice(node, support);
  if (has_form(node, Form::slice)) {
    Support part = support;
    part.test = applied_like(node, support.test);
    const Expr taken = of_value();
    return taken ? selected(part, taken, node->dimension) : taken;
  }
  const Expr count = call("Sum", {indicator(support)});
  return selected(support_of_count(count), node, node->dimension);
}

Expr with_insertions_in_sight(Expr adjoint, const std::vector<Expr>& insertions) {
  const bool is_slice = has_form(adjoint, Form::slice);
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

Expr product_with(Expr adjoint, Expr partial) {
  return is_number(partial, -1) ? -adjoint : partial * adjoint;
}

}  // namespace

Expr scaled(Expr adjoint, Expr partial) {
  if (is_number(partial, 1)) return adjoint;
  Expr sum;
  for (Expr term : sparse_terms(adjoint))
    sum = sum_of(sum, scaled_insertion(term, partial));
  if (sum) return sum;
  if (is_mixed_sum(adjoint)) {
    return joined(scaled(adjoint->children[0], partial),
                  scaled(adjoint->children[1], partial));
  }
  const Support support = support_of(adjoint);
  if (support.kind != Support::somewhere) return product_with(adjoint, partial);
  const Expr value = value_on_support(adjoint);
  const int dimension = std::max(adjoint->dimension, partial->dimension);
  const Expr product = support_of(value).kind == Support::everywhere
                           ? scaled(value, partial)
                           : product_with(value, partial);
  return selected(support, product, dimension);
}

Expr divided(Expr adjoint, Expr divisor) {
  const Support support = support_of(adjoint);
  if (support.kind != Support::somewhere) return adjoint / divisor;
  return selected(support, value_on_support(adjoint) / divisor, adjoint->dimension);
}

Expr total_of(Expr adjoint) {
  const Expr total = with_zeros_in_sight(call("Sum", {adjoint}));
  return total ? total : adjoint->graph->constant(0);
}

Expr repeated(Expr adjoint, int dimension) {
  return with_zeros_in_sight(call("SumT", {adjoint}, {dimension}));
}

Expr with_zeros_in_sight(Expr adjoint) {
  const bool is_slice = has_form(adjoint, Form::slice), is_sum = is_call(adjoint, "Sum");
  const bool is_linear = is_slice || is_sum || has_form(adjoint, Form::repeat) ||
                         has_form(adjoint, Form::contraction);
  if (!is_linear) return adjoint;
  const Expr x = adjoint->children[0];
  if (is_slice || is_sum) {
    const std::vector<Expr> insertions = insertions_of(x);
    if (!insertions.empty()) return with_insertions_in_sight(adjoint, insertions);
  }
  const Support support = support_of(x);
  if (support.kind != Support::somewhere) return adjoint;
  return with_choice_in_sight(adjoint, support);
}

}  // namespace rkeops
