// The pairs whose entry is at most a radius, in two passes over all entries: how many
// there are of each i, then which. No more memory is taken than they fill.
#pragma once

#include "lazy/entries.h"

namespace rkeops {

/// Which pairs are wanted. NaN is within no radius.
struct PairsWanted {
  double radius;
  bool half;  // i before j only
  bool self;  // also i = j
};

/// Both passes need the same operator, inputs and settings.
struct PairsSearch {
  Callable& entries;  // the reduction Entries over i, of formulas of dimension 1
  const CallInputs& inputs;
  const Settings& settings;
  PairsWanted wanted;
};

/// One number for each i.
std::vector<double> count_pairs(const PairsSearch& search, const Interrupted& interrupted,
                                const Progress& progress);

/// Where the pairs go, counted from 1: as many places as there are pairs.
struct PairsOutput {
  int* i;
  int* j;
  double* value;
};

/// Fills all places, in ascending order of i, then j. False where the pairs are not as
/// many as `counts`, which happens where the program has been compiled since then and
/// an entry is as large as the radius but for its last digit. Then count again.
bool fill_pairs(const PairsSearch& search, const double* counts,
                const PairsOutput& output, const Interrupted& interrupted,
                const Progress& progress);

}  // namespace rkeops
