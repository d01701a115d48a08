// One reduction to be run by an engine: matrices in, matrix out. Knows nothing of R or of
// formulas.
#pragma once

#include <vector>

#include "base/interrupts.h"
#include "base/pair_cover.h"

namespace rkeops {

class GpuMatrix;

/// Rows of a column-major matrix of doubles owned by somebody else: one row a point, one
/// column a component, `stride` apart. Where `resident` is given, it is there too, from
/// its row `first` on, or only there: `data` is null.
struct MatrixView {
  MatrixView() : MatrixView(nullptr, 0, 0) {}
  MatrixView(const double* values, long long row_count, int component_count,
             const GpuMatrix* on_gpu = nullptr)
      : data(values),
        rows(row_count),
        stride(row_count),
        components(component_count),
        resident(on_gpu) {}

  const double* data;
  long long rows, stride;
  int components;
  const GpuMatrix* resident;
  long long first = 0;

  /// Some of its rows.
  MatrixView part(long long begin, long long end) const {
    MatrixView result = *this;
    if (data) result.data += begin;
    result.rows = end - begin;
    result.first += begin;
    return result;
  }
};

struct Job {
  /// The stages of the formula read these, in the order of the plan: parameter and row
  /// inputs of the finish stage come last. Parameters have one row.
  std::vector<MatrixView> parameter_inputs;
  std::vector<MatrixView> row_inputs;     // indexed by the rows of the result
  std::vector<MatrixView> column_inputs;  // indexed by what is reduced
  long long rows = 1;
  long long columns = 1;
  /// The columns that each row is reduced over, where these are not all.
  const CoveredRows* cover = nullptr;
  long long work =
      1;  // components computed for each pair: how long a pair takes, roughly
  bool single_precision = false;
  /// rows x outputs, column-major, written completely.
  double* output = nullptr;
  /// The result goes there instead, if it is to stay on the (only) GPU.
  GpuMatrix* resident_output = nullptr;
  Progress progress;

  /// The number of pairs that are computed.
  double pairs() const;
};

/// Thrown by an engine, which has not computed the result, where a row or a column is not
/// as the formula of the job demands.
struct ConditionsFail {};

}  // namespace rkeops
