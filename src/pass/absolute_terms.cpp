#include "pass/absolute_terms.h"

#include "ir/reductions.h"
#include "pass/differentiate.h"
#include "pass/simplify_rules.h"

namespace rkeops {

namespace {

constexpr int deepest = 64;

Expr absolute(Expr f) { return call("Abs", {f}); }

Expr terms_of(Expr f, int depth) {
  if (depth == deepest || !has_reduction(f)) return absolute(f);
  if (f->kind == NodeKind::reduction) {
    if (!f->reduction->is_linear) return absolute(f);
    return f->graph->again(f, {terms_of(f->children[0], depth + 1)});
  }
  const auto of = [&](size_t k) { return terms_of(f->children[k], depth + 1); };
  if (is_call(f, "Minus")) return of(0);
  if (is_call(f, "Add") || is_call(f, "Subtract")) return of(0) + of(1);
  if (is_call(f, "Mult")) return of(0) * of(1);
  if (is_call(f, "Divide") && !has_reduction(f->children[1]))
    return of(0) / absolute(f->children[1]);
  return absolute(f);
}

}  // namespace

Expr absolute_terms(Expr root) { return terms_of(root, 0); }

}  // namespace rkeops
