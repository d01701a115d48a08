// The pairs of a job whose values are at most a radius, by boxes: those of boxes that are
// farther apart are not computed. The program is that of the reduction Entries, which
// keeps the values of the columns of a leaf as they are.
#pragma once

#include <memory>
#include <vector>

#include "cover/prediction.h"
#include "cover/pruned_job.h"

namespace rkeops {

/// The pairs that are wanted. NaN is within no radius.
struct PairsWanted {
  double radius;
  bool half;  // a column before the row only
  bool self;  // also a row and the column of the same number
};

/// The places of the pairs, counted from 1: as many places as there are pairs.
struct PairsOutput {
  int* i;  // columns of the job,
  int* j;  // and rows
  double* value;
};

/// Places where the pairs of one column go next, and those of the next column begin.
struct PairPlaces {
  long long next, end;
};
std::vector<PairPlaces> places_of(const double* counts, long long columns);
bool are_full(const std::vector<PairPlaces>& places);

class PairWalk;

class PairFinder {
 public:
  /// The kernel has a bound, and keeps the entries of at least a leaf of columns.
  PairFinder(const PrunedKernel& kernel, const Job& job, int threads,
             const Interrupted& interrupted);

  /// Numbers that tell which share of the pairs is computed.
  std::vector<double> kind(const PairsWanted& wanted) const;

  /// Counts the pairs of a few columns, to predict which share of all is computed and how
  /// long that takes.
  Prediction predict(const CpuProgram& program, const PairsWanted& wanted);

  /// The number of pairs of each column. Gives the share of all pairs that was computed.
  double count(const CpuProgram& program, const PairsWanted& wanted, double* counts);

  /// Fills all places, in ascending order of columns, then rows. False where the pairs
  /// are not as many as `counts`.
  bool fill(const CpuProgram& program, const PairsWanted& wanted, const double* counts,
            const PairsOutput& output);

 private:
  template <class Work>
  double walk(const CpuProgram& program, const PairsWanted& wanted, long long step,
              const Progress& progress, const Work& work);

  const Job& job_;
  const int threads_;
  const Interrupted& interrupted_;
  std::unique_ptr<PrunedJob> sorted_;
};

}  // namespace rkeops
