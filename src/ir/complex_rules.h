// The words in which the complex interval rules of the table of operations are written.
#pragma once

#include "ir/complex_interval.h"
#include "ir/interval_rules.h"

namespace rkeops::rectangles {

using intervals::Interval;

/// One rectangle, see ComplexLanes.
struct Rectangle {
  Interval re, im;
  double modulus;
};

Rectangle lane(const ComplexLanes& from, int k);
void set_lane(ComplexLanes& to, int k, const Rectangle& value);

// ---- a rule for one rectangle -> a rule for all lanes ----

template <Rectangle (*rule)(const Rectangle&)>
void of_one(const ComplexLanes* const* a, const int*, ComplexLanes& result) {
  for (int k = 0; k < ComplexLanes::count; ++k) set_lane(result, k, rule(lane(*a[0], k)));
}
template <Rectangle (*rule)(const Rectangle&, int)>
void with_integer(const ComplexLanes* const* a, const int* integers,
                  ComplexLanes& result) {
  for (int k = 0; k < ComplexLanes::count; ++k)
    set_lane(result, k, rule(lane(*a[0], k), integers[0]));
}
template <Rectangle (*rule)(const Rectangle&, const Rectangle&)>
void of_two(const ComplexLanes* const* a, const int*, ComplexLanes& result) {
  for (int k = 0; k < ComplexLanes::count; ++k)
    set_lane(result, k, rule(lane(*a[0], k), lane(*a[1], k)));
}

// ---- rules ----

Rectangle add(const Rectangle& a, const Rectangle& b);
Rectangle subtract(const Rectangle& a, const Rectangle& b);
Rectangle negative(const Rectangle& a);
Rectangle multiply(const Rectangle& a, const Rectangle& b);
Rectangle divide(const Rectangle& a, const Rectangle& b);
Rectangle inverse(const Rectangle& a);
Rectangle square(const Rectangle& a);
Rectangle integer_power(const Rectangle& a, int m);
Rectangle power(const Rectangle& a, const Rectangle& b);
Rectangle root(const Rectangle& a);
Rectangle inverse_root(const Rectangle& a);

Rectangle exponential(const Rectangle& a);
Rectangle exponential_less_1(const Rectangle& a);
Rectangle exponential_of_2(const Rectangle& a);
Rectangle logarithm(const Rectangle& a);
Rectangle logarithm_of_1_and(const Rectangle& a);
Rectangle logarithm_to_2(const Rectangle& a);
Rectangle logarithm_to_10(const Rectangle& a);
Rectangle logistic(const Rectangle& a);
Rectangle softplus(const Rectangle& a);
Rectangle times_logarithm(const Rectangle& a);
Rectangle matern_of_square(const Rectangle& a, int order);
Rectangle wendland_of_square(const Rectangle& a);

Rectangle sine(const Rectangle& a);
Rectangle cosine(const Rectangle& a);
Rectangle hyperbolic_sine(const Rectangle& a);
Rectangle hyperbolic_cosine(const Rectangle& a);
Rectangle hyperbolic_tangent(const Rectangle& a);
Rectangle arc_tangent(const Rectangle& a);
Rectangle error_function(const Rectangle& a);
Rectangle rest_of_error_function(const Rectangle& a);

// Analytic on either side of their kink.
Rectangle absolute(const Rectangle& a);
Rectangle sign(const Rectangle& a);
Rectangle step(const Rectangle& a);
Rectangle not_below_0(const Rectangle& a);
Rectangle larger(const Rectangle& a, const Rectangle& b);
Rectangle smaller(const Rectangle& a, const Rectangle& b);

}  // namespace rkeops::rectangles
