// Facts about matrices that stay on a GPU, whose values do not change, are looked up
// once a matrix, by a copy to the host.
#pragma once

#include <vector>

#include "base/input_summary.h"

namespace rkeops {

/// Rows of a matrix that stand for all, evenly spaced: at most this many.
constexpr long long sampled_rows = 9;

struct ResidentFacts {
  long long number = 0, rows = 0;
  int components = 0;
  InputSummary summary;
  SingleFit fit;
  std::vector<double> sample;  // column-major
};

/// The facts about a matrix whose values are on a GPU alone.
const ResidentFacts& facts_of(const MatrixView& resident, int threads);

/// Its values on the host.
std::vector<double> values_on_host(const MatrixView& resident);

/// Summarises a matrix wherever it is.
InputSummary summary_of_any(const MatrixView& matrix, int threads);

SingleFit single_fit_of_any(const MatrixView& matrix, int threads);

/// Some rows of a matrix wherever it is; the view lives as long as what it is of.
MatrixView sample_of_any(const MatrixView& matrix, int threads,
                         std::vector<double>& memory);

}  // namespace rkeops
