#include "far/least_sums.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>

#include "cover/block_walk.h"
#include "far/difference_boxes.h"
#include "run/cpu/tasks.h"

namespace rkeops {

namespace {

// A cube is looked into where its least term is below this part of its largest one.
constexpr double like_the_largest = 0.15;
constexpr int most_cubes = 64;
constexpr int most_leaves = 6;  // whose terms are computed
// Cubes that can add less than this part of the sum are not looked at.
constexpr double matters = 0.3;
// Rounding of the terms, and of their sums.
constexpr double of_rounding = 1 - 1e-9;

struct Seen {
  double weight, least, largest;
  int cube;
  bool operator<(const Seen& other) const {
    return weight < other.weight || (weight == other.weight && cube > other.cube);
  }
};

}  // namespace

// The search of one thread.
class LeastSums::Search {
 public:
  Search(const FarKernel& kernel, const FarData& data, const CpuProgram* absolute)
      : data_(data),
        function_(kernel, data.job()),
        parameters_(component_pointers(data.job().parameter_inputs)),
        absolute_(absolute) {
    if (!absolute) return;
    partial_ = aligned_memory(absolute->partial_bytes(most_rows));
    workspace_ = aligned_memory(workspace_bytes(*absolute, most_rows));
  }

  // The cubes that matter most come first, until the others cannot matter much.
  void run(int leaf, double* sums) {
    row_ = leaf;
    std::fill(sums, sums + data_.sums(), 0.0);
    if (data_.is_weightless(0)) return;
    begin_rows();
    std::priority_queue<Seen> waiting;
    look_at(0, 1, waiting);
    int looks = 0, leaves = 0;
    double known = 0;  // share of the sums in the weights
    while (!waiting.empty()) {
      const Seen seen = waiting.top();
      waiting.pop();
      const Cube& cube = data_.cubes()[size_t(seen.cube)];
      const bool is_known = seen.least >= like_the_largest * seen.largest;
      if (seen.weight * double(waiting.size() + 1) < matters * known) break;
      if (!is_known && !cube.is_leaf() && looks++ < most_cubes) {
        look_at(cube.first_child, cube.children, waiting);
      } else if (!is_known && cube.is_leaf() && may_compute_ && leaves++ < most_leaves) {
        fold(seen.cube);
        known = std::max(known, computed_share());
      } else {
        add_least(seen, sums);
        known += seen.least * data_.share(seen.cube) * of_rounding;
      }
    }
    add_computed(sums);
  }

 private:
  void look_at(int first, int count, std::priority_queue<Seen>& waiting) {
    DifferenceBox boxes[FarKernel::lanes] = {};
    for (int k = 0; k < count; ++k)
      boxes[k] = difference_box(data_.tree(), row_, first + k);
    double least[FarKernel::lanes], largest[FarKernel::lanes];
    function_.bound(boxes, count, least, largest);
    for (int k = 0; k < count; ++k) {
      if (data_.is_weightless(first + k)) continue;
      waiting.push(
          {largest[k] * data_.share(first + k), least[k], largest[k], first + k});
    }
  }

  void add_least(const Seen& seen, double* sums) const {
    for (int s = 0; s < data_.sums(); ++s)
      sums[s] += seen.least * data_.size(seen.cube, s) * of_rounding;
  }

  static constexpr int most_rows = FarData::leaf;

  void begin_rows() {
    const Cube& rows = data_.cubes()[size_t(row_)];
    may_compute_ = absolute_ && rows.rows() <= most_rows;
    if (may_compute_) absolute_->initialise(partial_.get(), rows.rows());
  }

  void fold(int leaf) {
    const Cube& rows = data_.cubes()[size_t(row_)];
    const Cube& columns = data_.cubes()[size_t(leaf)];
    absolute_->reduce({parameters_.data(), data_.row_inputs().pointers(),
                       data_.column_inputs().pointers(), rows.row_begin, rows.row_end,
                       columns.column_begin, columns.column_end, partial_.get(),
                       workspace_.get()});
  }

  // The least computed sum of all rows.
  double computed(int sum) const {
    const Cube& rows = data_.cubes()[size_t(row_)];
    const SlotView slots = {static_cast<double*>(partial_.get()),
                            absolute_->slot_stride(rows.rows())};
    double least = std::numeric_limits<double>::infinity();
    for (int row = 0; row < int(rows.rows()); ++row) {
      const double value = slots.at(absolute_->slot(sum), row) / data_.scale();
      least = value >= 0 ? std::min(least, value) : 0;
    }
    return std::isfinite(least) ? least * of_rounding : 0;
  }

  double computed_share() const {
    double share = 0;
    for (int s = 0; s < data_.sums(); ++s)
      if (data_.total(s) > 0) share += computed(s) / data_.total(s);
    return share;
  }

  void add_computed(double* sums) const {
    for (int s = 0; s < data_.sums() && may_compute_; ++s) sums[s] += computed(s);
  }

  const FarData& data_;
  FarKernel::Function function_;
  const std::vector<const double*> parameters_;
  const CpuProgram* absolute_;
  AlignedMemory partial_, workspace_;
  int row_ = 0;
  bool may_compute_ = false;
};

LeastSums::LeastSums(const FarKernel& kernel, const FarData& data,
                     const CpuProgram* absolute, int threads,
                     const Interrupted& interrupted)
    : data_(data), sums_(data.cubes().size() * size_t(data.sums()), 0.0) {
  const std::vector<int> leaves = data.leaves_with_rows();
  std::vector<std::unique_ptr<Search>> searches;
  for (int k = 0; k < std::max(threads, 1); ++k)
    searches.push_back(std::make_unique<Search>(kernel, data, absolute));
  run_tasks((long long)leaves.size(), int(searches.size()),
            [&](long long task, int thread) {
              const int leaf = leaves[size_t(task)];
              searches[size_t(thread)]->run(leaf,
                                            &sums_[size_t(leaf) * size_t(data.sums())]);
            },
            interrupted, {});
  take_least_of_children();
}

void LeastSums::take_least_of_children() {
  const int sums = data_.sums();
  for (int k = int(data_.cubes().size()) - 1; k >= 0; --k) {
    const Cube& cube = data_.cubes()[size_t(k)];
    if (cube.is_leaf()) continue;
    for (int s = 0; s < sums; ++s) {
      double least = std::numeric_limits<double>::infinity();
      for (int child = cube.first_child; child < cube.first_child + cube.children;
           ++child)
        if (data_.cubes()[size_t(child)].rows() > 0)
          least = std::min(least, of(child, s));
      sums_[size_t(k) * size_t(sums) + size_t(s)] = std::isfinite(least) ? least : 0;
    }
  }
}

}  // namespace rkeops
