#include "run/moved_inputs.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/processors.h"
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
  centres_.resize(size_t(translations_.groups));
  bool wanted = false;
  for (int group = 0; group < translations_.groups; ++group) {
    std::vector<double>& centre = centres_[size_t(group)];
    find_centre(group, given, threads, centre);
    wanted = wanted || std::any_of(centre.begin(), centre.end(),
                                   [](double value) { return value != 0; });
  }
  return wanted;
}

void MovedInputs::find_centre(int group, const CallInputs& given, int threads,
                              std::vector<double>& centre) {
  Samples& of = samples_;
  of.memory.resize(translations_.inputs.size());
  of.views.clear();
  for (const MovedInput& input : translations_.inputs) {
    if (input.group != group) continue;
    of.views.push_back(sample_of_any(given.matrices.at(size_t(input.argument)), threads,
                                     of.memory[of.views.size()]));
  }
  centre.clear();
  for (int component = 0; component < of.views.front().components; ++component) {
    of.values.clear();
    for (const MatrixView& sample : of.views) append_finite(sample, component, of.values);
    centre.push_back(centre_of(of.values));
  }
}

double MovedInputs::centre(int argument, int component) const {
  for (const MovedInput& input : translations_.inputs)
    if (input.argument == argument && !centres_.empty())
      return centres_[size_t(input.group)].at(size_t(component));
  return 0;
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

typedef double Doubles __attribute__((vector_size(32)));
constexpr size_t lanes = sizeof(Doubles) / sizeof(double);

RKEOPS_FOR_EACH_PROCESSOR
void subtract(const double* from, double less, double* to, size_t count) {
  size_t k = 0;
#pragma GCC unroll 4
  for (; k + lanes <= count; k += lanes) {
    Doubles values;
    std::memcpy(&values, from + k, sizeof values);
    values -= less;
    std::memcpy(to + k, &values, sizeof values);
  }
  for (; k < count; ++k) to[k] = from[k] - less;
}

void move(const MatrixView& matrix, const std::vector<double>& centre, double* to,
          int threads) {
  const auto rows = size_t(matrix.rows);
  for (size_t column = 0; column < size_t(matrix.components); ++column) {
    const double* const from = matrix.data + column * size_t(matrix.stride);
    double* const into = to + column * rows;
    const double less = centre[column];
    if (threads == 1) {
      subtract(from, less, into, rows);
      continue;
    }
    in_parts(rows, threads, [=](size_t first, size_t last) {
      subtract(from + first, less, into + first, last - first);
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
  move(matrix, centre, copy.data(),
       values < values_worth_a_thread ? 1 : settings.usable_threads());
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
