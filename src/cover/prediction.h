// Whether it is worth while to leave pairs out.
#pragma once

#include <deque>
#include <utility>
#include <vector>

namespace rkeops {

struct Prediction {
  double share;    // of the pairs that are computed
  double seconds;  // for all of them
};

/// Predictions for calls of the last few kinds.
class KnownPredictions {
 public:
  /// Null where there is none of this kind.
  const Prediction* find(const std::vector<double>& kind) const;
  void note(std::vector<double> kind, const Prediction& prediction);

 private:
  std::deque<std::pair<std::vector<double>, Prediction>> known_;
};

/// A prediction takes one block of so many.
long long step_of_prediction(long long blocks);

/// Are there so many pairs that sorting costs little beside them? `operations` are those
/// of a pair.
bool is_worth_sorting(double rows, double columns, double operations);

/// Is a walk that computes this share of the pairs faster than all pairs are?
bool is_worth_walking(double share);

}  // namespace rkeops
