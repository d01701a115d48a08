// What this process keeps of one GPU between calls: its context, loaded modules, and some
// memory, because allocating takes longer than a small reduction.
#pragma once

#include <rkeops/cuda_arguments.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cuda_driver.h"

namespace rkeops {

class CudaContext;

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

 private:
  void swap(CudaBuffer& other) noexcept;

  CudaContext* owner_ = nullptr;
  CudaAddress address_ = 0;
  std::size_t bytes_ = 0;
};

/// The kernels of one compiled formula on one GPU.
class CudaModule {
 public:
  CudaModule(CudaContext& context, const std::string& path);
  CudaModule(const CudaModule&) = delete;
  ~CudaModule();

  CudaContext& context;
  CudaModuleHandle handle = nullptr;
  CudaFunctionHandle prepare, reduce, finish;
  CudaLaunchPlan plan{};

 private:
  void find_kernels();
  void read_plan();
};

/// Page-locked memory of CudaContext::upload_bytes, and when what it held last is copied.
struct CudaUploadBuffer {
  void* memory;
  CudaEventHandle copied;
};

/// To be used while a CudaCurrent of it lives.
class CudaContext {
 public:
  /// Bytes of page-locked memory for copies from and to the GPU that are small.
  static constexpr std::size_t staging_bytes = 1 << 20;
  /// Bytes of a buffer for copies of large matrices.
  static constexpr std::size_t upload_bytes = 2 << 20;

  CudaContext(const CudaSettings& settings, int number);
  CudaContext(const CudaContext&) = delete;
  ~CudaContext();

  /// Throws with the bytes asked for and available if not even giving back idle memory
  /// helps.
  CudaBuffer allocate(std::size_t bytes);
  void give_back(CudaAddress address, std::size_t bytes);

  /// Whether a fault has ended it, and all that it held (see CudaHealth).
  bool is_gone() const;

  /// The module of a cubin, loaded on the first call.
  CudaModule& module(const std::string& path);

  CudaSettings settings;
  const CudaDriver& driver;
  const CudaDevice device;
  CudaContextHandle handle = nullptr;
  CudaStreamHandle stream = nullptr;
  CudaEventHandle start = nullptr, stop = nullptr;
  void* staging = nullptr;

  /// Kept once they are made.
  std::vector<CudaUploadBuffer> upload_buffers;
  void reserve_upload_buffers(int count);

  /// Copies from the GPU and waits for all that was started before.
  void fetch(void* to, CudaAddress from, std::size_t bytes) const;

 private:
  void open();
  void close();
  void free_idle();

  const int era_;
  CudaDeviceHandle device_handle_ = 0;
  std::map<std::string, std::unique_ptr<CudaModule>> modules_;
  std::multimap<std::size_t, CudaAddress> idle_;  // by bytes
  std::size_t idle_bytes_ = 0;
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
