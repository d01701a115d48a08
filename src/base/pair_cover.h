// The pairs that a call computes, where these are not all: blocks, each some neighbouring
// rows against some neighbouring columns.
#pragma once

#include <cstddef>
#include <vector>

namespace rkeops {

/// Elements from begin to end - 1.
struct Range {
  long long begin, end;
  long long size() const { return end - begin; }
};

/// A block of pairs: these i with these j.
struct PairBlock {
  Range i, j;
};

/// Blocks of neighbouring rows, in order and without gaps from the first row to the last,
/// with the columns of each: ranges in order that do not touch.
struct CoveredRows {
  std::vector<Range> rows;
  std::vector<std::size_t> first;  // range of each block, and where the last one ends
  std::vector<Range> columns;

  const Range* begin_of(std::size_t block) const { return columns.data() + first[block]; }
  const Range* end_of(std::size_t block) const {
    return columns.data() + first[block + 1];
  }
  /// The block of a row.
  std::size_t block_of(long long row) const;
};

class PairCover {
 public:
  /// Throws (kind `argument`) where a block is not within the numbers of i and of j, or
  /// has pairs in common with another one.
  PairCover(const std::vector<PairBlock>& blocks, long long i_size, long long j_size);

  long long i_size() const { return i_size_; }
  long long j_size() const { return j_size_; }
  double pairs() const { return pairs_; }
  const CoveredRows& by_i() const { return by_i_; }
  const CoveredRows& by_j() const { return by_j_; }

  /// The pairs of these i with all j, or of these j with all i; numbered anew.
  PairCover of_i(const std::vector<long long>& kept) const;
  PairCover of_j(const std::vector<long long>& kept) const;

 private:
  long long i_size_, j_size_;
  double pairs_ = 0;
  CoveredRows by_i_, by_j_;
};

}  // namespace rkeops
