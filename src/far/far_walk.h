// The walk through pairs of cubes: which of them are expanded, which are computed
// directly and which do not matter, so that the errors of a row stay below what it is
// allowed.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "far/far_costs.h"
#include "far/far_expansion.h"
#include "far/least_sums.h"

namespace rkeops {

/// A pair of cubes whose moments become a local polynomial by a table.
struct FarPair {
  int row, column, table;
  int flipped;  // bits of the axes whose sign changes
};

struct FarTable {
  int order;
  std::vector<double> values;
};

struct NearPair {
  int row, column;
};

class FarWalk {
 public:
  /// Rounding is counted for so many pairs of cubes whose rows have a row in common.
  static constexpr double most_pairs_of_a_row = 8000;

  FarWalk(const FarKernel& kernel, const FarData& data, const LeastSums& least,
          const Monomials& monomials, double tolerance, int threads,
          const Interrupted& interrupted);

  ~FarWalk();

  /// False where computing all pairs takes about as long, unless it is to be done
  /// `always`.
  bool run(bool always);

  const std::vector<FarPair>& far() const { return far_; }
  const std::vector<NearPair>& near() const { return near_; }
  const std::vector<FarTable>& tables() const { return tables_; }
  double near_pairs() const { return near_pairs_; }
  double left_out() const { return left_out_; }
  int largest_order() const { return largest_order_; }

 private:
  struct Group;
  struct Candidate {
    int row, column, group, flipped;
    double error;  // that is allowed, over the absolute weights
  };

  // The levels, and the offset along each axis.
  using Kind = std::array<long long, 4>;
  struct HashOfKind {
    size_t operator()(const Kind& kind) const;
  };

  Kind kind_of(const NearPair& pair, int& flipped) const;
  int group_of(const NearPair& pair, int& flipped);
  void find_groups(const std::vector<NearPair>& pairs);
  void bound_groups();
  void choose_candidates(const std::vector<NearPair>& pairs);
  bool is_gain(double all) const;
  double sampling_cost(int points) const;
  void expand_groups();
  void expand(Group& group, FarKernel::Function& function) const;
  void accept_or_split(std::vector<NearPair>& next);
  void make_tables();
  bool accept(const Candidate& candidate);
  void split(const NearPair& pair, std::vector<NearPair>& next);
  double allowed_error(const NearPair& pair, double least) const;
  double pairs_of(const NearPair& pair) const;
  double direct_cost(const NearPair& pair) const;
  void add_near(const NearPair& pair);
  void in_threads(long long count,
                  const std::function<void(long long, FarKernel::Function&)>& work);

  const FarKernel& kernel_;
  const FarData& data_;
  const LeastSums& least_;
  const Monomials& monomials_;
  const FarCosts costs_;
  const double tolerance_;
  const Interrupted& interrupted_;
  double units_ = 0;               // of rounding, in the last digit of absolute terms
  double spent_ = 0, useful_ = 0;  // on the walk
  double near_pairs_ = 0, left_out_ = 0, far_cost_ = 0;
  int largest_order_ = 0;
  std::vector<std::unique_ptr<FarKernel::Function>> functions_;
  // of the pairs at hand
  std::vector<std::unique_ptr<Group>> groups_;
  std::unordered_map<Kind, int, HashOfKind> group_numbers_;
  std::vector<int> group_of_pair_, flipped_;
  std::vector<Candidate> candidates_;

  std::vector<FarPair> far_;
  std::vector<NearPair> near_;
  std::vector<FarTable> tables_;
};

}  // namespace rkeops
