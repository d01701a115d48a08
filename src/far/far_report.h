// A report of how a sum with a tolerance was computed.
#pragma once

#include <string>

namespace rkeops {

struct FarReport {
  std::string decision;      // "" before the first call
  double direct = 1;         // share of pairs computed directly
  double left_out = 0;       // share of pairs that do not matter
  long long expansions = 0;  // pairs of cubes
  int largest_order = 0;
  double sorting = 0, bounding = 0, walking = 0, expanding = 0, near = 0;  // seconds
};

}  // namespace rkeops
