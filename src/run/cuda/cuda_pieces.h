// Long copies between R and a GPU, in pieces that a few threads share: one alone reads
// and writes the memory of R more slowly than the GPU takes and gives.
#pragma once

#include <atomic>
#include <functional>

#include "run/cuda/cuda_context.h"

namespace rkeops {

class CudaPieces {
 public:
  /// Values of a piece, doubles or floats.
  static constexpr std::size_t values = CudaContext::transfer_bytes / 8;

  /// `action` completes "The GPU could not ...".
  CudaPieces(CudaContext& context, std::size_t count, const char* action);
  CudaPieces(const CudaPieces&) = delete;

  /// Thread k has the buffers 2 k and 2 k + 1 for itself.
  int threads() const { return threads_; }
  /// Does work(k) in each thread, 0 being the calling one; throws what that one throws,
  /// or what a driver has said.
  void run(const std::function<void(int thread)>& work);

  /// For a thread that asks for more: whether there is a piece left, and which.
  bool take(std::size_t& piece);
  /// Keeps what went wrong; nobody takes another piece then.
  void note(CudaStatus status);

 private:
  CudaContext& context_;
  const std::size_t count_;
  const char* const action_;
  const int threads_;
  std::atomic<std::size_t> next_{0};
  std::atomic<CudaStatus> status_{cuda_status::success};
};

}  // namespace rkeops
