#include "base/label_sums.h"

#include <algorithm>
#include <cmath>

#include "base/input_summary.h"

namespace rkeops {

namespace {

// Sums have 64 bits, and what is rounded (see FixedPoint) at most 51.
constexpr int bits_of_sums = 61, most_bits = 50;

/// A power of two that is at least as large, if it is a number.
int exponent_above(double x) {
  int exponent = 0;
  if (x > 0 && std::isfinite(x)) std::frexp(x, &exponent);
  return exponent;
}

FixedPoint fixed_point(double largest, int bits) {
  // units are numbers that are not subnormal
  const int scale = std::min(bits - exponent_above(largest), 900);
  return {std::ldexp(1, scale), std::ldexp(1, bits), std::ldexp(1, -scale),
          std::ldexp(1, -scale - bits)};
}

using Words = std::vector<long long>;

/// Component `component` of all points, or their weights.
void add_component(const WeightedPoints& of, const int* labels, const LabelScales& scales,
                   int component, Words& words) {
  const bool is_weight = component == of.points.components;
  const long long rows = of.points.rows;
  const double* const values = is_weight ? nullptr : of.points.data + component * rows;
  const FixedPoint scale = scales.scales[size_t(component)];
  for (long long row = 0; row < rows; ++row) {
    const double weight = of.weights ? of.weights[row] * scales.weight_unit : 1;
    long long high, low;
    if (is_weight)
      scale.split_weight(weight, high, low);
    else
      scale.split(weight * values[row], high, low);
    long long* const to = &words[2 * size_t(labels[row] - 1)];
    to[0] += high;
    to[1] += low;
  }
}

/// What the sum of a label is divided by.
std::vector<double> sizes(const std::vector<std::vector<double>>& sums, bool on_sphere) {
  std::vector<double> sizes = sums.back();
  if (!on_sphere) return sizes;
  sizes.assign(sizes.size(), 0);
  for (size_t k = 0; k + 1 < sums.size(); ++k)
    for (size_t label = 0; label < sizes.size(); ++label)
      sizes[label] += sums[k][label] * sums[k][label];
  for (double& size : sizes) size = std::sqrt(size);
  return sizes;
}

}  // namespace

std::vector<double> largest_of_components(const MatrixView& matrix, int threads) {
  std::vector<double> largest(size_t(matrix.components), 0);
  const auto look = [&](size_t first, size_t last) {
    for (size_t k = first; k < last; ++k) {
      const double* const values = matrix.data + (long long)k * matrix.rows;
      double most = 0;
      bool has_nan = false;
      for (long long row = 0; row < matrix.rows; ++row) {
        const double size = std::fabs(values[row]);
        has_nan = has_nan || size != size;
        most = size > most ? size : most;
      }
      largest[k] = has_nan ? std::nan("") : most;
    }
  };
  in_parts(largest.size(), threads, look, size_t(matrix.rows));
  return largest;
}

LabelScales label_scales(const std::vector<double>& largest, double largest_weight,
                         long long points) {
  const int bits =
      std::min(most_bits, bits_of_sums - exponent_above(double(std::max(points, 1LL))));
  LabelScales scales{std::ldexp(1, -exponent_above(largest_weight)), {}};
  for (double one : largest) scales.scales.push_back(fixed_point(one, bits));
  scales.scales.push_back(fixed_point(1, bits));
  return scales;
}

void move_to_means(const WeightedPoints& of, const int* labels, const LabelScales& scales,
                   bool on_sphere, double* centers, long long count, int threads) {
  const int components = of.points.components;
  std::vector<std::vector<double>> sums(size_t(components) + 1);
  const auto add = [&](size_t first, size_t last) {
    for (size_t k = first; k < last; ++k) {
      Words words(2 * size_t(count), 0);
      add_component(of, labels, scales, int(k), words);
      for (long long label = 0; label < count; ++label)
        sums[k].push_back(scales.scales[k].value(words[2 * size_t(label)],
                                                 words[2 * size_t(label) + 1]));
    }
  };
  in_parts(sums.size(), threads, add, size_t(of.points.rows));
  const std::vector<double> divisors = sizes(sums, on_sphere);
  for (int k = 0; k < components; ++k)
    for (long long label = 0; label < count; ++label)
      if (divisors[size_t(label)] > 0)
        centers[k * count + label] =
            sums[size_t(k)][size_t(label)] / divisors[size_t(label)];
}

std::vector<double> sums_by_label(const double* values, const double* weights,
                                  const int* labels, long long points, long long count) {
  std::vector<long double> sums(size_t(count), 0);
  for (long long k = 0; k < points; ++k)
    sums[size_t(labels[k] - 1)] += weights ? values[k] * weights[k] : values[k];
  return std::vector<double>(sums.begin(), sums.end());
}

}  // namespace rkeops
