#include "lazy/thresholds.h"

#include <cstdint>
#include <cstring>

namespace rkeops {

namespace {

constexpr std::uint64_t sign = std::uint64_t(1) << 63;

// The number of a double among all doubles in ascending order.
std::uint64_t order_of(double value) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits & sign ? ~bits : bits | sign;
}

double value_at(std::uint64_t order) {
  const std::uint64_t bits = order & sign ? order ^ sign : ~order;
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

std::vector<double> thresholds_between(double low, double high, int count) {
  const std::uint64_t first = order_of(low), last = order_of(high);
  const std::uint64_t distance = last > first ? last - first : 0;
  const auto parts = std::uint64_t(count) + 1;
  std::vector<double> result;
  for (std::uint64_t k = 1; k < parts; ++k)
    result.push_back(
        value_at(first + distance / parts * k + distance % parts * k / parts));
  return result;
}

}  // namespace rkeops
