// Complex numbers: a vector of D complex numbers is one of dimension 2 D, real and
// imaginary parts in turn. A vector of dimension 2, one complex number, is repeated where
// the other argument has more. Derivatives are those in the real and the imaginary part.
#include "ir/ops_rows.h"

namespace rkeops {

namespace {

Expr real(Expr f) { return call("ComplexReal", {f}); }
Expr imaginary(Expr f) { return call("ComplexImag", {f}); }
Expr complex(Expr re, Expr im) {
  return call("Real2Complex", {re}) + call("Imag2Complex", {im});
}

void require_complex(Expr f) {
  require(f->dimension % 2 == 0, "needs complex arguments, of even dimension, not " +
                                     std::to_string(f->dimension));
}

int half(const Children& c, const Integers&) {
  require_complex(c[0]);
  return c[0]->dimension / 2;
}

int same(const Children& c, const Integers&) {
  require_complex(c[0]);
  return c[0]->dimension;
}

int twice(const Children& c, const Integers&) { return 2 * c[0]->dimension; }

int complex_broadcast(const Children& c, const Integers&) {
  for (Expr child : c) require_complex(child);
  const int a = c[0]->dimension, b = c[1]->dimension;
  require(a == b || a == 2 || b == 2,
          "needs complex arguments of equal dimension, or of dimension "
          "2 (one number), not " +
              std::to_string(a) + " and " + std::to_string(b));
  return std::max(a, b);
}

// ---- parts ----

Operation part_row(const char* name, int start, const char* inserted,
                   const char* documentation) {
  const std::string adjoint = inserted;
  Operation row = linear(
      name, {"f"}, {}, Form::slice, half,
      [adjoint](const Arguments& a) { return Parts{call(adjoint.c_str(), {a.adjoint})}; },
      documentation, "the same of df");
  row.placement = [start](const Integers&) { return Placement{start, 2}; };
  return row;
}

Operation insertion_row(const char* name, int start, const char* taken,
                        const char* documentation) {
  const std::string adjoint = taken;
  Operation row = linear(
      name, {"f"}, {}, Form::insert, twice,
      [adjoint](const Arguments& a) { return Parts{call(adjoint.c_str(), {a.adjoint})}; },
      documentation, "the same of df");
  row.placement = [start](const Integers&) { return Placement{start, 2}; };
  return row;
}

void add_parts(Rows& rows) {
  rows.push_back(
      shown(part_row("ComplexReal", 0, "Real2Complex", "real parts"), "ComplexReal(z)"));
  rows.push_back(shown(part_row("ComplexImag", 1, "Imag2Complex", "imaginary parts"),
                       "ComplexImag(z)"));
  rows.push_back(insertion_row("Real2Complex", 0, "ComplexReal", "f + 0i"));
  rows.push_back(insertion_row("Imag2Complex", 1, "ComplexImag", "0 + f i"));
}

// ---- arithmetic ----

Expr product_of(Expr f, Expr g) {
  return complex(real(f) * real(g) - imaginary(f) * imaginary(g),
                 real(f) * imaginary(g) + imaginary(f) * real(g));
}

Expr squared_modulus(Expr f) {
  return call("Square", {real(f)}) + call("Square", {imaginary(f)});
}

Operation binary(const char* name, Expr (*meaning)(Expr, Expr),
                 const char* documentation) {
  return definition(
      name, {"f", "g"}, {}, complex_broadcast,
      [meaning](const DefinitionArguments& a) { return meaning(a[0], a[1]); },
      documentation);
}

void add_arithmetic(Rows& rows) {
  rows.push_back(shown(binary(
                           "ComplexAdd",
                           [](Expr f, Expr g) {
                             return complex(real(f) + real(g),
                                            imaginary(f) + imaginary(g));
                           },
                           "f + g"),
                       "ComplexAdd(z, w)"));
  rows.push_back(shown(binary(
                           "ComplexSubtract",
                           [](Expr f, Expr g) {
                             return complex(real(f) - real(g),
                                            imaginary(f) - imaginary(g));
                           },
                           "f - g"),
                       "ComplexSubtract(z, w)"));
  rows.push_back(
      also_called(shown(binary("ComplexMult", product_of, "f * g"), "ComplexMult(z, w)"),
                  {"ComplexScal"}));
  rows.push_back(shown(binary(
                           "ComplexDivide",
                           [](Expr f, Expr g) {
                             const Expr quotient = product_of(f, call("Conj", {g}));
                             const Expr modulus = squared_modulus(g);
                             return complex(real(quotient) / modulus,
                                            imaginary(quotient) / modulus);
                           },
                           "f / g"),
                       "ComplexDivide(z, w)"));
  rows.push_back(shown(definition(
                           "ComplexRealScal", {"s", "f"}, {},
                           [](const Children& c, const Integers&) {
                             const Expr other = c[0]->dimension == 1 ? c[1] : c[0];
                             require(c[0]->dimension == 1 || c[1]->dimension == 1,
                                     "needs one argument of dimension 1");
                             require_complex(other);
                             return other->dimension;
                           },
                           [](const DefinitionArguments& a) { return a[0] * a[1]; },
                           "a real number times complex numbers, in either order"),
                       "ComplexRealScal(p, z)"));
}

// ---- functions ----

Operation function(const char* name, DimensionRule dimension, Expr (*meaning)(Expr),
                   const char* documentation) {
  return definition(
      name, {"f"}, {}, std::move(dimension),
      [meaning](const DefinitionArguments& a) { return meaning(a[0]); }, documentation);
}

void add_functions(Rows& rows) {
  rows.push_back(
      shown(function(
                "Conj", same, [](Expr f) { return complex(real(f), -imaginary(f)); },
                "complex conjugates"),
            "Conj(z)"));
  rows.push_back(
      shown(function("ComplexSquareAbs", half, squared_modulus, "squared moduli"),
            "ComplexSquareAbs(z)"));
  rows.push_back(shown(
      function(
          "ComplexAbs", half, [](Expr f) { return call("Sqrt", {squared_modulus(f)}); },
          "moduli; their derivative at 0 is 0"),
      "ComplexAbs(z)"));
  rows.push_back(shown(function(
                           "ComplexAngle", half,
                           [](Expr f) {
                             return call("Atan2", {imaginary(f), real(f)});
                           },
                           "arguments (angles), in radians"),
                       "ComplexAngle(z)"));
  rows.push_back(shown(function(
                           "ComplexExp", same,
                           [](Expr f) {
                             const Expr modulus = call("Exp", {real(f)}),
                                        angle = imaginary(f);
                             return complex(modulus * call("Cos", {angle}),
                                            modulus * call("Sin", {angle}));
                           },
                           "exponentials"),
                       "ComplexExp(z)"));
  rows.push_back(function(
      "ComplexExp1j", twice,
      [](Expr f) { return complex(call("Cos", {f}), call("Sin", {f})); },
      "cos(f) + i sin(f) of real numbers f"));
  rows.push_back(shown(definition(
                           "ComplexSum", {"f"}, {},
                           [](const Children& c, const Integers& n) {
                             half(c, n);
                             return 2;
                           },
                           [](const DefinitionArguments& a) {
                             return complex(call("Sum", {real(a[0])}),
                                            call("Sum", {imaginary(a[0])}));
                           },
                           "sum of the complex components"),
                       "ComplexSum(z)"));
  rows.push_back(shown(definition(
                           "ComplexSumT", {"f"}, {"length"},
                           [](const Children& c, const Integers& n) {
                             require(c[0]->dimension == 2,
                                     "needs one complex number, of dimension 2, not " +
                                         std::to_string(c[0]->dimension));
                             require(n[0] >= 2 && n[0] % 2 == 0,
                                     "needs an even length of at least 2");
                             return n[0];
                           },
                           [](const DefinitionArguments& a) {
                             const int count = a.integers[0] / 2;
                             return complex(call("SumT", {real(a[0])}, {count}),
                                            call("SumT", {imaginary(a[0])}, {count}));
                           },
                           "one complex number, repeated to this (real) length"),
                       "ComplexSumT(c, 4)"));
}

}  // namespace

void add_complex_rows(Rows& rows) {
  add_parts(rows);
  add_arithmetic(rows);
  add_functions(rows);
  describe_dimensions(rows, {{"ComplexReal", "2 * D -> D"},
                             {"ComplexImag", "2 * D -> D"},
                             {"ComplexSquareAbs", "2 * D -> D"},
                             {"ComplexAbs", "2 * D -> D"},
                             {"ComplexAngle", "2 * D -> D"},
                             {"Real2Complex", "D -> 2 * D"},
                             {"Imag2Complex", "D -> 2 * D"},
                             {"ComplexExp1j", "D -> 2 * D"},
                             {"ComplexAdd", "2 * D, 2 * D -> 2 * D"},
                             {"ComplexSubtract", "2 * D, 2 * D -> 2 * D"},
                             {"ComplexMult", "2 * D, 2 * D -> 2 * D"},
                             {"ComplexDivide", "2 * D, 2 * D -> 2 * D"},
                             {"ComplexRealScal", "1, 2 * D -> 2 * D"},
                             {"Conj", "2 * D -> 2 * D"},
                             {"ComplexExp", "2 * D -> 2 * D"},
                             {"ComplexSum", "2 * D -> 2"},
                             {"ComplexSumT", "2 -> length"}});
}

}  // namespace rkeops
