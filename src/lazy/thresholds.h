// Numbers between numbers, for searches that halve a range: of all magnitudes alike.
#pragma once

#include <vector>

namespace rkeops {

/// `count` numbers from `low` to `high`, without these where there are enough between
/// them, with about as many doubles from one to the next; ascending. Not for NaN.
std::vector<double> thresholds_between(double low, double high, int count);

}  // namespace rkeops
