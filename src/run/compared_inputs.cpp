#include "run/compared_inputs.h"

#include <map>

#include "run/cuda/resident_facts.h"

namespace rkeops {

ComparedInputs::ComparedInputs(const Translations& translations)
    : translations_(translations), comparisons_(translations.root) {}

bool ComparedInputs::are_exact(const CallInputs& inputs, const Settings& settings) const {
  // double precision is dear on a GPU: there a count may err by what lies on the border
  const bool counts = comparisons_.has_counted() && settings.engine == Engine::cpu;
  if (!counts && !comparisons_.has_direct()) return true;
  const int threads = settings.usable_threads();
  std::map<int, RoundedComparisons::Input> known;
  const auto input = [&](int position) {
    size_t place = size_t(position);
    if (place >= inputs.matrices.size())
      for (const MovedInput& moved : translations_.inputs)
        if (moved.position == position) place = size_t(moved.argument);
    const auto found = known.find(int(place));
    if (found != known.end()) return found->second;
    const MatrixView& matrix = inputs.matrices.at(place);
    const SingleFit fit = single_fit_of_any(matrix, threads);
    const RoundedComparisons::Input one = {fit.fits, fit.is_whole, fit.keeps_sign,
                                           summary_of_any(matrix, threads).largest};
    known.emplace(int(place), one);
    return one;
  };
  return comparisons_.direct_are_exact(input) &&
         (!counts || comparisons_.counted_are_exact(input));
}

}  // namespace rkeops
