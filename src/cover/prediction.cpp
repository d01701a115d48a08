#include "cover/prediction.h"

#include <algorithm>
#include <climits>

namespace rkeops {

namespace {

// A prediction takes so many blocks, and this part of all at most.
constexpr long long most_blocks = 32, fewest_blocks = 4, part_of_blocks = 64;

// Sorting a point takes as long as so many operations on components of pairs; it may cost
// so much of what it may save.
constexpr double operations_of_sorting = 2500, share_of_sorting = 0.05;

// A pair of the walk takes longer than one of many that are computed together.
constexpr double largest_share = 0.5;

constexpr size_t most_kinds = 8;

}  // namespace

const Prediction* KnownPredictions::find(const std::vector<double>& kind) const {
  for (const auto& known : known_)
    if (known.first == kind) return &known.second;
  return nullptr;
}

void KnownPredictions::note(std::vector<double> kind, const Prediction& prediction) {
  known_.emplace_front(std::move(kind), prediction);
  if (known_.size() > most_kinds) known_.pop_back();
}

long long step_of_prediction(long long blocks) {
  const long long wanted =
      std::clamp(blocks / part_of_blocks, fewest_blocks, most_blocks);
  return std::max(1LL, blocks / wanted);
}

bool is_worth_sorting(double rows, double columns, double operations) {
  if (rows >= INT_MAX || columns >= INT_MAX) return false;
  return rows * columns * operations * share_of_sorting >=
         (rows + columns) * operations_of_sorting;
}

bool is_worth_walking(double share) { return share <= largest_share; }

}  // namespace rkeops
