// Each rule is one function with its law above it; `rules` lists them. A node is
// rewritten bottom-up until no rule applies.
#include "simplify.h"

#include <unordered_map>

#include "../ir/ops.h"
#include "../ir/reductions.h"

namespace rkeops {

namespace {

bool is_call(Expr node, const char* name) {
  return node->kind == NodeKind::operation && node->operation->name == name;
}

bool is_number(Expr node, double value) {
  return node->kind == NodeKind::constant && node->value == value;
}

bool is_number(Expr node) { return node->kind == NodeKind::constant; }

// x, repeated to the dimension of the node it replaces.
Expr in_place_of(Expr node, Expr x) {
  if (x->dimension == node->dimension) return x;
  return call("SumT", {x}, {node->dimension});
}

using Rule = Expr (*)(Expr);  // a null Expr when the rule does not apply

// op(c1, c2) = c
Expr fold_constants(Expr node) {
  if (!node->is_constant || !node->operation->evaluate) return Expr();
  std::vector<double> values;
  for (Expr child : node->children) {
    if (!is_number(child)) return Expr();
    values.push_back(child->value);
  }
  return node->graph->constant(node->operation->evaluate(values.data()), node->dimension);
}

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

// 1 * x = x,  x * 1 = x,  -1 * x = -x
Expr multiply_by_one(Expr node) {
  if (!is_call(node, "Mult")) return Expr();
  const Expr a = node->children[0], b = node->children[1];
  if (is_number(a, 1)) return in_place_of(node, b);
  if (is_number(b, 1)) return in_place_of(node, a);
  if (is_number(a, -1)) return in_place_of(node, -b);
  if (is_number(b, -1)) return in_place_of(node, -a);
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

// (-a) * b = -(a * b),  a * (-b) = -(a * b); a number takes the sign
Expr minus_out_of_product(Expr node) {
  if (!is_call(node, "Mult")) return Expr();
  const Expr a = node->children[0], b = node->children[1];
  if (is_number(a) && is_call(b, "Minus")) return -a->value * b->children[0];
  if (is_call(a, "Minus")) return -(a->children[0] * b);
  if (is_call(b, "Minus")) return -(a * b->children[0]);
  return Expr();
}

// -(c * x) = (-c) * x
Expr minus_into_number(Expr node) {
  if (!is_call(node, "Minus") || !is_call(node->children[0], "Mult")) return Expr();
  const Expr product = node->children[0], c = product->children[0];
  if (!is_number(c) || c->dimension != 1) return Expr();
  return -c->value * product->children[1];
}

// x * c = c * x
Expr number_first(Expr node) {
  if (!is_call(node, "Mult")) return Expr();
  const Expr a = node->children[0], b = node->children[1];
  return is_number(b) && !is_number(a) ? b * a : Expr();
}

// c * (d * x) = (c * d) * x,  a * (c * x) = c * (a * x)
Expr gather_numbers(Expr node) {
  if (!is_call(node, "Mult")) return Expr();
  const Expr a = node->children[0], b = node->children[1];
  const auto scaled = [](Expr x) {
    return is_call(x, "Mult") && is_number(x->children[0]) &&
           x->children[0]->dimension == 1;
  };
  if (is_number(a) && a->dimension == 1 && scaled(b)) {
    return a->value * b->children[0]->value * b->children[1];
  }
  if (is_number(a)) return Expr();
  if (scaled(b)) return b->children[0]->value * (a * b->children[1]);
  if (scaled(a)) return a->children[0]->value * (a->children[1] * b);
  return Expr();
}

// a * (b * x) = (a * b) * x  when a and b together vary with less than x: work leaves the
// inner loop
Expr gather_by_level(Expr node) {
  if (!is_call(node, "Mult")) return Expr();
  for (int side : {0, 1}) {
    const Expr a = node->children[side], product = node->children[1 - side];
    if (!is_call(product, "Mult") || product->level != node->level) continue;
    for (int inner : {0, 1}) {
      const Expr b = product->children[inner], x = product->children[1 - inner];
      if (x->level == node->level && join(a->level, b->level) != node->level)
        return (a * b) * x;
    }
  }
  return Expr();
}

// x * x = x^2
Expr product_with_itself(Expr node) {
  if (!is_call(node, "Mult") || node->children[0] != node->children[1]) return Expr();
  return call("Square", {node->children[0]});
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

// Sum(s * x) = s * Sum(x)  for a scalar s
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

// op(SumT(s), x) = op(s, x): elementwise operations repeat scalars themselves
Expr repeat_in_elementwise(Expr node) {
  if (node->operation->form != Form::elementwise || node->children.size() < 2)
    return Expr();
  std::vector<Expr> children = node->children;
  for (size_t k = 0; k < children.size(); ++k) {
    if (!is_call(children[k], "SumT")) continue;
    const Expr repeated = children[k];
    children[k] = repeated->children[0];
    bool dimension_kept = false;
    for (Expr child : children) dimension_kept |= child->dimension == node->dimension;
    if (dimension_kept)
      return node->graph->apply(*node->operation, children, node->integers);
    children[k] = repeated;
  }
  return Expr();
}

const std::vector<Rule> rules = {fold_constants,       add_zero,
                                 subtract_zero,        multiply_by_one,
                                 divide_by_one,        minus_minus,
                                 add_negative,         subtract_negative,
                                 minus_out_of_product, minus_into_number,
                                 number_first,         gather_numbers,
                                 gather_by_level,      product_with_itself,
                                 square_of_negative,   sum_of_scalar,
                                 sum_of_negative,      sum_of_scaled,
                                 repeat_once,          repeat_in_elementwise};

class Simplifier {
 public:
  Expr run(Expr root) {
    // an explicit order instead of recursion: graphs can be as high as formulas are long
    for (Expr node : sorted_nodes({root}, true)) simplified(node);
    return simplified(root);
  }

 private:
  Expr simplified(Expr node) {
    const auto known = done_.find(&*node);
    if (known != done_.end()) return known->second;
    Expr result = rebuilt(node);
    if (result->kind == NodeKind::operation) {
      if (const Expr better = rewritten(result)) result = simplified(better);
    }
    done_[&*node] = result;
    done_[&*result] = result;
    return result;
  }

  Expr rebuilt(Expr node) {
    if (node->children.empty()) return node;
    std::vector<Expr> children;
    for (Expr child : node->children) children.push_back(simplified(child));
    if (node->kind == NodeKind::reduction) {
      return node->graph->reduce(*node->reduction, node->reduced, children,
                                 node->integers);
    }
    return node->graph->apply(*node->operation, children, node->integers);
  }

  static Expr rewritten(Expr node) {
    for (Rule rule : rules) {
      if (const Expr better = rule(node)) return better;
    }
    return Expr();
  }

  std::unordered_map<const Node*, Expr> done_;
};

}  // namespace

Expr simplify(Expr root) { return Simplifier().run(root); }

}  // namespace rkeops
