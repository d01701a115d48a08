#include "cover/pair_walk.h"

#include <algorithm>

#include "run/cpu/subnormals.h"

namespace rkeops {

PairWalk::PairWalk(const PrunedJob& job, const CpuProgram& program,
                   const PairsWanted& wanted)
    : job_(job),
      program_(program),
      wanted_(wanted),
      memory_(job.kernel().bound().memory()),
      column_box_(job.kernel().bound(), Side::columns),
      partial_(aligned_memory(program.partial_bytes(PrunedJob::leaf))),
      workspace_(workspace_of(program)),
      column_inputs_(size_t(job.columns().input_components())) {}

void PairWalk::start(long long leaf) {
  column_begin_ = columns().leaf_begin(leaf);
  column_end_ = columns().leaf_end(leaf);
  for (size_t k = 0; k < column_inputs_.size(); ++k)
    column_inputs_[k] = job_.columns().inputs()[k] + column_begin_;
  column_box_.set(job_.columns(), leaf);
  leaf_ = leaf;
}

// take(leaf) of leaves whose pairs are computed; take_all(level, node) of nodes whose
// pairs are all within the radius, false where its children are to be looked at. Unknown
// values may be within the radius, or not.
template <class Take, class TakeAll>
void PairWalk::visit(int level, long long group, const Take& take,
                     const TakeAll& take_all) {
  const SortedPoints& points = job_.rows();
  const IntervalLanes values = *job_.kernel().bound().of(
      {points.positions(level, group), points.weights(level, group),
       column_box_.positions(), column_box_.weights(), job_.parameters()},
      memory_)[0];
  const long long first = group * fan;
  const int count = int(std::min<long long>(fan, rows().nodes(level) - first));
  for (int k = 0; k < count; ++k) {
    if (values.lo[k] > wanted_.radius || has_none(level, first + k)) continue;
    if (values.hi[k] <= wanted_.radius && take_all(level, first + k)) continue;
    if (level > 0)
      visit(level - 1, first + k, take, take_all);
    else
      take(first + k);
  }
}

bool PairWalk::has_none(int level, long long node) const {
  return wanted_.half &&
         rows().last_number(level, node) < columns().first_number(0, leaf_);
}

// Rows in lanes; the columns are numbered from 0 for the program.
void PairWalk::compute(long long leaf) {
  const long long begin = rows().leaf_begin(leaf), end = rows().leaf_end(leaf);
  slots_ = {static_cast<double*>(partial_.get()), program_.slot_stride(end - begin)};
  program_.initialise(partial_.get(), end - begin);
  const SubnormalsAreZero mode(job_.job().single_precision);
  program_.reduce({job_.parameter_inputs(), job_.rows().inputs(), column_inputs_.data(),
                   begin, end, 0, columns_here(), partial_.get(), workspace_.get()});
  pairs_ += double(end - begin) * columns_here();
}

// The rows of a leaf that are wanted beside the column of this number, all of which are
// within the radius. Numbers ascend inside a leaf.
long long PairWalk::all_of_leaf(long long leaf, int number) const {
  const auto begin = rows().numbers().begin() + rows().leaf_begin(leaf),
             end = rows().numbers().begin() + rows().leaf_end(leaf);
  const auto place = std::lower_bound(begin, end, number);
  const bool has_self = place != end && *place == number;
  return (wanted_.half ? end - place : end - begin) - (has_self && !wanted_.self);
}

// False where numbers tell rows of a node apart that are no leaf.
bool PairWalk::count_all(int level, long long node, double* counts) const {
  const bool are_apart =
      rows().first_number(level, node) > columns().last_number(0, leaf_) ||
      rows().last_number(level, node) < columns().first_number(0, leaf_);
  const bool has_all = are_apart || (wanted_.self && !wanted_.half);
  if (!has_all && level > 0) return false;
  for (int column = 0; column < columns_here(); ++column) {
    const int number = number_of(column);
    counts[number] +=
        double(has_all ? rows().points_of(level, node) : all_of_leaf(node, number));
  }
  return true;
}

// found(column, row, value) of each pair of the column and the row of these numbers.
template <class Found>
void PairWalk::find(long long leaf, const Found& found) {
  compute(leaf);
  const int* const numbers = rows().numbers().data() + rows().leaf_begin(leaf);
  const auto size = int(rows().leaf_end(leaf) - rows().leaf_begin(leaf));
  for (int column = 0; column < columns_here(); ++column) {
    const int number = number_of(column);
    const double* const values = &slots_.at(column, 0);
    for (int row = 0; row < size; ++row) {
      if (!(values[row] <= wanted_.radius)) continue;
      const bool is_wanted = (!wanted_.half || numbers[row] >= number) &&
                             (wanted_.self || numbers[row] != number);
      if (is_wanted) found(number, numbers[row], values[row]);
    }
  }
}

void PairWalk::count(long long leaf, double* counts) {
  start(leaf);
  visit(
      rows().levels() - 1, 0,
      [&](long long of_rows) {
        find(of_rows, [&](int column, int, double) { ++counts[column]; });
      },
      [&](int level, long long node) { return count_all(level, node, counts); });
}

bool PairWalk::fill(long long leaf, std::vector<PairPlaces>& places,
                    const PairsOutput& output) {
  start(leaf);
  std::vector<long long> begin;
  for (int column = 0; column < columns_here(); ++column)
    begin.push_back(places[size_t(number_of(column))].next);
  bool fits = true;
  const auto write = [&](int column, int row, double value) {
    PairPlaces& place = places[size_t(column)];
    fits = fits && place.next < place.end;
    if (!fits) return;
    output.i[place.next] = column + 1;
    output.j[place.next] = row + 1;
    output.value[place.next] = value;
    ++place.next;
  };
  visit(
      rows().levels() - 1, 0, [&](long long of_rows) { find(of_rows, write); },
      [](int, long long) { return false; });
  for (int column = 0; column < columns_here(); ++column)
    sort({begin[size_t(column)], places[size_t(number_of(column))].next}, output);
  return fits;
}

// Leaves come in the order of the tree.
void PairWalk::sort(PairPlaces part, const PairsOutput& output) {
  if (std::is_sorted(output.j + part.next, output.j + part.end)) return;
  sorted_.clear();
  for (long long k = part.next; k < part.end; ++k)
    sorted_.emplace_back(output.j[k], output.value[k]);
  std::sort(sorted_.begin(), sorted_.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (long long k = part.next; k < part.end; ++k) {
    output.j[k] = sorted_[size_t(k - part.next)].first;
    output.value[k] = sorted_[size_t(k - part.next)].second;
  }
}

}  // namespace rkeops
