#include "bound/pair_bound.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "base/input_summary.h"

namespace rkeops {

namespace {

constexpr int lanes = IntervalLanes::count;

// The largest parts of a value that do not vary with the pair.
struct Frontier {
  std::vector<Expr> rows, columns, parameters;

  explicit Frontier(const KernelPlan& kernel) {
    std::vector<Expr> waiting = kernel.values;
    std::unordered_set<const Node*> seen;
    while (!waiting.empty()) {
      const Expr node = waiting.back();
      waiting.pop_back();
      if (node->kind == NodeKind::constant || !seen.insert(&*node).second) continue;
      if (node->level == level_none)
        parameters.push_back(node);
      else if (node->level == kernel.row_index)
        rows.push_back(node);
      else if (node->level == kernel.column_index)
        columns.push_back(node);
      else
        waiting.insert(waiting.end(), node->children.begin(), node->children.end());
    }
  }
};

// As the program reads it.
double read_number(double value, Precision precision) {
  return precision == Precision::float32 ? double(float(value)) : value;
}

}  // namespace

PairBound::PairBound(const KernelPlan& kernel, Precision precision)
    : precision_(precision),
      row_inputs_(total_dimension(kernel.rows.inputs)),
      column_inputs_(total_dimension(kernel.columns.inputs)),
      parameter_inputs_(total_dimension(kernel.parameters.inputs)) {
  const Frontier frontier(kernel);
  const auto program = [&](const std::vector<Expr>& roots,
                           const IntervalProgram::Inputs& inputs) {
    return std::make_unique<IntervalProgram>(roots, inputs, precision);
  };
  const std::vector<Expr>& parameters = kernel.parameters.inputs;
  rows_ = program(frontier.rows, {kernel.rows.inputs, parameters});
  columns_ = program(frontier.columns, {kernel.columns.inputs, parameters});
  parameters_ = program(frontier.parameters, {parameters});
  pair_ = program(kernel.values, {frontier.rows, frontier.columns, frontier.parameters});
}

bool PairBound::exists() const {
  return rows_->exists() && columns_->exists() && parameters_->exists() &&
         pair_->exists() && pair_->results() == 1 && rows_->results() > 0 &&
         columns_->results() > 0;
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

  // Infinite values are not known either.
  const IntervalLanes* read(long long first, int count) {
    for (size_t k = 0; k < from_.size(); ++k) {
      for (int lane = 0; lane < lanes; ++lane) {
        const double value =
            read_number(from_[k][first + std::min(lane, count - 1)], precision_);
        set(boxes_[k], lane,
            std::isfinite(value) ? value : std::numeric_limits<double>::quiet_NaN());
      }
    }
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

struct PairBound::Source {
  const std::vector<MatrixView>& inputs;
  int components;
  const std::vector<MatrixView>& parameters;
};

PointValues PairBound::read(const IntervalProgram& program, const Source& source,
                            long long points, int threads) const {
  PointValues values;
  values.points = points;
  values.components = program.results();
  values.lo.resize(size_t(points * values.components));
  if (!program.only_copies()) values.hi.resize(values.lo.size());
  Reader once(source.parameters, parameter_inputs_, precision_);
  const IntervalLanes* const parameters = once.read(0, 1);
  in_parts(size_t((points + lanes - 1) / lanes), threads, [&](size_t begin, size_t end) {
    Reader reader(source.inputs, source.components, precision_);
    IntervalProgram::Memory memory = program.memory();
    for (size_t block = begin; block < end; ++block) {
      const long long first = (long long)block * lanes;
      const int count = int(std::min<long long>(lanes, points - first));
      const IntervalLanes* const groups[] = {reader.read(first, count), parameters};
      program.run(groups, memory);
      write(memory, first, count, values);
    }
  });
  return values;
}

PointValues PairBound::read_rows(const Job& job, int threads) const {
  return read(*rows_, {job.row_inputs, row_inputs_, job.parameter_inputs}, job.rows,
              threads);
}

PointValues PairBound::read_columns(const Job& job, int threads) const {
  return read(*columns_, {job.column_inputs, column_inputs_, job.parameter_inputs},
              job.columns, threads);
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
