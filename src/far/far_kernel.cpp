#include "far/far_kernel.h"

#include <algorithm>
#include <cmath>

#include "base/input_summary.h"
#include "ir/reductions.h"

namespace rkeops {

namespace {

constexpr int lanes = FarKernel::lanes;
constexpr double infinity = std::numeric_limits<double>::infinity();
// More than the rounding of the ends of a box.
constexpr double wider = 1 + 1e-14;

enum Programs { of_pairs, of_rows, of_columns, of_weights };

void set_all(IntervalLanes& box, double value) {
  std::fill(box.lo, box.lo + lanes, value);
  std::fill(box.hi, box.hi + lanes, value);
}

ComplexLanes real_lanes(const IntervalLanes& value) {
  ComplexLanes result;
  result.re = value;
  for (int k = 0; k < lanes; ++k) {
    result.im.lo[k] = result.im.hi[k] = 0;
    result.modulus[k] = std::max(std::fabs(value.lo[k]), std::fabs(value.hi[k]));
  }
  return result;
}

ComplexLanes negative(ComplexLanes value) {
  for (IntervalLanes* part : {&value.re, &value.im})
    for (int k = 0; k < lanes; ++k) {
      const double lo = part->lo[k];
      part->lo[k] = -part->hi[k];
      part->hi[k] = -lo;
    }
  return value;
}

std::vector<const double*> components_of(const std::vector<MatrixView>& matrices,
                                         int count) {
  std::vector<const double*> components;
  for (const MatrixView& matrix : matrices)
    for (int k = 0; k < matrix.components && int(components.size()) < count; ++k)
      components.push_back(matrix.data + k * matrix.stride);
  return components;
}

}  // namespace

FarKernel::FarKernel(const KernelPlan& kernel, Precision precision) {
  if (kernel.reduction && kernel.reduction->reduction->adds != Adds::values) {
    why_refused_ = "only sums over pairs have a tolerance";
    return;
  }
  if (!kernel.reduction || kernel.row_index == level_none ||
      kernel.column_index == level_none)
    why_not_ = "it goes over columns alone";
  else if (kernel.reduction->over == Over::cover)
    why_not_ = "it goes over ranges or batches";
  else if (kernel.sum_scheme != SumScheme::block)
    why_not_ = "the sum scheme is not \"block\"";
  if (!why_not_.empty()) return;
  form_ = difference_form(kernel.values[0], kernel.row_index, kernel.column_index);
  why_not_ = form_.why_not;
  if (why_not_.empty()) find_programs(kernel, precision);
}

void FarKernel::find_programs(const KernelPlan& kernel, Precision precision) {
  sums_ = kernel.values[0]->dimension;
  outputs_ = kernel.outputs;
  operations_ = double(kernel.operations);
  std::vector<Expr> nodes, rows, columns, weights;
  for (const auto& one : form_.differences) nodes.push_back(one.node);
  for (const auto& one : form_.coordinates) {
    rows.push_back(one.row);
    columns.push_back(one.column);
  }
  if (form_.of_column) weights.push_back(form_.of_column);
  const std::vector<Expr>& parameters = kernel.parameters.inputs;
  programs_.emplace_back(std::vector<Expr>{form_.of_pair},
                         IntervalProgram::Inputs{nodes, parameters}, precision);
  programs_.emplace_back(rows, IntervalProgram::Inputs{kernel.rows.inputs, parameters},
                         precision);
  for (const auto& roots : {columns, weights})
    programs_.emplace_back(
        roots, IntervalProgram::Inputs{kernel.columns.inputs, parameters}, precision);
  if (!programs_[of_pairs].is_analytic())
    why_not_ = "an operation of the formula has no rule for complex intervals";
  for (const IntervalProgram& program : programs_)
    if (!program.exists() && why_not_.empty())
      why_not_ = "an operation of the formula has no rule for intervals";
}

// ---- rows and columns ----

std::vector<double> FarKernel::row_coordinates(const Job& job, int threads) const {
  return read(programs_[of_rows], job.row_inputs, job.rows, form_.dimension, job,
              threads);
}

std::vector<double> FarKernel::column_coordinates(const Job& job, int threads) const {
  return read(programs_[of_columns], job.column_inputs, job.columns, form_.dimension, job,
              threads);
}

std::vector<double> FarKernel::weights(const Job& job, int threads) const {
  if (!form_.of_column) return std::vector<double>(size_t(job.columns), 1.0);
  return read(programs_[of_weights], job.column_inputs, job.columns, sums_, job, threads);
}

// Values are the middles of intervals as narrow as rounding.
std::vector<double> FarKernel::read(const IntervalProgram& program,
                                    const std::vector<MatrixView>& inputs,
                                    long long points, int components, const Job& job,
                                    int threads) const {
  constexpr int all = 1 << 20;
  std::vector<double> values(size_t(points) * size_t(components));
  const std::vector<const double*> from = components_of(inputs, all);
  std::vector<IntervalLanes> parameters;
  for (const double* value : components_of(job.parameter_inputs, all)) {
    parameters.emplace_back();
    set_all(parameters.back(), *value);
  }
  in_parts(
      size_t((points + lanes - 1) / lanes), threads,
      [&](size_t begin, size_t end) {
        std::vector<IntervalLanes> boxes(from.size());
        IntervalProgram::Memory memory = program.memory();
        const IntervalLanes* const groups[] = {boxes.data(), parameters.data()};
        for (size_t block = begin; block < end; ++block) {
          const long long first = (long long)block * lanes;
          const int count = int(std::min<long long>(lanes, points - first));
          for (size_t k = 0; k < from.size(); ++k)
            for (int lane = 0; lane < lanes; ++lane)
              boxes[k].lo[lane] = boxes[k].hi[lane] =
                  from[k][first + std::min(lane, count - 1)];
          program.run(groups, memory);
          for (int lane = 0; lane < count; ++lane)
            for (int k = 0; k < components; ++k) {
              const IntervalLanes& value = *memory.results[size_t(k)];
              values[size_t((first + lane) * components + k)] =
                  value.lo[lane] + (value.hi[lane] - value.lo[lane]) / 2;
            }
        }
      },
      size_t(lanes * components));
  return values;
}

// ---- the function of differences ----

FarKernel::Function::Function(const FarKernel& kernel, const Job& job)
    : kernel_(kernel),
      memory_(kernel.programs_[of_pairs].memory()),
      complex_memory_(kernel.programs_[of_pairs].complex_memory()),
      coordinates_(size_t(kernel.form_.dimension)) {
  for (const double* value : components_of(job.parameter_inputs, 1 << 20)) {
    parameters_.emplace_back();
    set_all(parameters_.back(), *value);
    complex_parameters_.push_back(real_lanes(parameters_.back()));
  }
  for (const auto& one : kernel.form_.differences)
    nodes_.resize(nodes_.size() + size_t(one.node->dimension));
  complex_nodes_.resize(nodes_.size());
}

void FarKernel::Function::set(int component, int lane, double lo, double hi) {
  coordinates_[size_t(component)].lo[lane] = lo;
  coordinates_[size_t(component)].hi[lane] = hi;
}

void FarKernel::Function::set_nodes() {
  size_t to = 0;
  for (const auto& one : kernel_.form_.differences) {
    const auto& coordinate = kernel_.form_.coordinates[size_t(one.coordinate)];
    for (int k = 0; k < one.node->dimension; ++k, ++to) {
      const IntervalLanes& from = coordinates_[size_t(coordinate.first + k)];
      for (int lane = 0; lane < lanes; ++lane) {
        nodes_[to].lo[lane] = one.sign > 0 ? from.lo[lane] : -from.hi[lane];
        nodes_[to].hi[lane] = one.sign > 0 ? from.hi[lane] : -from.lo[lane];
      }
    }
  }
}

void FarKernel::Function::bound(const DifferenceBox* boxes, int count, double* least,
                                double* largest) {
  for (int lane = 0; lane < lanes; ++lane) {
    const DifferenceBox& box = boxes[std::min(lane, count - 1)];
    for (int k = 0; k < kernel_.form_.dimension; ++k)
      set(k, lane, box.middle[k] - box.half * wider - std::fabs(box.middle[k]) * 1e-15,
          box.middle[k] + box.half * wider + std::fabs(box.middle[k]) * 1e-15);
  }
  set_nodes();
  const IntervalLanes* const groups[] = {nodes_.data(), parameters_.data()};
  kernel_.programs_[of_pairs].run(groups, memory_);
  const IntervalLanes& value = *memory_.results[0];
  for (int lane = 0; lane < count; ++lane) {
    const double lo = value.lo[lane], hi = value.hi[lane];
    const bool is_known = lo <= hi;
    least[lane] = is_known ? std::max(0.0, std::max(lo, -hi)) : 0;
    largest[lane] = is_known ? std::max(-lo, hi) : infinity;
  }
}

double FarKernel::Function::sample(const double* points, int count, const double* spread,
                                   double* values) {
  const int dimension = kernel_.form_.dimension;
  for (int lane = 0; lane < lanes; ++lane)
    for (int k = 0; k < dimension; ++k) {
      const double z = points[std::min(lane, count - 1) * dimension + k];
      set(k, lane, z - spread[k], z + spread[k]);
    }
  set_nodes();
  const IntervalLanes* const groups[] = {nodes_.data(), parameters_.data()};
  kernel_.programs_[of_pairs].run(groups, memory_);
  const IntervalLanes& value = *memory_.results[0];
  double error = 0;
  for (int lane = 0; lane < count; ++lane) {
    values[lane] = value.lo[lane] + (value.hi[lane] - value.lo[lane]) / 2;
    const double width = value.hi[lane] - value.lo[lane];
    error = width <= error ? error : width;  // NaN stays
  }
  return error;
}

// Values at conjugate numbers are conjugate, so the upper half tells all.
void FarKernel::Function::bound_ellipses(const DifferenceBox& box, int axis,
                                         const double* sizes, double* largest) {
  size_t to = 0;
  for (const auto& one : kernel_.form_.differences) {
    const auto& coordinate = kernel_.form_.coordinates[size_t(one.coordinate)];
    for (int k = 0; k < one.node->dimension; ++k, ++to) {
      const int component = coordinate.first + k;
      const double middle = box.middle[component];
      ComplexLanes value;
      for (int lane = 0; lane < lanes; ++lane) {
        const double size = component == axis ? sizes[lane] : 1;
        const double re = box.half * (size + 1 / size) / 2 * wider +
                          std::fabs(middle) * 1e-15,
                     im =
                         component == axis ? box.half * (size - 1 / size) / 2 * wider : 0;
        value.re.lo[lane] = middle - re;
        value.re.hi[lane] = middle + re;
        value.im.lo[lane] = 0;
        value.im.hi[lane] = im;
        value.modulus[lane] = std::hypot(std::fabs(middle) + re, im) * wider;
      }
      complex_nodes_[to] = one.sign > 0 ? value : negative(value);
    }
  }
  const ComplexLanes* const groups[] = {complex_nodes_.data(),
                                        complex_parameters_.data()};
  kernel_.programs_[of_pairs].run(groups, complex_memory_);
  std::copy(complex_memory_.results[0]->modulus,
            complex_memory_.results[0]->modulus + lanes, largest);
}

}  // namespace rkeops
