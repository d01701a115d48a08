// One reduction to be run by an engine: matrices in, matrix out. Knows nothing of R or of
// formulas.
#pragma once

#include <functional>
#include <vector>

namespace rkeops {

/// A column-major matrix of doubles owned by somebody else: one row a point, one column a
/// component.
struct MatrixView {
  const double* data;
  long long rows;
  int components;
};

/// Told between slices of work, on the main thread only, which part is done. False: the
/// user pressed Ctrl-C.
using Progress = std::function<bool(double)>;

struct Job {
  /// What the stages of the formula read, in the order of the plan: parameter and row
  /// inputs of the finish stage come last. Parameters have one row.
  std::vector<MatrixView> parameter_inputs;
  std::vector<MatrixView> row_inputs;     // indexed by the rows of the result
  std::vector<MatrixView> column_inputs;  // indexed by what is reduced
  long long rows = 1;
  long long columns = 1;
  long long work =
      1;  // components computed for each pair: how long a pair takes, roughly
  /// rows x outputs, column-major, written completely.
  double* output = nullptr;
  Progress progress;
};

/// Asked between slices of work, on the main thread only: true once the user pressed
/// Ctrl-C.
using Interrupted = std::function<bool()>;

}  // namespace rkeops
