// The boundary for LazyTensors: as rkeops.cpp, convert, call, convert back. In R a
// LazyTensor is a pointer to an expression and the list of the data of its variables; an
// operand is passed as list(pointer, data).
#include <cstring>

#include "boundary_lazy.h"
#include "enumerations.h"
#include "explain/explain.h"
#include "ir/ops.h"
#include "lazy/callables.h"
#include "lazy/text.h"
#include "lazy_text.h"
#include "native_pointer.h"
#include "semantics/variables.h"

using namespace rkeops;

namespace {

// The R object that these data were converted from, or R_NilValue: see mark_source().
SEXP source_of(SEXP data) {
  static const SEXP name = Rf_install("rkeops_source");
  const SEXP mark = Rf_getAttrib(data, name);
  if (mark == R_NilValue) return mark;
  const SEXP holder = R_WeakRefValue(VECTOR_ELT(mark, 1));
  if (TYPEOF(holder) != ENVSXP) return R_NilValue;  // it was saved
  return Rf_findVarInFrame(holder, Rf_install("object"));
}

// Was it written into an expression, see mark_number()?
bool is_number(SEXP data) {
  static const SEXP name = Rf_install("rkeops_number");
  return Rf_getAttrib(data, name) != R_NilValue;
}

// Others may have changed the source in place, as data.table does.
bool are_same_numbers(SEXP a, SEXP b) {
  if (TYPEOF(a) != TYPEOF(b) || Rf_xlength(a) != Rf_xlength(b)) return false;
  const size_t length = size_t(Rf_xlength(a));
  return TYPEOF(a) == REALSXP
             ? std::memcmp(REAL_RO(a), REAL_RO(b), length * sizeof(double)) == 0
             : std::memcmp(INTEGER_RO(a), INTEGER_RO(b), length * sizeof(int)) == 0;
}

// The operands of one step: data that were converted from the same R object are one.
class Operands {
 public:
  LazyOperand read(SEXP value) {
    const Rcpp::List pair(value);
    const Rcpp::List data(VECTOR_ELT(pair, 1));
    LazyOperand operand{&native_object<LazyExpression>(pair[0]), {}};
    if (operand.expression->variables.size() != size_t(data.size())) {
      throw Error(ErrorKind::argument,
                  "A LazyTensor is not whole: its formula has other variables.");
    }
    for (SEXP one : data) operand.data.push_back(first_of_same(one));
    return operand;
  }

 private:
  SEXP first_of_same(SEXP one) {
    if (is_number(one)) return first_equal(one);
    const SEXP source = source_of(one);
    if (source == R_NilValue) return one;
    for (SEXP other : converted_) {
      if (other == one || (source_of(other) == source && are_same_numbers(other, one)))
        return other;
    }
    converted_.push_back(one);
    return one;
  }

  SEXP first_equal(SEXP one) {
    for (SEXP other : numbers_)
      if (are_same_numbers(other, one)) return other;
    numbers_.push_back(one);
    return one;
  }

  std::vector<SEXP> converted_, numbers_;
};

LazyOperand operand_of(SEXP value) { return Operands().read(value); }

std::vector<LazyOperand> operands_of(const Rcpp::List& list) {
  Operands known;
  std::vector<LazyOperand> operands;
  for (SEXP one : list) operands.push_back(known.read(one));
  return operands;
}

std::vector<std::vector<int>> integer_lists(const Rcpp::List& list) {
  std::vector<std::vector<int>> integers;
  for (SEXP one : list) integers.push_back(Rcpp::as<std::vector<int>>(one));
  return integers;
}

// The identities are R objects, which the operands keep alive.
Rcpp::List data_list(const std::vector<DataIdentity>& data) {
  Rcpp::List list(R_xlen_t(data.size()));
  for (size_t k = 0; k < data.size(); ++k)
    list[R_xlen_t(k)] = SEXP(const_cast<void*>(data[k]));
  return list;
}

Rcpp::List lazy_list(LazyResult result) {
  const Rcpp::List data = data_list(result.data);
  const int dimension = result.expression->step->dimension;
  const Rcpp::XPtr<LazyExpression> pointer = native_pointer(std::move(result.expression));
  return Rcpp::List::create(Rcpp::_["pointer"] = pointer, Rcpp::_["data"] = data,
                            Rcpp::_["formula"] = lazy_text(pointer, TextPart::formula),
                            Rcpp::_["args"] = lazy_text(pointer, TextPart::args),
                            Rcpp::_["dimension"] = dimension);
}

// list(name, integers, index, precision, sum_scheme, stays, cover, tolerance): `stays`
// says whether the result may be left on the GPU; `cover` is NULL or of r_cover_create();
// a tolerance below 0 is that of the option
struct Evaluation {
  LazyReduction reduction;
  Precision precision;
  SumScheme sum_scheme;
  SEXP cover;
  double tolerance;

  explicit Evaluation(const Rcpp::List& list) {
    reduction.name = Rcpp::as<std::string>(list["name"]);
    reduction.integers = Rcpp::as<std::vector<int>>(list["integers"]);
    reduction.reduced = level_named(Rcpp::as<std::string>(list["index"]));
    precision = precision_named(Rcpp::as<std::string>(list["precision"]));
    sum_scheme = scheme_named(Rcpp::as<std::string>(list["sum_scheme"]));
    cover = list["cover"];
    tolerance = Rcpp::as<double>(list["tolerance"]);
  }
};

struct Prepared {
  std::shared_ptr<Callable> callable;
  std::vector<DataIdentity> data;
};

// The operator of the formula that `write(builder, graph, reduction)` builds.
template <class Write>
Prepared prepared(const Rcpp::List& evaluation, Write write) {
  const Evaluation wanted(evaluation);
  std::vector<DataIdentity> data;
  const auto callable = callable_of(
      [&](Graph& graph) {
        LazyBuilder builder(graph);
        TypedFormula formula = write(builder, graph, wanted.reduction);
        formula.arguments = builder.arguments();
        data = builder.data();
        return formula;
      },
      wanted.precision, wanted.sum_scheme,
      wanted.cover == R_NilValue ? Over::index : Over::cover);
  return {callable, data};
}

// The same, run on the data.
template <class Write>
SEXP evaluated(const Rcpp::List& evaluation, Write write) {
  const Prepared op = prepared(evaluation, write);
  const double tolerance = Evaluation(evaluation).tolerance;
  if (tolerance > 0) check_tolerance(op.callable->op());
  const ResultPlace place =
      Rcpp::as<bool>(evaluation["stays"]) ? settings().gpu_results : ResultPlace::host;
  return run_operator(*op.callable, data_list(op.data), Orientation::rows, R_NilValue,
                      R_NilValue, place, nullptr, evaluation["cover"], tolerance);
}

}  // namespace

ReducedLazy rkeops::reduced_lazy(const Rcpp::List& operand,
                                 const Rcpp::List& evaluation) {
  const Prepared op = prepared(evaluation, [&](LazyBuilder& builder, Graph& graph,
                                               const LazyReduction& reduction) {
    return reduced_formula(builder, graph, {operand_of(operand)}, reduction);
  });
  return {op.callable, data_list(op.data)};
}

// [[Rcpp::export(rng = false)]]
SEXP r_lazy_variable(std::string level, int dimension, SEXP data) {
  return guarded(
      [&] { return lazy_list(lazy_variable(level_named(level), dimension, data)); });
}

// [[Rcpp::export(rng = false)]]
SEXP r_lazy_constant(double value) {
  return guarded([&] { return lazy_list(lazy_constant(value)); });
}

// [[Rcpp::export(rng = false)]]
SEXP r_lazy_apply(std::string name, std::string label, Rcpp::List operands,
                  Rcpp::List integers) {
  return guarded([&] {
    return lazy_list(
        lazy_apply(name, label, operands_of(operands), integer_lists(integers)));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP r_lazy_transposed(Rcpp::List operand) {
  return guarded([&] { return lazy_list(lazy_transposed(operand_of(operand))); });
}

// [[Rcpp::export(rng = false)]]
SEXP r_lazy_gradient(Rcpp::List f, Rcpp::List v, Rcpp::List e) {
  return guarded([&] {
    const std::vector<LazyOperand> all = operands_of(Rcpp::List::create(f, v, e));
    return lazy_list(lazy_gradient(all[0], all[1], all[2]));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP r_lazy_read(Rcpp::CharacterVector formula, Rcpp::CharacterVector args) {
  return guarded([&] {
    LazyText text;
    text.formulas = Rcpp::as<std::vector<std::string>>(formula);
    text.args = Rcpp::as<std::vector<std::string>>(args);
    return native_pointer(read_lazy(text));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP r_lazy_reduce(Rcpp::List operands, Rcpp::List evaluation) {
  return guarded([&] {
    return evaluated(evaluation, [&](LazyBuilder& builder, Graph& graph,
                                     const LazyReduction& reduction) {
      return reduced_formula(builder, graph, operands_of(operands), reduction);
    });
  });
}

// [[Rcpp::export(rng = false)]]
SEXP r_lazy_explain(Rcpp::List operand, Rcpp::List evaluation, std::string what,
                    std::string engine) {
  return guarded([&] {
    const Prepared op = prepared(evaluation, [&](LazyBuilder& builder, Graph& graph,
                                                 const LazyReduction& reduction) {
      return reduced_formula(builder, graph, {operand_of(operand)}, reduction);
    });
    return lines_of(explain(*op.callable, what, engine_named(engine), settings()));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP r_lazy_reduction_gradient(Rcpp::List operands, Rcpp::List v, Rcpp::List e,
                               Rcpp::List evaluation) {
  return guarded([&] {
    return evaluated(evaluation, [&](LazyBuilder& builder, Graph& graph,
                                     const LazyReduction& reduction) {
      Operands known;
      std::vector<LazyOperand> reduced;
      for (SEXP one : operands) reduced.push_back(known.read(one));
      const LazyOperand variable = known.read(v), direction = known.read(e);
      return gradient_formula(builder, graph, reduced, variable, direction, reduction);
    });
  });
}

// The values at the pairs whose data these are: one row a pair.
// [[Rcpp::export(rng = false)]]
SEXP r_lazy_values(Rcpp::List operand, Rcpp::List data, Rcpp::List evaluation) {
  return guarded([&] {
    const LazyResult flat = lazy_flattened(operand_of(operand));
    LazyOperand pairs{flat.expression.get(), {}};
    for (SEXP one : data) pairs.data.push_back(one);
    return evaluated(evaluation, [&](LazyBuilder& builder, Graph& graph,
                                     const LazyReduction& reduction) {
      TypedFormula formula = reduced_formula(builder, graph, {pairs}, reduction);
      formula.index = level_i;
      return formula;
    });
  });
}
