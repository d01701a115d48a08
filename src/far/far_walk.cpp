#include "far/far_walk.h"

#include <algorithm>
#include <cmath>

#include "far/difference_boxes.h"
#include "run/cpu/tasks.h"

namespace rkeops {

namespace {

// Interpolation may have this part of the error of a pair.
constexpr double part_of_interpolation = 0.4;
// Expansions may have this part of the tolerance; rounding outside them has the rest.
constexpr double rest_of_tolerance = 0.98;
// A walk that would take this part of the time of all pairs ends.
constexpr double longest_walk = 0.1;
// A result that takes more of it is not worth the walk.
constexpr double largest_gain = 0.7;
// Pairs of small ranges take longer.
constexpr double in_small_ranges = 1.1;

}  // namespace

FarCosts::FarCosts(const FarKernel& kernel)
    : pair(0.25 + 0.03 * kernel.operations()),
      multiplication(0.3),
      sample(25 * kernel.operations()),
      look(150),
      ellipses(2e3 * kernel.operations()) {}

// Pairs of cubes of the same sizes and the same offset.
struct FarWalk::Group {
  DifferenceBox box;
  double least = 0, largest = 0;
  std::vector<int> candidates;
  std::unique_ptr<InterpolationBound> interpolation;
  std::unique_ptr<FarExpansion> expansion;
  double spared = 0;        // by expansions
  std::vector<int> tables;  // by order; -1: none
};

// Rounding: of moments and of local polynomials, each of which is a sum of as many terms
// as columns of a leaf, monomials, pairs; and of translations through all levels.
FarWalk::FarWalk(const FarKernel& kernel, const FarData& data, const LeastSums& least,
                 const Monomials& monomials, double tolerance, int threads,
                 const Interrupted& interrupted)
    : kernel_(kernel),
      data_(data),
      least_(least),
      monomials_(monomials),
      costs_(kernel),
      tolerance_(tolerance * rest_of_tolerance),
      interrupted_(interrupted) {
  for (int k = 0; k < std::max(threads, 1); ++k)
    functions_.push_back(std::make_unique<FarKernel::Function>(kernel, data.job()));
  long long largest_leaf = 0;
  for (const Cube& cube : data.cubes())
    if (cube.is_leaf()) largest_leaf = std::max(largest_leaf, cube.columns());
  const double levels = double(data.tree().level_begin().size());
  units_ = double(largest_leaf) + 4.0 * monomials.count() +
           2 * levels * kernel.dimension() * (monomials.order() + 3) +
           most_pairs_of_a_row + 64;
}

FarWalk::~FarWalk() = default;

bool FarWalk::run(bool always) {
  const double all = double(data_.job().rows) * double(data_.job().columns) * costs_.pair;
  std::vector<NearPair> pairs = {{0, 0}}, next;
  while (!pairs.empty()) {
    spent_ += costs_.look * double(pairs.size());
    if (!always && !is_gain(all)) return false;
    find_groups(pairs);
    bound_groups();
    choose_candidates(pairs);
    for (const auto& group : groups_)
      if (!group->candidates.empty()) spent_ += costs_.ellipses;
    if (!always && !is_gain(all)) return false;
    expand_groups();
    accept_or_split(next);
    make_tables();
    pairs.swap(next);
    next.clear();
  }
  return always || (!far_.empty() && is_gain(all));
}

// The costs known so far can but grow.
bool FarWalk::is_gain(double all) const {
  return spent_ - useful_ < longest_walk * all &&
         near_pairs_ * costs_.pair * in_small_ranges + far_cost_ + spent_ <
             largest_gain * all;
}

void FarWalk::in_threads(
    long long count, const std::function<void(long long, FarKernel::Function&)>& work) {
  run_tasks(count, int(functions_.size()),
            [&](long long task, int thread) { work(task, *functions_[size_t(thread)]); },
            interrupted_, {});
}

// ---- groups ----

// Signs do not matter to what is even.
FarWalk::Kind FarWalk::kind_of(const NearPair& pair, int& flipped) const {
  const Cube& row = data_.cubes()[size_t(pair.row)];
  const Cube& column = data_.cubes()[size_t(pair.column)];
  Kind kind = {row.level * 32 + column.level, 0, 0, 0};
  flipped = 0;
  for (int axis = 0; axis < kernel_.dimension(); ++axis) {
    long long distance = offset(row, column, axis);
    if (kernel_.is_even() && distance < 0) {
      distance = -distance;
      flipped |= 1 << axis;
    }
    kind[size_t(axis) + 1] = distance;
  }
  return kind;
}

size_t FarWalk::HashOfKind::operator()(const Kind& kind) const {
  unsigned long long hash = 0;
  for (long long number : kind) {
    hash = (hash ^ (unsigned long long)number) * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 29;
  }
  return size_t(hash);
}

int FarWalk::group_of(const NearPair& pair, int& flipped) {
  const auto known = group_numbers_.emplace(kind_of(pair, flipped), int(groups_.size()));
  if (known.second) {
    groups_.push_back(std::make_unique<Group>());
    Group& group = *groups_.back();
    group.box = difference_box(data_.tree(), pair.row, pair.column);
    for (int axis = 0; axis < kernel_.dimension(); ++axis)
      if (flipped >> axis & 1) group.box.middle[axis] *= -1;
  }
  return known.first->second;
}

void FarWalk::find_groups(const std::vector<NearPair>& pairs) {
  groups_.clear();
  group_numbers_.clear();
  candidates_.clear();
  group_of_pair_.resize(pairs.size());
  flipped_.resize(pairs.size());
  for (size_t k = 0; k < pairs.size(); ++k)
    group_of_pair_[k] = group_of(pairs[k], flipped_[k]);
}

void FarWalk::bound_groups() {
  constexpr int lanes = FarKernel::lanes;
  const long long blocks = ((long long)groups_.size() + lanes - 1) / lanes;
  in_threads(blocks, [&](long long block, FarKernel::Function& function) {
    const int first = int(block) * lanes,
              count = std::min(lanes, int(groups_.size()) - first);
    DifferenceBox boxes[lanes] = {};
    double least[lanes], largest[lanes];
    for (int k = 0; k < count; ++k) boxes[k] = groups_[size_t(first + k)]->box;
    function.bound(boxes, count, least, largest);
    for (int k = 0; k < count; ++k) {
      groups_[size_t(first + k)]->least = least[k];
      groups_[size_t(first + k)]->largest = largest[k];
    }
  });
}

// ---- pairs ----

double FarWalk::pairs_of(const NearPair& pair) const {
  return double(data_.cubes()[size_t(pair.row)].rows()) *
         double(data_.cubes()[size_t(pair.column)].columns());
}

double FarWalk::direct_cost(const NearPair& pair) const {
  return pairs_of(pair) * costs_.pair;
}

// The program of the kernel computes these.
void FarWalk::add_near(const NearPair& pair) {
  near_.push_back(pair);
  near_pairs_ += pairs_of(pair);
}

// Half of what is allowed is in proportion to the terms of the pair itself, a quarter to
// its weights, a quarter to its columns: over all columns these add up to less than the
// tolerance times the sum of the absolute terms of a row.
double FarWalk::allowed_error(const NearPair& pair, double least) const {
  const double columns = double(data_.cubes()[size_t(pair.column)].columns()),
               share = columns / double(data_.job().columns);
  double smallest = std::numeric_limits<double>::infinity();
  for (int s = 0; s < data_.sums(); ++s) {
    const double size = data_.size(pair.column, s);
    if (size == 0) continue;
    smallest = std::min(smallest,
                        least_.of(pair.row, s) * (1 / data_.total(s) + share / size) / 4);
  }
  return tolerance_ * (least / 2 + smallest);
}

void FarWalk::choose_candidates(const std::vector<NearPair>& pairs) {
  for (size_t k = 0; k < pairs.size(); ++k) {
    const NearPair& pair = pairs[k];
    if (data_.cubes()[size_t(pair.row)].rows() == 0 ||
        data_.cubes()[size_t(pair.column)].columns() == 0)
      continue;
    Group& group = *groups_[size_t(group_of_pair_[k])];
    const double error = allowed_error(pair, group.least);
    if (data_.is_weightless(pair.column) || group.largest <= error) {
      left_out_ += pairs_of(pair);
      continue;
    }
    if (direct_cost(pair) <= costs_.of_expansion(monomials_, 2, data_.sums())) {
      add_near(pair);
      continue;
    }
    group.candidates.push_back(int(candidates_.size()));
    candidates_.push_back({pair.row, pair.column, group_of_pair_[k], flipped_[k], error});
  }
}

// An expansion is made where the pairs that it may spare take longer than it does.
void FarWalk::expand(Group& group, FarKernel::Function& function) const {
  if (group.candidates.empty()) return;
  const int dimension = kernel_.dimension();
  group.interpolation =
      std::make_unique<InterpolationBound>(function, group.box, dimension);
  int points = 0;
  double spared = 0;
  for (int number : group.candidates) {
    const Candidate& candidate = candidates_[size_t(number)];
    const int wanted =
        group.interpolation->points_for(part_of_interpolation * candidate.error);
    if (wanted == 0) continue;
    const double gain =
        direct_cost({candidate.row, candidate.column}) -
        costs_.of_expansion(monomials_, std::max(2, wanted / 2), data_.sums());
    if (gain <= 0) continue;
    spared += gain;
    points = std::max(points, wanted);
  }
  if (points == 0 || spared < sampling_cost(points)) return;
  group.expansion = std::make_unique<FarExpansion>(function, group.box, dimension, points,
                                                   group.interpolation->error(points));
}

double FarWalk::sampling_cost(int points) const {
  const int dimension = kernel_.dimension();
  return std::pow(double(points), dimension) *
         (costs_.sample / FarKernel::lanes + 1.0 * points * dimension);
}

void FarWalk::expand_groups() {
  in_threads((long long)groups_.size(), [&](long long k, FarKernel::Function& function) {
    expand(*groups_[size_t(k)], function);
  });
}

bool FarWalk::accept(const Candidate& candidate) {
  Group& group = *groups_[size_t(candidate.group)];
  if (!group.expansion) return false;
  const int order = group.expansion->order_for(candidate.error, units_);
  const NearPair pair = {candidate.row, candidate.column};
  if (order == 0) return false;
  const double cost = costs_.of_expansion(monomials_, order, data_.sums());
  if (cost >= direct_cost(pair)) return false;
  if (group.tables.empty())
    group.tables.assign(size_t(group.expansion->points()) + 1, -1);
  int& table = group.tables[size_t(order)];
  if (table < 0) {
    table = int(tables_.size());
    tables_.push_back({order, {}});
  }
  far_.push_back({pair.row, pair.column, table, candidate.flipped});
  far_cost_ += cost;
  group.spared += direct_cost(pair) - cost;
  largest_order_ = std::max(largest_order_, order);
  return true;
}

void FarWalk::accept_or_split(std::vector<NearPair>& next) {
  for (const Candidate& candidate : candidates_)
    if (!accept(candidate)) split({candidate.row, candidate.column}, next);
  for (const auto& group : groups_) {
    if (!group->expansion) continue;
    const double cost = sampling_cost(group->expansion->points());
    spent_ += cost;
    useful_ += std::min(cost, group->spared);
  }
}

// The larger cube, or both.
void FarWalk::split(const NearPair& pair, std::vector<NearPair>& next) {
  const Cube& row = data_.cubes()[size_t(pair.row)];
  const Cube& column = data_.cubes()[size_t(pair.column)];
  const bool splits_row =
      !row.is_leaf() && (row.level <= column.level || column.is_leaf());
  const bool splits_column =
      !column.is_leaf() && (column.level <= row.level || row.is_leaf());
  if (!splits_row && !splits_column) {
    add_near(pair);
    return;
  }
  const int rows = splits_row ? row.children : 1,
            first_row = splits_row ? row.first_child : pair.row;
  const int columns = splits_column ? column.children : 1,
            first_column = splits_column ? column.first_child : pair.column;
  for (int a = 0; a < rows; ++a)
    for (int b = 0; b < columns; ++b) next.push_back({first_row + a, first_column + b});
}

// The tables of this step, whose expansions are kept no longer.
void FarWalk::make_tables() {
  std::vector<std::pair<const FarExpansion*, int>> wanted;
  for (const auto& group : groups_)
    for (int table : group->tables)
      if (table >= 0) wanted.push_back({group->expansion.get(), table});
  in_threads((long long)wanted.size(), [&](long long k, FarKernel::Function&) {
    FarTable& table = tables_[size_t(wanted[size_t(k)].second)];
    table.values = wanted[size_t(k)].first->table(monomials_, table.order);
  });
}

}  // namespace rkeops
