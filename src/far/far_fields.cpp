#include "far/far_fields.h"

#include <algorithm>
#include <cmath>

#include "far/difference_boxes.h"
#include "run/cpu/tasks.h"

namespace rkeops {

namespace {

// Cubes of a level that are a task.
constexpr long long cubes_of_a_task = 16;
// Pairs are divided by their rows: each part is a task.
constexpr int parts_of_rows = 16;

}  // namespace

FarFields::FarFields(const FarData& data, const Monomials& monomials, const FarWalk& walk,
                     int threads, const Interrupted& interrupted)
    : data_(data), monomials_(monomials), order_(std::max(1, walk.largest_order())) {
  count_pairs(walk);
  const size_t numbers = at(int(data.cubes().size()), 0);
  moments_.assign(numbers, 0);
  local_.assign(numbers, 0);
  by_level(true, threads, interrupted);
  // cubes with many rows are in the first part
  std::vector<std::vector<const FarPair*>> parts(parts_of_rows + 1);
  const double rows = double(data.job().rows);
  for (const FarPair& pair : walk.far()) {
    const Cube& cube = data.cubes()[size_t(pair.row)];
    const bool is_large = double(cube.rows()) * parts_of_rows > rows;
    const int part = int(double(cube.row_begin) * parts_of_rows / rows);
    parts[is_large ? 0 : size_t(1 + std::min(part, parts_of_rows - 1))].push_back(&pair);
  }
  run_tasks((long long)parts.size(), threads,
            [&](long long part, int) { convert(walk, parts[size_t(part)]); }, interrupted,
            {});
  by_level(false, threads, interrupted);
}

// How many pairs add up to the polynomials above each cube, and of which order these are.
void FarFields::count_pairs(const FarWalk& walk) {
  std::vector<double> pairs(data_.cubes().size(), 0.0);
  orders_.assign(data_.cubes().size(), 0);
  for (const FarPair& pair : walk.far()) {
    int& order = orders_[size_t(pair.row)];
    order = std::max(order, walk.tables()[size_t(pair.table)].order);
    pairs[size_t(pair.row)] += 1;
  }
  for (size_t k = 1; k < pairs.size(); ++k) {
    const size_t parent = size_t(data_.cubes()[k].parent);
    orders_[k] = std::max(orders_[k], orders_[parent]);
    pairs[k] += pairs[parent];
    is_proven_ = is_proven_ && pairs[k] <= FarWalk::most_pairs_of_a_row;
  }
}

void FarFields::by_level(bool upwards, int threads, const Interrupted& interrupted) {
  const std::vector<int>& begin = data_.tree().level_begin();
  const int levels = int(begin.size()) - 1;
  for (int k = 0; k < levels; ++k) {
    const int level = upwards ? levels - 1 - k : k;
    const long long first = begin[size_t(level)], end = begin[size_t(level) + 1];
    const long long tasks = (end - first + cubes_of_a_task - 1) / cubes_of_a_task;
    run_tasks(tasks, int(std::min<long long>(threads, tasks)),
              [&](long long task, int) {
                const long long from = first + task * cubes_of_a_task;
                for (long long cube = from; cube < std::min(end, from + cubes_of_a_task);
                     ++cube)
                  upwards ? find_moments(int(cube)) : hand_down(int(cube));
              },
              interrupted, {});
  }
}

void FarFields::sides_of(const Cube& cube, int dimension, int* sides) {
  for (int axis = 0; axis < dimension; ++axis)
    sides[axis] = cube.place[axis] % 2 ? 1 : -1;
}

// ---- moments ----

void FarFields::find_moments(int number) {
  const Cube& cube = data_.cubes()[size_t(number)];
  if (cube.columns() == 0) return;
  if (cube.is_leaf()) return find_leaf_moments(number);
  std::vector<double> raised(size_t(monomials_.count(order_)));
  for (int child = cube.first_child; child < cube.first_child + cube.children; ++child) {
    const Cube& part = data_.cubes()[size_t(child)];
    if (part.columns() == 0) continue;
    int sides[3];
    sides_of(part, monomials_.variables(), sides);
    for (int s = 0; s < data_.sums(); ++s) {
      std::copy(moments(child, s), moments(child, s) + raised.size(), raised.begin());
      monomials_.raise(sides, order_, raised.data());
      double* const to = moments(number, s);
      for (size_t m = 0; m < raised.size(); ++m) to[m] += raised[m];
    }
  }
}

void FarFields::find_leaf_moments(int number) {
  const Cube& cube = data_.cubes()[size_t(number)];
  const int count = monomials_.count(order_);
  std::vector<double> powers(static_cast<size_t>(count));
  const double half = data_.tree().half_side(cube.level);
  for (long long j = cube.column_begin; j < cube.column_end; ++j) {
    double point[3];
    for (int axis = 0; axis < monomials_.variables(); ++axis)
      point[axis] = (data_.column(j)[axis] - data_.tree().middle(cube, axis)) / half;
    monomials_.evaluate(point, count, powers.data());
    for (int s = 0; s < data_.sums(); ++s) {
      const double weight = data_.weights(j)[s];
      double* const to = moments(number, s);
      for (int m = 0; m < count; ++m) to[m] += weight * powers[size_t(m)];
    }
  }
}

// ---- from moments to local polynomials ----

// The order depends on the pairs alone: those of a table come together.
void FarFields::convert(const FarWalk& walk, const std::vector<const FarPair*>& pairs) {
  std::vector<const FarPair*> sorted = pairs;
  std::stable_sort(sorted.begin(), sorted.end(), [](const FarPair* a, const FarPair* b) {
    return a->table < b->table;
  });
  std::vector<Lane> lanes;
  for (size_t k = 0; k < sorted.size(); ++k) {
    for (int s = 0; s < data_.sums(); ++s) {
      lanes.push_back({sorted[k], s});
      const bool is_last = k + 1 == sorted.size() && s + 1 == data_.sums();
      const bool ends_table =
          s + 1 == data_.sums() && !is_last && sorted[k + 1]->table != sorted[k]->table;
      if (int(lanes.size()) < batch && !is_last && !ends_table) continue;
      convert_batch(walk.tables()[size_t(sorted[k]->table)], lanes);
      lanes.clear();
    }
  }
}

namespace {

// The powers of a number for each axis, of the sign that the axis has.
class Scales {
 public:
  Scales(double share, int flipped, int order) {
    for (int axis = 0; axis < 3; ++axis) {
      const double factor = flipped >> axis & 1 ? -share : share;
      powers_[axis][0] = 1;
      for (int k = 1; k < order; ++k) powers_[axis][k] = powers_[axis][k - 1] * factor;
    }
  }

  double of(const Monomials& monomials, int m) const {
    return powers_[0][monomials.power(m, 0)] * powers_[1][monomials.power(m, 1)] *
           powers_[2][monomials.power(m, 2)] / monomials.factorials(m);
  }

 private:
  double powers_[3][32];
};

}  // namespace

// The table is of z = (a x - b y) / (a + b) for x and y of cubes of half sides a and b.
double FarFields::share(int cube, const FarPair& pair) const {
  const auto half = [this](int number) {
    return data_.tree().half_side(data_.cubes()[size_t(number)].level);
  };
  return half(cube) / ((half(pair.row) + half(pair.column)) * wider_box);
}

void FarFields::convert_batch(const FarTable& table, const std::vector<Lane>& lanes) {
  const int count = monomials_.count(table.order);
  std::vector<double> from(size_t(count) * batch, 0.0), to(size_t(count) * batch, 0.0);
  for (size_t lane = 0; lane < lanes.size(); ++lane) {
    const FarPair& pair = *lanes[lane].pair;
    const Scales scales(-share(pair.column, pair), pair.flipped, table.order);
    const double* const given = moments(pair.column, lanes[lane].sum);
    for (int m = 0; m < count; ++m)
      from[size_t(m) * batch + lane] = given[m] * scales.of(monomials_, m);
  }
  monomials_.convert(table.order, table.values.data(), from.data(), to.data());
  for (size_t lane = 0; lane < lanes.size(); ++lane) {
    const FarPair& pair = *lanes[lane].pair;
    const Scales scales(share(pair.row, pair), pair.flipped, table.order);
    double* const result = local(pair.row, lanes[lane].sum);
    for (int m = 0; m < count; ++m)
      result[m] += to[size_t(m) * batch + lane] * scales.of(monomials_, m);
  }
}

// ---- from local polynomials to values ----

// The polynomial of its parent, too.
void FarFields::hand_down(int number) {
  const Cube& cube = data_.cubes()[size_t(number)];
  if (cube.parent < 0 || cube.rows() == 0) return;
  const int order = orders_[size_t(cube.parent)];
  if (order == 0) return;
  int sides[3];
  sides_of(cube, monomials_.variables(), sides);
  std::vector<double> lowered(size_t(monomials_.count(order)));
  for (int s = 0; s < data_.sums(); ++s) {
    std::copy(local(cube.parent, s), local(cube.parent, s) + lowered.size(),
              lowered.begin());
    monomials_.lower(sides, order, lowered.data());
    double* const to = local(number, s);
    for (size_t m = 0; m < lowered.size(); ++m) to[m] += lowered[m];
  }
}

void FarFields::add(int leaf, long long row, double* powers, double* sums) const {
  const int order = orders_[size_t(leaf)];
  if (order == 0) return;
  const Cube& cube = data_.cubes()[size_t(leaf)];
  const int count = monomials_.count(order);
  const double half = data_.tree().half_side(cube.level);
  double point[3];
  for (int axis = 0; axis < monomials_.variables(); ++axis)
    point[axis] = (data_.row(row)[axis] - data_.tree().middle(cube, axis)) / half;
  monomials_.evaluate(point, count, powers);
  for (int s = 0; s < data_.sums(); ++s) {
    const double* const from = &local_[at(leaf, s)];
    double sum = 0;
    for (int m = 0; m < count; ++m) sum += from[m] * powers[m];
    sums[s] += sum;
  }
}

}  // namespace rkeops
