// Matrices of R to the memory of a GPU, in the precision it computes with.
#pragma once

#include <functional>
#include <vector>

#include "run/cuda/cuda_chunks.h"
#include "run/cuda/cuda_context.h"

namespace rkeops {

/// Component k of row r of a matrix, from[k * from_stride + r], to be scalar number k *
/// to_stride + (its row in the part) from `to` on. Segments are in ascending order; what
/// is between them is undefined.
struct CudaUpload {
  const double* from;
  long long from_stride;
  int components;
  std::vector<CudaSegment> segments;
  CudaAddress to;
  long long to_stride;
};

/// Called now and then during long copies, by the calling thread; may throw to end them.
using CudaInterruptCheck = std::function<void()>;

/// Starts to copy; everything at `from` has been read on return.
void upload(CudaContext& context, const std::vector<CudaUpload>& uploads,
            int scalar_bytes, CudaStreamHandle stream,
            const CudaInterruptCheck& ask = {});

/// The doubles as scalars of so many bytes.
void convert_scalars(const double* from, std::size_t values, int scalar_bytes, void* to);

}  // namespace rkeops
