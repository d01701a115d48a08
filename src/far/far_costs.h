// How long parts of a far sum take on one thread, in nanoseconds. Numbers alone: what is
// computed how never depends on a clock. benchmarks/tolerance.R
#pragma once

#include "far/far_kernel.h"
#include "far/monomials.h"

namespace rkeops {

struct FarCosts {
  explicit FarCosts(const FarKernel& kernel);

  double pair;            // computed directly
  double multiplication;  // of an expansion, for one pair of cubes and one sum
  double sample;          // of the function, at one point
  double look;            // at a pair of cubes
  double ellipses;        // in which a function is bounded

  double of_expansion(const Monomials& monomials, int order, int sums) const {
    return sums * multiplication * (monomials.work(order) + 4.0 * monomials.count(order));
  }
};

}  // namespace rkeops
