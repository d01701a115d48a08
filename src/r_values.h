// R values <-> matrices of doubles. The only place besides rkeops.cpp that knows R.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "rcpp.h"
#include "run/call.h"
#include "run/cuda/gpu_matrix.h"

namespace rkeops {

/// The argument `inner_dim` of an operator.
enum class Orientation {
  transposed_columns = 0,  // columns are points, and so they are in the result
  rows = 1,                // rows are points
  columns = 2              // columns are points; rows are points in the result
};

/// The matrix on a GPU that an R object is, or a null pointer if it is none. Throws if it
/// came from another session.
GpuMatrix* gpu_matrix_of(SEXP value);

/// R gave this for an argument.
struct Shape {
  bool is_matrix;  // has rows and columns
  long long rows, columns;
  std::string text;
};

/// The inputs of a call as R gave them, checked and seen as matrices whose rows are
/// points. Numeric matrices with points in rows are not copied.
class RInputs {
 public:
  /// `input` is a list in the order of the arguments, or with their names in any order;
  /// nx and ny are R_NilValue or numbers. Matrices on the GPU of this context stay there,
  /// others come to the host. Errors: `shape`, `argument`, `gpu`.
  RInputs(const std::vector<Argument>& arguments, SEXP input, Orientation orientation,
          SEXP nx, SEXP ny, const CudaContext* gpu = nullptr);

  /// From now on the call has this cover, if it is not null. It tells sizes that nothing
  /// else does. Errors: `shape`.
  void take_cover(std::shared_ptr<const PairCover> cover);

  const CallInputs& inputs() const { return inputs_; }
  void take_tolerance(double tolerance) { inputs_.tolerance = tolerance; }

  /// Whether there are matrices, and all of them are on a GPU.
  bool are_on_gpu() const { return on_gpu_ > 0 && on_host_ == 0; }

  /// Names of the points with this index, or R_NilValue.
  SEXP point_names(Level index) const;

 private:
  void add(const Argument& argument, SEXP value, Orientation orientation);
  void see(const Argument& argument, SEXP value, const Shape& shape, bool points_are_rows,
           MatrixView& view);
  void see_gpu_matrix(const GpuMatrix& matrix, MatrixView& view);
  void take_size(const Argument& argument, long long rows);
  void check_size(Level index, SEXP given, const char* name);
  void check_cover_size(Level index, long long of_cover);

  std::vector<Argument> arguments_;
  const CudaContext* gpu_;
  int on_gpu_ = 0, on_host_ = 0;  // matrices with an index
  CallInputs inputs_;
  std::deque<std::vector<double>> copies_;  // of what had to be converted or transposed
  int first_with_[4] = {-1, -1, -1, -1};    // argument that set the size of an index
  bool is_given_[4] = {};                   // the size of an index by nx or ny
  SEXP names_[4];
};

/// A numeric matrix (not filled), allocated without jumping over C++ frames.
Rcpp::NumericMatrix new_matrix(long long rows, long long columns);

/// `x` transposed.
Rcpp::NumericMatrix transposed(const Rcpp::NumericMatrix& x);

}  // namespace rkeops
