// Copies from memory that is not pinned are slow, and half of the bytes of a double
// are of no use to float32. So a few threads convert pieces of the matrices into
// pinned buffers, from which the GPU fetches them while the next are converted.
#include "run/cuda/cuda_upload.h"

#include <algorithm>
#include <cstring>

#include "run/cuda/cuda_pieces.h"

namespace rkeops {

namespace {

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
    for (std::size_t done = 0; done < values; done += CudaPieces::values)
      pieces.push_back({&upload, done, std::min(CudaPieces::values, values - done)});
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
           CudaStreamHandle stream, const CudaInterruptCheck& ask)
      : context_(context),
        scalar_bytes_(scalar_bytes),
        stream_(stream),
        ask_(ask),
        pieces_(cut(uploads)),
        shared_(context, pieces_.size(), "take the inputs") {}

  void run() {
    context_.reserve_upload_buffers(2 * shared_.threads());
    shared_.run([this](int thread) { work(thread); });
  }

 private:
  void work(int thread) {
    std::size_t piece = 0;
    for (int turn = 0; shared_.take(piece); turn = 1 - turn) {
      send(pieces_[piece], context_.upload_buffers[std::size_t(2 * thread + turn)]);
      if (thread == 0 && ask_) ask_();
    }
  }

  void send(const Piece& piece, const CudaTransferBuffer& buffer) {
    const CudaDriver& driver = context_.driver;
    shared_.note(driver.event_wait(buffer.copied));
    convert_piece(piece, scalar_bytes_, buffer.memory);
    const auto bytes = std::size_t(scalar_bytes_);
    shared_.note(driver.copy_to_device(piece.upload->to + piece.first * bytes,
                                       buffer.memory, piece.count * bytes, stream_));
    shared_.note(driver.event_record(buffer.copied, stream_));
  }

  CudaContext& context_;
  const int scalar_bytes_;
  const CudaStreamHandle stream_;
  const CudaInterruptCheck& ask_;
  const std::vector<Piece> pieces_;
  CudaPieces shared_;
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
            int scalar_bytes, CudaStreamHandle stream, const CudaInterruptCheck& ask) {
  if (!uploads.empty()) Uploader(context, uploads, scalar_bytes, stream, ask).run();
}

}  // namespace rkeops
