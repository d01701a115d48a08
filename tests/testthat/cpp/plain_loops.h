// The slow truth for the fuzzer of the interpreter: a formula of the graph for one pair
// at a time, by plain loops over its components in double. What another way to compute
// it may give is seen by `noise`: the last digits of what is rounded change at random, or
// are left out, so that what is nearly equal is equal.
#ifndef RKEOPS_TESTS_PLAIN_LOOPS_H
#define RKEOPS_TESTS_PLAIN_LOOPS_H

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "ir/expr.h"
#include "ir/ops.h"
#include "ir/reductions.h"
#include "ir/tensor.h"

namespace rkeops {

/// Thrown where a formula has a part that plain loops do not know, or leaves the range of
/// single precision.
struct NotPlain {};

/// Matrices by position, column by column, and how many i and j there are.
struct PlainInputs {
  std::vector<std::vector<double>> matrices;
  long long i_size = 0, j_size = 0;
  long long size(Level index) const {
    return index == level_i ? i_size : index == level_j ? j_size : 1;
  }
};

class PlainLoops {
 public:
  using Values = std::vector<double>;

  /// Numbers above `largest`, or as far below 1, make it say that nothing is known.
  PlainLoops(const PlainInputs& inputs, double noise, double largest, unsigned seed)
      : inputs_(inputs),
        noise_(noise),
        largest_(largest),
        leaves_out_(seed % 2 == 0),
        random_(seed) {}

  const Values& value(Expr e, long long i, long long j) {
    if (!within(level_i, e->level)) i = 0;
    if (!within(level_j, e->level)) j = 0;
    const auto key = std::make_tuple(&*e, i, j);
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    Values result = computed(e, i, j);
    return known_.emplace(key, std::move(result)).first->second;
  }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  static constexpr double missing = std::numeric_limits<double>::quiet_NaN();

  // Small dyadic numbers are sums and products of such without rounding.
  static bool is_exact(double x) {
    return std::fabs(x) < (1 << 14) && x * 64 == std::rint(x * 64);
  }

  // `of` is the size of what was added up; what is left of it may be rounding errors.
  double rounded(double x, bool may_be_exact, double of = 0) {
    const double size = std::fabs(x);
    if (x != 0 && std::isfinite(x) && (size > largest_ || size < 1 / largest_))
      throw NotPlain();
    if (noise_ == 0 || !std::isfinite(x)) return x;
    // nothing is said of the sign of 0
    if (x == 0) return random_() % 2 ? x : -x;
    if (may_be_exact && is_exact(x) && is_exact(of)) return x;
    if (leaves_out_ && size < 1000 * noise_ * of) return 0;
    if (!leaves_out_)
      return x * (1 + noise_ * std::uniform_real_distribution<double>(-1, 1)(random_));
    int exponent;
    const double digits = std::frexp(x, &exponent);
    return std::ldexp(std::rint(digits / noise_) * noise_, exponent);
  }

  double added(double x, double y) {
    return rounded(x + y, true, std::fabs(x) + std::fabs(y));
  }

  Values computed(Expr e, long long i, long long j) {
    switch (e->kind) {
      case NodeKind::constant:
        return Values(size_t(e->dimension), e->value);
      case NodeKind::index:
        return {double(e->level == level_i ? i : j), 0};
      case NodeKind::variable:
        return row_of(e, e->level == level_i ? i : j);
      case NodeKind::operation:
        return operation(e, i, j);
      default:
        return reduction(e, e->reduced == level_j ? i : j);
    }
  }

  Values row_of(Expr variable, long long row) {
    const Values& matrix = inputs_.matrices.at(size_t(variable->position));
    const long long rows = inputs_.size(variable->level);
    Values result;
    for (int k = 0; k < variable->dimension; ++k)
      result.push_back(rounded(matrix.at(size_t(row + k * rows)), true));
    return result;
  }

  // ---- operations ----

  Values operation(Expr e, long long i, long long j) {
    std::vector<Values> a;
    for (Expr child : e->children) a.push_back(value(child, i, j));
    const Operation& row = *e->operation;
    Values result(size_t(e->dimension), 0.0);
    switch (row.form) {
      case Form::elementwise:
        return elementwise(row, a, result.size());
      case Form::fold:
        return {folded(row.name, a[0])};
      case Form::range:
        for (size_t k = 0; k < result.size(); ++k) result[k] = double(k);
        return result;
      case Form::repeat:
        return Values(result.size(), a[0][0]);
      case Form::concat:
        std::copy(a[1].begin(), a[1].end(),
                  std::copy(a[0].begin(), a[0].end(), result.begin()));
        return result;
      case Form::slice:
      case Form::insert:
        return placed(row.placement(e->integers), row.form == Form::slice, a[0], result);
      case Form::contraction:
        contract(tensor_dot_of(e->integers), a[0], a[1], result);
        return result;
      default:
        throw NotPlain();
    }
  }

  Values elementwise(const Operation& row, const std::vector<Values>& a, size_t count) {
    if (!row.evaluate || !row.integer_arguments.empty()) throw NotPlain();
    Values result;
    for (size_t k = 0; k < count; ++k) {
      double operands[8] = {};
      for (size_t n = 0; n < a.size(); ++n) operands[n] = a[n][a[n].size() > 1 ? k : 0];
      // its rows promise nothing beyond
      if (row.name == "Exp2OfSmall" && !(std::fabs(operands[0]) <= 100)) throw NotPlain();
      const double x = row.evaluate(operands);
      const bool is_truth = row.gives == Numbers::logical;
      const bool is_sum = row.name == "Add" || row.name == "Subtract";
      const double size = is_sum ? std::fabs(operands[0]) + std::fabs(operands[1]) : 0;
      result.push_back(is_truth ? x : rounded(x, row.cost == cost_of_arithmetic, size));
    }
    return result;
  }

  double folded(const std::string& name, const Values& a) {
    if (name == "Max") return extreme(a, 1, false);
    if (name == "Min") return extreme(a, -1, false);
    if (name != "Sum") throw NotPlain();
    return sum(a);
  }

  static Values placed(const Placement& at, bool is_slice, const Values& a,
                       Values result) {
    const size_t count = is_slice ? result.size() : a.size();
    for (size_t k = 0; k < count; ++k) {
      const size_t place = size_t(at.start) + size_t(at.stride) * k;
      if (is_slice)
        result[k] = a[place];
      else
        result[place] = a[k];
    }
    return result;
  }

  void contract(const TensorDot& dot, const Values& f, const Values& g, Values& result) {
    std::vector<TensorLoop> loops = kept_loops(dot);
    const std::vector<TensorLoop> inner = contracted_loops(dot);
    loops.insert(loops.end(), inner.begin(), inner.end());
    contract(loops, 0, f.data(), g.data(), result.data());
  }

  void contract(const std::vector<TensorLoop>& loops, size_t depth, const double* f,
                const double* g, double* result) {
    if (depth == loops.size()) {
      *result = added(*result, rounded(*f * *g, true));
      return;
    }
    const TensorLoop& loop = loops[depth];
    for (int k = 0; k < loop.extent; ++k)
      contract(loops, depth + 1, f + k * loop.f_stride, g + k * loop.g_stride,
               result + k * loop.result_stride);
  }

  // ---- reductions ----

  // The values of component k of the argument, one for each element that is reduced.
  Values column(Expr f, int k, Level reduced, long long other) {
    Values result;
    for (long long n = 0; n < inputs_.size(reduced); ++n) {
      const Values& all = reduced == level_j ? value(f, other, n) : value(f, n, other);
      result.push_back(all[size_t(k)]);
    }
    return result;
  }

  Values reduction(Expr e, long long other) {
    const Expr f = e->children[0];
    const std::string& name = e->reduction->name;
    std::vector<Values> columns;
    for (Expr child : e->children)
      for (int k = 0; k < child->dimension; ++k)
        columns.push_back(column(child, k, e->reduced, other));
    if (e->children.size() == 2 || name == "LogSumExp" || name == "Max_SumShiftExp")
      return exponentials(name, columns);
    const int count = e->integers.empty() ? 1 : e->integers[0];
    // components of each rank stand together; what searches give has several kinds
    const bool has_values = name.rfind("Arg", 0) != 0;
    const bool has_places = name.find("Arg") != std::string::npos;
    if (has_places || name == "KMin") {
      const bool has_rests = name.find("Parts") != std::string::npos;
      const double sign = name.find("Max") != std::string::npos ? -1 : 1;
      return searched(columns, count, sign, has_values, has_places, has_rests);
    }
    Values result;
    for (int k = 0; k < f->dimension; ++k)
      result.push_back(reduced(name, columns[size_t(k)]));
    return result;
  }

  double reduced(const std::string& name, const Values& a) {
    if (name == "Sum") return sum(a);
    if (name == "Mean") return rounded(sum(a) / double(a.size()), false);
    if (name == "Max") return extreme(a, 1, false);
    if (name == "Min") return extreme(a, -1, false);
    if (name == "Prod" || name == "NonzeroProd") {
      double product = 1;
      for (double x : a) product = rounded(product * x, true);
      return product;
    }
    const auto is_true = [](double x) { return x != 0; };
    if (name == "Count") return double(std::count_if(a.begin(), a.end(), is_true));
    if (name == "Any") return std::any_of(a.begin(), a.end(), is_true);
    if (name == "All") return std::all_of(a.begin(), a.end(), is_true);
    if (name == "Var") return variance(a);
    throw NotPlain();
  }

  double sum(const Values& a) {
    double total = 0;
    for (double x : a) total = added(total, x);
    return total;
  }

  double variance(const Values& a) {
    if (a.size() < 2) return missing;
    const double mean = rounded(sum(a) / double(a.size()), false);
    double total = 0;
    for (double x : a) {
      const double difference = added(x, -mean);
      total += rounded(difference * difference, true);
    }
    return total / double(a.size() - 1);
  }

  static double extreme(const Values& a, double sign, bool ignores_missing) {
    double best = -sign * infinity;
    for (double x : a) {
      if (x != x && !ignores_missing) return missing;
      if (sign * x > sign * best) best = x;
    }
    return best;
  }

  static Values searched(const std::vector<Values>& columns, int count, double sign,
                         bool has_values, bool has_places, bool has_rests) {
    std::vector<std::vector<std::pair<double, double>>> ranks;
    for (const Values& column : columns) {
      ranks.emplace_back();
      for (size_t n = 0; n < column.size(); ++n)
        if (column[n] == column[n]) ranks.back().push_back({sign * column[n], double(n)});
      std::stable_sort(ranks.back().begin(), ranks.back().end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
      ranks.back().resize(size_t(count), {infinity, missing});
    }
    Values result;
    const auto add = [&](int k, bool is_place) {
      for (const auto& rank : ranks)
        result.push_back(is_place ? rank[size_t(k)].second
                                  : sign * rank[size_t(k)].first);
    };
    for (int k = 0; k < count; ++k) {
      if (has_values) add(k, false);
      if (has_places) add(k, true);
    }
    // of a few elements the rests are 0
    const size_t places = result.size();
    for (size_t k = 0; has_rests && k < places; ++k) result.push_back(result[k] * 0);
    return result;
  }

  // The first column is the exponent, the others are weights.
  Values exponentials(const std::string& name, const std::vector<Values>& columns) {
    const Values& f = columns[0];
    // a NaN is in the sum
    const double largest = extreme(f, 1, true);
    const double shift = std::isfinite(largest) ? largest : 0;
    const bool has_weights = columns.size() > 1;
    Values sums(has_weights ? columns.size() - 1 : 1, 0.0);
    double all = 0;
    for (size_t n = 0; n < f.size(); ++n) {
      const double term = rounded(std::exp(f[n] - shift), false);
      all += term;
      for (size_t k = 0; k < sums.size(); ++k)
        sums[k] += rounded(has_weights ? term * columns[k + 1][n] : term, false);
    }
    const bool is_mean = name == "SumSoftMaxWeight";
    if (name.rfind("LogSumExp", 0) == 0) {
      for (double& x : sums) x = rounded(shift + std::log(x), false);
    } else if (is_mean) {
      for (double& x : sums) x = rounded(x / all, false);
    } else {
      sums.insert(sums.begin(), largest);
    }
    return sums;
  }

  const PlainInputs& inputs_;
  const double noise_, largest_;
  const bool leaves_out_;
  std::mt19937 random_;
  std::map<std::tuple<const Node*, long long, long long>, Values> known_;
};

}  // namespace rkeops

#endif
