// The pairs whose entry is at most a radius, in two passes: how many there are of each i,
// then which. No more memory is taken than they fill. Entries that boxes of points tell
// to be larger are not computed, where that saves time.
#pragma once

#include "cover/pair_finder.h"
#include "lazy/entries.h"

namespace rkeops {

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

/// Fills all places, in ascending order of i, then j. False where the pairs are not as
/// many as `counts`, which happens where the program has been compiled since then and
/// an entry is as large as the radius but for its last digit. Then count again.
bool fill_pairs(const PairsSearch& search, const double* counts,
                const PairsOutput& output, const Interrupted& interrupted,
                const Progress& progress);

}  // namespace rkeops
