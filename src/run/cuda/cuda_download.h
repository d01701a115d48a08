// Results from the memory of a GPU.
#pragma once

#include "run/cuda/cuda_context.h"

namespace rkeops {

/// Component k of `rows` rows: from + 8 * k * from_stride on the GPU, to
/// to[k * to_stride].
struct CudaDownload {
  CudaAddress from;
  long long from_stride;
  double* to;
  long long to_stride;
  long long rows;
  int components;
};

/// Returns when everything is there, after what was started on the stream.
void download(CudaContext& context, const CudaDownload& download,
              CudaStreamHandle stream);

}  // namespace rkeops
