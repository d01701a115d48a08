#include "run/cuda/cuda_cover.h"

#include <algorithm>

namespace rkeops {

CudaRunCover::CudaRunCover(const CoveredRows& cover, long long rows_a_block)
    : cover_(cover), rows_a_block_(rows_a_block) {}

void CudaRunCover::add_part(long long first, long long begin, long long end) {
  const Part part{blocks_.size(), 0};
  for (long long row = begin; row < end;) {
    const std::size_t block = cover_.block_of(first + row);
    const long long last =
        std::min({end, row + rows_a_block_, cover_.rows[block].end - first});
    blocks_.push_back(
        {row, last, (long long)cover_.first[block], (long long)cover_.first[block + 1]});
    row = last;
  }
  const auto count = (long long)(blocks_.size() - part.first);
  parts_[first + begin] = {part.first, count};
  most_blocks_ = std::max(most_blocks_, count);
}

void CudaRunCover::copy_to(CudaContext& context) {
  static_assert(sizeof(Range) == sizeof(CudaCoverRange), "ranges are copied as they are");
  const std::size_t of_ranges = sizeof(CudaCoverRange) * cover_.columns.size(),
                    of_blocks = sizeof(CudaCoverBlock) * blocks_.size();
  table_ = context.allocate(of_ranges + of_blocks);
  const CudaDriver& driver = context.driver;
  if (of_ranges > 0)
    driver.check(driver.copy_to_device(table_.address(), cover_.columns.data(), of_ranges,
                                       context.stream),
                 "take the ranges");
  if (of_blocks > 0)
    driver.check(driver.copy_to_device(table_.address() + of_ranges, blocks_.data(),
                                       of_blocks, context.stream),
                 "take the ranges");
  driver.check(driver.stream_wait(context.stream), "take the ranges");
}

CudaAddress CudaRunCover::blocks(long long first_row) const {
  return table_.address() + sizeof(CudaCoverRange) * cover_.columns.size() +
         sizeof(CudaCoverBlock) * parts_.at(first_row).first;
}

long long CudaRunCover::blocks_of(const CudaCoverBlock* first) const {
  for (const auto& [row, part] : parts_)
    if (blocks(row) == reinterpret_cast<CudaAddress>(first)) return part.count;
  return 0;
}

}  // namespace rkeops
