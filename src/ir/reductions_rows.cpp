#include "ir/reductions_rows.h"

#include "ir/ops_rows.h"
#include "ir/structural_zeros.h"

namespace rkeops {

namespace {

int dimension_of_first(const Children& c, const Integers&) { return c[0]->dimension; }

}  // namespace

// ---- what rules are written with ----

long long times_count(const Children& c, const Integers& n) {
  if (n[0] < 1) throw DimensionProblem{"needs K of at least 1"};
  return 1LL * n[0] * c[0]->dimension;
}

Expr slice(Expr f, int start, int length) {
  return f->dimension == length ? f : call("Extract", {f}, {start, length});
}

Expr reduced(const ReductionDerivative& a, const char* name, Children children,
             Integers integers) {
  return a.self->graph->reduce(reduction_named(name), a.self->reduced,
                               std::move(children), std::move(integers), a.self->over);
}

Expr at_place(const ReductionDerivative& a, Expr places, int start, Expr g) {
  const int dimension = g->dimension, all = places->dimension / 2;
  const Expr index = a.self->graph->index(a.self->reduced);
  const Expr low = call("Equal", {slice(places, start, dimension), slice(index, 0, 1)});
  const Expr high =
      call("Equal", {slice(places, all + start, dimension), slice(index, 1, 1)});
  const Expr half = a.self->graph->constant(0.5);
  return call("IfElse", {low * high - half, g, a.self->graph->constant(0)});
}

Expr sum_of_ranks(const ReductionDerivative& a, Expr g, int dimension) {
  if (dimension == 1) return total_of(g);
  const Expr ones = a.self->graph->constant(1, g->dimension / dimension);
  return with_zeros_in_sight(call("MatVecMult", {g, ones}));
}

Expr part_of(Expr adjoint, int start, int length) {
  const Expr part = with_zeros_in_sight(slice(adjoint, start, length));
  return part ? part : adjoint->graph->constant(0, length);
}

// ---- rows ----

ReductionRow::ReductionRow(const std::string& header) {
  RowHeader read(header);
  row_.name = std::move(read.name);
  row_.arguments = std::move(read.formulas);
  row_.integer_arguments = std::move(read.integers);
  row_.dimensions = "D -> D";
  row_.dimension = dimension_of_first;
}

ReductionRow reduction(const std::string& header, const std::string& accumulator) {
  ReductionRow row(header);
  row.row_.accumulator = accumulator;
  return row.derivative("0").adjoints([](const ReductionDerivative& a) {
    return ReductionParts(a.self->children.size());
  });
}

ReductionRow defined(const std::string& header, ReductionMeaning meaning) {
  ReductionRow row(header);
  row.row_.definition = std::move(meaning);
  return row.derivative("by its definition");
}

ReductionRow& ReductionRow::dimensions(const char* words, ReductionDimension rule) {
  row_.dimensions = words;
  row_.dimension = std::move(rule);
  return *this;
}

ReductionRow& ReductionRow::documentation(const std::string& text) {
  row_.documentation = text;
  return *this;
}

ReductionRow& ReductionRow::derivative(const char* text) {
  row_.derivative = text;
  return *this;
}

ReductionRow& ReductionRow::empty(const char* text) {
  row_.empty = text;
  return *this;
}

ReductionRow& ReductionRow::also(std::vector<std::string> names) {
  row_.other_names = std::move(names);
  return *this;
}

ReductionRow& ReductionRow::adjoints(ReductionAdjoints rule) {
  row_.adjoints = std::move(rule);
  return *this;
}

ReductionRow& ReductionRow::with_missing(ReductionMeaning meaning) {
  row_.with_missing = std::move(meaning);
  return *this;
}

ReductionRow& ReductionRow::follows_sum_scheme() {
  row_.sums = true;
  return *this;
}

ReductionRow& ReductionRow::is_linear() {
  row_.is_linear = true;
  return *this;
}

ReductionRow& ReductionRow::adds(Adds terms) {
  row_.adds = terms;
  return *this;
}

ReductionRow& ReductionRow::shift(Shift effect) {
  row_.shift = effect;
  return *this;
}

ReductionRow& ReductionRow::wanted(Wanted values) {
  row_.wanted = values;
  return *this;
}

ReductionRow& ReductionRow::keeps_values_alone() {
  row_.keeps_values_alone = true;
  return *this;
}

ReductionRow& ReductionRow::gives(ResultKind result) {
  row_.result = result;
  return *this;
}

ReductionRow& ReductionRow::stays_on_gpu() {
  row_.stays_on_gpu = true;
  return *this;
}

}  // namespace rkeops
