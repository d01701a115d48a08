// Complex numbers: a vector of D complex numbers is one of dimension 2 D, real and
// imaginary parts in turn. A vector of dimension 2, one complex number, is repeated where
// the other argument has more. Derivatives are those in the real and the imaginary part.
#include "ir/ops_rows.h"

namespace rkeops {

namespace {

std::string complex_of(const std::string& re, const std::string& im) {
  return "Real2Complex(" + re + ") + Imag2Complex(" + im + ")";
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

// Components start, start + 2, ... of a complex vector, or such a vector made of them;
// the adjoint is the other way round.
Row part_row(const std::string& name, Form form, int start, const char* back) {
  const std::string adjoint = back;
  return linear(name + "(f)", form)
      .placement([start](const Integers&) {
        return Placement{start, 2};
      })
      .adjoints([adjoint](const Arguments& a) {
        return Parts{call(adjoint.c_str(), {a.adjoint})};
      })
      .derivative("the same of df");
}

void add_parts(Rows& rows) {
  rows.push_back(part_row("ComplexReal", Form::slice, 0, "Real2Complex")
                     .dimensions("2 * D -> D", half)
                     .takes(Numbers::complex)
                     .in_r({"Re"})
                     .documentation("real parts")
                     .example("ComplexReal(z)"));
  rows.push_back(part_row("ComplexImag", Form::slice, 1, "Imag2Complex")
                     .dimensions("2 * D -> D", half)
                     .takes(Numbers::complex)
                     .in_r({"Im"})
                     .documentation("imaginary parts")
                     .example("ComplexImag(z)"));
  rows.push_back(part_row("Real2Complex", Form::insert, 0, "ComplexReal")
                     .dimensions("D -> 2 * D", twice)
                     .gives(Numbers::complex)
                     .documentation("f + 0i"));
  rows.push_back(part_row("Imag2Complex", Form::insert, 1, "ComplexImag")
                     .dimensions("D -> 2 * D", twice)
                     .gives(Numbers::complex)
                     .documentation("0 + f i"));
}

// ---- arithmetic ----

void add_arithmetic(Rows& rows) {
  rows.push_back(define("ComplexAdd(f, g)", complex_of("ComplexReal(f) + ComplexReal(g)",
                                                       "ComplexImag(f) + ComplexImag(g)"))
                     .dimensions("2 * D, 2 * D -> 2 * D", complex_broadcast)
                     .takes(Numbers::complex)
                     .gives(Numbers::complex)
                     .in_r({"+"})
                     .documentation("f + g")
                     .example("ComplexAdd(z, w)"));
  rows.push_back(
      define("ComplexSubtract(f, g)", complex_of("ComplexReal(f) - ComplexReal(g)",
                                                 "ComplexImag(f) - ComplexImag(g)"))
          .dimensions("2 * D, 2 * D -> 2 * D", complex_broadcast)
          .takes(Numbers::complex)
          .gives(Numbers::complex)
          .in_r({"-"})
          .documentation("f - g")
          .example("ComplexSubtract(z, w)"));
  rows.push_back(
      define(
          "ComplexMult(f, g)",
          complex_of("ComplexReal(f) * ComplexReal(g) - ComplexImag(f) * ComplexImag(g)",
                     "ComplexReal(f) * ComplexImag(g) + ComplexImag(f) * ComplexReal(g)"))
          .dimensions("2 * D, 2 * D -> 2 * D", complex_broadcast)
          .takes(Numbers::complex)
          .gives(Numbers::complex)
          .in_r({"*"})
          .documentation("f * g")
          .example("ComplexMult(z, w)")
          .also({"ComplexScal"}));
  rows.push_back(
      define("ComplexDivide(f, g)",
             complex_of("ComplexReal(ComplexMult(f, Conj(g))) / ComplexSquareAbs(g)",
                        "ComplexImag(ComplexMult(f, Conj(g))) / ComplexSquareAbs(g)"))
          .dimensions("2 * D, 2 * D -> 2 * D", complex_broadcast)
          .takes(Numbers::complex)
          .gives(Numbers::complex)
          .in_r({"/"})
          .documentation("f / g")
          .example("ComplexDivide(z, w)"));
  rows.push_back(
      define("ComplexRealScal(s, f)", "s * f")
          .dimensions("1, 2 * D -> 2 * D",
                      [](const Children& c, const Integers&) {
                        const Expr other = c[0]->dimension == 1 ? c[1] : c[0];
                        require(c[0]->dimension == 1 || c[1]->dimension == 1,
                                "needs one argument of dimension 1");
                        require_complex(other);
                        return other->dimension;
                      })
          .takes(Numbers::real_and_complex)
          .gives(Numbers::complex)
          .documentation("a real number times complex numbers, in either order")
          .example("ComplexRealScal(p, z)"));
}

// ---- functions ----

void add_functions(Rows& rows) {
  rows.push_back(define("Conj(f)", complex_of("ComplexReal(f)", "-ComplexImag(f)"))
                     .dimensions("2 * D -> 2 * D", same)
                     .takes(Numbers::complex)
                     .gives(Numbers::complex)
                     .documentation("complex conjugates")
                     .example("Conj(z)"));
  rows.push_back(
      define("ComplexSquareAbs(f)", "Square(ComplexReal(f)) + Square(ComplexImag(f))")
          .dimensions("2 * D -> D", half)
          .takes(Numbers::complex)
          .documentation("squared moduli")
          .example("ComplexSquareAbs(z)"));
  rows.push_back(define("ComplexAbs(f)", "Sqrt(ComplexSquareAbs(f))")
                     .dimensions("2 * D -> D", half)
                     .takes(Numbers::complex)
                     .in_r({"Mod", "abs"})
                     .documentation("moduli; their derivative at 0 is 0")
                     .example("ComplexAbs(z)"));
  rows.push_back(define("ComplexAngle(f)", "Atan2(ComplexImag(f), ComplexReal(f))")
                     .dimensions("2 * D -> D", half)
                     .takes(Numbers::complex)
                     .in_r({"Arg"})
                     .documentation("arguments (angles), in radians")
                     .example("ComplexAngle(z)"));
}

void add_exponentials_and_sums(Rows& rows) {
  rows.push_back(
      define("ComplexExp(f)", complex_of("Exp(ComplexReal(f)) * Cos(ComplexImag(f))",
                                         "Exp(ComplexReal(f)) * Sin(ComplexImag(f))"))
          .dimensions("2 * D -> 2 * D", same)
          .takes(Numbers::complex)
          .gives(Numbers::complex)
          .in_r({"exp"})
          .documentation("exponentials")
          .example("ComplexExp(z)"));
  rows.push_back(define("ComplexExp1j(f)", complex_of("Cos(f)", "Sin(f)"))
                     .dimensions("D -> 2 * D", twice)
                     .gives(Numbers::complex)
                     .documentation("cos(f) + i sin(f) of real numbers f"));
  rows.push_back(
      define("ComplexSum(f)", complex_of("Sum(ComplexReal(f))", "Sum(ComplexImag(f))"))
          .dimensions("2 * D -> 2",
                      [](const Children& c, const Integers& n) {
                        half(c, n);
                        return 2;
                      })
          .takes(Numbers::complex)
          .gives(Numbers::complex)
          .in_r({"sum"})
          .documentation("sum of the complex components")
          .example("ComplexSum(z)"));
  rows.push_back(
      define("ComplexSumT(f, int length)", complex_of("SumT(ComplexReal(f), length / 2)",
                                                      "SumT(ComplexImag(f), length / 2)"))
          .dimensions("2 -> length",
                      [](const Children& c, const Integers& n) {
                        require(c[0]->dimension == 2,
                                "needs one complex number, of dimension 2, not " +
                                    std::to_string(c[0]->dimension));
                        require(n[0] >= 2 && n[0] % 2 == 0,
                                "needs an even length of at least 2");
                        return n[0];
                      })
          .takes(Numbers::complex)
          .gives(Numbers::complex)
          .documentation("one complex number, repeated to this (real) length")
          .example("ComplexSumT(c, 4)"));
}

}  // namespace

void add_complex_rows(Rows& rows) {
  add_parts(rows);
  add_arithmetic(rows);
  add_functions(rows);
  add_exponentials_and_sums(rows);
}

}  // namespace rkeops
