// Matrices that stay in the memory of a GPU between calls.
#pragma once

#include <memory>

#include "run/cuda/cuda_context.h"

namespace rkeops {

/// A column-major matrix of doubles. Its memory goes back with it, from any place of the
/// main thread: the garbage collector of R ends it.
class GpuMatrix {
 public:
  /// Not filled. Throws if there is not enough memory.
  GpuMatrix(CudaContext& context, long long rows, long long columns);
  GpuMatrix(const GpuMatrix&) = delete;
  ~GpuMatrix();

  /// No other such matrix of this process has it, nor will have it. The values
  /// stay as they are once they are there.
  long long number() const { return number_; }
  long long rows() const { return rows_; }
  long long columns() const { return columns_; }
  std::size_t bytes() const { return 8 * std::size_t(rows_) * std::size_t(columns_); }
  CudaAddress address() const { return buffer_.address(); }

  /// Whether it is in the memory of the GPU of this context.
  bool is_on(const CudaContext& context) const;
  /// Number and name of the GPU.
  const CudaDevice& device() const { return device_; }

  /// The same values in order, in a matrix of as many.
  void reshape(long long rows, long long columns);

  /// All values, from or to the host. Throw if this process has lost the GPU.
  void write(const double* values);
  void read(double* values) const;

 private:
  /// Throws if its context has gone.
  CudaContext& context() const;

  std::weak_ptr<CudaContext*> context_;
  CudaDevice device_;
  const long long number_;
  long long rows_, columns_;
  CudaBuffer buffer_;
};

}  // namespace rkeops
