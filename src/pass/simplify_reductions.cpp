// Identities of reductions: what does not vary with the index that is reduced is computed
// once a row, behind the reduction, instead of once a pair.
//
// Validity, for all rules here: the result is finite, or not, as before. Where a factor
// is infinite it may be Inf instead of NaN, because the factor meets the sum and not each
// term; and a factor that is not finite makes an empty sum NaN.
#include "../ir/ops.h"
#include "../ir/reductions.h"
#include "simplify_rules.h"

namespace rkeops {

namespace {

Expr reduced_again(Expr reduction, Expr argument) {
  return reduction->graph->reduce(*reduction->reduction, reduction->reduced, {argument},
                                  reduction->integers);
}

// outside * inside, where `outside` does not vary with the index; null stands for 1.
struct Parts {
  Expr outside, inside;
};

// Products of products of ... of the same have exponentially many factors: not deeper.
constexpr int deepest_product = 12;

Parts separate(Expr f, Level index, int depth = 0);

Expr divided(Expr a, Expr b) {
  if (!b) return a;
  return (a ? a : b->graph->constant(1)) / b;
}

Parts separate(Expr f, Level index, int depth) {
  if (!within(index, f->level)) return {f, Expr()};
  if (depth == deepest_product) return {Expr(), f};
  if (is_call(f, "Mult")) {
    const Parts a = separate(f->children[0], index, depth + 1);
    const Parts b = separate(f->children[1], index, depth + 1);
    return {times(a.outside, b.outside), times(a.inside, b.inside)};
  }
  if (is_call(f, "Minus")) {
    const Parts part = separate(f->children[0], index, depth + 1);
    return {part.outside ? -part.outside : f->graph->constant(-1), part.inside};
  }
  if (is_call(f, "Divide")) {
    const Parts above = separate(f->children[0], index, depth + 1);
    const Parts below = separate(f->children[1], index, depth + 1);
    return {divided(above.outside, below.outside), divided(above.inside, below.inside)};
  }
  if (is_call(f, "SumT")) return separate(f->children[0], index, depth + 1);
  return {Expr(), f};
}

// Sum_j(a_i * f_ij / c_i) = a_i / c_i * Sum_j(f_ij), and of Mean
// Sum_j(SumT(f_ij, D)) = SumT(Sum_j(f_ij), D)
Expr factors_leave(Expr node) {
  if (!node->reduction->is_linear) return Expr();
  const Expr f = node->children[0];
  const Parts parts = separate(f, node->reduced);
  if (!parts.inside || parts.inside == f) return Expr();
  return in_place_of(node, times(parts.outside, reduced_again(node, parts.inside)));
}

// Sum_j(TensorDot(a_i, f_ij)) = TensorDot(a_i, Sum_j(f_ij)), unless more components would
// have to be summed: a scalar product stays
Expr contractions_leave(Expr node) {
  if (!node->reduction->is_linear) return Expr();
  const Expr f = node->children[0];
  if (f->kind != NodeKind::operation || f->operation->form != Form::contraction)
    return Expr();
  for (size_t k : {0, 1}) {
    const Expr inside = f->children[k], outside = f->children[1 - k];
    if (within(node->reduced, outside->level) || inside->dimension > f->dimension)
      continue;
    std::vector<Expr> children = f->children;
    children[k] = reduced_again(node, inside);
    return node->graph->apply(*f->operation, children, f->integers);
  }
  return Expr();
}

// Sum_j(ExtractT(f_ij, start, D)) = ExtractT(Sum_j(f_ij), start, D)
Expr zeros_leave(Expr node) {
  if (node->reduction->name != "Sum") return Expr();
  const Expr f = node->children[0];
  if (f->kind != NodeKind::operation || f->operation->form != Form::insert) return Expr();
  return node->graph->apply(*f->operation, {reduced_again(node, f->children[0])},
                            f->integers);
}

}  // namespace

const std::vector<SimplifierRule>& reduction_rules() {
  static const std::vector<SimplifierRule> rules = {
      {"factors leave sums", "Sum_j(a_i * f) = a_i * Sum_j(f)", factors_leave},
      {"matrices leave sums", "Sum_j(MatVecMult(A_i, f)) = MatVecMult(A_i, Sum_j(f))",
       contractions_leave},
      {"zeros leave sums", "Sum_j(ExtractT(f, k, D)) = ExtractT(Sum_j(f), k, D)",
       zeros_leave}};
  return rules;
}

}  // namespace rkeops
