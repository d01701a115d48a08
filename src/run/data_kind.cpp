#include "run/data_kind.h"

#include <cmath>

#include "run/cuda/resident_facts.h"

namespace rkeops {

namespace {

// To look at each number of the inputs is a hundredth of so much work; a few rows stand
// for all where there is less.
constexpr double numbers_worth_reading = 1000;

int power_of_two(double number) {
  return number > 0 && std::isfinite(number) ? std::ilogb(number)
         : number > 0                        ? 9999
                                             : -9999;
}

}  // namespace

const DataKind& DataKindReader::kind_of(const std::vector<Argument>& arguments,
                                        const CallInputs& inputs, long long work,
                                        int threads) {
  kind_.clear();
  kind_.push_back(power_of_two(double(inputs.i_size)));
  kind_.push_back(power_of_two(double(inputs.j_size)));
  const bool reads_all =
      numbers_worth_reading * numbers_of(inputs) <= inputs.pairs() * double(work);
  for (const Argument& argument : arguments) {
    const MatrixView& matrix = inputs.matrices.at(size_t(argument.position));
    const InputSummary summary =
        reads_all ? summary_of_any(matrix, threads)
                  : summary_of(sample_of_any(matrix, threads, sample_), 1);
    kind_.push_back(power_of_two(summary.largest));
  }
  return kind_;
}

}  // namespace rkeops
