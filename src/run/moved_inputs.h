// The inputs of a formula that may be moved (pass/translations.h), moved to where single
// precision has its digits: near 0. A centre is taken from each group of them in double
// precision, before anything is rounded.
#pragma once

#include <memory>
#include <vector>

#include "operator/settings.h"
#include "pass/translations.h"
#include "run/call.h"
#include "run/cuda/gpu_matrix.h"

namespace rkeops {

class MovedInputs {
 public:
  explicit MovedInputs(Translations translations)
      : translations_(std::move(translations)) {}

  const Translations& translations() const { return translations_; }

  /// Whether the data lie so far from 0, for their spread, that moving them keeps digits.
  /// Looks at a few rows of each input.
  bool are_wanted(const CallInputs& given, int threads);

  /// The inputs of the moved formula, after are_wanted(); they live until the next call.
  const CallInputs& of(const CallInputs& given, const Settings& settings);

  /// The centres that were taken, one vector a group.
  const std::vector<std::vector<double>>& centres() const { return centres_; }

  /// The number that was taken from a component of an argument.
  double centre(int argument, int component) const;

 private:
  void find_centre(int group, const CallInputs& given, int threads,
                   std::vector<double>& centre);
  MatrixView moved(const MatrixView& matrix, const std::vector<double>& centre,
                   const Settings& settings);
  MatrixView moved_on_gpu(const MatrixView& matrix, const std::vector<double>& centre,
                          const Settings& settings);

  /// A matrix that stays on a GPU, moved once.
  struct Resident {
    long long number;
    std::vector<double> centre;
    std::unique_ptr<GpuMatrix> matrix;
  };

  /// Kept, since every call needs it: memory costs more than what is written there.
  struct Samples {
    std::vector<std::vector<double>> memory;  // of the views
    std::vector<MatrixView> views;
    std::vector<double> values;  // of a component
  };

  const Translations translations_;
  Samples samples_;
  std::vector<std::vector<double>> centres_;
  CallInputs inputs_;
  /// The moved matrices: fresh memory costs as much as what is written there, so it is
  /// kept for the next call.
  std::vector<std::vector<double>> copies_;
  size_t used_copies_ = 0;
  std::vector<Resident> residents_, used_residents_;
};

}  // namespace rkeops
