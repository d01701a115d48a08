// Rectangles of complex numbers, several side by side, and the rule by which an operation
// makes one of those of its arguments. They prove how fast a value may be expanded.
#pragma once

#include "ir/interval.h"

namespace rkeops {

/// Real parts from re.lo to re.hi, imaginary ones from im.lo to im.hi, and no number
/// larger than the modulus. All finite, or the modulus is NaN: nothing is known then.
struct ComplexLanes {
  static constexpr int count = IntervalLanes::count;
  IntervalLanes re, im;
  double modulus[count];
};

/// A column of the table of operations: a rectangle that holds every value, in exact
/// arithmetic, of the function that is analytic on the rectangles of the arguments, and
/// on their real parts is the operation. Not known where there is no such function. Ends
/// are rounded outwards. Null: nothing is known of the operation.
using ComplexRule = void (*)(const ComplexLanes* const* arguments, const int* integers,
                             ComplexLanes& result);

}  // namespace rkeops
