#include "base/job.h"

namespace rkeops {

double Job::pairs() const {
  if (!cover) return double(rows) * double(columns);
  double pairs = 0;
  for (std::size_t block = 0; block < cover->rows.size(); ++block) {
    long long of_row = 0;
    for (const Range* range = cover->begin_of(block); range != cover->end_of(block);
         ++range)
      of_row += range->size();
    pairs += double(cover->rows[block].size()) * double(of_row);
  }
  return pairs;
}

}  // namespace rkeops
