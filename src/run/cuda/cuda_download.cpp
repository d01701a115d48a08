// Results come through pinned memory, large ones in pieces: while some are copied to
// where they belong, the GPU sends the next.
#include "run/cuda/cuda_download.h"

#include <algorithm>
#include <cstring>

#include "run/cuda/cuda_pieces.h"

namespace rkeops {

namespace {

/// Value number n of what is on the GPU, with what stands between its components.
class Downloader {
 public:
  Downloader(CudaContext& context, const CudaDownload& what, CudaStreamHandle stream)
      : context_(context),
        what_(what),
        stream_(stream),
        values_(std::size_t(what.from_stride) * std::size_t(what.components - 1) +
                std::size_t(what.rows)),
        shared_(context, (values_ + CudaPieces::values - 1) / CudaPieces::values,
                action) {}

  /// Threads that have nothing to do yet would wait at the cost of others.
  void run() {
    context_.reserve_download_buffers(2 * shared_.threads());
    if (shared_.threads() > 1)
      context_.driver.check(context_.driver.stream_wait(stream_), action);
    shared_.run([this](int thread) { work(thread); });
  }

 private:
  static constexpr const char* action = "return the result";

  /// Copies a piece while the next one comes.
  void work(int thread) {
    std::size_t piece = 0, next = 0;
    bool has_piece = shared_.take(piece);
    if (has_piece) start(piece, buffer(thread, 0));
    for (int turn = 0; has_piece; turn = 1 - turn, piece = next) {
      const bool has_next = shared_.take(next);
      if (has_next) start(next, buffer(thread, 1 - turn));
      shared_.note(context_.driver.event_wait(buffer(thread, turn).copied));
      place(piece * CudaPieces::values, length(piece),
            static_cast<const double*>(buffer(thread, turn).memory));
      has_piece = has_next;
    }
  }

  const CudaTransferBuffer& buffer(int thread, int turn) const {
    return context_.download_buffers[std::size_t(2 * thread + turn)];
  }

  std::size_t length(std::size_t piece) const {
    return std::min(CudaPieces::values, values_ - piece * CudaPieces::values);
  }

  void start(std::size_t piece, const CudaTransferBuffer& buffer) {
    const CudaDriver& driver = context_.driver;
    shared_.note(driver.copy_to_host(buffer.memory,
                                     what_.from + 8 * piece * CudaPieces::values,
                                     8 * length(piece), stream_));
    shared_.note(driver.event_record(buffer.copied, stream_));
  }

  void place(std::size_t first, std::size_t count, const double* values) const {
    const std::size_t stride = std::size_t(what_.from_stride);
    for (std::size_t done = 0; done < count;) {
      const std::size_t component = (first + done) / stride;
      const std::size_t row = (first + done) % stride;
      const std::size_t run = std::min(count - done, stride - row);
      const std::size_t rows = std::size_t(what_.rows);
      if (row < rows) {
        std::memcpy(what_.to + component * std::size_t(what_.to_stride) + row,
                    values + done, 8 * std::min(run, rows - row));
      }
      done += run;
    }
  }

  CudaContext& context_;
  const CudaDownload& what_;
  const CudaStreamHandle stream_;
  const std::size_t values_;
  CudaPieces shared_;
};

}  // namespace

void download(CudaContext& context, const CudaDownload& what, CudaStreamHandle stream) {
  if (what.rows == 0 || what.components == 0) return;
  Downloader(context, what, stream).run();
}

}  // namespace rkeops
