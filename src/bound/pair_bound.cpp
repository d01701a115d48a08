#include "bound/pair_bound.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/input_summary.h"
#include "bound/pair_parts.h"

namespace rkeops {

namespace {

constexpr int lanes = IntervalLanes::count;

// A number as the program reads it. Infinite values are not known either.
double known_number(double value, Precision precision) {
  const double read = precision == Precision::float32 ? double(float(value)) : value;
  return std::isfinite(read) ? read : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

PairBound::PairBound(const KernelPlan& kernel, Precision precision)
    : precision_(precision),
      inputs_{total_dimension(kernel.rows.inputs),
              total_dimension(kernel.columns.inputs)},
      parameter_inputs_(total_dimension(kernel.parameters.inputs)) {
  const PairParts pair_parts(kernel);
  const auto program = [&](const std::vector<Expr>& roots,
                           const IntervalProgram::Inputs& inputs) {
    return std::make_unique<IntervalProgram>(roots, inputs, precision);
  };
  const std::vector<Expr>& parameters = kernel.parameters.inputs;
  const std::vector<Expr>* const read[sides] = {&kernel.rows.inputs,
                                                &kernel.columns.inputs};
  const PointParts* const found[sides] = {&pair_parts.rows, &pair_parts.columns};
  for (int side = 0; side < sides; ++side) {
    const IntervalProgram::Inputs inputs = {*read[side], parameters};
    programs_[side][int(Part::positions)] = program(found[side]->positions, inputs);
    programs_[side][int(Part::weights)] = program(found[side]->weights, inputs);
  }
  parameters_ = program(pair_parts.parameters, {parameters});
  pair_ = program(kernel.values, {pair_parts.rows.positions, pair_parts.rows.weights,
                                  pair_parts.columns.positions,
                                  pair_parts.columns.weights, pair_parts.parameters});
}

bool PairBound::exists() const {
  bool exists = parameters_->exists() && pair_->exists() && pair_->results() > 0;
  for (const auto& side : programs_) {
    for (const auto& part : side) exists = exists && part->exists();
    exists = exists && side[int(Part::positions)]->results() > 0;
  }
  return exists;
}

namespace {

void set(IntervalLanes& box, int lane, double value) {
  box.lo[lane] = value;
  box.hi[lane] = value;
}

// The first components of some matrices, for some of their rows.
class Reader {
 public:
  Reader(const std::vector<MatrixView>& matrices, int components, Precision precision)
      : precision_(precision), boxes_(size_t(components)) {
    for (const MatrixView& matrix : matrices)
      for (int k = 0; k < matrix.components && int(from_.size()) < components; ++k)
        from_.push_back(matrix.data + k * matrix.stride);
  }

  const IntervalLanes* read(long long first, int count) {
    for (size_t k = 0; k < from_.size(); ++k)
      for (int lane = 0; lane < lanes; ++lane)
        set(boxes_[k], lane,
            known_number(from_[k][first + std::min(lane, count - 1)], precision_));
    return boxes_.data();
  }

 private:
  const Precision precision_;
  std::vector<const double*> from_;
  std::vector<IntervalLanes> boxes_;
};

void write(const IntervalProgram::Memory& memory, long long first, int count,
           PointValues& values) {
  for (int lane = 0; lane < count; ++lane) {
    const size_t at = size_t((first + lane) * values.components);
    for (size_t k = 0; k < memory.results.size(); ++k) {
      values.lo[at + k] = memory.results[k]->lo[lane];
      if (!values.hi.empty()) values.hi[at + k] = memory.results[k]->hi[lane];
    }
  }
}

}  // namespace

// False where not all are components of inputs.
bool PairBound::copy(const IntervalProgram& what, const std::vector<MatrixView>& inputs,
                     int threads, PointValues& values) const {
  std::vector<const double*> from;
  for (const MatrixView& matrix : inputs)
    for (int k = 0; k < matrix.components; ++k)
      from.push_back(matrix.data + k * matrix.stride);
  std::vector<const double*> read;
  for (int k = 0; k < what.results(); ++k) {
    if (what.copied(k) < 0) return false;
    read.push_back(from[size_t(what.copied(k))]);
  }
  const size_t components = read.size();
  in_parts(
      size_t(values.points), threads,
      [&](size_t first, size_t last) {
        for (size_t k = 0; k < components; ++k)
          for (size_t point = first; point < last; ++point)
            values.lo[point * components + k] = known_number(read[k][point], precision_);
      },
      components);
  return true;
}

PointValues PairBound::read(Side side, Part part, const Job& job, int threads) const {
  const IntervalProgram& what = program(side, part);
  const bool of_rows = side == Side::rows;
  const std::vector<MatrixView>& inputs = of_rows ? job.row_inputs : job.column_inputs;
  PointValues values;
  values.points = of_rows ? job.rows : job.columns;
  values.components = what.results();
  values.lo.resize(size_t(values.points * values.components));
  if (what.only_copies() && copy(what, inputs, threads, values)) return values;
  values.hi.resize(values.lo.size());
  Reader once(job.parameter_inputs, parameter_inputs_, precision_);
  const IntervalLanes* const parameters = once.read(0, 1);
  const auto work = [&](size_t begin, size_t end) {
    Reader reader(inputs, inputs_[int(side)], precision_);
    IntervalProgram::Memory memory = what.memory();
    for (size_t block = begin; block < end; ++block) {
      const long long first = (long long)block * lanes;
      const int count = int(std::min<long long>(lanes, values.points - first));
      const IntervalLanes* const groups[] = {reader.read(first, count), parameters};
      what.run(groups, memory);
      write(memory, first, count, values);
    }
  };
  in_parts(size_t((values.points + lanes - 1) / lanes), threads, work,
           size_t(lanes * (values.components + 1)));
  return values;
}

std::vector<IntervalLanes> PairBound::read_parameters(const Job& job) const {
  Reader once(job.parameter_inputs, parameter_inputs_, precision_);
  const IntervalLanes* const groups[] = {once.read(0, 1)};
  IntervalProgram::Memory memory = parameters_->memory();
  parameters_->run(groups, memory);
  std::vector<IntervalLanes> values;
  for (const IntervalLanes* value : memory.results) values.push_back(*value);
  return values;
}

}  // namespace rkeops
