// Identities of operations: each is one function, with its law and where it is not exact.
#include "pass/simplify_rules.h"

#include <algorithm>
#include <cmath>

#include "ir/ops.h"
#include "pass/simplify.h"

namespace rkeops {

namespace {

// 0 + x = x,  x + 0 = x
Expr add_zero(Expr node) {
  if (!is_call(node, "Add")) return Expr();
  const Expr a = node->children[0], b = node->children[1];
  if (is_number(a, 0)) return in_place_of(node, b);
  if (is_number(b, 0)) return in_place_of(node, a);
  return Expr();
}

// x - 0 = x,  0 - x = -x
Expr subtract_zero(Expr node) {
  if (!is_call(node, "Subtract")) return Expr();
  const Expr a = node->children[0], b = node->children[1];
  if (is_number(b, 0)) return in_place_of(node, a);
  if (is_number(a, 0)) return in_place_of(node, -b);
  return Expr();
}

// x / 1 = x
Expr divide_by_one(Expr node) {
  if (!is_call(node, "Divide") || !is_number(node->children[1], 1)) return Expr();
  return in_place_of(node, node->children[0]);
}

// -(-x) = x
Expr minus_minus(Expr node) {
  if (!is_call(node, "Minus") || !is_call(node->children[0], "Minus")) return Expr();
  return node->children[0]->children[0];
}

// a + (-b) = a - b,  (-a) + b = b - a
Expr add_negative(Expr node) {
  if (!is_call(node, "Add")) return Expr();
  const Expr a = node->children[0], b = node->children[1];
  if (is_call(b, "Minus")) return a - b->children[0];
  if (is_call(a, "Minus")) return b - a->children[0];
  return Expr();
}

// a - (-b) = a + b
Expr subtract_negative(Expr node) {
  if (!is_call(node, "Subtract") || !is_call(node->children[1], "Minus")) return Expr();
  return node->children[0] + node->children[1]->children[0];
}

// ---- products ----

// The factors of a product, through the products and signs it is made of.
struct Factors {
  double number = 1;          // product of the numbers
  std::vector<Expr> scalars;  // each kind in the order of `precedes`
  std::vector<Expr> vectors;
  int products = 0;  // those that were taken apart
};

// A product of products of ... of itself has exponentially many factors, and every part
// of a long product is a product: longer ones stay as they are.
constexpr int most_products = 64;

void collect_factors(Expr node, Factors& factors) {
  if (factors.products > most_products) return;
  if (is_call(node, "Mult")) {
    ++factors.products;
    for (Expr child : node->children) collect_factors(child, factors);
  } else if (is_call(node, "Minus")) {
    factors.number = -factors.number;
    collect_factors(node->children[0], factors);
  } else if (is_number(node) && node->dimension == 1) {
    factors.number *= node->value;
  } else {
    (node->dimension == 1 ? factors.scalars : factors.vectors).push_back(node);
  }
}

// The product of those of the factors that vary with `level`, x * x written as x^2.
Expr product_at(const std::vector<Expr>& factors, Level level) {
  Expr product;
  for (size_t k = 0; k < factors.size(); ++k) {
    if (factors[k]->level != level) continue;
    const bool twice = k + 1 < factors.size() && factors[k + 1] == factors[k];
    product = times(product, twice ? call("Square", {factors[k]}) : factors[k]);
    k += twice;
  }
  return product;
}

Expr with_number(double number, Expr x) {
  if (number == 1) return x;
  return number == -1 ? -x : number * x;
}

// Any product: the numbers together, then factor by factor from those that vary least to
// those that vary most, scalars before vectors. Numbers and parameters go to what is
// computed least often.
Expr ordered_product(Expr node) {
  if (!is_call(node, "Mult") && !is_call(node, "Minus")) return Expr();
  Factors factors;
  collect_factors(node, factors);
  if (factors.products > most_products) return Expr();
  std::sort(factors.scalars.begin(), factors.scalars.end(), precedes);
  std::sort(factors.vectors.begin(), factors.vectors.end(), precedes);

  Expr scalar, vector, waiting;  // waiting: scalars that join the next factors
  bool number_placed = false;
  for (Level level : {level_none, level_i, level_j, level_pair}) {
    Expr s = product_at(factors.scalars, level), v = product_at(factors.vectors, level);
    if (!s && !v) continue;
    if (!number_placed) (s ? s : v) = with_number(factors.number, s ? s : v);
    number_placed = true;
    if (level == level_none) {
      waiting = s;
      vector = v;
      continue;
    }
    (s || !v ? s : v) = times(waiting, s || !v ? s : v);
    waiting = Expr();
    if (s && v && level != level_pair && node->level == level_pair) {
      // once a row or column, so that pairs have a factor less; written as it would be
      // by itself
      if (vector && vector->level == level_none) {
        v = times(vector, v);
        vector = Expr();
      }
      v = s * v;
      s = Expr();
    }
    scalar = times(scalar, s);
    vector = times(vector, v);
  }
  const Expr product = times(times(waiting, scalar), vector);
  if (!product) return in_place_of(node, node->graph->constant(factors.number));
  const Expr result =
      in_place_of(node, number_placed ? product : with_number(factors.number, product));
  return result == node ? Expr() : result;
}

// (-x)^2 = x^2
Expr square_of_negative(Expr node) {
  if (!is_call(node, "Square") || !is_call(node->children[0], "Minus")) return Expr();
  return call("Square", {node->children[0]->children[0]});
}

// Sum(x) = x  for a scalar x
Expr sum_of_scalar(Expr node) {
  if (!is_call(node, "Sum") || node->children[0]->dimension != 1) return Expr();
  return node->children[0];
}

// Sum(-x) = -Sum(x)
Expr sum_of_negative(Expr node) {
  if (!is_call(node, "Sum") || !is_call(node->children[0], "Minus")) return Expr();
  return -call("Sum", {node->children[0]->children[0]});
}

// Sum(s * x) = s * Sum(x)  for a scalar s; where s is infinite it may be Inf instead of
// NaN
Expr sum_of_scaled(Expr node) {
  if (!is_call(node, "Sum") || !is_call(node->children[0], "Mult")) return Expr();
  const Expr product = node->children[0];
  for (int side : {0, 1}) {
    const Expr s = product->children[side], x = product->children[1 - side];
    if (s->dimension == 1 && x->dimension == product->dimension)
      return s * call("Sum", {x});
  }
  return Expr();
}

// SumT(x, 1) = x
Expr repeat_once(Expr node) {
  if (!is_call(node, "SumT") || node->dimension != 1) return Expr();
  return node->children[0];
}

// s where the components of x are all s by its form: a repeated scalar, or a number; else
// a null Expr.
Expr repeated_scalar(Expr x) {
  if (is_call(x, "SumT")) return x->children[0];
  return is_number(x) && x->dimension > 1 ? x->graph->constant(x->value) : Expr();
}

// op(SumT(s), x) = op(s, x): elementwise operations repeat scalars themselves
Expr repeat_in_elementwise(Expr node) {
  if (node->operation->form != Form::elementwise || node->children.size() < 2)
    return Expr();
  std::vector<Expr> children = node->children;
  for (size_t k = 0; k < children.size(); ++k) {
    const Expr repeated = children[k], scalar = repeated_scalar(repeated);
    if (!scalar) continue;
    children[k] = scalar;
    bool dimension_kept = false;
    for (Expr child : children) dimension_kept |= child->dimension == node->dimension;
    if (dimension_kept)
      return node->graph->apply(*node->operation, children, node->integers);
    children[k] = repeated;
  }
  return Expr();
}

// Exp(s * x) = Exp2((log2(e) * s) * x)  when s varies with less than x: base 2 is cheaper
Expr exponential_to_base_two(Expr node) {
  if (!is_call(node, "Exp") || !is_call(node->children[0], "Mult")) return Expr();
  const Expr exponent = node->children[0], s = exponent->children[0];
  if (s->level == exponent->level && !s->is_constant) return Expr();
  return call("Exp2", {M_LOG2E * exponent});
}

// A product equal to the quotient x / s, or to one in a product or below a sign, where s
// varies with less than x; a null Expr when there is none.
Expr quotient_as_product(Expr node) {
  if (is_call(node, "Minus")) {
    const Expr inner = quotient_as_product(node->children[0]);
    return inner ? -inner : Expr();
  }
  if (is_call(node, "Mult")) {
    for (int side : {0, 1}) {
      const Expr s = node->children[side], x = node->children[1 - side];
      if (s->level == node->level) continue;
      const Expr inner = quotient_as_product(x);
      return inner ? s * inner : Expr();
    }
    return Expr();
  }
  if (!is_call(node, "Divide") || node->children[1]->level == node->level) return Expr();
  const Expr inner = quotient_as_product(node->children[0]);
  return call("Inv", {node->children[1]}) * (inner ? inner : node->children[0]);
}

// Exp(x / s) = Exp(Inv(s) * x)  when s varies with less than x. Only in exponents: in
// Floor(x / s) the quotient of whole numbers has to be exact.
Expr exponential_of_quotient(Expr node) {
  if (!is_call(node, "Exp")) return Expr();
  const Expr product = quotient_as_product(node->children[0]);
  return product ? call("Exp", {product}) : Expr();
}

// Extract(Concat(a, b), k, n) = Extract(a, k, n)  where that lies in a, and so for b
Expr extract_of_concat(Expr node) {
  if (!is_call(node, "Extract") || !is_call(node->children[0], "Concat")) return Expr();
  const int end = node->integers[0] + node->dimension;
  int first = 0;
  for (Expr part : node->children[0]->children) {
    const int start = node->integers[0] - first;
    first += part->dimension;
    if (start < 0 || end > first) continue;
    if (part->dimension == node->dimension) return part;
    return call("Extract", {part}, {start, node->dimension});
  }
  return Expr();
}

// ---- choices ----

bool is_choice(Expr node) { return is_call(node, "IfElse"); }

// IfElse(f, IfElse(f, a, b), c) = IfElse(f, a, c), and so for the other branch
Expr same_test(Expr node) {
  if (!is_choice(node)) return Expr();
  const Expr test = node->children[0];
  Expr yes = node->children[1], no = node->children[2];
  const auto repeats = [&](Expr branch) {
    return is_choice(branch) && branch->children[0] == test;
  };
  if (repeats(yes)) yes = yes->children[1];
  if (repeats(no)) no = no->children[2];
  const bool is_changed = yes != node->children[1] || no != node->children[2];
  return is_changed ? in_place_of(node, call("IfElse", {test, yes, no})) : Expr();
}

// x without the sign and the number in it, by which `number` is multiplied.
Expr without_number(Expr x, double& number) {
  if (is_call(x, "Minus")) {
    number = -number;
    return without_number(x->children[0], number);
  }
  if (!is_call(x, "Mult")) return x;
  const Expr a = x->children[0], b = x->children[1];
  if (is_number(a) && a->dimension == 1 && std::isfinite(a->value) && a->value != 0) {
    number *= a->value;
    return b;
  }
  const Expr rest = without_number(a, number);
  if (rest != a) return rest * b;
  const Expr other = without_number(b, number);
  return other == b ? x : a * other;
}

// IfElse(f, c * a, 0) = c * IfElse(f, a, 0)  for a number c
Expr number_leaves_choice(Expr node) {
  if (!is_choice(node)) return Expr();
  for (size_t side : {1, 2}) {
    if (!is_number(node->children[3 - side], 0)) continue;
    double number = 1;
    std::vector<Expr> children = node->children;
    children[side] = without_number(children[side], number);
    if (children[side] == node->children[side]) return Expr();
    return with_number(number, in_place_of(node, call("IfElse", children)));
  }
  return Expr();
}

// op(c1, c2) = c
Expr numbers_only(Expr node) {
  const Expr folded = fold_constants(node);
  return folded == node ? Expr() : folded;
}

}  // namespace

const std::vector<SimplifierRule>& operation_rules() {
  static const std::vector<SimplifierRule> rules = {
      {"numbers", "op(c1, c2) = c", numbers_only},
      {"zero term", "0 + x = x", add_zero},
      {"zero term", "x - 0 = x, 0 - x = -x", subtract_zero},
      {"division by one", "x / 1 = x", divide_by_one},
      {"signs", "-(-x) = x", minus_minus},
      {"signs", "a + -b = a - b", add_negative},
      {"signs", "a - -b = a + b", subtract_negative},
      {"signs", "Square(-x) = Square(x)", square_of_negative},
      {"sum of one", "Sum(x) = x", sum_of_scalar},
      {"signs", "Sum(-x) = -Sum(x)", sum_of_negative},
      {"scalar leaves Sum", "Sum(s * x) = s * Sum(x)", sum_of_scaled},
      {"repeated once", "SumT(x, 1) = x", repeat_once},
      {"repeated anyway", "op(SumT(s, D), x) = op(s, x)", repeat_in_elementwise},
      {"part of Concat", "Extract(Concat(a, b), k, n) = Extract(a, k, n)",
       extract_of_concat},
      {"order of factors", "numbers, parameters, i, j, pairs", ordered_product},
      {"same test", "IfElse(f, IfElse(f, a, b), c) = IfElse(f, a, c)", same_test},
      {"number leaves choice", "IfElse(f, c * a, 0) = c * IfElse(f, a, 0)",
       number_leaves_choice},
      {"quotient in an exponent", "Exp(x / s) = Exp(Inv(s) * x)",
       exponential_of_quotient},
      {"base two", "Exp(s * x) = Exp2(log2(e) * s * x)", exponential_to_base_two}};
  return rules;
}

}  // namespace rkeops
