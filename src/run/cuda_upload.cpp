// Copies from memory that is not page-locked are slow, and half of the bytes of a double
// are of no use to float32. So a few threads convert pieces of the matrices into
// page-locked buffers, from which the GPU fetches them while the next are converted.
#include "cuda_upload.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <system_error>
#include <thread>

namespace rkeops {

namespace {

constexpr std::size_t values_a_piece = CudaContext::upload_bytes / 8;

/// Fewer pieces than this are copied by the calling thread alone.
constexpr std::size_t pieces_worth_threads = 4;
constexpr int most_threads = 8;

std::vector<CudaUpload> cut(const std::vector<CudaUpload>& uploads, int scalar_bytes) {
  std::vector<CudaUpload> pieces;
  for (const CudaUpload& upload : uploads) {
    for (std::size_t done = 0; done < upload.values; done += values_a_piece) {
      pieces.push_back({upload.from + done, upload.to + done * scalar_bytes,
                        std::min(values_a_piece, upload.values - done)});
    }
  }
  return pieces;
}

class Uploader {
 public:
  Uploader(CudaContext& context, const std::vector<CudaUpload>& uploads, int scalar_bytes)
      : context_(context),
        scalar_bytes_(scalar_bytes),
        pieces_(cut(uploads, scalar_bytes)) {}

  void run() {
    const int threads = pieces_.size() < pieces_worth_threads
                            ? 1
                            : std::min(context_.settings.threads, most_threads);
    context_.reserve_upload_buffers(2 * threads);
    std::vector<std::thread> helpers;
    try {
      for (int k = 1; k < threads; ++k) helpers.emplace_back([this, k] { help(k); });
    } catch (const std::system_error&) {
      // The system gives no more threads: those there are do the work.
    }
    work(0);
    for (std::thread& helper : helpers) helper.join();
    context_.driver.check(status_, "take the inputs");
  }

 private:
  void help(int thread) {
    note(context_.driver.context_make_current(context_.handle));
    work(thread);
  }

  // Thread k owns the buffers 2 k and 2 k + 1.
  void work(int thread) {
    for (int turn = 0; status_ == cuda_status::success; turn = 1 - turn) {
      const std::size_t piece = next_++;
      if (piece >= pieces_.size()) return;
      send(pieces_[piece], context_.upload_buffers[std::size_t(2 * thread + turn)]);
    }
  }

  void send(const CudaUpload& piece, const CudaUploadBuffer& buffer) {
    const CudaDriver& driver = context_.driver;
    note(driver.event_wait(buffer.copied));
    convert_scalars(piece.from, piece.values, scalar_bytes_, buffer.memory);
    note(driver.copy_to_device(piece.to, buffer.memory, piece.values * scalar_bytes_,
                               context_.stream));
    note(driver.event_record(buffer.copied, context_.stream));
  }

  // Keeps what went wrong; only the calling thread may throw.
  void note(CudaStatus status) {
    if (status != cuda_status::success) status_ = status;
  }

  CudaContext& context_;
  const int scalar_bytes_;
  const std::vector<CudaUpload> pieces_;
  std::atomic<std::size_t> next_{0};
  std::atomic<CudaStatus> status_{cuda_status::success};
};

}  // namespace

void convert_scalars(const double* from, std::size_t values, int scalar_bytes, void* to) {
  if (values == 0) return;
  if (scalar_bytes == 8) {
    std::memcpy(to, from, 8 * values);
    return;
  }
  float* const floats = static_cast<float*>(to);
  for (std::size_t k = 0; k < values; ++k) floats[k] = static_cast<float>(from[k]);
}

void upload(CudaContext& context, const std::vector<CudaUpload>& uploads,
            int scalar_bytes) {
  if (!uploads.empty()) Uploader(context, uploads, scalar_bytes).run();
}

}  // namespace rkeops
