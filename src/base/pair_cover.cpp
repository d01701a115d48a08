#include "base/pair_cover.h"

#include <algorithm>
#include <map>
#include <string>

#include "base/diagnostic.h"

namespace rkeops {

namespace {

std::string text_of(const Range& range) {
  return std::to_string(range.begin + 1) + " to " + std::to_string(range.end);
}

void check_bounds(const Range& range, long long size, const char* index, size_t block) {
  if (0 <= range.begin && range.begin <= range.end && range.end <= size) return;
  throw Error(ErrorKind::argument,
              "Block " + std::to_string(block + 1) + " of the ranges has " + index + " " +
                  text_of(range) + ", of which there are " + std::to_string(size) + ".");
}

Range common(const Range& a, const Range& b) {
  return {std::max(a.begin, b.begin), std::min(a.end, b.end)};
}

Error overlap(const std::vector<PairBlock>& blocks, size_t a, size_t b) {
  return Error(ErrorKind::argument,
               "Blocks " + std::to_string(std::min(a, b) + 1) + " and " +
                   std::to_string(std::max(a, b) + 1) +
                   " of the ranges have pairs in common: i of " +
                   text_of(common(blocks[a].i, blocks[b].i)) + ", j of " +
                   text_of(common(blocks[a].j, blocks[b].j)) + ".",
               {}, {"Each pair can be in one block only."});
}

// The blocks that have the rows where a sweep over all rows is, by their first column.
class Active {
 public:
  explicit Active(const std::vector<PairBlock>& blocks) : blocks_(blocks) {}

  void insert(size_t block, const Range& columns) {
    const auto place = active_.emplace(columns.begin, Entry{columns.end, block}).first;
    if (place->second.block != block) throw overlap(blocks_, block, place->second.block);
    const auto next = std::next(place);
    if (next != active_.end() && next->first < columns.end)
      throw overlap(blocks_, block, next->second.block);
    if (place != active_.begin() && std::prev(place)->second.end > columns.begin)
      throw overlap(blocks_, block, std::prev(place)->second.block);
  }

  void erase(const Range& columns) { active_.erase(columns.begin); }

  // Ranges that touch become one.
  void append_to(std::vector<Range>& columns) const {
    const size_t before = columns.size();
    for (const auto& [begin, entry] : active_) {
      if (columns.size() > before && columns.back().end == begin)
        columns.back().end = entry.end;
      else
        columns.push_back({begin, entry.end});
    }
  }

 private:
  struct Entry {
    long long end;
    size_t block;
  };
  const std::vector<PairBlock>& blocks_;
  std::map<long long, Entry> active_;
};

using Side = Range PairBlock::*;

// Blocks with pairs, by where their rows begin, or end.
std::vector<size_t> sorted_blocks(const std::vector<PairBlock>& blocks, Side rows,
                                  long long Range::*place) {
  std::vector<size_t> order;
  for (size_t k = 0; k < blocks.size(); ++k)
    if (blocks[k].i.size() > 0 && blocks[k].j.size() > 0) order.push_back(k);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return blocks[a].*rows.*place < blocks[b].*rows.*place;
  });
  return order;
}

// Rows with the columns behind those of the last block, to which they belong where these
// are the same: where a block ends must not be seen in the bits of a sum.
void add_rows(CoveredRows& covered, const Range& rows) {
  const auto last = covered.columns.begin() + long(covered.first.back());
  if (covered.first.size() > 1) {
    const auto before = covered.columns.begin() + long(covered.first.end()[-2]);
    const auto same = [](const Range& a, const Range& b) {
      return a.begin == b.begin && a.end == b.end;
    };
    if (std::equal(before, last, last, covered.columns.end(), same)) {
      covered.columns.erase(last, covered.columns.end());
      covered.rows.back().end = rows.end;
      return;
    }
  }
  covered.rows.push_back(rows);
  covered.first.push_back(covered.columns.size());
}

CoveredRows covered_rows(const std::vector<PairBlock>& blocks, long long size, Side rows,
                         Side columns) {
  const std::vector<size_t> starts = sorted_blocks(blocks, rows, &Range::begin);
  const std::vector<size_t> ends = sorted_blocks(blocks, rows, &Range::end);
  Active active(blocks);
  CoveredRows covered;
  covered.first.push_back(0);
  size_t started = 0, ended = 0;
  for (long long row = 0; row < size;) {
    for (; ended < ends.size() && (blocks[ends[ended]].*rows).end == row; ++ended)
      active.erase(blocks[ends[ended]].*columns);
    for (; started < starts.size() && (blocks[starts[started]].*rows).begin == row;
         ++started)
      active.insert(starts[started], blocks[starts[started]].*columns);
    long long next = size;
    if (ended < ends.size()) next = std::min(next, (blocks[ends[ended]].*rows).end);
    if (started < starts.size())
      next = std::min(next, (blocks[starts[started]].*rows).begin);
    active.append_to(covered.columns);
    add_rows(covered, {row, next});
    row = next;
  }
  return covered;
}

// Each element of `kept` against the ranges of its block.
std::vector<PairBlock> blocks_of(const CoveredRows& covered,
                                 const std::vector<long long>& kept, Side rows,
                                 Side columns) {
  std::vector<PairBlock> blocks;
  for (size_t k = 0; k < kept.size(); ++k) {
    const size_t block = covered.block_of(kept[k]);
    for (const Range* range = covered.begin_of(block); range != covered.end_of(block);
         ++range) {
      PairBlock one;
      one.*rows = {(long long)k, (long long)k + 1};
      one.*columns = *range;
      blocks.push_back(one);
    }
  }
  return blocks;
}

}  // namespace

std::size_t CoveredRows::block_of(long long row) const {
  const auto behind =
      std::upper_bound(rows.begin(), rows.end(), row,
                       [](long long value, const Range& one) { return value < one.end; });
  return std::size_t(behind - rows.begin());
}

PairCover::PairCover(const std::vector<PairBlock>& blocks, long long i_size,
                     long long j_size)
    : i_size_(i_size), j_size_(j_size) {
  for (size_t k = 0; k < blocks.size(); ++k) {
    check_bounds(blocks[k].i, i_size, "i of", k);
    check_bounds(blocks[k].j, j_size, "j of", k);
    pairs_ += double(blocks[k].i.size()) * double(blocks[k].j.size());
  }
  by_i_ = covered_rows(blocks, i_size, &PairBlock::i, &PairBlock::j);
  by_j_ = covered_rows(blocks, j_size, &PairBlock::j, &PairBlock::i);
}

PairCover PairCover::of_i(const std::vector<long long>& kept) const {
  return PairCover(blocks_of(by_i_, kept, &PairBlock::i, &PairBlock::j),
                   (long long)kept.size(), j_size_);
}

PairCover PairCover::of_j(const std::vector<long long>& kept) const {
  return PairCover(blocks_of(by_j_, kept, &PairBlock::j, &PairBlock::i), i_size_,
                   (long long)kept.size());
}

}  // namespace rkeops
