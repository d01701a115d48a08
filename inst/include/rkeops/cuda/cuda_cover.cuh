// Kernels of reductions that go over a cover of the pairs: a block of threads has some
// neighbouring rows of one block of the cover, and walks over the ranges of columns of
// these. Everything else finds its rows by arguments that are moved such that it need not
// know.
#ifndef RKEOPS_CUDA_COVER_CUH
#define RKEOPS_CUDA_COVER_CUH

#include <rkeops/cuda/cuda_arguments.h>
#include <rkeops/cuda/cuda_records.cuh>

namespace rkeops {

/// All rows and columns of a launch.
template <bool covered>
struct CudaCoveredPart {
  using Arguments = const CudaArguments&;

  RKEOPS_INLINE static const CudaArguments& of_block(const CudaArguments& given,
                                                     long long, long long) {
    return given;
  }

  template <class Fold>
  RKEOPS_INLINE static void for_ranges(const CudaArguments&, long long, long long begin,
                                       long long end, Fold fold) {
    fold(begin, end);
  }
};

template <>
struct CudaCoveredPart<true> {
  using Arguments = const CudaArguments;

  /// Row number `block * rows` of the launch, counted from `row_begin`, is the first one
  /// of this block of threads.
  RKEOPS_INLINE static CudaArguments of_block(const CudaArguments& given, long long block,
                                              long long rows) {
    CudaArguments arguments = given;
    arguments.row_begin = given.cover_blocks[block].row_begin - block * rows;
    arguments.row_end = given.cover_blocks[block].row_end;
    return arguments;
  }

  /// Folds the parts of the ranges of this block in [begin, end). Each is cut where a
  /// launch could end, so that launches do not change which columns are folded together.
  template <class Fold>
  RKEOPS_INLINE static void for_ranges(const CudaArguments& arguments,
                                       long long split_begin, long long begin,
                                       long long end, Fold fold) {
    const CudaCoverBlock block = arguments.cover_blocks[blockIdx.x];
    for (long long k = block.first_range; k < block.last_range; ++k) {
      const CudaCoverRange range = arguments.cover_ranges[k];
      const long long first = range.begin > begin ? range.begin : begin;
      const long long last = least(range.end, end);
      const long long units =
          (first - split_begin + cuda_column_unit - 1) / cuda_column_unit;
      const long long cut = least(split_begin + units * cuda_column_unit, last);
      if (first < cut) fold_together(first, cut, fold);
      if (cut < last && first < last) fold_together(cut, last, fold);
    }
  }

  template <class Fold>
  RKEOPS_INLINE static void fold_together(long long begin, long long end, Fold fold) {
    fold(begin, end);
    __syncthreads();  // the next columns take the same shared memory
  }
};

}  // namespace rkeops

#endif
