// Copies from memory that is not page-locked are slow, and half of the bytes of a double
// are of no use to float32. So a few threads convert pieces of the matrices into
// page-locked buffers, from which the GPU fetches them while the next are converted.
#include "cuda_upload.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <system_error>
#include <thread>

namespace rkeops {

namespace {

constexpr std::size_t values_a_piece = CudaContext::transfer_bytes / 8;

/// Fewer pieces than this are copied by the calling thread alone.
constexpr std::size_t pieces_worth_threads = 4;
constexpr int most_threads = 8;

/// Scalars [first, first + count) of what an upload writes.
struct Piece {
  const CudaUpload* upload;
  std::size_t first, count;
};

std::vector<Piece> cut(const std::vector<CudaUpload>& uploads) {
  std::vector<Piece> pieces;
  for (const CudaUpload& upload : uploads) {
    if (upload.components == 0 || upload.segments.empty()) continue;
    const CudaSegment& last = upload.segments.back();
    const auto values = std::size_t(upload.to_stride * (upload.components - 1) + last.to +
                                    last.end - last.begin);
    for (std::size_t done = 0; done < values; done += values_a_piece)
      pieces.push_back({&upload, done, std::min(values_a_piece, values - done)});
  }
  return pieces;
}

/// Rows [begin, end) of the part, of one component.
void convert_rows(const CudaUpload& upload, long long component, long long begin,
                  long long end, int scalar_bytes, char* to) {
  for (const CudaSegment& segment : upload.segments) {
    const long long first = std::max(begin, segment.to);
    const long long last = std::min(end, segment.to + segment.end - segment.begin);
    if (first >= last) continue;
    convert_scalars(
        upload.from + component * upload.from_stride + segment.begin + first - segment.to,
        std::size_t(last - first), scalar_bytes, to + scalar_bytes * (first - begin));
  }
}

void convert_piece(const Piece& piece, int scalar_bytes, void* memory) {
  const auto stride = std::size_t(piece.upload->to_stride);
  for (std::size_t done = 0; done < piece.count;) {
    const std::size_t component = (piece.first + done) / stride;
    const std::size_t row = (piece.first + done) % stride;
    const std::size_t count = std::min(piece.count - done, stride - row);
    convert_rows(*piece.upload, (long long)component, (long long)row,
                 (long long)(row + count), scalar_bytes,
                 static_cast<char*>(memory) + std::size_t(scalar_bytes) * done);
    done += count;
  }
}

class Uploader {
 public:
  Uploader(CudaContext& context, const std::vector<CudaUpload>& uploads, int scalar_bytes,
           CudaStreamHandle stream, const CudaAsk& ask)
      : context_(context),
        scalar_bytes_(scalar_bytes),
        stream_(stream),
        ask_(ask),
        pieces_(cut(uploads)) {}

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
    std::exception_ptr thrown;
    try {
      work(0);
    } catch (...) {
      thrown = std::current_exception();
      next_ = pieces_.size();
    }
    for (std::thread& helper : helpers) helper.join();
    if (thrown) std::rethrow_exception(thrown);
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
      if (thread == 0 && ask_) ask_();
    }
  }

  void send(const Piece& piece, const CudaTransferBuffer& buffer) {
    const CudaDriver& driver = context_.driver;
    note(driver.event_wait(buffer.copied));
    convert_piece(piece, scalar_bytes_, buffer.memory);
    const auto bytes = std::size_t(scalar_bytes_);
    note(driver.copy_to_device(piece.upload->to + piece.first * bytes, buffer.memory,
                               piece.count * bytes, stream_));
    note(driver.event_record(buffer.copied, stream_));
  }

  // Keeps what went wrong; only the calling thread may throw.
  void note(CudaStatus status) {
    if (status != cuda_status::success) status_ = status;
  }

  CudaContext& context_;
  const int scalar_bytes_;
  const CudaStreamHandle stream_;
  const CudaAsk& ask_;
  const std::vector<Piece> pieces_;
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
  std::size_t k = 0;
  // of a fixed number compilers make vectors even where they optimise little
  for (; k + 8 <= values; k += 8)
    for (int n = 0; n < 8; ++n) floats[k + n] = static_cast<float>(from[k + n]);
  for (; k < values; ++k) floats[k] = static_cast<float>(from[k]);
}

void upload(CudaContext& context, const std::vector<CudaUpload>& uploads,
            int scalar_bytes, CudaStreamHandle stream, const CudaAsk& ask) {
  if (!uploads.empty()) Uploader(context, uploads, scalar_bytes, stream, ask).run();
}

}  // namespace rkeops
