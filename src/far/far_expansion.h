// A function of differences in a box as a polynomial, with a proven error: Chebyshev
// interpolation, cut at a total degree.
#pragma once

#include <cstddef>
#include <vector>

#include "far/far_kernel.h"
#include "far/monomials.h"

namespace rkeops {

/// Interpolation has at most so many points along each axis, and polynomials are of
/// degrees below that.
int most_expansion_order(int dimension);

/// The largest error of the interpolation at n points along each axis, known before the
/// function is sampled.
class InterpolationBound {
 public:
  InterpolationBound(FarKernel::Function& function, const DifferenceBox& box,
                     int dimension);

  /// The fewest points for such an error; 0: none that is allowed.
  int points_for(double error) const;
  double error(int points) const { return errors_[size_t(points)]; }

 private:
  std::vector<double> errors_;  // by points
};

class FarExpansion {
 public:
  FarExpansion(FarKernel::Function& function, const DifferenceBox& box, int dimension,
               int points, double interpolation_error);

  /// The largest error of the polynomial of degree below `order`, computed with errors of
  /// `units` units in the last digit of the sum of its absolute terms.
  double error(int order, double units) const;
  /// The least order for such an error; 0: none.
  int order_for(double error, double units) const;

  /// The table that Monomials::convert() reads.
  std::vector<double> table(const Monomials& monomials, int order) const;
  int points() const { return points_; }

 private:
  void sample(FarKernel::Function& function, const DifferenceBox& box);
  void transform();
  void add_up();

  const int dimension_, points_;
  double error_, largest_ = 0;
  std::vector<double> coefficients_;
  std::vector<double> cut_;    // by order: absolute coefficients of it and above
  std::vector<double> terms_;  // by order: absolute terms of the polynomial
};

}  // namespace rkeops
