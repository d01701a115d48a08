#include "run/cuda/gpu_matrix.h"

#include "base/diagnostic.h"
#include "run/cuda/cuda_download.h"
#include "run/cuda/cuda_upload.h"

namespace rkeops {

namespace {

long long matrices_made = 0;

}  // namespace

GpuMatrix::GpuMatrix(CudaContext& context, long long rows, long long columns)
    : context_(context.self),
      device_(context.device),
      number_(++matrices_made),
      rows_(rows),
      columns_(columns) {
  const CudaCurrent current(context);
  buffer_ = context.allocate(bytes());
}

/// A context that has gone took its memory along, and a forked child must leave alone
/// what its parent uses.
GpuMatrix::~GpuMatrix() {
  const auto alive = context_.lock();
  if (!alive || !(*alive)->driver.started_here()) {
    buffer_.forget();
    return;
  }
  try {
    const CudaCurrent current(**alive);
    buffer_ = CudaBuffer();
  } catch (const Error&) {
    buffer_.forget();  // a GPU that is lost
  }
}

bool GpuMatrix::is_on(const CudaContext& context) const {
  const auto alive = context_.lock();
  return alive && *alive == &context;
}

CudaContext& GpuMatrix::context() const {
  const auto alive = context_.lock();
  if (!alive) {
    throw Error(ErrorKind::gpu, "The matrix is not on the GPU any more.", {},
                {"Its GPU was given back; make it again with to_gpu()."});
  }
  cuda_driver((*alive)->settings);  // throws if this process cannot use the GPU
  return **alive;
}

void GpuMatrix::reshape(long long rows, long long columns) {
  if (rows * columns != rows_ * columns_) throw internal_error("a matrix cannot grow");
  rows_ = rows;
  columns_ = columns;
}

void GpuMatrix::write(const double* values) {
  if (bytes() == 0) return;
  CudaContext& to = context();
  const CudaCurrent current(to);
  const CudaSegment all{0, rows_, 0};
  upload(to, {{values, rows_, int(columns_), {all}, address(), rows_}}, 8, to.stream);
  to.driver.check(to.driver.stream_wait(to.stream), "take a matrix");
}

void GpuMatrix::read(double* values) const {
  if (bytes() == 0) return;
  CudaContext& from = context();
  const CudaCurrent current(from);
  download(from, {address(), rows_, values, rows_, rows_, int(columns_)}, from.stream);
}

}  // namespace rkeops
