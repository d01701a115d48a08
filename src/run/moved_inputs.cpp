#include "run/moved_inputs.h"

#include <algorithm>
#include <cmath>

#include "run/cuda/cuda_engine.h"
#include "run/cuda/resident_facts.h"

namespace rkeops {

namespace {

// A centre so many times the spread between the quartiles costs two bits of the digits of
// differences, which is what moving keeps.
constexpr double far_from_zero = 4;

void append_finite(const MatrixView& sample, int component, std::vector<double>& to) {
  for (long long k = 0; k < sample.rows; ++k) {
    const double value = sample.data[component * sample.rows + k];
    if (std::isfinite(value)) to.push_back(value);
  }
}

// The number in the middle, one of the values itself, so that whole numbers stay whole;
// 0 where it is near 0 for their spread.
double centre_of(std::vector<double>& values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t count = values.size();
  const double centre = values[count / 2];
  const double spread = values[count - 1 - count / 4] - values[count / 4];
  return std::fabs(centre) > far_from_zero * spread ? centre : 0;
}

}  // namespace

bool MovedInputs::are_wanted(const CallInputs& given, int threads) {
  centres_.assign(size_t(translations_.groups), {});
  bool wanted = false;
  for (int group = 0; group < translations_.groups; ++group) {
    std::vector<double>& centre = centres_[size_t(group)];
    centre = centre_of_group(group, given, threads);
    wanted = wanted || std::any_of(centre.begin(), centre.end(),
                                   [](double value) { return value != 0; });
  }
  return wanted;
}

std::vector<double> MovedInputs::centre_of_group(int group, const CallInputs& given,
                                                 int threads) const {
  std::vector<std::vector<double>> memory;
  std::vector<MatrixView> samples;
  for (const MovedInput& input : translations_.inputs) {
    if (input.group != group) continue;
    memory.emplace_back();
    samples.push_back(
        sample_of_any(given.matrices.at(size_t(input.argument)), threads, memory.back()));
  }
  std::vector<double> centre, values;
  for (int component = 0; component < samples.front().components; ++component) {
    values.clear();
    for (const MatrixView& sample : samples) append_finite(sample, component, values);
    centre.push_back(centre_of(values));
  }
  return centre;
}

const CallInputs& MovedInputs::of(const CallInputs& given, const Settings& settings) {
  used_copies_ = 0;
  used_residents_.clear();
  inputs_ = given;
  inputs_.matrices.resize(size_t(translations_.arguments));
  for (const MovedInput& input : translations_.inputs)
    inputs_.matrices[size_t(input.position)] = moved(
        given.matrices[size_t(input.argument)], centres_[size_t(input.group)], settings);
  residents_ = std::move(used_residents_);
  return inputs_;
}

namespace {

void move(const MatrixView& matrix, const std::vector<double>& centre, double* to,
          int threads) {
  const auto rows = size_t(matrix.rows);
  for (size_t column = 0; column < size_t(matrix.components); ++column) {
    const double* const from = matrix.data + column * size_t(matrix.stride);
    double* const into = to + column * rows;
    const double less = centre[column];
    in_parts(rows, threads, [=](size_t first, size_t last) {
      for (size_t row = first; row < last; ++row) into[row] = from[row] - less;
    });
  }
}

}  // namespace

MatrixView MovedInputs::moved(const MatrixView& matrix, const std::vector<double>& centre,
                              const Settings& settings) {
  if (!matrix.data && matrix.resident) return moved_on_gpu(matrix, centre, settings);
  const auto values = size_t(matrix.rows) * size_t(matrix.components);
  if (used_copies_ == copies_.size()) copies_.emplace_back();
  std::vector<double>& copy = copies_[used_copies_++];
  copy.resize(values);
  move(matrix, centre, copy.data(), settings.usable_threads());
  return {copy.data(), matrix.rows, matrix.components};
}

MatrixView MovedInputs::moved_on_gpu(const MatrixView& matrix,
                                     const std::vector<double>& centre,
                                     const Settings& settings) {
  for (auto known = residents_.begin(); known != residents_.end(); ++known) {
    if (known->number != matrix.resident->number() || known->centre != centre) continue;
    used_residents_.push_back(std::move(*known));
    residents_.erase(known);
    return {nullptr, matrix.rows, matrix.components, used_residents_.back().matrix.get()};
  }
  std::vector<double> values = values_on_host(matrix);
  move({values.data(), matrix.rows, matrix.components}, centre, values.data(),
       settings.usable_threads());
  CudaContext& context = cuda_context(settings.cuda, settings.devices.at(0));
  auto copy = std::make_unique<GpuMatrix>(context, matrix.rows, matrix.components);
  copy->write(values.data());
  used_residents_.push_back({matrix.resident->number(), centre, std::move(copy)});
  return {nullptr, matrix.rows, matrix.components, used_residents_.back().matrix.get()};
}

}  // namespace rkeops
