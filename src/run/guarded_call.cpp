#include "run/guarded_call.h"

#include <algorithm>
#include <cmath>

#include "ir/print.h"
#include "run/checked_rows.h"
#include "run/cuda/resident_facts.h"

namespace rkeops {

namespace {

// So little work takes as long in double precision.
constexpr double work_worth_single = 1 << 17;

// How many pairs in single precision take as long as a check of none, as one pair of a
// check, which the CPU computes in double precision, and as a look at a row; measured on
// two cores and on a H200.
struct CostOfCheck {
  double begin, pair, row;
};

CostOfCheck cost_of_check(Engine engine) {
  return engine == Engine::cpu ? CostOfCheck{4e6, 3, 20} : CostOfCheck{1.2e9, 1e4, 4e4};
}

// Checks of data of a known kind may take this share of the work.
constexpr double share_of_checks = 0.003;

// Results so much larger than those that were checked are checked again: near pairs, for
// which differences lose their digits, make the largest ones.
constexpr double larger = 1.25;

long long work_of(const Operator& op) {
  long long work = 1;
  for (const KernelPlan& kernel : op.plan.kernels) work = std::max(work, kernel.work);
  return work;
}

// Those of the matrices of a call, where all of them stay on a GPU; else none.
std::vector<long long> resident_numbers(const CallInputs& inputs) {
  std::vector<long long> numbers;
  for (const MatrixView& matrix : inputs.matrices) {
    if (matrix.data && matrix.rows == 1) continue;  // parameters
    if (matrix.data || !matrix.resident) return {};
    numbers.push_back(matrix.resident->number());
  }
  return numbers;
}

bool stays_on_gpu(const CallInputs& inputs) {
  return std::any_of(
      inputs.matrices.begin(), inputs.matrices.end(),
      [](const MatrixView& matrix) { return matrix.resident && !matrix.data; });
}

// So many pairs in double precision are worth a compiler, or a GPU.
constexpr double pairs_worth_an_engine = 1e8;

Settings on_host(Settings settings) {
  settings.gpu_results = ResultPlace::host;
  return settings;
}

Settings interpreted_on_cpu(Settings settings) {
  settings.engine = Engine::cpu;
  settings.compile = CompileMode::never;
  return settings;
}

// The argument with the largest number, which is the first to look at.
std::string widest_argument(const std::vector<Argument>& arguments,
                            const CallInputs& inputs, int threads) {
  std::string widest = "input 1";
  double largest = -1;
  for (const Argument& argument : arguments) {
    const InputSummary summary =
        summary_of_any(inputs.matrices.at(size_t(argument.position)), threads);
    if (summary.largest <= largest || !summary.is_finite()) continue;
    largest = summary.largest;
    widest = argument.name.empty() ? "input " + std::to_string(argument.position + 1)
                                   : "`" + argument.name + "`";
  }
  char number[32];
  std::snprintf(number, sizeof number, "%.3g", largest);
  return widest + ", whose values reach " + number;
}

}  // namespace

struct GuardedCall::Request {
  Callable& plain;
  const CallInputs& inputs;
  const CallOutput& output;
  const Settings& settings;
  const Interrupted& interrupted;
  const Progress& progress;
  SharedResults* shared;
  // to be asked is a call of the system, as long as reading some thousand numbers
  int threads =
      numbers_of(inputs) < double(values_worth_a_thread) ? 1 : settings.usable_threads();
};

GuardedCall::GuardedCall(const Operator& op)
    : op_(op),
      work_(work_of(op)),
      rows_are_independent_(has_independent_rows(op.typed)),
      mover_(find_translations(op.root, int(op.typed.arguments.size()))),
      compared_(mover_.translations()) {
  few_pairs_.generation = -1;
}

std::unique_ptr<Callable> GuardedCall::in_double() const {
  return std::make_unique<Callable>(
      operator_of_part(op_, op_.typed.root, op_.typed.index, Precision::float64));
}

Callable& GuardedCall::precise() {
  if (!precise_) precise_ = in_double();
  return *precise_;
}

// Not the same as precise(), which is made ready for the engine and the compiler.
Callable& GuardedCall::interpreted() {
  if (!interpreted_) interpreted_ = in_double();
  return *interpreted_;
}

// To copy settings takes as long as some thousand pairs.
const Settings& GuardedCall::few_pairs_settings(const Settings& settings) {
  if (few_pairs_.generation != settings.generation)
    few_pairs_ = interpreted_on_cpu(settings);
  return few_pairs_;
}

void GuardedCall::call(Callable& plain, const CallInputs& inputs,
                       const CallOutput& output, const Settings& settings,
                       const Interrupted& interrupted, const Progress& progress,
                       SharedResults* shared) {
  const Request request{plain, inputs, output, settings, interrupted, progress, shared};
  const double pairs = inputs.pairs();
  if (pairs * double(work_) <= work_worth_single && !stays_on_gpu(inputs) &&
      output.values) {
    way_ = "in double precision: few pairs";
    compute(interpreted(), request, few_pairs_settings(settings));
    if (pairs > 0 && rows_are_independent_ && checker().is_fragile())
      perturb(request, known_of(request));
    return;
  }
  Known& known = known_of(request);
  if (known.verdict == Verdict::double_needed) {
    way_ = "in double precision: single precision does not keep the digits";
    compute_in_double(request);
    return;
  }
  if (!compute_in_single(request)) {
    way_ = "in double precision: rounding could change the answers of comparisons";
    compute_in_double(request);
    return;
  }
  pairs_done_ += pairs;
  mend_infinite(request, known);
  if (is_due(request, known)) check(request, known);
}

// Most calls have data of the kind of the last one.
GuardedCall::Known& GuardedCall::known_of(const Request& request) {
  const DataKind& kind =
      kinds_.kind_of(op_.typed.arguments, request.inputs, work_, request.threads);
  if (!last_known_ || last_known_->first != kind)
    last_known_ = &*known_.try_emplace(kind).first;
  return last_known_->second;
}

bool GuardedCall::are_inputs_finite(const Request& request) const {
  return std::all_of(op_.typed.arguments.begin(), op_.typed.arguments.end(),
                     [&](const Argument& argument) {
                       return summary_of_any(
                                  request.inputs.matrices.at(size_t(argument.position)),
                                  request.threads)
                           .is_finite();
                     });
}

void GuardedCall::compute(Callable& callable, const Request& request,
                          const Settings& settings) {
  callable.call(request.inputs, request.output, settings, request.interrupted,
                request.progress);
  request.plain.take_timings(callable);
}

void GuardedCall::compute_in_double(const Request& request) {
  compute(precise(), request, request.settings);
}

bool GuardedCall::compute_in_single(const Request& request) {
  way_ = "in single precision";
  const bool may_move = !mover_.translations().inputs.empty() &&
                        mover_.are_wanted(request.inputs, request.threads);
  const CallInputs& inputs =
      may_move ? mover_.of(request.inputs, request.settings) : request.inputs;
  if (!compared_.are_exact(inputs, request.settings)) return false;
  if (!may_move) {
    request.plain.call_plain(inputs, request.output, request.settings,
                             request.interrupted, request.progress, request.shared);
    return true;
  }
  way_ += ", inputs moved";
  const Translations& translations = mover_.translations();
  Callable* callable = &request.plain;
  if (translations.root != op_.root) {
    if (!moved_) moved_ = std::make_unique<Callable>(moved_operator(op_, translations));
    callable = moved_.get();
  }
  // results in common with other operators are those of other inputs
  callable->call_plain(inputs, request.output, request.settings, request.interrupted,
                       request.progress, nullptr);
  if (callable != &request.plain) request.plain.take_timings(*callable);
  return true;
}

// ---- results beyond the range ----

std::vector<double> GuardedCall::rows_in_double(const Request& request,
                                                const std::vector<long long>& rows) {
  RowPart part(op_.typed.arguments, request.inputs);
  part.keep(op_.typed.index, rows);
  std::vector<double> values(rows.size() * size_t(op_.root->dimension));
  const bool are_few = part.inputs().pairs() < pairs_worth_an_engine;
  Callable& callable = are_few ? interpreted() : precise();
  callable.call(
      part.inputs(), {values.data(), nullptr},
      are_few ? few_pairs_settings(request.settings) : on_host(request.settings),
      request.interrupted);
  return values;
}

void GuardedCall::mend_infinite(const Request& request, Known& known) {
  double* const values = request.output.values;
  largest_result_ = 0;
  if (!values) return;
  const long long rows = size_of(op_.typed.index, request.inputs);
  const int columns = op_.root->dimension;
  const InputSummary summary = summary_of({values, rows, columns}, request.threads);
  if (summary.is_finite()) largest_result_ = summary.largest;
  if (summary.is_finite() || known.infinite_is_right || !are_inputs_finite(request))
    return;
  std::vector<long long> infinite;
  for (long long row = 0; row < rows; ++row) {
    bool is_finite = true;
    for (int k = 0; k < columns; ++k)
      is_finite = is_finite && std::isfinite(values[k * rows + row]);
    if (!is_finite) infinite.push_back(row);
  }
  if (!rows_are_independent_) {
    compute_in_double(request);
    way_ = "in double precision: results beyond the range of single precision";
    known.infinite_is_right = !summary_of({values, rows, columns}, 1).is_finite();
    return;
  }
  std::vector<long long> few(infinite.begin(),
                             infinite.begin() + std::min<long>(8, long(infinite.size())));
  const std::vector<double> right = rows_in_double(request, few);
  bool is_right = true;  // what is not finite, whatever else stands in its row
  for (int column = 0; column < columns; ++column)
    for (size_t k = 0; k < few.size(); ++k)
      is_right = is_right && (std::isfinite(values[column * rows + few[k]]) ||
                              !std::isfinite(right[size_t(column) * few.size() + k]));
  if (is_right) {
    known.infinite_is_right = true;
    return;
  }
  if (infinite.size() > size_t(rows) / 4) {
    known.verdict = Verdict::double_needed;
    compute_in_double(request);
    way_ = "in double precision: results beyond the range of single precision";
    return;
  }
  const std::vector<double> mended = rows_in_double(request, infinite);
  for (size_t k = 0; k < infinite.size(); ++k)
    for (int column = 0; column < columns; ++column)
      values[column * rows + infinite[k]] = mended[size_t(column) * infinite.size() + k];
  way_ += ", " + std::to_string(infinite.size()) +
          " rows beyond its range in double precision";
}

// ---- the check ----

RowPart::Centre GuardedCall::centre() const {
  return
      [this](int argument, int component) { return mover_.centre(argument, component); };
}

// Matrices that stay on a GPU do not change: they are checked once.
bool GuardedCall::is_due(const Request& request, const Known& known) const {
  if (!rows_are_independent_ || request.inputs.pairs() == 0) return false;
  if (known.verdict == Verdict::unknown) return true;
  if (largest_result_ > larger * known.largest_checked) return true;
  if (pairs_checked_ + check_cost(request) > share_of_checks * pairs_done_) return false;
  const std::vector<long long> numbers = resident_numbers(request.inputs);
  return numbers.empty() || numbers != checked_numbers_;
}

double GuardedCall::check_cost(const Request& request) const {
  const long long rows = size_of(op_.typed.index, request.inputs);
  const CostOfCheck cost = cost_of_check(request.settings.engine);
  const double pairs = request.inputs.pairs();
  const long long checked = checked_rows(rows, pairs, work_) + extreme_rows(op_.root);
  return cost.begin + cost.pair * double(checked) * pairs / double(rows) +
         cost.row * double(rows);
}

void GuardedCall::check(const Request& request, Known& known) {
  const Level index = op_.typed.index;
  const long long rows = size_of(index, request.inputs);
  RowPart host(op_.typed.arguments, request.inputs);
  pairs_checked_ += check_cost(request);
  checked_numbers_ = resident_numbers(request.inputs);
  std::vector<double> memory;
  const double* values = request.output.values;
  if (!values) {
    memory.resize(request.output.resident->bytes() / 8);
    request.output.resident->read(memory.data());
    values = memory.data();
  }
  const std::vector<long long> checked =
      rows_to_check(host, index, {values, rows, op_.root->dimension},
                    checked_rows(rows, request.inputs.pairs(), work_), centre());
  known.largest_checked = std::max(known.largest_checked, largest_result_);
  std::vector<double> results;
  for (int column = 0; column < op_.root->dimension; ++column)
    for (long long row : checked) results.push_back(values[column * rows + row]);
  const DigitsKept kept =
      checker().kept(host.inputs(), checked, results, mover_, request.settings);
  if (kept == DigitsKept::all || kept == DigitsKept::but_exchanges) {
    known.verdict = Verdict::single_holds;
    if (kept == DigitsKept::all) return;
    way_ += ", which may exchange neighbours that are almost equally near";
    announce(
        "On a GPU rounding may exchange neighbours of `%s` that are almost equally near",
        request);
    return;
  }
  known.verdict = Verdict::double_needed;
  compute_in_double(request);
  way_ = "in double precision: single precision does not keep the digits";
  if (checker().is_fragile()) perturb(request, known);
  if (kept == DigitsKept::nearly) return;
  announce(
      "Single precision does not keep the digits of `%s` with these data, so it is "
      "computed in double precision",
      request);
}

// Whether double precision would do is a question of its own, asked once a kind of data.
void GuardedCall::perturb(const Request& request, Known& known) {
  if (known.is_perturbed) return;
  known.is_perturbed = true;
  RowPart host(op_.typed.arguments, request.inputs);
  const long long rows = size_of(op_.typed.index, request.inputs);
  const std::vector<long long> some =
      host.typical(op_.typed.index, std::min(rows, most_checked_rows), centre());
  if (!checker().stands_perturbation(host.inputs(), some, request.settings))
    announce("`%s` loses digits with these data, whatever the precision", request);
}

// Once an operator.
void GuardedCall::announce(const std::string& what, const Request& request) {
  if (has_announced_) return;
  has_announced_ = true;
  constexpr size_t longest = 60;
  const size_t place = what.find("%s");
  announcement_ = what;
  announcement_.replace(place, 2, print_formula(op_.typed.root, longest));
  announcement_ += ": see " +
                   widest_argument(op_.typed.arguments, request.inputs, request.threads) +
                   ".";
}

DigitsCheck& GuardedCall::checker() {
  if (!check_) check_ = std::make_unique<DigitsCheck>(op_);
  return *check_;
}

std::string GuardedCall::take_announcement() {
  std::string text;
  text.swap(announcement_);
  return text;
}

}  // namespace rkeops
