// Sums of points by label, such as the numbers of their clusters, in fixed point: the
// same bits for any number of threads, and on GPUs (run/cuda/label_means.h).
#pragma once

#include <vector>

#include <rkeops/fixed_point.h>

#include "base/job.h"

namespace rkeops {

/// Points, the weights of which are numbers from 0 on, or null for 1.
struct WeightedPoints {
  MatrixView points;  // on the host
  const double* weights;
};

/// The largest absolute value of each component, NaN where there is one.
std::vector<double> largest_of_components(const MatrixView& matrix, int threads);

/// How sums of so many points whose components and weights are up to these are written.
struct LabelScales {
  double weight_unit;              // that weights are multiplied by
  std::vector<FixedPoint> scales;  // of components, and of weights
};
LabelScales label_scales(const std::vector<double>& largest, double largest_weight,
                         long long points);

/// Moves each centre, a row of `centers`, to the mean of the points with its label, from
/// 1, or to the direction of their sum. One without weight stays where it is.
void move_to_means(const WeightedPoints& of, const int* labels, const LabelScales& scales,
                   bool on_sphere, double* centers, long long count, int threads);

/// Adds up numbers, times weights if there are any, by label.
std::vector<double> sums_by_label(const double* values, const double* weights,
                                  const int* labels, long long points, long long count);

}  // namespace rkeops
