#include "run/cuda/cuda_pieces.h"

#include <algorithm>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

namespace rkeops {

namespace {

/// Starting a thread takes about as long as a piece.
constexpr std::size_t pieces_a_thread = 2, most_threads = 16;

int threads_for(std::size_t pieces, int allowed) {
  const std::size_t worth = std::min(pieces / pieces_a_thread, most_threads);
  return std::max(1, std::min(allowed, int(worth)));
}

}  // namespace

CudaPieces::CudaPieces(CudaContext& context, std::size_t count, const char* action)
    : context_(context),
      count_(count),
      action_(action),
      threads_(threads_for(count, context.settings.threads)) {}

void CudaPieces::run(const std::function<void(int thread)>& work) {
  std::vector<std::thread> helpers;
  try {
    for (int k = 1; k < threads_; ++k) {
      helpers.emplace_back([this, k, &work] {
        note(context_.driver.context_make_current(context_.handle));
        work(k);
      });
    }
  } catch (const std::system_error&) {
    // The system gives no more threads: those there are do the work.
  }
  std::exception_ptr thrown;
  try {
    work(0);
  } catch (...) {
    thrown = std::current_exception();
    next_ = count_;
  }
  for (std::thread& helper : helpers) helper.join();
  if (thrown) std::rethrow_exception(thrown);
  context_.driver.check(status_, action_);
}

bool CudaPieces::take(std::size_t& piece) {
  if (status_ != cuda_status::success) return false;
  piece = next_++;
  return piece < count_;
}

void CudaPieces::note(CudaStatus status) {
  if (status != cuda_status::success) status_ = status;
}

}  // namespace rkeops
