// From vectors to numbers and back: folds over components, slices, insertions,
// concatenation.
#include <limits>

#include "ir/ops_rows.h"

namespace rkeops {

namespace {

// ---- folds ----

Operation sum_row() {
  Operation row = linear(
      "Sum", {"f"}, {}, Form::fold, one,
      [](const Arguments& a) {
        return Parts{call("SumT", {a.adjoint}, {a[0]->dimension})};
      },
      "sum of the components of f", "sum of the components of df");
  row.code = "$t += $0";
  return row;
}

// The first component that is the largest (smallest): g at its place, 0 elsewhere.
Operation extremum_row(const char* name, const char* code, double start,
                       const char* argument, const char* documentation) {
  const std::string index = argument;
  Operation row = linear(
      name, {"f"}, {}, Form::fold, one,
      [index](const Arguments& a) {
        const int dimension = a[0]->dimension;
        const Expr place = call("OneHot", {call(index.c_str(), {a[0]})}, {dimension});
        return Parts{chosen(place, a.adjoint, a.self->graph->constant(0))};
      },
      documentation, "the component of df at the first such place");
  row.code = code;
  row.start = start;
  return row;
}

// The smallest k whose component equals the extremum.
Expr first_place_of(Expr f, Expr extremum) {
  Graph* graph = f->graph;
  const Expr half = graph->constant(0.5);
  const Expr nowhere = graph->constant(f->dimension);
  const Expr range = graph->apply(operation_named("Range"), {}, {f->dimension});
  const Expr places =
      call("IfElse", {call("Equal", {f, extremum}) - half, range, nowhere});
  return call("Min", {places});
}

void add_folds(Rows& rows) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  rows.push_back(sum_row());
  rows.push_back(extremum_row("Max", "$t = maximum($t, $0)", -infinity, "ArgMax",
                              "largest component of f; NaN if any is"));
  rows.push_back(extremum_row("Min", "$t = minimum($t, $0)", infinity, "ArgMin",
                              "smallest component of f; NaN if any is"));
  rows.push_back(definition(
      "ArgMax", {"f"}, {}, one,
      [](const DefinitionArguments& a) {
        return first_place_of(a[0], call("Max", {a[0]}));
      },
      "place (from 0) of the first largest component of f; D if any is NaN"));
  rows.push_back(definition(
      "ArgMin", {"f"}, {}, one,
      [](const DefinitionArguments& a) {
        return first_place_of(a[0], call("Min", {a[0]}));
      },
      "place (from 0) of the first smallest component of f; D if any is NaN"));
}

// ---- slices and insertions ----

std::string range_text(int start, int length) {
  return std::to_string(start) + " to " + std::to_string(start + length - 1) +
         " (counted from 0)";
}

Operation extract_row() {
  Operation row = shown(
      linear(
          "Extract", {"f"}, {"start", "length"}, Form::slice,
          [](const Children& c, const Integers& n) {
            require(n[0] >= 0 && n[1] >= 1 && n[0] + n[1] <= c[0]->dimension,
                    "takes components " + range_text(n[0], n[1]) + " of a vector of " +
                        std::to_string(c[0]->dimension));
            return n[1];
          },
          [](const Arguments& a) {
            return Parts{call("ExtractT", {a.adjoint}, {a.integer(0), a[0]->dimension})};
          },
          "components start to start + length - 1 of f, counted from 0",
          "the same of df"),
      "Extract(x, 1, 2)");
  row.placement = [](const Integers& n) { return Placement{n[0], 1}; };
  return row;
}

Operation insert_row() {
  Operation row = shown(
      linear(
          "ExtractT", {"f"}, {"start", "length"}, Form::insert,
          [](const Children& c, const Integers& n) {
            require(n[0] >= 0 && n[0] + c[0]->dimension <= n[1],
                    "puts components at " + range_text(n[0], c[0]->dimension) +
                        " of a vector of " + std::to_string(n[1]));
            return n[1];
          },
          [](const Arguments& a) {
            return Parts{call("Extract", {a.adjoint}, {a.integer(0), a[0]->dimension})};
          },
          "a vector of zeros of this length with f from component start on",
          "the same of df"),
      "ExtractT(x, 1, 5)");
  row.placement = [](const Integers& n) { return Placement{n[0], 1}; };
  return row;
}

Operation repeat_row() {
  return shown(linear(
                   "SumT", {"f"}, {"D"}, Form::repeat,
                   [](const Children& c, const Integers& n) {
                     require(c[0]->dimension == 1,
                             "needs an argument of dimension 1, not " +
                                 std::to_string(c[0]->dimension));
                     require(n[0] >= 1, "needs a result of at least one component");
                     return n[0];
                   },
                   [](const Arguments& a) { return Parts{call("Sum", {a.adjoint})}; },
                   "the scalar f, D times", "df, D times"),
               "SumT(p, 3)");
}

Operation concat_row() {
  return linear(
      "Concat", {"f", "g"}, {}, Form::concat,
      [](const Children& c, const Integers&) {
        return c[0]->dimension + c[1]->dimension;
      },
      [](const Arguments& a) {
        const int first = a[0]->dimension, second = a[1]->dimension;
        return Parts{call("Extract", {a.adjoint}, {0, first}),
                     call("Extract", {a.adjoint}, {first, second})};
      },
      "the components of f, then those of g", "the same of df and dg");
}

Operation elem_row() {
  return shown(definition(
                   "Elem", {"f"}, {"m"},
                   [](const Children& c, const Integers& n) {
                     require(n[0] >= 0 && n[0] < c[0]->dimension,
                             "takes component " + std::to_string(n[0]) +
                                 " (counted from 0) of a vector of " +
                                 std::to_string(c[0]->dimension));
                     return 1;
                   },
                   [](const DefinitionArguments& a) {
                     return a[0]->dimension == 1
                                ? a[0]
                                : call("Extract", {a[0]}, {a.integers[0], 1});
                   },
                   "component m of f, counted from 0"),
               "Elem(x, 1)");
}

Operation elem_transposed_row() {
  return shown(
      definition(
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
          "a vector of zeros of this length with f as component m"),
      "ElemT(p, 3, 1)");
}

// ---- made of them ----

Operation one_hot_row() {
  return shown(definition(
                   "OneHot", {"f"}, {"D"},
                   [](const Children& c, const Integers& n) {
                     require(c[0]->dimension == 1,
                             "needs an argument of dimension 1, not " +
                                 std::to_string(c[0]->dimension));
                     require(n[0] >= 1, "needs a result of at least one component");
                     return n[0];
                   },
                   [](const DefinitionArguments& a) {
                     const Expr range =
                         a.graph->apply(operation_named("Range"), {}, {a.integers[0]});
                     const Expr rounded = call("Floor", {0.5 + a[0]});
                     return call("Equal", {rounded, range});
                   },
                   "D components: 1 at place f (rounded, counted from 0), 0 elsewhere"),
               "OneHot(p, 3)");
}

// (y, z, x) of (x, y, z)
Expr turned(Expr f) {
  return call("Concat", {call("Extract", {f}, {1, 2}), call("Extract", {f}, {0, 1})});
}

Operation cross_row() {
  return definition(
      "Cross", {"f", "g"}, {},
      [](const Children& c, const Integers&) {
        require(c[0]->dimension == 3 && c[1]->dimension == 3,
                "needs two vectors of dimension 3");
        return 3;
      },
      [](const DefinitionArguments& a) {
        const Expr f = a[0], g = a[1];
        return turned(f * turned(g) - turned(f) * g);
      },
      "vector product of two vectors of dimension 3");
}

Operation softmax_row() {
  return definition(
      "Softmax", {"f"}, {}, broadcast_dimension,
      [](const DefinitionArguments& a) {
        const Expr shifted = call("Exp", {a[0] - call("Max", {a[0]})});
        return shifted / call("Sum", {shifted});
      },
      "exp(f) / Sum(exp(f)), without overflow");
}

// A fold repeats an operation that has a rule; the rows of those stand before.
void give_fold_intervals(Rows& rows, const Rows& before) {
  for (const auto& [fold, operation] :
       {std::pair{"Sum", "Add"}, {"Max", "Maximum"}, {"Min", "Minimum"}}) {
    const std::string name = operation;
    for (const Operation& row : before)
      if (row.name == name) give_intervals(rows, {{fold, row.interval}});
  }
}

}  // namespace

void add_vector_rows(Rows& rows) {
  add_folds(rows);
  give_fold_intervals(rows, rows);
  for (auto row : {repeat_row, extract_row, insert_row, concat_row, elem_row,
                   elem_transposed_row, one_hot_row, cross_row, softmax_row}) {
    rows.push_back(row());
  }
  describe_dimensions(rows, {{"Sum", "D -> 1"},
                             {"Max", "D -> 1"},
                             {"Min", "D -> 1"},
                             {"ArgMax", "D -> 1"},
                             {"ArgMin", "D -> 1"},
                             {"Elem", "D -> 1"},
                             {"SumT", "1 -> D"},
                             {"Extract", "n -> length"},
                             {"ExtractT", "n -> length"},
                             {"Concat", "n, m -> n + m"},
                             {"ElemT", "1 -> length"},
                             {"OneHot", "1 -> D"},
                             {"Cross", "3, 3 -> 3"}});
}

}  // namespace rkeops
