#include "far/far_expansion.h"

#include <algorithm>
#include <cmath>

namespace rkeops {

namespace {

constexpr double unit = 0x1p-52;
constexpr double infinity = std::numeric_limits<double>::infinity();

// Half axes of Bernstein ellipses, in halves of the box.
constexpr double ellipses[] = {1.3, 1.5, 1.75, 2,   2.25, 2.5, 2.8, 3.2,
                               3.7, 4.3, 5.2,  6.5, 9,    13,  20,  40};
constexpr int ellipse_count = sizeof ellipses / sizeof *ellipses;

// How much larger an interpolation at n Chebyshev points can be than the values there.
double lebesgue(int n) { return 1 + 2 / M_PI * std::log(double(n)); }

int power(int base, int exponent) {
  int value = 1;
  for (int k = 0; k < exponent; ++k) value *= base;
  return value;
}

// The polynomials cos(k acos(z)), by powers of z.
const std::vector<std::vector<double>>& chebyshev() {
  static const std::vector<std::vector<double>> all = [] {
    std::vector<std::vector<double>> t = {{1}, {0, 1}};
    for (int k = 2; k < 33; ++k) {
      std::vector<double> next(size_t(k) + 1, 0.0);
      for (int m = 0; m < k; ++m) next[size_t(m) + 1] += 2 * t[size_t(k) - 1][size_t(m)];
      for (int m = 0; m < k - 1; ++m) next[size_t(m)] -= t[size_t(k) - 2][size_t(m)];
      t.push_back(next);
    }
    return t;
  }();
  return all;
}

double absolute_sum(const std::vector<double>& numbers) {
  double sum = 0;
  for (double number : numbers) sum += std::fabs(number);
  return sum;
}

// Every line of an array along an axis -> matrix * line.
void transform_axis(std::vector<double>& array, int points, int dimension, int axis,
                    const std::vector<double>& matrix) {
  const int stride = power(points, dimension - 1 - axis);
  std::vector<double> line((size_t(points)));
  for (int first = 0; first < int(array.size()); ++first) {
    if (first / stride % points != 0) continue;
    for (int k = 0; k < points; ++k) line[size_t(k)] = array[size_t(first + k * stride)];
    for (int k = 0; k < points; ++k) {
      double sum = 0;
      for (int i = 0; i < points; ++i)
        sum += matrix[size_t(k * points + i)] * line[size_t(i)];
      array[size_t(first + k * stride)] = sum;
    }
  }
}

}  // namespace

int most_expansion_order(int dimension) {
  return dimension == 1 ? 28 : dimension == 2 ? 24 : 18;
}

// Trefethen (2013), Approximation Theory and Approximation Practice, theorem 8.2, axis by
// axis: 4 M r^(1 - n) / (r - 1), times what the interpolation along others makes of it.
InterpolationBound::InterpolationBound(FarKernel::Function& function,
                                       const DifferenceBox& box, int dimension) {
  const int most = most_expansion_order(dimension);
  errors_.assign(size_t(most) + 1, 0);
  errors_[0] = infinity;
  for (int axis = 0; axis < dimension; ++axis) {
    double moduli[ellipse_count];
    for (int k = 0; k < ellipse_count; k += FarKernel::lanes)
      function.bound_ellipses(box, axis, ellipses + k, moduli + k);
    for (int n = 1; n <= most; ++n) {
      double least = infinity;
      for (int k = 0; k < ellipse_count; ++k) {
        const double r = ellipses[k],
                     error = 4 * moduli[k] * std::pow(r, 1 - n) / (r - 1) * (1 + 1e-12);
        least = error < least ? error : least;
      }
      errors_[size_t(n)] += least * std::pow(lebesgue(n), axis);
    }
  }
}

int InterpolationBound::points_for(double error) const {
  for (int n = 1; n < int(errors_.size()); ++n)
    if (errors_[size_t(n)] <= error) return n;
  return 0;
}

FarExpansion::FarExpansion(FarKernel::Function& function, const DifferenceBox& box,
                           int dimension, int points, double interpolation_error)
    : dimension_(dimension), points_(points), error_(interpolation_error) {
  sample(function, box);
  transform();
  add_up();
}

// The error of a sample counts that its point is a Chebyshev point but for rounding.
void FarExpansion::sample(FarKernel::Function& function, const DifferenceBox& box) {
  const int all = power(points_, dimension_);
  coefficients_.resize(size_t(all));
  std::vector<double> at((size_t(points_)));
  for (int i = 0; i < points_; ++i) at[size_t(i)] = std::cos(M_PI * (i + 0.5) / points_);
  double points[3 * FarKernel::lanes], spread[3], widest = 0;
  for (int axis = 0; axis < dimension_; ++axis)
    spread[axis] = 8 * unit * (std::fabs(box.middle[axis]) + box.half);
  for (int first = 0; first < all; first += FarKernel::lanes) {
    const int count = std::min(FarKernel::lanes, all - first);
    for (int k = 0; k < count; ++k)
      for (int axis = 0, rest = first + k; axis < dimension_; ++axis) {
        const int stride = power(points_, dimension_ - 1 - axis);
        points[k * dimension_ + axis] =
            box.middle[axis] + box.half * at[size_t(rest / stride)];
        rest %= stride;
      }
    const double width =
        function.sample(points, count, spread, &coefficients_[size_t(first)]);
    widest = width <= widest ? widest : width;
  }
  for (double value : coefficients_) largest_ = std::max(largest_, std::fabs(value));
  error_ += (widest + 2 * unit * largest_) * std::pow(lebesgue(points_), dimension_);
}

void FarExpansion::transform() {
  std::vector<double> matrix(size_t(points_ * points_));
  for (int k = 0; k < points_; ++k)
    for (int i = 0; i < points_; ++i)
      matrix[size_t(k * points_ + i)] =
          (k == 0 ? 1.0 : 2.0) / points_ * std::cos(M_PI * k * (i + 0.5) / points_);
  for (int axis = 0; axis < dimension_; ++axis)
    transform_axis(coefficients_, points_, dimension_, axis, matrix);
  // of each coefficient, by rounding
  const double of_one =
      power(2, dimension_) * dimension_ * (points_ + 8) * unit * largest_;
  error_ += of_one * double(coefficients_.size());
}

void FarExpansion::add_up() {
  cut_.assign(size_t(points_) + 1, 0);
  terms_.assign(size_t(points_) + 1, 0);
  for (int k = 0; k < int(coefficients_.size()); ++k) {
    int degree = 0;
    double terms = std::fabs(coefficients_[size_t(k)]);
    const double size = terms;
    for (int axis = 0, rest = k; axis < dimension_; ++axis) {
      const int stride = power(points_, dimension_ - 1 - axis);
      degree += rest / stride;
      terms *= absolute_sum(chebyshev()[size_t(rest / stride)]);
      rest %= stride;
    }
    for (int order = 0; order <= points_; ++order)
      (degree < order ? terms_ : cut_)[size_t(order)] += degree < order ? terms : size;
  }
}

double FarExpansion::error(int order, double units) const {
  return (error_ + cut_[size_t(order)]) * (1 + 1e-9) +
         terms_[size_t(order)] * unit * (units + 8.0 * order * dimension_);
}

int FarExpansion::order_for(double error_wanted, double units) const {
  for (int order = 1; order <= points_; ++order)
    if (error(order, units) <= error_wanted) return order;
  return 0;
}

// Terms of too high a degree are left out, the others become powers axis by axis.
std::vector<double> FarExpansion::table(const Monomials& monomials, int order) const {
  std::vector<double> array(size_t(power(order, dimension_)));
  for (int to = 0; to < int(array.size()); ++to) {
    int degree = 0, from = 0;
    for (int axis = 0, rest = to; axis < dimension_; ++axis) {
      const int stride = power(order, dimension_ - 1 - axis);
      degree += rest / stride;
      from = from * points_ + rest / stride;
      rest %= stride;
    }
    array[size_t(to)] = degree < order ? coefficients_[size_t(from)] : 0;
  }
  std::vector<double> powers(size_t(order * order), 0.0);
  for (int k = 0; k < order; ++k)
    for (int m = 0; m <= k; ++m)
      powers[size_t(m * order + k)] = chebyshev()[size_t(k)][size_t(m)];
  for (int axis = 0; axis < dimension_; ++axis)
    transform_axis(array, order, dimension_, axis, powers);
  std::vector<double> table(size_t(monomials.count(order)));
  for (int m = 0; m < int(table.size()); ++m) {
    int from = 0;
    for (int axis = 0; axis < dimension_; ++axis)
      from = from * order + monomials.power(m, axis);
    table[size_t(m)] = array[size_t(from)] * monomials.factorials(m);
  }
  return table;
}

}  // namespace rkeops
