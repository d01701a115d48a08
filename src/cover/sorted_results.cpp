#include "cover/sorted_results.h"

#include <algorithm>

#include "base/input_summary.h"

namespace rkeops {

namespace {

// Results that are kept twice for a while take at most so many numbers.
constexpr double most_results = 1 << 27;
constexpr size_t tile = 32;

}  // namespace

SortedResults::SortedResults(const Job& job, int outputs, const std::vector<int>& numbers)
    : job_(job), outputs_(outputs), numbers_(numbers) {
  if (double(job.rows) * outputs > most_results) return;
  memory_ = aligned_memory((long long)sizeof(double) * std::max(1LL, job.rows * outputs));
  values_ = static_cast<double*>(memory_.get());
}

void SortedResults::take(long long place, long long count, const double* results) {
  for (int k = 0; k < outputs_; ++k)
    for (long long row = 0; row < count; ++row) {
      const double value = results[k * count + row];
      if (!values_)
        job_.output[k * job_.rows + numbers_[size_t(place + row)]] = value;
      else
        values_[size_t((place + row) * outputs_ + k)] = value;
    }
}

// Rows are taken in tiles: their results are fetched once, and each component is written
// in order.
void SortedResults::hand_over(int threads) const {
  if (!values_) return;
  std::vector<int> places(numbers_.size());
  in_parts(numbers_.size(), threads, [&](size_t first, size_t last) {
    for (size_t place = first; place < last; ++place)
      places[size_t(numbers_[place])] = int(place);
  });
  const auto outputs = size_t(outputs_);
  in_parts((places.size() + tile - 1) / tile, threads, [&](size_t first, size_t last) {
    for (size_t row = first * tile; row < std::min(last * tile, places.size());
         row += tile) {
      const size_t end = std::min(row + tile, places.size());
      for (size_t k = 0; k < outputs; ++k)
        for (size_t r = row; r < end; ++r)
          job_.output[k * places.size() + r] = values_[size_t(places[r]) * outputs + k];
    }
  });
}

}  // namespace rkeops
