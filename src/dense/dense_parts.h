// The parts of which threads do one each, for one instruction set.
#pragma once

namespace rkeops {

/// A part of a matrix: columns are `stride` numbers apart.
struct DensePart {
  double* values;
  long rows;
  long columns;
  long stride;
};

struct DenseParts {
  /// c = a b, or a' b.
  void (*multiply)(const DensePart& a, const DensePart& b, bool transposed,
                   const DensePart& c);
  /// c -= a b'.
  void (*subtract_outer)(const DensePart& a, const DensePart& b, const DensePart& c);
  /// Lower Cholesky factor in place; false if there is none.
  bool (*cholesky)(const DensePart& a);
  /// b := L^-1 b or L'^-1 b.
  void (*solve)(const DensePart& factor, bool transposed, const DensePart& b);
  /// b := b L'^-1.
  void (*solve_right)(const DensePart& factor, const DensePart& b);
};

const DenseParts& baseline_dense_parts();

/// Null where this was not compiled for x86.
const DenseParts* avx2_dense_parts();

}  // namespace rkeops
