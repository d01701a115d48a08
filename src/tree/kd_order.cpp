#include "tree/kd_order.h"

#include <algorithm>
#include <limits>
#include <system_error>
#include <thread>

#include "base/input_summary.h"

namespace rkeops {

namespace {

constexpr long long worth_a_thread = 8192;
constexpr long long worth_a_sample = 4096, sampled = 1024;
constexpr int most_dimensions = 16;

// Coordinates are near 0, so that single precision tells neighbours apart.
template <int dimensions>
struct Record {
  float at[dimensions];
  int number;
};

template <int dimensions>
class Splitter {
 public:
  using Point = Record<dimensions>;

  Splitter(int leaf, int fan, InterruptSign& stop)
      : leaf_(leaf), fan_(fan), stop_(stop) {}

  void split(Point* points, long long count, int threads, bool is_main) const {
    if (is_main) stop_.look();
    if (stop_.is_set()) return;
    if (count <= leaf_) return sort_numbers(points, count);
    const long long stride = count > worth_a_sample ? count / sampled : 1;
    int widest = 0;
    const float width = widest_side(points, count, stride, widest);
    const long long middle = middle_of(count);
    if (width > 0) {
      std::nth_element(points, points + middle, points + count,
                       [widest](const Point& a, const Point& b) {
                         return a.at[widest] < b.at[widest] ||
                                (a.at[widest] == b.at[widest] && a.number < b.number);
                       });
    } else if (stride == 1) {
      return sort_numbers(points, count);
    }
    split_both(points, middle, count, threads, is_main);
  }

 private:
  static void sort_numbers(Point* points, long long count) {
    std::sort(points, points + count,
              [](const Point& a, const Point& b) { return a.number < b.number; });
  }

  static float widest_side(const Point* points, long long count, long long stride,
                           int& widest) {
    float lo[dimensions], hi[dimensions];
    for (int k = 0; k < dimensions; ++k) lo[k] = hi[k] = points[0].at[k];
    for (long long p = stride; p < count; p += stride) {
      for (int k = 0; k < dimensions; ++k) {
        lo[k] = std::min(lo[k], points[p].at[k]);
        hi[k] = std::max(hi[k], points[p].at[k]);
      }
    }
    widest = 0;
    for (int k = 1; k < dimensions; ++k)
      if (hi[k] - lo[k] > hi[widest] - lo[widest]) widest = k;
    return hi[widest] - lo[widest];
  }

  // A multiple of the points of whole subtrees.
  long long middle_of(long long count) const {
    const long long leaves = (count + leaf_ - 1) / leaf_;
    long long group = 1;
    while (group * fan_ < leaves) group *= fan_;
    const long long groups = (leaves + group - 1) / group;
    return std::min(count, (groups + 1) / 2 * group * leaf_);
  }

  void split_both(Point* points, long long middle, long long count, int threads,
                  bool is_main) const {
    if (middle >= count) return;
    if (threads > 1 && count > worth_a_thread) {
      try {
        std::thread other(
            [=] { split(points + middle, count - middle, threads / 2, false); });
        split(points, middle, threads - threads / 2, is_main);
        other.join();
        return;
      } catch (const std::system_error&) {
        // no thread to be had
      }
    }
    split(points, middle, threads, is_main);
    split(points + middle, count - middle, threads, is_main);
  }

  const int leaf_, fan_;
  InterruptSign& stop_;
};

// The dimensions that points differ most in, and the middle of each.
struct Side {
  int dimension;
  double middle, width;
};

std::vector<Side> widest_sides(const Coordinates& from, const std::vector<int>& numbers) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<Side> sides;
  const size_t stride = std::max<size_t>(1, numbers.size() / worth_a_sample);
  for (int k = 0; k < from.dimensions; ++k) {
    double lo = infinity, hi = -infinity;
    for (size_t p = 0; p < numbers.size(); p += stride) {
      const double value = from.values[(long long)numbers[p] * from.dimensions + k];
      lo = std::min(lo, value);
      hi = std::max(hi, value);
    }
    sides.push_back({k, 0.5 * lo + 0.5 * hi, hi - lo});
  }
  std::stable_sort(sides.begin(), sides.end(),
                   [](const Side& a, const Side& b) { return a.width > b.width; });
  while (sides.size() > 1 && !(sides.back().width > 0)) sides.pop_back();
  if (sides.size() > size_t(most_dimensions)) sides.resize(size_t(most_dimensions));
  return sides;
}

template <int dimensions>
void order(const Coordinates& from, const std::vector<Side>& sides, int leaf, int fan,
           int threads, std::vector<int>& numbers, InterruptSign& stop) {
  std::vector<Record<dimensions>> records(numbers.size());
  in_parts(numbers.size(), threads, [&](size_t first, size_t last) {
    for (size_t p = first; p < last; ++p) {
      const double* const point = from.values + (long long)numbers[p] * from.dimensions;
      records[p].number = numbers[p];
      for (size_t k = 0; k < dimensions; ++k)
        records[p].at[k] =
            k < sides.size() ? float(point[sides[k].dimension] - sides[k].middle) : 0;
    }
  });
  Splitter<dimensions>(leaf, fan, stop)
      .split(records.data(), (long long)records.size(), threads, true);
  for (size_t p = 0; p < numbers.size(); ++p) numbers[p] = records[p].number;
}

}  // namespace

void order_points(const Coordinates& coordinates, int leaf, int fan, int threads,
                  std::vector<int>& numbers, InterruptSign& stop) {
  const std::vector<Side> sides = widest_sides(coordinates, numbers);
  const auto run = [&](auto how) {
    how(coordinates, sides, leaf, fan, threads, numbers, stop);
  };
  switch (sides.size()) {
    case 0:
      return;
    case 1:
      return run(order<1>);
    case 2:
      return run(order<2>);
    case 3:
      return run(order<3>);
    case 4:
      return run(order<4>);
    default:
      return sides.size() <= 8 ? run(order<8>) : run(order<most_dimensions>);
  }
}

}  // namespace rkeops
