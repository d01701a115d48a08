// From vectors to numbers and back: folds over components, slices, insertions,
// concatenation.
#include <limits>

#include "ir/ops_rows.h"

namespace rkeops {

namespace {

// ---- folds ----

Row sum_row(const Rows& rows) {
  Row row = linear("Sum(f)", Form::fold)
                .adjoints([](const Arguments& a) {
                  return Parts{call("SumT", {a.adjoint}, {a[0]->dimension})};
                })
                .dimensions("D -> 1", one)
                .unit(UnitRule::keeps)
                .documentation("sum of the components of f")
                .derivative("sum of the components of df");
  row.code("$t += $0")
      .interval(interval_of(rows, "Add"))
      .analytic(analytic_of(rows, "Add"));
  return row;
}

// The first component that is the largest (smallest): g at its place, 0 elsewhere.
Row extremum_row(const std::string& name, const char* code, double start,
                 const char* argument) {
  const std::string index = argument;
  return linear(name + "(f)", Form::fold)
      .unit(UnitRule::keeps)
      .code(code)
      .start(start)
      .adjoints([index](const Arguments& a) {
        const int dimension = a[0]->dimension;
        const Expr place = call("OneHot", {call(index.c_str(), {a[0]})}, {dimension});
        return Parts{chosen(place, a.adjoint, a.self->graph->constant(0))};
      })
      .derivative("the component of df at the first such place");
}

void add_folds(Rows& rows) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  rows.push_back(sum_row(rows));
  rows.push_back(extremum_row("Max", "$t = maximum($t, $0)", -infinity, "ArgMax")
                     .interval(interval_of(rows, "Maximum"))
                     .dimensions("D -> 1", one)
                     .documentation("largest component of f; NaN if any is"));
  rows.push_back(extremum_row("Min", "$t = minimum($t, $0)", infinity, "ArgMin")
                     .interval(interval_of(rows, "Minimum"))
                     .dimensions("D -> 1", one)
                     .documentation("smallest component of f; NaN if any is"));
  rows.push_back(
      define("ArgMax(f)", "Min(IfElse(Equal(f, Max(f)) - 0.5, Range(Dim(f)), Dim(f)))")
          .dimensions("D -> 1")
          .documentation(
              "place (from 0) of the first largest component of f; D if any is NaN"));
  rows.push_back(
      define("ArgMin(f)", "Min(IfElse(Equal(f, Min(f)) - 0.5, Range(Dim(f)), Dim(f)))")
          .dimensions("D -> 1")
          .documentation(
              "place (from 0) of the first smallest component of f; D if any is NaN"));
}

// ---- slices and insertions ----

std::string range_text(int start, int length) {
  return std::to_string(start) + " to " + std::to_string(start + length - 1) +
         " (counted from 0)";
}

Row extract_row() {
  Row row =
      linear("Extract(f, int start, int length)", Form::slice)
          .adjoints([](const Arguments& a) {
            return Parts{call("ExtractT", {a.adjoint}, {a.integer(0), a[0]->dimension})};
          })
          .dimensions("n -> length",
                      [](const Children& c, const Integers& n) {
                        require(n[0] >= 0 && n[1] >= 1 && n[0] + n[1] <= c[0]->dimension,
                                "takes components " + range_text(n[0], n[1]) +
                                    " of a vector of " + std::to_string(c[0]->dimension));
                        return n[1];
                      })
          .unit(UnitRule::keeps)
          .codes(CodeRule::takes)
          .documentation("components start to start + length - 1 of f, counted from 0")
          .derivative("the same of df")
          .example("Extract(x, 1, 2)");
  row.placement([](const Integers& n) { return Placement{n[0], 1}; });
  return row;
}

Row insert_row() {
  Row row =
      linear("ExtractT(f, int start, int length)", Form::insert)
          .adjoints([](const Arguments& a) {
            return Parts{call("Extract", {a.adjoint}, {a.integer(0), a[0]->dimension})};
          })
          .dimensions("n -> length",
                      [](const Children& c, const Integers& n) {
                        require(n[0] >= 0 && n[0] + c[0]->dimension <= n[1],
                                "puts components at " +
                                    range_text(n[0], c[0]->dimension) +
                                    " of a vector of " + std::to_string(n[1]));
                        return n[1];
                      })
          .documentation(
              "a vector of zeros of this length with f from component start on")
          .derivative("the same of df")
          .example("ExtractT(x, 1, 5)");
  row.placement([](const Integers& n) { return Placement{n[0], 1}; });
  return row;
}

int from_one_component(const Children& c, const Integers& n) {
  require(c[0]->dimension == 1,
          "needs an argument of dimension 1, not " + std::to_string(c[0]->dimension));
  require(n[0] >= 1, "needs a result of at least one component");
  return n[0];
}

Row repeat_row() {
  return linear("SumT(f, int D)", Form::repeat)
      .adjoints([](const Arguments& a) { return Parts{call("Sum", {a.adjoint})}; })
      .dimensions("1 -> D", from_one_component)
      .documentation("the scalar f, D times")
      .derivative("df, D times")
      .example("SumT(p, 3)");
}

Row concat_row() {
  return linear("Concat(f, g)", Form::concat)
      .adjoints([](const Arguments& a) {
        const int first = a[0]->dimension, second = a[1]->dimension;
        return Parts{call("Extract", {a.adjoint}, {0, first}),
                     call("Extract", {a.adjoint}, {first, second})};
      })
      .dimensions("n, m -> n + m",
                  [](const Children& c, const Integers&) {
                    return c[0]->dimension + c[1]->dimension;
                  })
      .unit(UnitRule::keeps)
      .documentation("the components of f, then those of g")
      .derivative("the same of df and dg");
}

Row elem_row() {
  return define("Elem(f, int m)",
                [](const DefinitionArguments& a) {
                  return a[0]->dimension == 1
                             ? a[0]
                             : call("Extract", {a[0]}, {a.integers[0], 1});
                })
      .dimensions("D -> 1",
                  [](const Children& c, const Integers& n) {
                    require(n[0] >= 0 && n[0] < c[0]->dimension,
                            "takes component " + std::to_string(n[0]) +
                                " (counted from 0) of a vector of " +
                                std::to_string(c[0]->dimension));
                    return 1;
                  })
      .unit(UnitRule::keeps)
      .documentation("component m of f, counted from 0")
      .example("Elem(x, 1)");
}

Row elem_transposed_row() {
  return define("ElemT(f, int length, int m)", "ExtractT(f, m, length)")
      .dimensions(
          "1 -> length",
          [](const Children& c, const Integers& n) {
            require(c[0]->dimension == 1, "needs an argument of dimension 1, not " +
                                              std::to_string(c[0]->dimension));
            require(n[1] >= 0 && n[1] < n[0],
                    "puts a value at component " + std::to_string(n[1]) +
                        " (counted from 0) of a vector of " + std::to_string(n[0]));
            return n[0];
          })
      .documentation("a vector of zeros of this length with f as component m")
      .example("ElemT(p, 3, 1)");
}

// ---- made of them ----

Row one_hot_row() {
  return define("OneHot(f, int D)", "Equal(Floor(0.5 + f), Range(D))")
      .dimensions("1 -> D", from_one_component)
      .documentation("D components: 1 at place f (rounded, counted from 0), 0 elsewhere")
      .example("OneHot(p, 3)");
}

// (y, z, x) of (x, y, z)
std::string turned(const std::string& f) {
  return "Concat(Extract(" + f + ", 1, 2), Extract(" + f + ", 0, 1))";
}

Row cross_row() {
  return define("Cross(f, g)",
                turned("f * " + turned("g") + " - " + turned("f") + " * g"))
      .dimensions("3, 3 -> 3",
                  [](const Children& c, const Integers&) {
                    require(c[0]->dimension == 3 && c[1]->dimension == 3,
                            "needs two vectors of dimension 3");
                    return 3;
                  })
      .documentation("vector product of two vectors of dimension 3");
}

Row softmax_row() {
  return define("Softmax(f)", "Exp(f - Max(f)) / Sum(Exp(f - Max(f)))")
      .documentation("exp(f) / Sum(exp(f)), without overflow");
}

}  // namespace

void add_vector_rows(Rows& rows) {
  add_folds(rows);
  for (auto row : {repeat_row, extract_row, insert_row, concat_row, elem_row,
                   elem_transposed_row, one_hot_row, cross_row, softmax_row}) {
    rows.push_back(row());
  }
}

}  // namespace rkeops
