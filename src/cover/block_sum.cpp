#include "cover/block_sum.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rkeops {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
// The part of the rounding of a sum that left out terms may have.
constexpr double quarter = 0.25;

}  // namespace

// Terms that are no normal numbers are 0 for some engines.
BlockSum::BlockSum(PrunedJob& job, const CpuProgram& program)
    : BlockWalk(job, program),
      smallest_limit_(2 * job.kernel().rounding().tiny),
      share_of_sum_(quarter * job.kernel().rounding().epsilon /
                    double(std::max(1LL, job.job().columns))) {}

void BlockSum::begin() { limit_ = smallest_limit_; }

bool BlockSum::settle() { return true; }

// The absolute value of what is summed up so far is at most the sum of absolute terms.
void BlockSum::find_limit() {
  double smallest = infinity;
  for (int row = 0; row < rows(); ++row) {
    const double size = std::fabs(slots().at(0, row));
    if (size < smallest) smallest = size;
  }
  limit_ = std::max(smallest_limit_, smallest * share_of_sum_);
}

double BlockSum::columns_of(int level, long long node) const {
  long long first = node, last = node + 1;
  for (int k = 0; k < level; ++k) {
    first *= fan;
    last *= fan;
  }
  last = std::min(last, columns().leaves());
  return double(columns().leaf_begin(last) - columns().leaf_begin(first));
}

void BlockSum::add(double value, double columns) {
  for (int row = 0; row < rows(); ++row) slots().at(0, row) += value * columns;
}

void BlockSum::visit(int level, long long group) {
  const IntervalLanes values = values_of(level, group);
  double sizes[fan];
  for (int k = 0; k < fan; ++k) {
    sizes[k] = std::max(std::fabs(values.lo[k]), std::fabs(values.hi[k]));
    if (sizes[k] != sizes[k]) sizes[k] = infinity;  // not known
  }
  const int count = nodes_of(level, group);
  int order[fan];
  for (int k = 0; k < count; ++k) order[k] = k;
  std::stable_sort(order, order + count,
                   [&sizes](int a, int b) { return sizes[a] > sizes[b]; });
  for (int k = 0; k < count; ++k) {
    const long long node = group * fan + order[k];
    if (sizes[order[k]] <= limit_) return;
    if (values.lo[order[k]] == values.hi[order[k]])
      add(values.lo[order[k]], columns_of(level, node));
    else if (level > 0) {
      visit(level - 1, node);
      continue;
    } else
      fold_leaf(node);
    find_limit();
  }
}

}  // namespace rkeops
