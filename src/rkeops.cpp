// The boundary between R and C++: every function exported to R converts, calls, converts
// back. No logic. An Error becomes a list of class "rkeops_failure", from which the R
// code makes a condition; so no exception crosses into R, and no jump of R crosses C++.
#include "boundary.h"

#include <chrono>

#include "enumerations.h"
#include "explain/explain.h"
#include "native_pointer.h"
#include "run/row_part.h"

using namespace rkeops;

namespace rkeops {

// ---- errors and interrupts
// -----------------------------------------------------------------------

Rcpp::CharacterVector character(const std::vector<std::string>& strings) {
  Rcpp::CharacterVector result(R_xlen_t(strings.size()));
  for (size_t k = 0; k < strings.size(); ++k) {
    result[R_xlen_t(k)] =
        Rf_mkCharLenCE(strings[k].data(), int(strings[k].size()), CE_UTF8);
  }
  return result;
}

Rcpp::CharacterVector character(const std::string& text) {
  return character(std::vector<std::string>{text});
}

Rcpp::CharacterVector lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return character(lines);
}

bool interrupted() {
  const auto ask_r = [](void*) { R_CheckUserInterrupt(); };
  return R_ToplevelExec(ask_r, nullptr) == FALSE;
}

SEXP failure(const Error& error) {
  Rcpp::List result = Rcpp::List::create(Rcpp::_["kind"] = error_kind_name(error.kind),
                                         Rcpp::_["message"] = character(error.message),
                                         Rcpp::_["details"] = character(error.details),
                                         Rcpp::_["hints"] = character(error.hints));
  result.attr("class") = "rkeops_failure";
  return result;
}

}  // namespace rkeops

namespace {

Timings last_timings;
long long last_i_size = 0, last_j_size = 0;

// Shows how far a call is, once it has taken a while; see R/progress.R.
class ProgressBar {
 public:
  ~ProgressBar() {
    if (is_shown_) call_r("end_progress", 1);
  }

  // False when the user pressed Ctrl-C meanwhile.
  bool show(double part) {
    const Clock::time_point now = Clock::now();
    if (now < next_) return true;
    next_ = now + between_;
    is_shown_ = true;
    return call_r("show_progress", part);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds patience_{2000}, between_{200};

  // The functions return TRUE; what jumps out of them is an interrupt.
  static bool call_r(const char* name, double part) {
    int failed = 0;
    const SEXP space = PROTECT(R_FindNamespace(PROTECT(Rf_mkString("rkeops"))));
    const SEXP call = PROTECT(Rf_lang2(Rf_install(name), PROTECT(Rf_ScalarReal(part))));
    R_tryEvalSilent(call, space, &failed);
    UNPROTECT(4);
    return !failed;
  }

  Clock::time_point next_ = Clock::now() + patience_;
  bool is_shown_ = false;
};

// ---- conversions
// ---------------------------------------------------------------------------------

Callable& callable(SEXP pointer) { return native_object<Callable>(pointer); }

// Which components of a result are numbers of elements.
std::vector<bool> places_of(Expr root) {
  std::vector<bool> places(size_t(root->dimension), false);
  for (Expr node : sorted_nodes({root}, false)) {
    if (node->kind != NodeKind::reduction || node->dimension != root->dimension) continue;
    const ResultKind kind = node->reduction->result;
    if (kind != ResultKind::places && kind != ResultKind::values_and_places) continue;
    const int of_value = node->children.at(0)->dimension;
    for (int k = 0; k < root->dimension; ++k)
      places[size_t(k)] = kind == ResultKind::places || (k / of_value) % 2 == 1;
  }
  return places;
}

int position_of(const Operator& op, SEXP var) {
  const std::vector<Argument>& arguments = op.typed.arguments;
  if (TYPEOF(var) == STRSXP) {
    const std::string name = Rcpp::as<std::string>(var);
    std::vector<std::string> known;
    for (const Argument& argument : arguments) {
      if (argument.name == name) return argument.position;
      if (!argument.name.empty()) known.push_back(argument.name);
    }
    const std::string nearest = nearest_name(name, known);
    throw Error(ErrorKind::argument, "The operator has no argument `" + name + "`.", {},
                nearest.empty()
                    ? std::vector<std::string>()
                    : std::vector<std::string>{"Did you mean `" + nearest + "`?"});
  }
  const double position = Rcpp::as<double>(var);
  if (position < 0 || position >= double(arguments.size())) {
    throw Error(ErrorKind::argument, "The operator has arguments 0 to " +
                                         std::to_string(arguments.size() - 1) + ".");
  }
  return int(position);
}

}  // namespace

// ---- operators
// -----------------------------------------------------------------------------------

// [[Rcpp::export(rng = false)]]
SEXP r_operator_create(std::string formula, Rcpp::CharacterVector args, std::string axis,
                       std::string precision, std::string sum_scheme, bool simplified) {
  return guarded([&]() -> SEXP {
    OperatorText text;
    text.formula = {formula, "formula"};
    for (R_xlen_t k = 0; k < args.size(); ++k) {
      text.args.push_back(
          {Rcpp::as<std::string>(args[k]), "args[" + std::to_string(k + 1) + "]"});
    }
    text.axis = axis_named(axis);
    text.precision = precision_named(precision);
    text.sum_scheme = scheme_named(sum_scheme);
    text.simplified = simplified;
    return native_pointer(std::make_unique<Callable>(std::move(text)));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP r_operator_describe(SEXP op) {
  return guarded([&] {
    const Callable& operation = callable(op);
    std::vector<std::string> names, categories;
    std::vector<int> dimensions, positions;
    for (const Argument& argument : operation.op().typed.arguments) {
      names.push_back(argument.name);
      categories.push_back(category_name(argument.level));
      dimensions.push_back(argument.dimension);
      positions.push_back(argument.position);
    }
    const Level index = operation.op().typed.index;
    return Rcpp::List::create(
        Rcpp::_["arguments"] = Rcpp::List::create(
            Rcpp::_["name"] = character(names), Rcpp::_["category"] = categories,
            Rcpp::_["dimension"] = dimensions, Rcpp::_["position"] = positions),
        Rcpp::_["result"] = Rcpp::List::create(
            Rcpp::_["index"] = index == level_none ? "none" : level_name(index),
            Rcpp::_["dimension"] = operation.op().root->dimension),
        Rcpp::_["places"] = places_of(operation.op().typed.root),
        Rcpp::_["compiled"] = Rcpp::LogicalVector::create(
            Rcpp::_["cpu"] = operation.is_compiled(Engine::cpu),
            Rcpp::_["cuda"] = operation.is_compiled(Engine::cuda)));
  });
}

// [[Rcpp::export(rng = false)]]
SEXP r_operator_gradient(SEXP op, SEXP var, std::string name) {
  return guarded([&] {
    const Operator& operation = callable(op).op();
    const GradientText text = gradient_text(operation, position_of(operation, var), name);
    return Rcpp::List::create(Rcpp::_["formula"] = character(text.formula),
                              Rcpp::_["args"] = character(text.args),
                              Rcpp::_["name"] = character(text.name));
  });
}

// Whether rows of the result can be computed by themselves, from their rows of the
// inputs.
// [[Rcpp::export(rng = false)]]
bool r_operator_has_independent_rows(SEXP op) {
  const TypedFormula& formula = callable(op).op().typed;
  return has_independent_rows(formula) && !reads_index(formula.root, formula.index);
}

// [[Rcpp::export(rng = false)]]
SEXP r_operator_explain(SEXP op, std::string what, std::string engine) {
  return guarded([&] {
    return lines_of(explain(callable(op), what, engine_named(engine), settings()));
  });
}

// Refuses a tolerance of a reduction for which it has no meaning.
// [[Rcpp::export(rng = false)]]
SEXP r_operator_check_tolerance(SEXP op) {
  return guarded([&] {
    check_tolerance(callable(op).op());
    return R_NilValue;
  });
}

// [[Rcpp::export(rng = false)]]
SEXP r_operator_call(SEXP op, SEXP input, int inner_dim, SEXP nx, SEXP ny, SEXP shared,
                     SEXP cover, double tolerance) {
  return guarded([&] {
    SharedResults* const common =
        shared == R_NilValue ? nullptr : &native_object<SharedResults>(shared);
    return run_operator(callable(op), input, orientation_numbered(inner_dim), nx, ny,
                        settings().gpu_results, common, cover, tolerance);
  });
}

void rkeops::run_callable(Callable& operation, const CallInputs& inputs,
                          const CallOutput& output, SharedResults* shared) {
  watched([&](const Interrupted& ask, const Progress& progress) {
    operation.call(inputs, output, settings(), ask, progress, shared);
  });
  last_timings = operation.timings();
}

void rkeops::watched(
    const std::function<void(const Interrupted&, const Progress&)>& body) {
  ProgressBar bar;
  Progress progress;
  if (settings().interactive) progress = [&bar](double part) { return bar.show(part); };
  body(interrupted, progress);
}

namespace {

SEXP run_to_host(Callable& operation, const RInputs& inputs, Orientation orientation,
                 SharedResults* shared) {
  const Level index = operation.op().typed.index;
  Rcpp::NumericMatrix result =
      new_matrix(size_of(index, inputs.inputs()), operation.op().root->dimension);
  run_callable(operation, inputs.inputs(), {result.begin(), nullptr}, shared);
  const SEXP names = inputs.point_names(index);
  const bool turned = orientation == Orientation::transposed_columns;
  if (turned) result = transposed(result);
  if (names != R_NilValue) {
    result.attr("dimnames") = turned ? Rcpp::List::create(R_NilValue, names)
                                     : Rcpp::List::create(names, R_NilValue);
  }
  return result;
}

// The first of several GPUs gets the result, which comes through the host.
SEXP run_to_gpu(Callable& operation, const RInputs& inputs, SharedResults* shared) {
  CudaContext& context = cuda_context(settings().cuda, settings().devices.at(0));
  std::unique_ptr<GpuMatrix> result =
      new_gpu_matrix(context, size_of(operation.op().typed.index, inputs.inputs()),
                     operation.op().root->dimension);
  if (resident_gpu()) {
    run_callable(operation, inputs.inputs(), {nullptr, result.get()}, shared);
  } else {
    std::vector<double> values(result->bytes() / 8);
    run_callable(operation, inputs.inputs(), {values.data(), nullptr}, shared);
    result->write(values.data());
  }
  return gpu_matrix_object(std::move(result));
}

// The value alone, or with what has to be said of it; see check_native() in R.
SEXP with_announcement(Callable& operation, SEXP value) {
  const std::string text = operation.take_announcement();
  if (text.empty()) return value;
  const Rcpp::RObject kept(value);
  Rcpp::List both = Rcpp::List::create(Rcpp::_["value"] = kept,
                                       Rcpp::_["announcement"] = character(text));
  both.attr("class") = "rkeops_announced";
  return both;
}

}  // namespace

SEXP rkeops::run_operator(Callable& operation, SEXP input, Orientation orientation,
                          SEXP nx, SEXP ny, ResultPlace place, SharedResults* shared,
                          SEXP cover, double tolerance) {
  RInputs inputs(operation.op().typed.arguments, input, orientation, nx, ny,
                 resident_gpu());
  inputs.take_cover(cover_of(cover));
  inputs.take_tolerance(tolerance < 0 ? settings().tolerance : tolerance);
  last_i_size = inputs.inputs().i_size;
  last_j_size = inputs.inputs().j_size;
  const bool stays = settings().engine == Engine::cuda &&
                     (place == ResultPlace::gpu ||
                      (place == ResultPlace::where_inputs_are && inputs.are_on_gpu()));
  if (!stays)
    return with_announcement(operation,
                             run_to_host(operation, inputs, orientation, shared));
  if (orientation == Orientation::transposed_columns) {
    throw Error(ErrorKind::argument,
                "On the GPU the points of a result are rows, so `inner_dim` must be 1.");
  }
  return with_announcement(operation, run_to_gpu(operation, inputs, shared));
}

// [[Rcpp::export(rng = false)]]
SEXP r_shared_results() {
  return guarded(
      [&]() -> SEXP { return native_pointer(std::make_unique<SharedResults>()); });
}

// [[Rcpp::export(rng = false)]]
Rcpp::NumericVector r_last_timings() {
  return Rcpp::NumericVector::create(
      Rcpp::_["kernel"] = last_timings.kernel, Rcpp::_["compile"] = last_timings.compile,
      Rcpp::_["total"] = last_timings.total, Rcpp::_["kernels"] = last_timings.kernels,
      Rcpp::_["gpus"] = last_timings.gpus, Rcpp::_["chunks"] = last_timings.chunks);
}

// NULL, or a failure since the last question that left formulas interpreted.
// [[Rcpp::export(rng = false)]]
SEXP r_new_compile_failure() {
  const std::optional<Error> error = new_compile_failure();
  return error ? failure(*error) : R_NilValue;
}

// The numbers of i and of j of the last call.
// [[Rcpp::export(rng = false)]]
Rcpp::NumericVector r_last_sizes() {
  return Rcpp::NumericVector::create(double(last_i_size), double(last_j_size));
}

// NULL, or the failure since which nothing is compiled with these settings.
// [[Rcpp::export(rng = false)]]
SEXP r_end_of_compiling() {
  const Error* const error = end_of_compiling(settings());
  return error ? failure(*error) : R_NilValue;
}
