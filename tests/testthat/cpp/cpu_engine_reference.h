// The slow truth for the tests of the CPU engine: every reduction of the values of one
// row, by plain loops in double.
#ifndef RKEOPS_TESTS_CPU_ENGINE_REFERENCE_H
#define RKEOPS_TESTS_CPU_ENGINE_REFERENCE_H

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

using Matrix = std::vector<std::vector<double>>;  // [component][element]

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr long long kOffset = 5;  // rows and columns before those that are used

// A result and the size that its error is measured by; 0 asks for equality.
struct Expected {
  double value, scale;
};

// The values of one row, [component][column], to the results of the row.
using Reference = std::function<std::vector<Expected>(const Matrix&)>;

// The expected result of each component alone, one after the other.
inline Reference of_components(
    const std::function<Expected(const std::vector<double>&)>& f) {
  return [f](const Matrix& values) {
    std::vector<Expected> result;
    for (const auto& component : values) result.push_back(f(component));
    return result;
  };
}

inline Expected sum(const std::vector<double>& v) {
  Expected result = {0, 0};
  for (double value : v) {
    result.value += value;
    result.scale += std::fabs(value);
  }
  return result;
}

inline Expected mean(const std::vector<double>& v) {
  const Expected total = sum(v);
  return {total.value / v.size(), total.scale / v.size()};
}

inline Expected variance(const std::vector<double>& v) {
  if (v.size() < 2) return {kNaN, 0};
  const double m = mean(v).value;
  Expected result = {0, m * m};
  for (double value : v) result.value += (value - m) * (value - m) / (v.size() - 1);
  result.scale += result.value;
  return result;
}

inline Expected prod(const std::vector<double>& v) {
  double result = 1;
  for (double value : v) result *= value;
  return {result, std::fabs(result) + 1e-290};
}

inline double count(const std::vector<double>& v) {
  return std::count_if(v.begin(), v.end(), [](double value) { return value != 0; });
}

// The K best values and their columns, equal ones in the order of columns; NaN left out.
inline std::vector<std::pair<double, double>> ranked(const std::vector<double>& v, int K,
                                                     double sign) {
  std::vector<std::pair<double, double>> result;
  for (size_t j = 0; j < v.size(); ++j)
    if (!std::isnan(v[j])) result.push_back({sign * v[j], j + kOffset});
  std::sort(result.begin(), result.end());
  result.resize(K, {kInf, kNaN});
  for (auto& entry : result) entry.first *= sign;
  return result;
}

// Layout [rank][values of the components, columns of the components].
inline Reference best(int K, double sign, bool with_value, bool with_column) {
  return [=](const Matrix& values) {
    std::vector<Expected> result;
    for (int rank = 0; rank < K; ++rank)
      for (bool column : {false, true})
        for (const auto& component : values)
          if (column ? with_column : with_value) {
            const auto entry = ranked(component, K, sign)[rank];
            result.push_back({column ? entry.second : entry.first, 0});
          }
    return result;
  };
}

inline Reference extremum(double sign) {
  return of_components([sign](const std::vector<double>& v) -> Expected {
    for (double value : v)
      if (std::isnan(value)) return {kNaN, 0};
    return {ranked(v, 1, sign)[0].first, 0};
  });
}

// m, then the sum of exp(v - m), then those of w exp(v - m); v itself where m is
// infinite.
inline std::vector<Expected> exponentials(const Matrix& values) {
  const double m = ranked(values[0], 1, -1)[0].first;
  std::vector<Expected> result = {{m, 0}};
  for (size_t k = 0; k < values.size(); ++k) {
    Expected total = {0, 0};
    for (size_t j = 0; j < values[0].size(); ++j) {
      const double e = std::exp(values[0][j] - (std::isfinite(m) ? m : 0));
      total.value += k == 0 ? e : e * values[k][j];
      total.scale += k == 0 ? e : e * std::fabs(values[k][j]);
    }
    result.push_back(total);
  }
  return result;
}

inline Expected logarithm(Expected m, Expected s) {
  return {m.value + std::log(s.value), std::fabs(m.value) + std::fabs(std::log(s.value)) +
                                           s.scale / std::fabs(s.value)};
}

inline std::vector<Expected> log_sums(const Matrix& values) {
  const auto e = exponentials(values);
  if (values.size() == 1) return {logarithm(e[0], e[1])};
  std::vector<Expected> result;
  for (size_t k = 2; k < e.size(); ++k) result.push_back(logarithm(e[0], e[k]));
  return result;
}

inline std::vector<Expected> softmax(const Matrix& values) {
  const auto e = exponentials(values);
  std::vector<Expected> result;
  for (size_t k = 2; k < e.size(); ++k)
    result.push_back({e[k].value / e[1].value, e[k].scale / e[1].value});
  return result;
}

inline std::vector<Expected> shifted_sums(const Matrix& values) {
  auto e = exponentials(values);
  if (values.size() > 1) e.erase(e.begin() + 1);
  return e;
}

#endif
