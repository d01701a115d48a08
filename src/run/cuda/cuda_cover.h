// The cover of a reduction as the kernels of one GPU read it.
#pragma once

#include <rkeops/cuda/cuda_arguments.h>

#include <map>
#include <vector>

#include "base/pair_cover.h"
#include "run/cuda/cuda_context.h"

namespace rkeops {

class CudaRunCover {
 public:
  /// A block of threads has `rows_a_block` rows at most.
  CudaRunCover(const CoveredRows& cover, long long rows_a_block);

  /// The launches that follow may ask for rows [begin, end) of a chunk whose first row is
  /// `first` of the reduction.
  void add_part(long long first, long long begin, long long end);
  /// The most blocks of any part.
  long long most_blocks() const { return most_blocks_; }

  /// After all parts have been added. Waits for the stream of the kernels.
  void copy_to(CudaContext& context);

  CudaAddress ranges() const { return table_.address(); }
  /// Those of the part that begins with this row of the reduction.
  CudaAddress blocks(long long first_row) const;
  /// How many blocks the part has whose blocks are there.
  long long blocks_of(const CudaCoverBlock* first) const;

 private:
  struct Part {
    std::size_t first;
    long long count;
  };

  const CoveredRows& cover_;
  const long long rows_a_block_;
  std::vector<CudaCoverBlock> blocks_;
  std::map<long long, Part> parts_;  // by their first rows
  long long most_blocks_ = 0;
  CudaBuffer table_;  // ranges, then blocks
};

}  // namespace rkeops
