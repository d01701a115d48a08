// Adjoints that a choice makes zero: IfElse(test, a, 0), and sums of these. What is
// multiplied with them has no part where they are zero, also where it is infinite or NaN.
// So a product with such an adjoint is chosen as a whole: IfElse(test, partial * a, 0).
#pragma once

#include "ir/expr.h"

namespace rkeops {

/// Says where an adjoint is not zero by its form. It is told by what choices it is
/// made of; whatever else it is made of may be anything.
struct Support {
  enum Kind { nowhere, everywhere, somewhere };
  Kind kind = everywhere;
  Expr test;             // of one component, or of as many as the adjoint has
  bool is_else = false;  // where the test is below 0 or NaN, instead of at least 0

  bool operator==(const Support& other) const {
    return kind == other.kind && test == other.test && is_else == other.is_else;
  }
};

Support support_of(Expr adjoint);

/// The value that an adjoint has on its support.
Expr value_on_support(Expr adjoint);

/// `value` on the support and zero elsewhere, of this dimension.
Expr selected(const Support& support, Expr value, int dimension);

/// 1 on the support, 0 elsewhere.
Expr indicator(const Support& support);

/// Holds where one of the components that this sum, or mean, of an indicator counts is on
/// the support.
Support support_of_count(Expr count);

/// a where a comparison, or a product of comparisons, is true, else b.
Expr chosen(Expr truth, Expr a, Expr b);

/// The sum of two adjoints; choices by the same test become one.
Expr joined(Expr a, Expr b);

}  // namespace rkeops
