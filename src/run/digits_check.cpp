#include "run/digits_check.h"

#include <algorithm>
#include <cmath>

#include "ir/reductions.h"
#include "pass/absolute_terms.h"
#include "pass/perturb.h"

namespace rkeops {

namespace {

constexpr double sum_tolerance = 1e-5, place_tolerance = 1e-6;

// The share of rows of the result that may have places in exchange for others.
constexpr double most_exchanges = 0.01;

// The smallest value of all is much smaller than those of a few rows, and errors of
// values that were looked for do not become smaller with them.
constexpr double value_tolerance = sum_tolerance / 10, near_tolerance = 1e-3;

// Beside the largest of sums of a component nobody feels smaller ones, nor beside the
// usual one of values that are looked for, as outliers have large ones.
constexpr double unfelt_sum = 1e-20, unfelt_value = 1e-12;

// More components would take a call each.
constexpr int most_components = 8;

bool agree(double found, double right, double scale, double tolerance) {
  if (std::isnan(found) || std::isnan(right))
    return std::isnan(found) == std::isnan(right);
  if (found == right) return true;
  return std::fabs(found - right) <= tolerance * scale;  // false for Inf
}

// The one in the middle of those that are neither 0 nor infinite.
double usual_size(const std::vector<double>& values) {
  std::vector<double> sizes;
  for (double value : values)
    if (value != 0 && std::isfinite(value)) sizes.push_back(std::fabs(value));
  if (sizes.empty()) return 0;
  const auto middle = sizes.begin() + long(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return *middle;
}

const Reduction& search_of_values(const Reduction& row) {
  const bool is_ranked = !row.integer_arguments.empty();
  if (is_ranked) return reduction_named("KMin");
  return reduction_named(row.wanted == Wanted::smallest ? "Min" : "Max");
}

// The part of results that are values, or places: for each rank the components of the
// ones come before those of the others.
std::vector<double> half_of(const std::vector<double>& results, size_t rows,
                            int components, bool second) {
  std::vector<double> half;
  const size_t columns = results.size() / std::max<size_t>(rows, 1);
  for (size_t column = 0; column < columns; ++column) {
    if ((column / size_t(components)) % 2 != size_t(second)) continue;
    const auto first = results.begin() + long(column * rows);
    half.insert(half.end(), first, first + long(rows));
  }
  return half;
}

Settings for_checks(Settings settings) {
  settings.engine = Engine::cpu;
  settings.compile = CompileMode::never;
  settings.expansion = ExpansionMode::never;
  return settings;
}

}  // namespace

DigitsCheck::DigitsCheck(const Operator& op) : op_(op) {
  const Expr root = op.typed.root;
  const bool is_search = root->kind == NodeKind::reduction &&
                         root->reduction->wanted != Wanted::all &&
                         root->children.size() == 1;
  if (is_search) {
    searched_ = root->reduction;
    components_ = root->children[0]->dimension;
    ranks_ = root->integers.empty() ? 1 : root->integers[0];
    values_ = in_double(root->graph->reduce(search_of_values(*searched_), root->reduced,
                                            root->children, root->integers, root->over));
    return;
  }
  values_ = in_double(root);
  const Expr terms = absolute_terms(root);
  has_scale_ = terms != call("Abs", {root});
  if (has_scale_) scale_ = in_double(terms);
  const Expr other = perturbed(root);
  if (other != root) perturbed_ = in_double(other);
}

DigitsCheck::Part DigitsCheck::in_double(Expr root) const {
  return std::make_unique<Callable>(
      operator_of_part(op_, root, op_.typed.index, Precision::float64));
}

std::vector<double> DigitsCheck::evaluated(Part& part, const RowPart& rows,
                                           const Settings& settings) {
  const long long count = size_of(op_.typed.index, rows.inputs());
  std::vector<double> values(size_t(count) * size_t(part->op().typed.root->dimension));
  part->call(rows.inputs(), {values.data(), nullptr}, for_checks(settings), {});
  return values;
}

DigitsKept DigitsCheck::kept(const CallInputs& inputs, const std::vector<long long>& rows,
                             const std::vector<double>& results, const MovedInputs& mover,
                             const Settings& settings) {
  RowPart part(op_.typed.arguments, inputs);
  part.keep(op_.typed.index, rows);
  if (searched_) return kept_by_search(inputs, part, rows, results, mover, settings);
  return sums_hold(part, results, settings) ? DigitsKept::all : DigitsKept::no;
}

bool DigitsCheck::stands_perturbation(const CallInputs& inputs,
                                      const std::vector<long long>& rows,
                                      const Settings& settings) {
  RowPart part(op_.typed.arguments, inputs);
  part.keep(op_.typed.index, rows);
  return sums_hold(part, evaluated(perturbed_, part, settings), settings);
}

bool DigitsCheck::sums_hold(const RowPart& part, const std::vector<double>& results,
                            const Settings& settings) {
  const std::vector<double> right = evaluated(values_, part, settings);
  const size_t rows = size_t(size_of(op_.typed.index, part.inputs()));
  std::vector<double> scale = has_scale_ ? evaluated(scale_, part, settings) : right;
  for (size_t first = 0; first < scale.size(); first += rows) {
    double largest = 0;
    for (size_t row = 0; row < rows; ++row)
      if (std::isfinite(scale[first + row]))
        largest = std::max(largest, std::fabs(scale[first + row]));
    for (size_t row = 0; row < rows; ++row) {
      double& one = scale[first + row];
      one = has_scale_ ? one + unfelt_sum * largest / sum_tolerance : largest;
    }
  }
  return values_hold(results, right, scale, sum_tolerance);
}

bool DigitsCheck::values_hold(const std::vector<double>& found,
                              const std::vector<double>& right,
                              const std::vector<double>& scale, double tolerance) const {
  for (size_t k = 0; k < right.size(); ++k)
    if (!agree(found[k], right[k], scale[k], tolerance)) return false;
  return true;
}

DigitsKept DigitsCheck::kept_by_search(const CallInputs& inputs, const RowPart& part,
                                       const std::vector<long long>& rows,
                                       const std::vector<double>& results,
                                       const MovedInputs& mover,
                                       const Settings& settings) {
  const std::vector<double> right = evaluated(values_, part, settings);
  const double unfelt = unfelt_value * usual_size(right);
  std::vector<double> scale;
  for (double value : right) scale.push_back(std::fabs(value) + unfelt / place_tolerance);
  const bool both = searched_->result == ResultKind::values_and_places;
  const bool has_values = searched_->result != ResultKind::places;
  const bool has_places = searched_->result == ResultKind::places || both;
  const auto half = [&](bool second) {
    return both ? half_of(results, rows.size(), components_, second) : results;
  };
  if (has_places && !places_hold(inputs, rows, half(true), right, settings))
    return DigitsKept::no;
  const bool may_exchange =
      has_places && share_of_exchanges(part, mover, settings) *
                            double(size_of(op_.typed.index, inputs)) >
                        most_exchanges;
  // double precision is dear on a GPU
  if (may_exchange && settings.engine == Engine::cpu) return DigitsKept::nearly;
  if (!has_values || values_hold(half(false), right, scale, value_tolerance))
    return may_exchange ? DigitsKept::but_exchanges : DigitsKept::all;
  const bool are_near = values_hold(half(false), right, scale, near_tolerance);
  return are_near ? DigitsKept::nearly : DigitsKept::no;
}

// How likely it is that rounding the inputs exchanges a place of a row for the next one,
// where these differ by more than the promise: the error of their values by what lies
// between them.
double DigitsCheck::share_of_exchanges(const RowPart& part, const MovedInputs& mover,
                                       const Settings& settings) {
  const Expr root = op_.typed.root;
  if (!next_) {
    const Expr values = root->children[0];
    const bool is_smallest = searched_->wanted == Wanted::smallest;
    next_ = in_double(root->graph->reduce(reduction_named("KMin"), root->reduced,
                                          {is_smallest ? values : -values}, {ranks_ + 1},
                                          root->over));
  }
  RowPart rounded = part;
  rounded.round([&](int argument, int k) { return mover.centre(argument, k); });
  const std::vector<double> right = evaluated(next_, part, settings),
                            found = evaluated(next_, rounded, settings);
  const size_t rows = size_t(size_of(op_.typed.index, part.inputs())),
               to_next = rows * size_t(components_);
  double share = 0;
  for (size_t at = 0; at + to_next < right.size(); ++at) {
    const double gap = right[at + to_next] - right[at];
    const double error = std::max(std::fabs(found[at] - right[at]),
                                  std::fabs(found[at + to_next] - right[at + to_next]));
    const bool matters = std::isfinite(gap) && gap > 0 &&
                         2 * error > place_tolerance * std::fabs(right[at + to_next]);
    if (matters) share += std::min(1.0, 2 * error / gap);
  }
  return share / double(rows);
}

bool DigitsCheck::places_hold(const CallInputs& inputs,
                              const std::vector<long long>& rows,
                              const std::vector<double>& places,
                              const std::vector<double>& right,
                              const Settings& settings) {
  if (components_ > most_components) return true;
  const double unfelt = unfelt_value * usual_size(right);
  for (size_t row = 0; row < rows.size(); ++row) {
    for (int column = 0; column < ranks_ * components_; ++column) {
      const size_t at = size_t(column) * rows.size() + row;
      if (!std::isfinite(right[at])) continue;  // nothing, or nothing that counts
      if (std::isnan(places[at])) return false;
      const double value = value_at(inputs, rows[row], (long long)places[at],
                                    column % components_, settings);
      const double scale = std::fabs(right[at]) + unfelt / place_tolerance;
      if (!agree(value, right[at], scale, place_tolerance)) return false;
    }
  }
  return true;
}

double DigitsCheck::value_at(const CallInputs& inputs, long long row, long long place,
                             int component, const Settings& settings) {
  const Expr root = op_.typed.root;
  if (!at_places_)
    at_places_ = in_double(root->graph->reduce(
        reduction_named(searched_->wanted == Wanted::smallest ? "Min" : "Max"),
        root->reduced, root->children, {}, root->over));
  RowPart pair(op_.typed.arguments, inputs);
  pair.keep(op_.typed.index, {row});
  pair.keep(root->reduced, {place});
  return evaluated(at_places_, pair, settings)[size_t(component)];
}

}  // namespace rkeops
