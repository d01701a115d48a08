// This process keeps of one GPU between calls its context, loaded modules, and some
// memory, because allocating takes longer than a small reduction.
#pragma once

#include <rkeops/cuda/cuda_arguments.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "run/cuda/cuda_driver.h"

namespace rkeops {

class CudaContext;

/// The GPU has less memory, or the settings allow less, than was asked for.
struct CudaOutOfMemory : Error {
  using Error::Error;
};

/// Asked when memory of a GPU runs out, on the main thread: ends what nobody needs any
/// more. Set by what knows R.
extern std::function<void()> reclaim_gpu_memory;

/// "1.5 GiB"
std::string readable_bytes(std::size_t bytes);

/// Memory of a GPU; goes back to the context it came from.
class CudaBuffer {
 public:
  CudaBuffer() = default;
  CudaBuffer(CudaContext* owner, CudaAddress address, std::size_t bytes)
      : owner_(owner), address_(address), bytes_(bytes) {}
  CudaBuffer(CudaBuffer&& other) noexcept { swap(other); }
  CudaBuffer& operator=(CudaBuffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~CudaBuffer();

  /// 0 for a buffer of no bytes.
  CudaAddress address() const { return address_; }
  /// Does not give it back: the context has gone, and all its memory with it.
  void forget() { address_ = 0; }

 private:
  void swap(CudaBuffer& other) noexcept;

  CudaContext* owner_ = nullptr;
  CudaAddress address_ = 0;
  std::size_t bytes_ = 0;
};

/// Those of a pruned search (see cuda_pruned.cuh).
struct CudaPrunedKernels {
  CudaFunctionHandle values, ranges, keys, count, add, scatter, leaves, nodes, search,
      search_parts, merge_parts;
};

/// The kernels of one compiled formula on one GPU.
class CudaModule {
 public:
  CudaModule(CudaContext& context, const std::string& path);
  CudaModule(const CudaModule&) = delete;
  ~CudaModule();

  CudaContext& context;
  CudaModuleHandle handle = nullptr;
  CudaFunctionHandle prepare = nullptr, reduce = nullptr, reduce_small = nullptr,
                     finish = nullptr, convert = nullptr;
  CudaPrunedKernels pruned{};  // instead of the others, but for `convert`
  /// Blocks of `reduce` that a multiprocessor can hold at the same time.
  int resident_blocks = 1;
  /// The speed of `reduce` in the last run that was long enough; 0: not known yet.
  double pairs_a_millisecond = 0;
  /// How often its conditions have held in a row, up to 1; from -2 on where they failed.
  int conditions_held = 0;
  CudaLaunchPlan plan{};

 private:
  void find_kernels();
  void find_pruned_kernels();
  void read_plan();
};

/// Page-locked memory of CudaContext::transfer_bytes, and when what it held last is
/// copied.
struct CudaTransferBuffer {
  void* memory;
  CudaEventHandle copied;
};

/// Page-locked memory for what is small, copies of which take longer to start than to
/// be done.
struct CudaStaging {
  static constexpr std::size_t copied_bytes = 1 << 20, input_bytes = 4 << 10,
                               result_bytes = 16 << 10;

  /// On the way to the GPU, or from there.
  alignas(16) char copied[copied_bytes];
  /// Kernels read and write these where they are.
  alignas(16) char inputs[input_bytes];
  alignas(16) char results[result_bytes];
  int flag;
};

/// Kernels find pinned memory where this process does.
inline CudaAddress pinned_address(const void* pinned) {
  return reinterpret_cast<CudaAddress>(pinned);
}

/// To be used while a CudaCurrent of it lives.
class CudaContext {
 public:
  /// Bytes of a buffer for copies of large matrices.
  static constexpr std::size_t transfer_bytes = 1 << 20;

  CudaContext(const CudaSettings& settings, int number);
  CudaContext(const CudaContext&) = delete;
  ~CudaContext();

  /// Throws CudaOutOfMemory with the bytes asked for and available if not even giving
  /// back idle memory helps.
  CudaBuffer allocate(std::size_t bytes);
  void give_back(CudaAddress address, std::size_t bytes);

  /// Whether a fault has ended it, and all that it held (see CudaHealth).
  bool is_gone() const;
  /// Bytes that can be allocated in all: of the memory the GPU has free or the settings
  /// allow.
  std::size_t available() const;
  /// Bytes of buffers that live.
  std::size_t used() const { return allocated_bytes_ - idle_bytes_; }
  /// Without asking the driver: what the settings allow.
  std::size_t allowed() const;

  /// The module of a cubin, loaded on the first call.
  CudaModule& module(const std::string& path);

  CudaSettings settings;
  const CudaDriver& driver;
  const CudaDevice device;
  CudaContextHandle handle = nullptr;
  /// Kernels, and what is copied before and after them; and, where chunks follow each
  /// other, the copies of the next and of the last one.
  CudaStreamHandle stream = nullptr, upload_stream = nullptr, download_stream = nullptr;
  CudaEventHandle start = nullptr, stop = nullptr;
  CudaStaging* staging = nullptr;

  /// Kept once they are made.
  std::vector<CudaTransferBuffer> upload_buffers, download_buffers;
  void reserve_upload_buffers(int count) { reserve(upload_buffers, count); }
  void reserve_download_buffers(int count) { reserve(download_buffers, count); }

  /// Events for one run, by number; kept once they are made.
  CudaEventHandle event(std::size_t number);

  /// Points here as long as the context lives.
  const std::shared_ptr<CudaContext*> self = std::make_shared<CudaContext*>(this);

  /// Copies from the GPU and waits for all that was started before.
  void fetch(void* to, CudaAddress from, std::size_t bytes) const;
  /// Starts to copy up to CudaStaging::copied_bytes there, and an int to its flag.
  void stage(CudaAddress from, std::size_t bytes) const;
  void stage_flag(CudaAddress from) const;

 private:
  void open();
  void close();
  void free_idle();
  void reserve(std::vector<CudaTransferBuffer>& buffers, int count);
  bool exceeds_limit(std::size_t bytes) const;

  const int era_;
  CudaDeviceHandle device_handle_ = 0;
  std::map<std::string, std::unique_ptr<CudaModule>> modules_;
  std::multimap<std::size_t, CudaAddress> idle_;      // by bytes
  std::size_t idle_bytes_ = 0, allocated_bytes_ = 0;  // idle ones are allocated, too
  std::vector<CudaEventHandle> events_;
};

/// Makes a context the current one of this thread, and afterwards the one that was: other
/// packages use the GPU too.
class CudaCurrent {
 public:
  explicit CudaCurrent(const CudaContext& context);
  CudaCurrent(const CudaCurrent&) = delete;
  ~CudaCurrent();

 private:
  const CudaDriver& driver_;
  CudaContextHandle before_ = nullptr;
};

/// The context of a GPU, opened on the first call; throws if it cannot be used (any
/// more).
CudaContext& cuda_context(const CudaSettings& settings, int number);

/// The module of a cubin on a GPU, found once.
CudaModule& cuda_module(const CudaSettings& settings, int number,
                        const std::string& path);

/// Gives everything back to the driver: modules, memory, contexts.
void release_cuda();

}  // namespace rkeops
