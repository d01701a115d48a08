// Identities of reductions: what does not vary with the index that is reduced is computed
// once a row, behind the reduction, instead of once a pair.
//
// Validity, for all rules here: the result is finite, or not, as before. Where a factor
// is infinite it may be Inf instead of NaN, because the factor meets the sum and not each
// term; and a factor that is not finite makes an empty sum NaN.
#include "ir/ops.h"
#include "ir/reductions.h"
#include "pass/simplify_rules.h"

namespace rkeops {

namespace {

Expr reduced_again(Expr reduction, Expr argument) {
  return reduction->graph->again(reduction, {argument});
}

// factor * inside / divisor, where only `inside` stays below the reduction; null stands
// for 1.
struct Parts {
  Expr factor, divisor, inside;
};

Expr divided(Expr a, Expr b) {
  if (!b) return a;
  return (a ? a : b->graph->constant(1)) / b;
}

// May `f`, which does not vary with the index, leave a reduction over it? The reduction
// inside has a value for each row; where that varies with no index, only what it is made
// of tells which rows these are, so reductions over the other index stay below it.
bool may_leave(Expr f, Level reduced, Level level_of_result) {
  if (within(reduced, f->level)) return false;
  if (level_of_result != level_none) return true;
  for (Expr node : sorted_nodes({f}, false)) {
    if (node->kind == NodeKind::reduction && node->reduced != reduced) return false;
  }
  return true;
}

// Products of products of ... of the same have exponentially many factors: not deeper.
constexpr int deepest_product = 12;

Parts separate(Expr f, Level index, Level level, int depth = 0) {
  if (may_leave(f, index, level)) return {f, Expr(), Expr()};
  if (depth == deepest_product) return {Expr(), Expr(), f};
  if (is_call(f, "Minus")) {
    Parts part = separate(f->children[0], index, level, depth + 1);
    part.factor = part.factor ? -part.factor : f->graph->constant(-1);
    return part;
  }
  if (is_call(f, "SumT")) return separate(f->children[0], index, level, depth + 1);
  const bool is_quotient = is_call(f, "Divide");
  if (!is_quotient && !is_call(f, "Mult")) return {Expr(), Expr(), f};
  const Parts a = separate(f->children[0], index, level, depth + 1);
  const Parts b = separate(f->children[1], index, level, depth + 1);
  if (is_quotient)
    return {times(a.factor, b.divisor), times(a.divisor, b.factor),
            divided(a.inside, b.inside)};
  return {times(a.factor, b.factor), times(a.divisor, b.divisor),
          times(a.inside, b.inside)};
}

// Sum_j(a_i * f_ij / c_i) = a_i / c_i * Sum_j(f_ij), and of Mean
// Sum_j(SumT(f_ij, D)) = SumT(Sum_j(f_ij), D)
Expr factors_leave(Expr node) {
  if (!node->reduction->is_linear) return Expr();
  const Expr f = node->children[0];
  const Parts parts = separate(f, node->reduced, node->level);
  if (!parts.inside || parts.inside == f) return Expr();
  const Expr product = times(parts.factor, reduced_again(node, parts.inside));
  return in_place_of(node, divided(product, parts.divisor));
}

// Is it better to reduce `inside` than `f`? It has no more components, or varies with the
// index alone, so that there is one sum for all rows.
bool is_better_reduced(Expr inside, Expr f, Level index) {
  return inside->dimension <= f->dimension ||
         (within(inside->level, index) && !within(f->level, index));
}

// v where f is Sum(v), s * v where it is s * Sum(v) and s varies with the index alone.
Expr summand(Expr f, Level index) {
  if (is_call(f, "Sum")) return f->children[0];
  if (!is_call(f, "Mult")) return Expr();
  for (size_t k : {0, 1}) {
    const Expr s = f->children[k], sum = f->children[1 - k];
    if (is_call(sum, "Sum") && s->dimension == 1 && within(s->level, index))
      return s * sum->children[0];
  }
  return Expr();
}

// Sum_j(b_j * Sum(x_i * y_j)) = Sum(x_i * Sum_j(b_j * y_j)): one pass over the columns
// for all rows
Expr scalar_products_leave(Expr node) {
  if (!node->reduction->is_linear) return Expr();
  const Expr f = node->children[0], v = summand(f, node->reduced);
  if (!v) return Expr();
  const Parts parts = separate(v, node->reduced, node->level);
  if (!parts.inside || parts.inside == v ||
      !is_better_reduced(parts.inside, f, node->reduced))
    return Expr();
  const Expr product = times(parts.factor, reduced_again(node, parts.inside));
  return call("Sum", {in_place_of(v, divided(product, parts.divisor))});
}

// Sum_j(TensorDot(a_i, f_ij)) = TensorDot(a_i, Sum_j(f_ij))
Expr contractions_leave(Expr node) {
  if (!node->reduction->is_linear) return Expr();
  const Expr f = node->children[0];
  if (f->kind != NodeKind::operation || f->operation->form != Form::contraction)
    return Expr();
  for (size_t k : {0, 1}) {
    const Expr inside = f->children[k], outside = f->children[1 - k];
    if (!may_leave(outside, node->reduced, node->level) ||
        !is_better_reduced(inside, f, node->reduced))
      continue;
    std::vector<Expr> children = f->children;
    children[k] = reduced_again(node, inside);
    return node->graph->apply(*f->operation, children, f->integers);
  }
  return Expr();
}

// Sum_j(IfElse(a_i, f_ij, 0)) = IfElse(a_i, Sum_j(f_ij), 0)
Expr choices_leave(Expr node) {
  if (node->reduction->name != "Sum") return Expr();
  const Expr f = node->children[0];
  if (!is_call(f, "IfElse") || !may_leave(f->children[0], node->reduced, node->level))
    return Expr();
  for (size_t side : {1, 2}) {
    const Expr other = f->children[3 - side];
    if (!is_number(other, 0)) continue;
    std::vector<Expr> children = f->children;
    children[side] = reduced_again(node, children[side]);
    return in_place_of(node, call("IfElse", children));
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
      {"scalar products leave sums", "Sum_j(b_j * (x_i | y_j)) = x_i | Sum_j(b_j * y_j)",
       scalar_products_leave},
      {"matrices leave sums", "Sum_j(MatVecMult(A_i, f)) = MatVecMult(A_i, Sum_j(f))",
       contractions_leave},
      {"choices leave sums", "Sum_j(IfElse(a_i, f, 0)) = IfElse(a_i, Sum_j(f), 0)",
       choices_leave},
      {"zeros leave sums", "Sum_j(ExtractT(f, k, D)) = ExtractT(Sum_j(f), k, D)",
       zeros_leave}};
  return rules;
}

}  // namespace rkeops
