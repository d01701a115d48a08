#include "far/far_run.h"

#include <algorithm>
#include <cmath>

#include "base/timer.h"
#include "cover/block_walk.h"
#include "run/cpu/tasks.h"

namespace rkeops {

namespace {

// Nanoseconds, on one thread, below which pairs are computed directly.
constexpr double shortest = 2e7;
// The same for each row and column, for one dimension and, as many times, for each more.
constexpr double shortest_of_point = 1000, shortest_of_dimension = 3;

// Ranges of the columns that rows of a leaf are computed with, in order.
std::vector<std::vector<Range>> near_columns(const FarData& data, const FarWalk& walk) {
  std::vector<std::vector<Range>> of_cube(data.cubes().size());
  for (const NearPair& pair : walk.near()) {
    const Cube& columns = data.cubes()[size_t(pair.column)];
    of_cube[size_t(pair.row)].push_back({columns.column_begin, columns.column_end});
  }
  for (size_t k = 1; k < of_cube.size(); ++k) {
    const auto& above = of_cube[size_t(data.cubes()[k].parent)];
    of_cube[k].insert(of_cube[k].end(), above.begin(), above.end());
  }
  for (auto& ranges : of_cube) {
    std::sort(ranges.begin(), ranges.end(),
              [](const Range& a, const Range& b) { return a.begin < b.begin; });
    size_t last = 0;
    for (size_t k = 1; k < ranges.size(); ++k) {
      if (ranges[last].end == ranges[k].begin)
        ranges[last].end = ranges[k].end;
      else
        ranges[++last] = ranges[k];
    }
    if (!ranges.empty()) ranges.resize(last + 1);
  }
  return of_cube;
}

}  // namespace

FarRun::FarRun(const FarKernel& kernel, const Job& job, double tolerance, bool always,
               int threads, const Interrupted& interrupted)
    : kernel_(kernel),
      job_(job),
      tolerance_(tolerance),
      always_(always),
      threads_(std::max(threads, 1)),
      interrupted_(interrupted) {}

bool FarRun::is_worth_a_walk(const FarKernel& kernel, const Job& job) {
  const double of_point =
      shortest_of_point * std::pow(shortest_of_dimension, kernel.dimension() - 1);
  return double(job.rows) * double(job.columns) * FarCosts(kernel).pair >
         std::max(shortest, of_point * (double(job.rows) + double(job.columns)));
}

bool FarRun::run(const FarPrograms& programs, FarReport& report) {
  Timer timer;
  const FarData data(kernel_, job_, threads_);
  report.sorting = timer.lap();
  if (!data.exists()) {
    report.decision = std::string("all pairs: ") + data.why_not();
    return false;
  }
  const LeastSums least(kernel_, data, programs.of_absolute_terms, threads_,
                        interrupted_);
  report.bounding = timer.lap();
  const Monomials monomials(kernel_.dimension(),
                            most_expansion_order(kernel_.dimension()));
  FarWalk walk(kernel_, data, least, monomials, tolerance_, threads_, interrupted_);
  const bool gains = walk.run(always_);
  report.walking = timer.lap();
  if (!gains) {
    report.decision = "all pairs: expansions would not be sooner";
    return false;
  }
  const FarFields fields(data, monomials, walk, threads_, interrupted_);
  report.expanding = timer.lap();
  if (!fields.is_proven()) {
    report.decision = "all pairs: too many expansions meet";
    return false;
  }
  run_near(programs.of_terms(walk.near_pairs()), data, walk, fields);
  report.near = timer.lap();
  const double all = double(job_.rows) * double(job_.columns);
  report.decision = "far pairs expanded";
  report.direct = walk.near_pairs() / all;
  report.left_out = walk.left_out() / all;
  report.expansions = (long long)walk.far().size();
  report.largest_order = walk.largest_order();
  return true;
}

// Rows of a leaf, on one thread.
class FarRun::NearWork {
 public:
  NearWork(const CpuProgram& program, const FarData& data, const FarFields& fields,
           int outputs)
      : program_(program),
        data_(data),
        fields_(fields),
        parameters_(component_pointers(data.job().parameter_inputs)),
        partial_(aligned_memory(program.partial_bytes(most_rows))),
        workspace_(aligned_memory(workspace_bytes(program, most_rows))),
        powers_(size_t(fields.monomials())),
        sums_(size_t(data.sums())),
        outputs_(size_t(outputs * most_rows)) {}

  void run(int leaf, const std::vector<Range>& columns, SortedResults& results) {
    const Cube& cube = data_.cubes()[size_t(leaf)];
    for (long long first = cube.row_begin; first < cube.row_end; first += most_rows) {
      const long long end = std::min(first + most_rows, cube.row_end);
      program_.initialise(partial_.get(), end - first);
      for (const Range& range : columns) program_.reduce(block(first, end, range));
      add_far(leaf, first, end);
      program_.finish(block(first, end, {0, 0}), outputs_.data(), end - first);
      results.take(first, end - first, outputs_.data());
    }
  }

 private:
  static constexpr long long most_rows = FarData::leaf;

  RkeopsBlock block(long long first, long long end, const Range& columns) {
    return {parameters_.data(),
            data_.row_inputs().pointers(),
            data_.column_inputs().pointers(),
            first,
            end,
            columns.begin,
            columns.end,
            partial_.get(),
            workspace_.get()};
  }

  void add_far(int leaf, long long first, long long end) {
    const SlotView slots = {static_cast<double*>(partial_.get()),
                            program_.slot_stride(end - first)};
    for (long long row = first; row < end; ++row) {
      std::fill(sums_.begin(), sums_.end(), 0.0);
      fields_.add(leaf, row, powers_.data(), sums_.data());
      for (int s = 0; s < data_.sums(); ++s)
        slots.at(program_.slot(s), int(row - first)) += sums_[size_t(s)] * data_.scale();
    }
  }

  const CpuProgram& program_;
  const FarData& data_;
  const FarFields& fields_;
  const std::vector<const double*> parameters_;
  AlignedMemory partial_, workspace_;
  std::vector<double> powers_, sums_, outputs_;
};

void FarRun::run_near(const CpuProgram& program, const FarData& data, const FarWalk& walk,
                      const FarFields& fields) {
  const std::vector<std::vector<Range>> columns = near_columns(data, walk);
  const std::vector<int> leaves = data.leaves_with_rows();
  const int threads = int(std::min<size_t>(size_t(threads_), leaves.size()));
  SortedResults results(job_, kernel_.outputs(), data.tree().row_numbers());
  std::vector<std::unique_ptr<NearWork>> works;
  for (int k = 0; k < threads; ++k)
    works.push_back(std::make_unique<NearWork>(program, data, fields, kernel_.outputs()));
  run_tasks((long long)leaves.size(), threads,
            [&](long long task, int thread) {
              const int leaf = leaves[size_t(task)];
              works[size_t(thread)]->run(leaf, columns[size_t(leaf)], results);
            },
            interrupted_, job_.progress);
  results.hand_over(threads_);
}

}  // namespace rkeops
