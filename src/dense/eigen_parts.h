// The parts by Eigen. Included once for each instruction set, with a name of its own for
// the namespace Eigen, since code for one must not be linked into that for another.
#define EIGEN_DONT_PARALLELIZE
#define EIGEN_MPL2_ONLY
#include <Eigen/Cholesky>
#include <Eigen/Core>

#include "dense/dense_parts.h"

namespace {

using Matrix =
    Eigen::Map<Eigen::MatrixXd, Eigen::Unaligned, Eigen::OuterStride<Eigen::Dynamic>>;

Matrix matrix(const rkeops::DensePart& part) {
  return Matrix(part.values, part.rows, part.columns,
                Eigen::OuterStride<Eigen::Dynamic>(part.stride));
}

void multiply(const rkeops::DensePart& a, const rkeops::DensePart& b, bool transposed,
              const rkeops::DensePart& c) {
  if (transposed) {
    matrix(c).noalias() = matrix(a).transpose() * matrix(b);
  } else {
    matrix(c).noalias() = matrix(a) * matrix(b);
  }
}

void subtract_outer(const rkeops::DensePart& a, const rkeops::DensePart& b,
                    const rkeops::DensePart& c) {
  matrix(c).noalias() -= matrix(a) * matrix(b).transpose();
}

bool cholesky(const rkeops::DensePart& a) {
  Matrix values = matrix(a);
  const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd, 0, Eigen::OuterStride<>>> factor(values);
  return factor.info() == Eigen::Success;
}

void solve(const rkeops::DensePart& factor, bool transposed, const rkeops::DensePart& b) {
  Matrix values = matrix(b);
  if (transposed) {
    matrix(factor).transpose().triangularView<Eigen::Upper>().solveInPlace(values);
  } else {
    matrix(factor).triangularView<Eigen::Lower>().solveInPlace(values);
  }
}

void solve_right(const rkeops::DensePart& factor, const rkeops::DensePart& b) {
  Matrix values = matrix(b);
  matrix(factor)
      .transpose()
      .triangularView<Eigen::Upper>()
      .solveInPlace<Eigen::OnTheRight>(values);
}

const rkeops::DenseParts parts = {multiply, subtract_outer, cholesky, solve, solve_right};

}  // namespace
