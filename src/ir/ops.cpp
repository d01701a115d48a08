// The rows of the table of operations (see ops.h). Each derivative stands in the row as a
// law, in `derivative` for people and in `partials` or `adjoints` for the package.
#include "ops.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "../diagnostic.h"

namespace rkeops {

namespace {

using Children = std::vector<Expr>;
using Integers = std::vector<int>;
using Arguments = DerivativeArguments;
using Partials = std::vector<Expr>;

std::string listed(const Children& children) {
  std::string text;
  for (size_t k = 0; k < children.size(); ++k) {
    text += (k == 0 ? "" : k + 1 == children.size() ? " and " : ", ");
    text += std::to_string(children[k]->dimension);
  }
  return text;
}

// Arguments of equal dimension, those of dimension 1 being repeated.
int broadcast_dimension(const Children& children, const Integers&) {
  int dimension = 1;
  for (Expr child : children) dimension = std::max(dimension, child->dimension);
  for (Expr child : children) {
    if (child->dimension != 1 && child->dimension != dimension) {
      throw DimensionProblem{
          "needs arguments of equal dimension, or of dimension 1, not " +
          listed(children)};
    }
  }
  return dimension;
}

int one(const Children&, const Integers&) { return 1; }

void require(bool condition, const std::string& message) {
  if (!condition) throw DimensionProblem{message};
}

// ---- shapes of rows
// ------------------------------------------------------------------------------

using Partial = std::function<Expr(const Arguments&)>;

// An elementwise function of one argument; `partial` empty: the derivative is zero.
Operation unary(const char* name, const char* code, double (*evaluate)(double),
                Partial partial, const char* documentation, const char* derivative) {
  Operation row;
  row.name = name;
  row.arguments = {"f"};
  row.form = Form::elementwise;
  row.code = code;
  row.evaluate = [evaluate](const double* a) { return evaluate(a[0]); };
  if (partial)
    row.partials = [partial](const Arguments& a) { return Partials{partial(a)}; };
  row.documentation = documentation;
  row.derivative = derivative;
  return row;
}

Operation elementwise(const char* name, std::vector<std::string> arguments,
                      const char* code, std::function<double(const double*)> evaluate,
                      std::function<Partials(const Arguments&)> partials,
                      const char* documentation, const char* derivative) {
  Operation row;
  row.name = name;
  row.arguments = std::move(arguments);
  row.form = Form::elementwise;
  row.code = code;
  row.evaluate = std::move(evaluate);
  row.partials = std::move(partials);
  row.documentation = documentation;
  row.derivative = derivative;
  return row;
}

Operation infix(Operation row, const char* symbol, int precedence) {
  row.infix = symbol;
  row.precedence = precedence;
  return row;
}

Operation definition(const char* name, std::vector<std::string> arguments,
                     std::vector<std::string> integer_arguments,
                     std::function<int(const Children&, const Integers&)> dimension,
                     std::function<Expr(const DefinitionArguments&)> meaning,
                     const char* documentation) {
  Operation row;
  row.name = name;
  row.arguments = std::move(arguments);
  row.integer_arguments = std::move(integer_arguments);
  row.form = Form::definition;
  row.dimension = std::move(dimension);
  row.definition = std::move(meaning);
  row.documentation = documentation;
  row.derivative = "by its definition";
  return row;
}

// A linear rearrangement of components.
Operation linear(const char* name, std::vector<std::string> arguments,
                 std::vector<std::string> integer_arguments, Form form,
                 std::function<int(const Children&, const Integers&)> dimension,
                 std::function<Partials(const Arguments&)> adjoints,
                 const char* documentation, const char* derivative) {
  Operation row;
  row.name = name;
  row.arguments = std::move(arguments);
  row.integer_arguments = std::move(integer_arguments);
  row.form = form;
  row.dimension = std::move(dimension);
  row.adjoints = std::move(adjoints);
  row.documentation = documentation;
  row.derivative = derivative;
  return row;
}

// ---- constants
// -----------------------------------------------------------------------------------

void add_constants(std::vector<Operation>& rows) {
  rows.push_back(definition(
      "IntCst", {}, {"n"}, one,
      [](const DefinitionArguments& a) { return a.graph->constant(a.integers[0]); },
      "the integer n"));
  rows.push_back(definition(
      "IntInv", {}, {"n"},
      [](const Children&, const Integers& n) {
        require(n[0] != 0, "divides by 0");
        return 1;
      },
      [](const DefinitionArguments& a) { return a.graph->constant(1.0 / a.integers[0]); },
      "1 / n"));
  rows.push_back(definition(
      "RatCst", {}, {"p", "q"},
      [](const Children&, const Integers& n) {
        require(n[1] != 0, "divides by 0");
        return 1;
      },
      [](const DefinitionArguments& a) {
        return a.graph->constant(double(a.integers[0]) / a.integers[1]);
      },
      "p / q"));
  rows.push_back(definition(
      "Zero", {}, {"D"},
      [](const Children&, const Integers& n) {
        require(n[0] >= 1, "needs at least one component");
        return n[0];
      },
      [](const DefinitionArguments& a) { return a.graph->constant(0, a.integers[0]); },
      "a vector of D zeros"));
}

// ---- arithmetic
// ----------------------------------------------------------------------------------

void add_arithmetic(std::vector<Operation>& rows) {
  rows.push_back(
      infix(elementwise(
                "Add", {"f", "g"}, "$0 + $1", [](const double* a) { return a[0] + a[1]; },
                [](const Arguments& a) {
                  const Expr unit = a.self->graph->constant(1);
                  return Partials{unit, unit};
                },
                "f + g", "df + dg"),
            "+", 4));
  rows.push_back(infix(
      elementwise(
          "Subtract", {"f", "g"}, "$0 - $1", [](const double* a) { return a[0] - a[1]; },
          [](const Arguments& a) {
            return Partials{a.self->graph->constant(1), a.self->graph->constant(-1)};
          },
          "f - g", "df - dg"),
      "-", 4));
  rows.push_back(infix(
      elementwise(
          "Mult", {"f", "g"}, "$0 * $1", [](const double* a) { return a[0] * a[1]; },
          [](const Arguments& a) {
            return Partials{a[1], a[0]};
          },
          "f * g", "g df + f dg"),
      "*", 5));
  rows.push_back(infix(
      elementwise(
          "Divide", {"f", "g"}, "$0 / $1", [](const double* a) { return a[0] / a[1]; },
          [](const Arguments& a) {
            return Partials{call("Inv", {a[1]}), -(a.self / a[1])};
          },
          "f / g", "df / g - (f/g) / g dg"),
      "/", 5));
  rows.push_back(infix(
      unary(
          "Minus", "-$0", [](double f) { return -f; },
          [](const Arguments& a) { return a.self->graph->constant(-1); }, "-f", "-df"),
      "-", 6));
}

// ---- powers
// --------------------------------------------------------------------------------------

Operation integer_power_row() {
  Operation row = elementwise(
      "Pow", {"f"}, "integer_power<$i0>($0)", nullptr,
      [](const Arguments& a) {
        const int m = a.integer(0);
        // d f^m = m f^(m-1) df; the exponents -1, 0 and 1 have no power left to take
        if (m == 0) return Partials{a.self->graph->constant(0)};
        if (m == 1) return Partials{a.self->graph->constant(1)};
        if (m == 2) return Partials{2.0 * a[0]};
        return Partials{double(m) * call("Pow", {a[0]}, {m - 1})};
      },
      "f to the integer power m, by multiplication; Pow(f, 0) is 1", "m f^(m-1) df");
  row.integer_arguments = {"m"};
  return row;
}

// f ^ g: numbers as exponents have operations of their own, exact and with their own
// derivatives.
Expr power_meaning(const DefinitionArguments& a) {
  const Expr f = a[0], g = a[1];
  if (g->kind != NodeKind::constant || g->dimension != 1) return call("Powf", {f, g});
  const double exponent = g->value;
  if (exponent == 1) return f;
  if (exponent == 2) return call("Square", {f});
  if (exponent == 0.5) return call("Sqrt", {f});
  if (exponent == -0.5) return call("Rsqrt", {f});
  const bool is_small_integer =
      exponent == std::floor(exponent) && std::fabs(exponent) <= 64;
  if (is_small_integer) return call("Pow", {f}, {int(exponent)});
  return call("Powf", {f, g});
}

void add_powers(std::vector<Operation>& rows) {
  rows.push_back(unary(
      "Square", "square($0)", [](double f) { return f * f; },
      [](const Arguments& a) { return 2.0 * a[0]; }, "f^2", "2 f df"));
  rows.push_back(integer_power_row());
  rows.push_back(elementwise(
      "Powf", {"f", "g"}, "pow($0, $1)",
      [](const double* a) { return std::pow(a[0], a[1]); },
      [](const Arguments& a) {
        const Expr f = a[0], g = a[1];
        return Partials{g * call("Powf", {f, g - f->graph->constant(1)}),
                        call("Log", {f}) * a.self};
      },
      "f to the power g, as pow in C", "g f^(g-1) df + log(f) f^g dg"));
  rows.push_back(
      infix(definition("Power", {"f", "g"}, {}, broadcast_dimension, power_meaning,
                       "f ^ g: Square, Pow, Sqrt or Rsqrt for such a number g, "
                       "otherwise Powf"),
            "^", 7));
  // The derivative is taken as 0 at 0, because Rsqrt(0) is 0: what distances need.
  rows.push_back(unary(
      "Sqrt", "sqrt($0)", [](double f) { return std::sqrt(f); },
      [](const Arguments& a) { return 0.5 * call("Rsqrt", {a[0]}); },
      "square root; NaN below 0", "1/2 f^(-1/2) df, 0 at 0"));
  rows.push_back(unary(
      "Rsqrt", "rsqrt($0)", [](double f) { return f == 0 ? 0.0 : 1 / std::sqrt(f); },
      [](const Arguments& a) { return -0.5 * call("Pow", {a.self}, {3}); },
      "f^(-1/2), defined as 0 at 0; NaN below 0", "-1/2 f^(-3/2) df, 0 at 0"));
  rows.push_back(unary(
      "Inv", "inverse($0)", [](double f) { return 1 / f; },
      [](const Arguments& a) { return -call("Square", {a.self}); }, "1 / f",
      "-1/f^2 df"));
}

// ---- exponentials and logarithms
// -----------------------------------------------------------------

void add_exponentials(std::vector<Operation>& rows) {
  rows.push_back(unary(
      "Exp", "exp($0)", [](double f) { return std::exp(f); },
      [](const Arguments& a) { return a.self; }, "exponential", "exp(f) df"));
  rows.push_back(unary(
      "Expm1", "expm1($0)", [](double f) { return std::expm1(f); },
      [](const Arguments& a) { return call("Exp", {a[0]}); },
      "exp(f) - 1, accurate near 0", "exp(f) df"));
  rows.push_back(unary(
      "Exp2", "exp2($0)", [](double f) { return std::exp2(f); },
      [](const Arguments& a) { return M_LN2 * a.self; }, "2 to the power f",
      "log(2) 2^f df"));
  rows.push_back(unary(
      "Log", "log($0)", [](double f) { return std::log(f); },
      [](const Arguments& a) { return call("Inv", {a[0]}); },
      "natural logarithm; -Inf at 0, NaN below", "df / f"));
  rows.push_back(unary(
      "Log1p", "log1p($0)", [](double f) { return std::log1p(f); },
      [](const Arguments& a) { return call("Inv", {1.0 + a[0]}); },
      "log(1 + f), accurate near 0", "df / (1 + f)"));
  rows.push_back(unary(
      "Log2", "log2($0)", [](double f) { return std::log2(f); },
      [](const Arguments& a) { return M_LOG2E * call("Inv", {a[0]}); },
      "logarithm to base 2", "df / (f log 2)"));
  rows.push_back(unary(
      "Log10", "log10($0)", [](double f) { return std::log10(f); },
      [](const Arguments& a) { return M_LOG10E * call("Inv", {a[0]}); },
      "logarithm to base 10", "df / (f log 10)"));
  rows.push_back(unary(
      "Logistic", "logistic($0)", [](double f) { return 1 / (1 + std::exp(-f)); },
      [](const Arguments& a) { return a.self * (1.0 - a.self); }, "1 / (1 + exp(-f))",
      "s (1 - s) df, s the value"));
  rows.push_back(unary(
      "Softplus", "softplus($0)",
      [](double f) { return std::fmax(f, 0.0) + std::log1p(std::exp(-std::fabs(f))); },
      [](const Arguments& a) { return call("Logistic", {a[0]}); },
      "log(1 + exp(f)), without overflow", "df / (1 + exp(-f))"));
}

// ---- trigonometric and hyperbolic
// ----------------------------------------------------------------

void add_trigonometric(std::vector<Operation>& rows) {
  rows.push_back(unary(
      "Sin", "sin($0)", [](double f) { return std::sin(f); },
      [](const Arguments& a) { return call("Cos", {a[0]}); }, "sine", "cos(f) df"));
  rows.push_back(unary(
      "Cos", "cos($0)", [](double f) { return std::cos(f); },
      [](const Arguments& a) { return -call("Sin", {a[0]}); }, "cosine", "-sin(f) df"));
  rows.push_back(unary(
      "Atan", "atan($0)", [](double f) { return std::atan(f); },
      [](const Arguments& a) { return call("Inv", {1.0 + call("Square", {a[0]})}); },
      "arc tangent", "df / (1 + f^2)"));
  rows.push_back(unary(
      "Sinh", "sinh($0)", [](double f) { return std::sinh(f); },
      [](const Arguments& a) { return call("Cosh", {a[0]}); }, "hyperbolic sine",
      "cosh(f) df"));
  rows.push_back(unary(
      "Cosh", "cosh($0)", [](double f) { return std::cosh(f); },
      [](const Arguments& a) { return call("Sinh", {a[0]}); }, "hyperbolic cosine",
      "sinh(f) df"));
  rows.push_back(unary(
      "Tanh", "tanh($0)", [](double f) { return std::tanh(f); },
      [](const Arguments& a) { return 1.0 - call("Square", {a.self}); },
      "hyperbolic tangent", "(1 - tanh(f)^2) df"));
  rows.push_back(unary(
      "Erf", "erf($0)", [](double f) { return std::erf(f); },
      [](const Arguments& a) {
        return M_2_SQRTPI * call("Exp", {-call("Square", {a[0]})});
      },
      "error function", "2/sqrt(pi) exp(-f^2) df"));
}

// ---- kinks and steps
// -----------------------------------------------------------------------------

void add_kinked(std::vector<Operation>& rows) {
  rows.push_back(unary(
      "Abs", "abs($0)", [](double f) { return std::fabs(f); },
      [](const Arguments& a) { return call("Sign", {a[0]}); }, "absolute value",
      "sign(f) df, 0 at 0"));
  rows.push_back(unary(
      "Sign", "sign($0)", [](double f) { return f > 0   ? 1.0
                                                : f < 0 ? -1.0
                                                        : f; },
      nullptr, "-1, 0 or 1; NaN stays NaN", "0"));
  rows.push_back(unary(
      "Step", "step($0)", [](double f) { return f < 0    ? 0.0
                                                : f >= 0 ? 1.0
                                                         : f; },
      nullptr, "0 below 0, otherwise 1; NaN stays NaN", "0"));
  rows.push_back(unary(
      "ReLU", "relu($0)", [](double f) { return f < 0 ? 0.0 : f; },
      [](const Arguments& a) { return call("Step", {a[0]}); }, "0 below 0, otherwise f",
      "step(f) df, 1 at 0"));
}

// ---- vectors
// -------------------------------------------------------------------------------------

Operation sum_row() {
  Operation row = linear(
      "Sum", {"f"}, {}, Form::fold, one,
      [](const Arguments& a) {
        return Partials{call("SumT", {a.adjoint}, {a[0]->dimension})};
      },
      "sum of the components of f", "sum of the components of df");
  row.code = "$t += $0";
  return row;
}

void add_rearrangements(std::vector<Operation>& rows) {
  rows.push_back(linear(
      "SumT", {"f"}, {"D"}, Form::repeat,
      [](const Children& c, const Integers& n) {
        require(c[0]->dimension == 1, "needs an argument of dimension 1, not " +
                                          std::to_string(c[0]->dimension));
        require(n[0] >= 1, "needs a result of at least one component");
        return n[0];
      },
      [](const Arguments& a) { return Partials{call("Sum", {a.adjoint})}; },
      "the scalar f, D times", "df, D times"));
  rows.push_back(linear(
      "Extract", {"f"}, {"start", "length"}, Form::slice,
      [](const Children& c, const Integers& n) {
        require(n[0] >= 0 && n[1] >= 1 && n[0] + n[1] <= c[0]->dimension,
                "takes components " + std::to_string(n[0]) + " to " +
                    std::to_string(n[0] + n[1] - 1) +
                    " (counted from 0) of a vector of " +
                    std::to_string(c[0]->dimension));
        return n[1];
      },
      [](const Arguments& a) {
        return Partials{call("ExtractT", {a.adjoint}, {a.integer(0), a[0]->dimension})};
      },
      "components start to start + length - 1 of f, counted from 0", "the same of df"));
  rows.push_back(linear(
      "ExtractT", {"f"}, {"start", "length"}, Form::insert,
      [](const Children& c, const Integers& n) {
        require(n[0] >= 0 && n[0] + c[0]->dimension <= n[1],
                "puts " + std::to_string(c[0]->dimension) + " components at " +
                    std::to_string(n[0]) + " (counted from 0) of a vector of " +
                    std::to_string(n[1]));
        return n[1];
      },
      [](const Arguments& a) {
        return Partials{call("Extract", {a.adjoint}, {a.integer(0), a[0]->dimension})};
      },
      "a vector of zeros of this length with f from component start on",
      "the same of df"));
  rows.push_back(linear(
      "Concat", {"f", "g"}, {}, Form::concat,
      [](const Children& c, const Integers&) {
        return c[0]->dimension + c[1]->dimension;
      },
      [](const Arguments& a) {
        const int first = a[0]->dimension, second = a[1]->dimension;
        return Partials{call("Extract", {a.adjoint}, {0, first}),
                        call("Extract", {a.adjoint}, {first, second})};
      },
      "the components of f, then those of g", "the same of df and dg"));
}

void add_vector_definitions(std::vector<Operation>& rows) {
  rows.push_back(definition(
      "Elem", {"f"}, {"m"},
      [](const Children& c, const Integers& n) {
        require(n[0] >= 0 && n[0] < c[0]->dimension,
                "takes component " + std::to_string(n[0]) +
                    " (counted from 0) of a vector of " +
                    std::to_string(c[0]->dimension));
        return 1;
      },
      [](const DefinitionArguments& a) {
        return a[0]->dimension == 1 ? a[0] : call("Extract", {a[0]}, {a.integers[0], 1});
      },
      "component m of f, counted from 0"));
  rows.push_back(definition(
      "ElemT", {"f"}, {"length", "m"},
      [](const Children& c, const Integers& n) {
        require(c[0]->dimension == 1, "needs an argument of dimension 1, not " +
                                          std::to_string(c[0]->dimension));
        require(n[1] >= 0 && n[1] < n[0],
                "puts a value at component " + std::to_string(n[1]) +
                    " (counted from 0) of a vector of " + std::to_string(n[0]));
        return n[0];
      },
      [](const DefinitionArguments& a) {
        return call("ExtractT", {a[0]}, {a.integers[1], a.integers[0]});
      },
      "a vector of zeros of this length with f as component m"));
  rows.push_back(definition(
      "Scalprod", {"f", "g"}, {}, broadcast_dimension,
      [](const DefinitionArguments& a) { return call("Sum", {a[0] * a[1]}); },
      "scalar product: Sum(f * g)"));
  rows.back().infix = "|";
  rows.push_back(definition(
      "SqNorm2", {"f"}, {}, one,
      [](const DefinitionArguments& a) { return call("Sum", {call("Square", {a[0]})}); },
      "squared Euclidean norm: Sum(f^2)"));
  rows.push_back(definition(
      "Norm2", {"f"}, {}, one,
      [](const DefinitionArguments& a) {
        return call("Sqrt", {call("SqNorm2", {a[0]})});
      },
      "Euclidean norm: Sqrt(Sum(f^2)); its derivative at 0 is 0"));
  rows.push_back(definition(
      "Normalize", {"f"}, {}, broadcast_dimension,
      [](const DefinitionArguments& a) {
        return call("Rsqrt", {call("SqNorm2", {a[0]})}) * a[0];
      },
      "f / |f|, 0 where f is 0"));
  rows.push_back(definition(
      "SqDist", {"f", "g"}, {}, broadcast_dimension,
      [](const DefinitionArguments& a) { return call("SqNorm2", {a[0] - a[1]}); },
      "squared Euclidean distance: Sum((f - g)^2)"));
}

std::vector<Operation> make_operations() {
  std::vector<Operation> rows;
  add_constants(rows);
  add_arithmetic(rows);
  add_powers(rows);
  add_exponentials(rows);
  add_trigonometric(rows);
  add_kinked(rows);
  rows.push_back(sum_row());
  add_rearrangements(rows);
  add_vector_definitions(rows);
  return rows;
}

}  // namespace

int Operation::result_dimension(const Children& children,
                                const Integers& integers) const {
  return dimension ? dimension(children, integers)
                   : broadcast_dimension(children, integers);
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> rows = make_operations();
  return rows;
}

const Operation* find_operation(const std::string& name) {
  static const auto index = [] {
    std::unordered_map<std::string, const Operation*> by_name;
    for (const Operation& row : operations()) by_name[row.name] = &row;
    return by_name;
  }();
  const auto found = index.find(name);
  return found == index.end() ? nullptr : found->second;
}

const Operation& operation_named(const char* name) {
  const Operation* row = find_operation(name);
  if (!row) throw internal_error(std::string("there is no operation ") + name);
  return *row;
}

}  // namespace rkeops
