// Moments of the columns of cubes, and what becomes of them: polynomials of the rows of
// cubes, whose values are sums over columns far away.
#pragma once

#include <vector>

#include "base/interrupts.h"
#include "far/far_walk.h"

namespace rkeops {

class FarFields {
 public:
  /// Adds up the pairs that a walk expands. Throws (kind `interrupted`).
  FarFields(const FarData& data, const Monomials& monomials, const FarWalk& walk,
            int threads, const Interrupted& interrupted);

  /// False where rounding was counted for fewer pairs.
  bool is_proven() const { return is_proven_; }

  /// The number of them in a polynomial.
  int monomials() const { return monomials_.count(order_); }

  /// Adds the values at a row, which is in a leaf, to `sums`. `powers` is of as many
  /// numbers as there are monomials.
  void add(int leaf, long long row, double* powers, double* sums) const;

 private:
  static constexpr int batch = Monomials::batch;

  // A sum of a pair of cubes.
  struct Lane {
    const FarPair* pair;
    int sum;
  };

  double* moments(int cube, int sum) { return &moments_[at(cube, sum)]; }
  double* local(int cube, int sum) { return &local_[at(cube, sum)]; }
  size_t at(int cube, int sum) const {
    return (size_t(cube) * size_t(data_.sums()) + size_t(sum)) *
           size_t(monomials_.count(order_));
  }
  void count_pairs(const FarWalk& walk);
  void find_moments(int cube);
  void find_leaf_moments(int cube);
  void convert(const FarWalk& walk, const std::vector<const FarPair*>& pairs);
  double share(int cube, const FarPair& pair) const;
  void convert_batch(const FarTable& table, const std::vector<Lane>& lanes);
  void hand_down(int cube);
  void by_level(bool upwards, int threads, const Interrupted& interrupted);
  static void sides_of(const Cube& cube, int dimension, int* sides);

  const FarData& data_;
  const Monomials& monomials_;
  int order_ = 1;
  bool is_proven_ = true;
  std::vector<double> moments_, local_;
  std::vector<int> orders_;  // of the local polynomial of each cube
};

}  // namespace rkeops
