#include "cover/search_lists.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "cover/long_lists.h"
#include "cover/short_lists.h"

namespace rkeops {

namespace {

// The next number above a finite one, or -Inf, by its bits. Where `flushes`, numbers
// nearer to 0 than all normal ones are taken as 0, and none of them is a result.
template <class T, class Bits>
T next_above(T value, bool flushes) {
  constexpr T smallest = std::numeric_limits<T>::min();
  if (flushes && std::fabs(value) < smallest) return smallest;
  if (flushes && value == -smallest) return 0;
  if (value == 0) return std::numeric_limits<T>::denorm_min();
  Bits bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits += value > 0 ? 1 : -1;
  std::memcpy(&value, &bits, sizeof bits);
  return value;
}

}  // namespace

double next_worse(double value, bool single_precision) {
  return single_precision ? double(next_above<float, int>(float(value), true))
                          : next_above<double, long long>(value, false);
}

std::unique_ptr<SearchLists> make_lists(const SearchKind& kind, bool single_precision,
                                        bool is_heap) {
  if (is_heap && kind.sign > 0 && kind.places >= LongLists::fewest_places)
    return std::make_unique<LongLists>(kind.places, single_precision);
  return std::make_unique<ShortLists>(kind, single_precision, is_heap);
}

}  // namespace rkeops
