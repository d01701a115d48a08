// Every call reads all its inputs here, so the loop is one pass over whole
// registers: 8 numbers a nanosecond where they are in the first-level cache.
#include "base/input_summary.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/processors.h"

namespace rkeops {

namespace {

// Doubles without sign are in the order of their bits as integers, with Inf above all
// numbers and NaN above Inf.
typedef long long Bits __attribute__((vector_size(32)));
constexpr std::size_t lanes = sizeof(Bits) / sizeof(long long);
constexpr long long without_sign = 0x7fffffffffffffff, infinity = 0x7ff0000000000000;

RKEOPS_FOR_EACH_PROCESSOR
void find_largest(const double* values, std::size_t count, long long* largest) {
  Bits most = {}, other = {};  // two, so that one comparison need not wait for the last
  std::size_t k = 0;
  for (; k + 2 * lanes <= count; k += 2 * lanes) {
    Bits first, second;
    std::memcpy(&first, values + k, sizeof first);
    std::memcpy(&second, values + k + lanes, sizeof second);
    first &= without_sign;
    second &= without_sign;
    most = first > most ? first : most;
    other = second > other ? second : other;
  }
  most = other > most ? other : most;
  for (std::size_t lane = 0; lane < lanes; ++lane)
    if (most[lane] > *largest) *largest = most[lane];
  for (; k < count; ++k) {
    long long bits;
    std::memcpy(&bits, values + k, sizeof bits);
    bits &= without_sign;
    if (bits > *largest) *largest = bits;
  }
}

void summarise(const double* values, std::size_t count, InputSummary* summary) {
  long long bits = 0;
  find_largest(values, count, &bits);
  double largest;
  summary->has_nan = summary->has_nan || bits > infinity;
  bits = std::min(bits, infinity);
  std::memcpy(&largest, &bits, sizeof largest);
  summary->largest = std::max(summary->largest, largest);
}

SingleFit fit_of(const double* values, std::size_t count) {
  constexpr double smallest = std::numeric_limits<float>::min();
  SingleFit fit;
  for (std::size_t k = 0; k < count; ++k) {
    const double value = values[k];
    if (value != value) continue;
    fit.fits = fit.fits && double(float(value)) == value;
    fit.is_whole = fit.is_whole && std::trunc(value) == value;
    fit.keeps_sign = fit.keeps_sign && (value == 0 || std::fabs(value) >= smallest);
  }
  return fit;
}

void join(const SingleFit& part, SingleFit* all) {
  all->fits = all->fits && part.fits;
  all->is_whole = all->is_whole && part.is_whole;
  all->keeps_sign = all->keeps_sign && part.keeps_sign;
}

constexpr int most_threads = 16;  // which read as fast as the memory gives

}  // namespace

bool InputSummary::is_finite() const { return !has_nan && std::isfinite(largest); }

void in_parts(std::size_t count, int threads,
              const std::function<void(std::size_t, std::size_t)>& work,
              std::size_t values) {
  const std::size_t worth = std::min(count, count * values / values_worth_a_thread);
  const std::size_t parts = std::max<std::size_t>(
      1, std::min({worth, std::size_t(std::max(threads, 1)), std::size_t(most_threads)}));
  std::vector<std::thread> others;
  std::size_t begun = 1;
  try {
    for (; begun < parts; ++begun)
      others.emplace_back(work, begun * count / parts, (begun + 1) * count / parts);
  } catch (const std::system_error&) {
    // The system gives no more threads: this one does what is left.
  }
  work(0, count / parts);
  if (begun < parts) work(begun * count / parts, count);
  for (std::thread& other : others) other.join();
}

InputSummary summary_of(const MatrixView& matrix, int threads) {
  InputSummary all;
  if (matrix.stride != matrix.rows) {
    for (int k = 0; k < matrix.components; ++k)
      summarise(matrix.data + k * matrix.stride, std::size_t(matrix.rows), &all);
    return all;
  }
  const auto count = std::size_t(matrix.rows) * std::size_t(matrix.components);
  if (count < 2 * values_worth_a_thread) {
    summarise(matrix.data, count, &all);
    return all;
  }
  std::mutex mutex;
  in_parts(count, threads, [&](std::size_t first, std::size_t last) {
    InputSummary part;
    summarise(matrix.data + first, last - first, &part);
    std::lock_guard<std::mutex> lock(mutex);
    all.largest = std::max(all.largest, part.largest);
    all.has_nan = all.has_nan || part.has_nan;
  });
  return all;
}

SingleFit single_fit_of(const MatrixView& matrix, int threads) {
  SingleFit all;
  std::mutex mutex;
  for (int k = 0; k < matrix.components; ++k) {
    const double* const column = matrix.data + k * matrix.stride;
    in_parts(std::size_t(matrix.rows), threads, [&](std::size_t first, std::size_t last) {
      const SingleFit part = fit_of(column + first, last - first);
      std::lock_guard<std::mutex> lock(mutex);
      join(part, &all);
    });
  }
  return all;
}

}  // namespace rkeops
