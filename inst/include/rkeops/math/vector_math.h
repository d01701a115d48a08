// Vector math: every function of the formula language, on any lanes V of lanes.h.
//
// Generated CPU code includes this file only. The functions are ours because libm works
// on one number at a time; they are polynomials on a reduced range, within 2 units in
// the last place for the usual ones, and right for subnormal numbers, infinities and
// NaN. No standard header is included, and no flag like -ffast-math is needed or wanted.
#ifndef RKEOPS_VECTOR_MATH_H
#define RKEOPS_VECTOR_MATH_H

#include <rkeops/lanes.h>
#include <rkeops/math/vector_math_basic.h>
#include <rkeops/math/vector_math_composed.h>
#include <rkeops/math/vector_math_exp.h>
#include <rkeops/math/vector_math_log.h>
#include <rkeops/math/vector_math_power.h>
#include <rkeops/math/vector_math_special.h>
#include <rkeops/math/vector_math_trigonometry.h>

// made of the others
#include <rkeops/math/soft_dtw.h>
#include <rkeops/math/vector_math_orders.h>

#endif
