#include "interpret/registers.h"

#include <algorithm>

namespace rkeops {

namespace {

class Registers {
 public:
  // The start of the first gap of this length.
  int take(int length) {
    int start = 0, free = 0;
    while (free < length && start + free < int(used_.size())) {
      if (used_[size_t(start + free)]) {
        start += free + 1;
        free = 0;
      } else {
        ++free;
      }
    }
    if (start + length > int(used_.size())) used_.resize(size_t(start + length), false);
    mark(start, length, true);
    return start;
  }
  void give_back(int start, int length) { mark(start, length, false); }
  int count() const { return int(used_.size()); }

 private:
  void mark(int start, int length, bool used) {
    std::fill(used_.begin() + start, used_.begin() + start + length, used);
  }
  std::vector<bool> used_;
};

}  // namespace

int assign_registers(std::vector<Block>& blocks, const std::vector<int>& in_place) {
  Registers registers;
  std::vector<std::vector<size_t>> dying(in_place.size());
  for (size_t k = 0; k < blocks.size(); ++k) {
    const int last = blocks[k].last_step;
    if (last >= 0 && last < int(in_place.size())) dying[size_t(last)].push_back(k);
  }
  size_t next = 0;
  for (; next < blocks.size() && blocks[next].first_step < 0; ++next)
    blocks[next].start = registers.take(blocks[next].components);
  for (size_t step = 0; step < in_place.size(); ++step) {
    const int taken = in_place[step];
    if (next < blocks.size() && blocks[next].first_step == int(step)) {
      blocks[next].start = taken >= 0 ? blocks[size_t(taken)].start
                                      : registers.take(blocks[next].components);
      ++next;
    }
    for (size_t block : dying[step]) {
      if (int(block) != taken)
        registers.give_back(blocks[block].start, blocks[block].components);
    }
  }
  return registers.count();
}

}  // namespace rkeops
