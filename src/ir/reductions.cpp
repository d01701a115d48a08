// The rows of the table of reductions (see reductions.h).
#include "ir/reductions.h"

#include <unordered_map>

#include "base/diagnostic.h"
#include "ir/reductions_rows.h"
#include "ir/selection.h"
#include "ir/structural_zeros.h"

namespace rkeops {

using Children = std::vector<Expr>;
using Integers = std::vector<int>;
using Arguments = ReductionDerivative;
using Parts = ReductionParts;

// ---- what rows are written with ----

int dimension_of_first(const Children& c, const Integers&) { return c[0]->dimension; }

Parts no_derivative(const Arguments& a) { return Parts(a.self->children.size()); }

Expr slice(Expr f, int start, int length) {
  return f->dimension == length ? f : call("Extract", {f}, {start, length});
}

Expr reduced(const Arguments& a, const char* name, Children children, Integers integers) {
  return a.self->graph->reduce(reduction_named(name), a.self->reduced,
                               std::move(children), std::move(integers));
}

Expr at_place(const Arguments& a, Expr places, int start, Expr g) {
  const int dimension = g->dimension, all = places->dimension / 2;
  const Expr index = a.self->graph->index(a.self->reduced);
  const Expr low = call("Equal", {slice(places, start, dimension), slice(index, 0, 1)});
  const Expr high =
      call("Equal", {slice(places, all + start, dimension), slice(index, 1, 1)});
  const Expr half = a.self->graph->constant(0.5);
  return call("IfElse", {low * high - half, g, a.self->graph->constant(0)});
}

Expr sum_of_ranks(const Arguments& a, Expr g, int dimension) {
  if (dimension == 1) return total_of(g);
  const Expr ones = a.self->graph->constant(1, g->dimension / dimension);
  return with_zeros_in_sight(call("MatVecMult", {g, ones}));
}

Reduction row_of(const char* name, const char* accumulator, ReductionDimension dimension,
                 std::function<Parts(const Arguments&)> adjoints,
                 const char* documentation, const char* derivative, const char* empty) {
  Reduction row;
  row.name = name;
  row.arguments = {"f"};
  row.accumulator = accumulator;
  row.dimension = std::move(dimension);
  row.adjoints = std::move(adjoints);
  row.documentation = documentation;
  row.derivative = derivative;
  row.empty = empty;
  return row;
}

namespace {

// ---- dimensions ----

int dimension_of_weight(const Children& c, const Integers&) { return c[1]->dimension; }

void require_scalar(const Children& c) {
  if (c[0]->dimension == 1) return;
  throw DimensionProblem{"reduces a formula of dimension 1, not " +
                         std::to_string(c[0]->dimension)};
}

long long times_count(const Children& c, const Integers& n) {
  if (n[0] < 1) throw DimensionProblem{"needs K of at least 1"};
  return 1LL * n[0] * c[0]->dimension;
}

// ---- parts of derivatives ----

// Components start to start + length - 1 of an adjoint.
Expr part_of(Expr adjoint, int start, int length) {
  const Expr part = with_zeros_in_sight(slice(adjoint, start, length));
  return part ? part : adjoint->graph->constant(0, length);
}

// ---- rows ----

Reduction with_weight(Reduction row) {
  row.arguments.push_back("weight");
  const auto dimension = row.dimension;
  row.dimension = [dimension](const Children& c, const Integers& n) {
    require_scalar(c);
    return dimension(c, n);
  };
  return row;
}

Reduction also_called(std::vector<std::string> names, Reduction row) {
  row.other_names = std::move(names);
  return row;
}

Reduction shifted(Shift shift, Reduction row) {
  row.shift = shift;
  return row;
}

Reduction of_scalars(Reduction row) {
  const auto dimension = row.dimension;
  row.dimension = [dimension](const Children& c, const Integers& n) {
    require_scalar(c);
    return dimension(c, n);
  };
  return row;
}

// -- exponentials --

void add_exponentials(std::vector<Reduction>& rows) {
  rows.push_back(
      shifted(Shift::is_added, of_scalars(row_of(
                                   "LogSumExp", "LogSumExp<V>", dimension_of_first,
                                   [](const Arguments& a) {
                                     return Parts{
                                         scaled(a.adjoint, call("Exp", {a[0] - a.self}))};
                                   },
                                   "log of the sum of exp(f), without overflow",
                                   "sum of exp(f - value) df", "-Inf"))));
  rows.push_back(shifted(
      Shift::is_added,
      also_called({"LogSumExp"},
                  with_weight(row_of(
                      "LogSumExpWeight", "LogSumExpWeight<V, $d1>", dimension_of_weight,
                      [](const Arguments& a) {
                        const Expr shares =
                            scaled(a.adjoint, call("Exp", {a[0] - a.self}));
                        return Parts{total_of(scaled(shares, a[1])), shares};
                      },
                      "log of the sum of exp(f) * weight, without overflow",
                      "sum of exp(f - value) (weight df + dweight)", "-Inf")))));
  rows.push_back(shifted(
      Shift::vanishes,
      also_called(
          {"SoftMax"},
          with_weight(row_of(
              "SumSoftMaxWeight", "SumSoftMaxWeight<V, $d1>", dimension_of_weight,
              [](const Arguments& a) {
                const Expr share = call("Exp", {a[0] - reduced(a, "LogSumExp", {a[0]})});
                const Expr beside = total_of(scaled(a.adjoint, a[1] - a.self));
                return Parts{scaled(beside, share), scaled(a.adjoint, share)};
              },
              "sum of exp(f) * weight over the sum of exp(f)",
              "sum of exp(f) / sum(exp(f)) ((weight - value) df + dweight)", "NaN")))));
}

// (m, s): the derivative of s counts the change of m.
Parts shifted_adjoints(const Arguments& a, Expr weight) {
  const int sums = a.self->dimension - 1;
  const Expr m = slice(a.self, 0, 1), s = slice(a.self, 1, sums);
  const Expr g_m = part_of(a.adjoint, 0, 1), g_s = part_of(a.adjoint, 1, sums);
  const Expr share = call("Exp", {a[0] - m});
  const Expr place = reduced(a, "ArgMaxParts", {a[0]});
  const Expr of_m =
      joined(g_m, scaled(total_of(scaled(g_s, s)), g_m->graph->constant(-1)));
  const Expr through_sum = scaled(weight ? total_of(scaled(g_s, weight)) : g_s, share);
  Parts parts = {joined(through_sum, at_place(a, place, 0, of_m))};
  if (weight) parts.push_back(scaled(g_s, share));
  return parts;
}

void add_shifted(std::vector<Reduction>& rows) {
  rows.push_back(
      also_called({"Max_SumShiftExpWeight"},
                  of_scalars(row_of(
                      "Max_SumShiftExp", "MaxSumShiftExp<V>",
                      [](const Children&, const Integers&) { return 2; },
                      [](const Arguments& a) { return shifted_adjoints(a, Expr()); },
                      "m = max of f, then the sum of exp(f - m)",
                      "that of each of the two", "-Inf, 0"))));
  rows.push_back(with_weight(row_of(
      "Max_SumShiftExpWeight", "MaxSumShiftExpWeight<V, $d1>",
      [](const Children& c, const Integers&) { return 1 + c[1]->dimension; },
      [](const Arguments& a) { return shifted_adjoints(a, a[1]); },
      "m = max of f, then the sum of exp(f - m) * weight", "that of each of the two",
      "-Inf, 0")));
}

// -- extrema: MIN is "Min" or "Max" --

Reduction looking_for(Wanted wanted, Reduction row) {
  row.wanted = wanted;
  return row;
}

Reduction keeping_values_alone(Reduction row) {
  row.keeps_values_alone = true;
  return row;
}

Reduction giving(ResultKind result, Reduction row) {
  row.result = result;
  return row;
}

void add_extrema(std::vector<Reduction>& rows, const std::string& name, Wanted wanted,
                 const char* empty) {
  const std::string argument = "Arg" + name, parts = argument + "Parts";
  const auto text = [wanted](const char* before, const char* after) {
    return std::string(before) + (wanted == Wanted::smallest ? "smallest" : "largest") +
           after;
  };
  const auto add = [&rows, wanted](Reduction row) {
    rows.push_back(looking_for(wanted, std::move(row)));
  };
  const auto value_adjoints = [parts](const Arguments& a) {
    const Expr places = reduced(a, parts.c_str(), {a[0]});
    return Parts{at_place(a, places, 0, part_of(a.adjoint, 0, a[0]->dimension))};
  };
  const auto two = [](const Children& c, const Integers&) { return 2 * c[0]->dimension; };
  add(keeping_values_alone(row_of(
      name.c_str(), (name + "<V, $d0>").c_str(), dimension_of_first, value_adjoints,
      text("", " value of each component; NaN if any is NaN").c_str(),
      "df at the first such element", empty)));
  add(giving(ResultKind::places, row_of(argument.c_str(), (argument + "<V, $d0>").c_str(),
                                        dimension_of_first, no_derivative,
                                        text("index (from 0) of the first ",
                                             " value of each component, NaN ignored")
                                            .c_str(),
                                        "0", "NaN")));
  add(giving(
      ResultKind::values_and_places,
      row_of((name + "_" + argument).c_str(), (name + argument + "<V, $d0>").c_str(), two,
             value_adjoints,
             text("the ", " values (NaN ignored), then their indices").c_str(),
             "df at the first such element; 0 for the indices", "Inf or -Inf, NaN")));
  add(row_of(parts.c_str(), (parts + "<V, $d0>").c_str(), two, no_derivative,
             text("the index of the ",
                  " value as its remainder modulo 2^20 and the "
                  "rest: exact in float32")
                 .c_str(),
             "0", "NaN"));
}

// -- the K smallest --

// Adjoint of the values, each rank after the other: that of each rank where the element
// has this rank.
Parts ranked_adjoints(const Arguments& a, Expr of_values) {
  const int count = a.self->integers[0];
  const Expr places = reduced(a, "ArgKMinParts", {a[0]}, {count});
  return {sum_of_ranks(a, at_place(a, places, 0, of_values), a[0]->dimension)};
}

// Every second one of `count` blocks of f, from rank `first` on.
Expr every_second(Expr f, int length, int first, int count) {
  if (count == 1) return slice(f, 2 * first * length, length);
  const int half = count / 2;
  return call("Concat", {every_second(f, length, first, half),
                         every_second(f, length, first + half, count - half)});
}

// The values of KMin_ArgKMin, without the indices.
Expr values_of_ranks(Expr f, int dimension) {
  if (dimension == 1) return call("ComplexReal", {f});
  return every_second(f, dimension, 0, f->dimension / (2 * dimension));
}

// Of an adjoint.
Expr part_of_values(Expr adjoint, int dimension) {
  Support support = support_of(adjoint);
  if (support.kind != Support::somewhere) return values_of_ranks(adjoint, dimension);
  if (support.test->dimension > 1)
    support.test = values_of_ranks(support.test, dimension);
  return selected(support, values_of_ranks(value_on_support(adjoint), dimension),
                  adjoint->dimension / 2);
}

Reduction ranked(Reduction row) {
  row.integer_arguments = {"K"};
  return row;
}

long long twice_times_count(const Children& c, const Integers& n) {
  return 2 * times_count(c, n);
}

void add_smallest(std::vector<Reduction>& rows) {
  const auto add = [&rows](Reduction row) {
    rows.push_back(looking_for(Wanted::smallest, ranked(std::move(row))));
  };
  add(row_of(
      "KMin", "KMin<V, $d0, $i0>", times_count,
      [](const Arguments& a) { return ranked_adjoints(a, a.adjoint); },
      "the K smallest values, NaN ignored: all components of the first, of the second, "
      "...",
      "df at each of these elements", "Inf"));
  add(giving(
      ResultKind::places,
      row_of("ArgKMin", "ArgKMin<V, $d0, $i0>", times_count, no_derivative,
             "indices (from 0) of the K smallest values, in their order", "0", "NaN")));
  add(giving(ResultKind::values_and_places,
             row_of(
                 "KMin_ArgKMin", "KMinArgKMin<V, $d0, $i0>", twice_times_count,
                 [](const Arguments& a) {
                   return ranked_adjoints(a, part_of_values(a.adjoint, a[0]->dimension));
                 },
                 "for each of the K smallest: its values, then their indices",
                 "df at each of these elements; 0 for the indices", "Inf, NaN")));
  add(row_of("ArgKMinParts", "ArgKMinParts<V, $d0, $i0>", twice_times_count,
             no_derivative,
             "the indices of ArgKMin modulo 2^20, then the rest of each: exact "
             "in float32",
             "0", "NaN"));
}

// ---- definitions ----

Reduction defined(const char* name,
                  std::function<long long(const Children&, const Integers&)> dimension,
                  std::function<Expr(const ReductionArguments&)> meaning,
                  const char* documentation, const char* empty) {
  Reduction row = row_of(name, "", std::move(dimension), nullptr, documentation,
                         "by its definition", empty);
  row.definition = std::move(meaning);
  return row;
}

Expr reduced(const ReductionArguments& a, const char* name, Expr f) {
  return a.graph->reduce(reduction_named(name), a.reduced, {f}, a.integers);
}

void add_largest(std::vector<Reduction>& rows) {
  rows.push_back(ranked(defined(
      "KMax", times_count,
      [](const ReductionArguments& a) { return -reduced(a, "KMin", -a.children[0]); },
      "the K largest values, NaN ignored: all components of the first, of the second, "
      "...",
      "-Inf")));
  rows.push_back(ranked(defined(
      "ArgKMax", times_count,
      [](const ReductionArguments& a) { return reduced(a, "ArgKMin", -a.children[0]); },
      "indices (from 0) of the K largest values, in their order", "NaN")));
  rows.push_back(ranked(defined(
      "KMax_ArgKMax", twice_times_count,
      [](const ReductionArguments& a) {
        const int dimension = a.children[0]->dimension;
        const Expr signs = call("Concat", {a.graph->constant(-1, dimension),
                                           a.graph->constant(1, dimension)});
        const Expr all_signs =
            call("TensorProd", {signs, a.graph->constant(1, a.integers[0])});
        return all_signs * reduced(a, "KMin_ArgKMin", -a.children[0]);
      },
      "for each of the K largest: its values, then their indices", "-Inf, NaN")));
}

Reduction zero_row() {
  Reduction row = defined(
      "Zero",
      [](const Children&, const Integers& n) {
        if (n[0] < 1) throw DimensionProblem{"needs at least one component"};
        return n[0];
      },
      [](const ReductionArguments& a) {
        const Expr zeros = a.graph->constant(0, a.integers[0]);
        return a.graph->reduce(reduction_named("Sum"), a.reduced, {zeros});
      },
      "D zeros", "0");
  row.arguments.clear();
  row.integer_arguments = {"D"};
  return row;
}

// For the documentation; of those that are not named, that all dimensions are equal.
void describe_dimensions(std::vector<Reduction>& rows) {
  static const std::unordered_map<std::string, const char*> of_names = {
      {"LogSumExp", "1 -> 1"},
      {"LogSumExpWeight", "1, n -> n"},
      {"SumSoftMaxWeight", "1, n -> n"},
      {"Max_SumShiftExp", "1 -> 2"},
      {"Max_SumShiftExpWeight", "1, n -> 1 + n"},
      {"Min_ArgMin", "D -> 2 * D"},
      {"Max_ArgMax", "D -> 2 * D"},
      {"ArgMinParts", "D -> 2 * D"},
      {"ArgMaxParts", "D -> 2 * D"},
      {"KMin", "D -> K * D"},
      {"ArgKMin", "D -> K * D"},
      {"KMax", "D -> K * D"},
      {"ArgKMax", "D -> K * D"},
      {"KMin_ArgKMin", "D -> 2 * K * D"},
      {"KMax_ArgKMax", "D -> 2 * K * D"},
      {"ArgKMinParts", "D -> 2 * K * D"},
      {"Entries", "D -> K * D"},
      {"Zero", "D"}};
  for (Reduction& row : rows) {
    const auto found = of_names.find(row.name);
    row.dimensions = found == of_names.end() ? "D -> D" : found->second;
  }
}

std::vector<Reduction> make_reductions() {
  std::vector<Reduction> rows;
  add_sums(rows);
  add_exponentials(rows);
  add_shifted(rows);
  add_extrema(rows, "Min", Wanted::smallest, "Inf");
  add_extrema(rows, "Max", Wanted::largest, "-Inf");
  add_smallest(rows);
  add_largest(rows);
  add_entries(rows);
  rows.push_back(zero_row());
  describe_dimensions(rows);
  return rows;
}

}  // namespace

int Reduction::result_dimension(const Children& children,
                                const Integers& integers) const {
  return limited_dimension(dimension(children, integers));
}

const std::vector<Reduction>& reductions() {
  static const std::vector<Reduction> rows = make_reductions();
  return rows;
}

const Reduction* find_reduction(const std::string& name, size_t arguments) {
  static const auto index = [] {
    std::unordered_map<std::string, std::vector<const Reduction*>> by_name;
    for (const Reduction& row : reductions()) by_name[row.name].push_back(&row);
    for (const Reduction& row : reductions()) {
      for (const std::string& other : row.other_names) by_name[other].push_back(&row);
    }
    return by_name;
  }();
  const auto found = index.find(name);
  if (found == index.end()) return nullptr;
  for (const Reduction* row : found->second) {
    if (row->arguments.size() + row->integer_arguments.size() == arguments) return row;
  }
  return found->second.front();
}

const Reduction& reduction_named(const char* name) {
  const Reduction* row = find_reduction(name);
  if (!row) throw internal_error(std::string("there is no reduction ") + name);
  return *row;
}

}  // namespace rkeops
