// Rows of the table of reductions: the smallest and the largest values, and their places.
#include "ir/reductions_rows.h"
#include "ir/selection.h"
#include "ir/structural_zeros.h"

namespace rkeops {

namespace {

using Children = std::vector<Expr>;
using Integers = std::vector<int>;
using Arguments = ReductionDerivative;
using Parts = ReductionParts;

// -- extrema: MIN is "Min" or "Max" --

void add_extrema(std::vector<Reduction>& rows, const std::string& name, Wanted wanted,
                 const char* empty, const char* both_empty) {
  const std::string argument = "Arg" + name, parts = argument + "Parts", d0 = "<V, $d0>";
  const std::string extreme = wanted == Wanted::smallest ? "smallest" : "largest";
  const auto value_adjoints = [parts](const Arguments& a) {
    const Expr places = reduced(a, parts.c_str(), {a[0]});
    return Parts{at_place(a, places, 0, part_of(a.adjoint, 0, a[0]->dimension))};
  };
  const auto two = [](const Children& c, const Integers&) { return 2 * c[0]->dimension; };
  rows.push_back(
      reduction(name + "(f)", name + d0)
          .wanted(wanted)
          .keeps_values_alone()
          .stays_on_gpu()
          .adjoints(value_adjoints)
          .documentation(extreme + " value of each component; NaN if any is NaN")
          .derivative("df at the first such element")
          .empty(empty));
  rows.push_back(reduction(argument + "(f)", argument + d0)
                     .wanted(wanted)
                     .gives(ResultKind::places)
                     .documentation("index (from 0) of the first " + extreme +
                                    " value of each component, NaN ignored")
                     .empty("NaN"));
  rows.push_back(
      reduction(name + "_" + argument + "(f)", name + argument + d0)
          .dimensions("D -> 2 * D", two)
          .wanted(wanted)
          .gives(ResultKind::values_and_places)
          .adjoints(value_adjoints)
          .documentation("the " + extreme + " values (NaN ignored), then their indices")
          .derivative("df at the first such element; 0 for the indices")
          .empty(both_empty));
  rows.push_back(reduction(parts + "(f)", parts + d0)
                     .dimensions("D -> 2 * D", two)
                     .wanted(wanted)
                     .gives(ResultKind::place_parts)
                     .documentation("the index of the " + extreme +
                                    " value as its remainder modulo 2^20 and the rest: "
                                    "exact in float32")
                     .empty("NaN"));
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

// The part of an adjoint that belongs to the values.
Expr part_of_values(Expr adjoint, int dimension) {
  Support support = support_of(adjoint);
  if (support.kind != Support::somewhere) return values_of_ranks(adjoint, dimension);
  if (support.test->dimension > 1)
    support.test = values_of_ranks(support.test, dimension);
  return selected(support, values_of_ranks(value_on_support(adjoint), dimension),
                  adjoint->dimension / 2);
}

long long twice_times_count(const Children& c, const Integers& n) {
  return 2 * times_count(c, n);
}

void add_smallest(std::vector<Reduction>& rows) {
  rows.push_back(
      reduction("KMin(f, int K)", "KMin<V, $d0, $i0>")
          .dimensions("D -> K * D", times_count)
          .wanted(Wanted::smallest)
          .adjoints([](const Arguments& a) { return ranked_adjoints(a, a.adjoint); })
          .documentation("the K smallest values, NaN ignored: all components of the "
                         "first, of the second, ...")
          .derivative("df at each of these elements")
          .empty("Inf"));
  rows.push_back(reduction("ArgKMin(f, int K)", "ArgKMin<V, $d0, $i0>")
                     .dimensions("D -> K * D", times_count)
                     .wanted(Wanted::smallest)
                     .gives(ResultKind::places)
                     .documentation("indices (from 0) of the K smallest values, in their "
                                    "order")
                     .empty("NaN"));
  rows.push_back(
      reduction("KMin_ArgKMin(f, int K)", "KMinArgKMin<V, $d0, $i0>")
          .dimensions("D -> 2 * K * D", twice_times_count)
          .wanted(Wanted::smallest)
          .gives(ResultKind::values_and_places)
          .adjoints([](const Arguments& a) {
            return ranked_adjoints(a, part_of_values(a.adjoint, a[0]->dimension));
          })
          .documentation("for each of the K smallest: its values, then their indices")
          .derivative("df at each of these elements; 0 for the indices")
          .empty("Inf, NaN"));
  rows.push_back(
      reduction("ArgKMinParts(f, int K)", "ArgKMinParts<V, $d0, $i0>")
          .dimensions("D -> 2 * K * D", twice_times_count)
          .wanted(Wanted::smallest)
          .gives(ResultKind::place_parts)
          .documentation("the indices of ArgKMin modulo 2^20, then the rest of each: "
                         "exact in float32")
          .empty("NaN"));
}

Expr reduced(const ReductionArguments& a, const char* name, Expr f) {
  return a.graph->reduce(reduction_named(name), a.reduced, {f}, a.integers, a.over);
}

// The smallest of -f, with the signs of the values turned again.
Expr largest_and_places(const ReductionArguments& a) {
  const int dimension = a.children[0]->dimension;
  const Expr signs =
      call("Concat", {a.graph->constant(-1, dimension), a.graph->constant(1, dimension)});
  const Expr all_signs = call("TensorProd", {signs, a.graph->constant(1, a.integers[0])});
  return all_signs * reduced(a, "KMin_ArgKMin", -a.children[0]);
}

void add_largest(std::vector<Reduction>& rows) {
  rows.push_back(defined("KMax(f, int K)",
                         [](const ReductionArguments& a) {
                           return -reduced(a, "KMin", -a.children[0]);
                         })
                     .dimensions("D -> K * D", times_count)
                     .wanted(Wanted::largest)
                     .documentation("the K largest values, NaN ignored: all components "
                                    "of the first, of the second, ...")
                     .empty("-Inf"));
  rows.push_back(defined("ArgKMax(f, int K)",
                         [](const ReductionArguments& a) {
                           return reduced(a, "ArgKMin", -a.children[0]);
                         })
                     .dimensions("D -> K * D", times_count)
                     .wanted(Wanted::largest)
                     .gives(ResultKind::places)
                     .documentation("indices (from 0) of the K largest values, in their "
                                    "order")
                     .empty("NaN"));
  rows.push_back(
      defined("KMax_ArgKMax(f, int K)", largest_and_places)
          .dimensions("D -> 2 * K * D", twice_times_count)
          .wanted(Wanted::largest)
          .gives(ResultKind::values_and_places)
          .documentation("for each of the K largest: its values, then their indices")
          .empty("-Inf, NaN"));
}

}  // namespace

void add_searches(std::vector<Reduction>& rows) {
  add_extrema(rows, "Min", Wanted::smallest, "Inf", "Inf, NaN");
  add_extrema(rows, "Max", Wanted::largest, "-Inf", "-Inf, NaN");
  add_smallest(rows);
  add_largest(rows);
}

}  // namespace rkeops
