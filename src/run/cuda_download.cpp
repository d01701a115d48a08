// Small results come through page-locked memory in one copy, large ones in pieces: while
// one is copied to where it belongs, the GPU sends the next.
#include "cuda_download.h"

#include <algorithm>
#include <cstring>

namespace rkeops {

namespace {

constexpr std::size_t values_a_piece = CudaContext::transfer_bytes / 8;

/// Value number n of what is on the GPU, with what stands between its components.
class Downloader {
 public:
  Downloader(CudaContext& context, const CudaDownload& what, CudaStreamHandle stream)
      : context_(context),
        what_(what),
        stream_(stream),
        values_(std::size_t(what.from_stride) * std::size_t(what.components - 1) +
                std::size_t(what.rows)) {}

  void run() {
    context_.reserve_download_buffers(2);
    const std::size_t pieces = (values_ + values_a_piece - 1) / values_a_piece;
    start(0);
    for (std::size_t piece = 0; piece < pieces; ++piece) {
      if (piece + 1 < pieces) start(piece + 1);
      const CudaTransferBuffer& buffer = context_.download_buffers[piece % 2];
      context_.driver.check(context_.driver.event_wait(buffer.copied),
                            "return the result");
      place(piece * values_a_piece, length(piece),
            static_cast<const double*>(buffer.memory));
    }
  }

 private:
  std::size_t length(std::size_t piece) const {
    return std::min(values_a_piece, values_ - piece * values_a_piece);
  }

  void start(std::size_t piece) {
    const CudaDriver& driver = context_.driver;
    const CudaTransferBuffer& buffer = context_.download_buffers[piece % 2];
    driver.check(
        driver.copy_to_host(buffer.memory, what_.from + 8 * piece * values_a_piece,
                            8 * length(piece), stream_),
        "return the result");
    driver.check(driver.event_record(buffer.copied, stream_), "return the result");
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
};

}  // namespace

void download(CudaContext& context, const CudaDownload& what, CudaStreamHandle stream) {
  if (what.rows == 0 || what.components == 0) return;
  Downloader(context, what, stream).run();
}

}  // namespace rkeops
