// Matrices of R to the memory of a GPU, in the precision it computes with.
#pragma once

#include <vector>

#include "cuda_context.h"

namespace rkeops {

/// `values` doubles at `from`, to become scalars at `to`.
struct CudaUpload {
  const double* from;
  CudaAddress to;
  std::size_t values;
};

/// Starts to copy; everything at `from` has been read on return.
void upload(CudaContext& context, const std::vector<CudaUpload>& uploads,
            int scalar_bytes);

/// The doubles as scalars of so many bytes.
void convert_scalars(const double* from, std::size_t values, int scalar_bytes, void* to);

}  // namespace rkeops
