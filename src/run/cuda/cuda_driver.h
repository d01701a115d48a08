// The CUDA driver library, opened when a GPU is first used. The package never links it:
// it declares the functions it needs itself, and finds them in libcuda.so.1 by name.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace rkeops {

struct CudaSettings {
  /// Path of the driver library; empty: where the system has it.
  std::string library;
  /// Once work has run as long as this, the user is asked whether to go on.
  double slice_milliseconds = 80;
  /// One multiprocessor surely does so much in much less than that, as long as nothing is
  /// known of a formula: pairs times components.
  double first_slice_work = 512e6;
  /// Whether later runs begin with slices that are as long as earlier ones have shown.
  bool learns_speed = true;
  /// Whether small problems take one launch where they can; the results are the same.
  bool small_launches = true;
  /// Pairs times components, by which a second GPU saves more than starting it takes.
  double work_worth_sharing = 4e9;
  /// Leaves that 32 rows of a pruned search visit before many warps search for them.
  double leaves_to_share = 512;
  /// That may prepare inputs for the GPU.
  int threads = 1;
  /// The most bytes of a GPU that may be in use; 0: what is free.
  std::size_t memory_limit = 0;
};

using CudaStatus = int;
using CudaDeviceHandle = int;
using CudaAddress = unsigned long long;  // of device memory
using CudaContextHandle = struct CudaContextTag*;
using CudaModuleHandle = struct CudaModuleTag*;
using CudaFunctionHandle = struct CudaFunctionTag*;
using CudaStreamHandle = struct CudaStreamTag*;
using CudaEventHandle = struct CudaEventTag*;

/// An address as the arguments of kernels have it.
template <class T>
T* device_pointer(CudaAddress address) {
  return reinterpret_cast<T*>(address);
}

// Member, symbol in the library, arguments. Every function returns a CudaStatus.
#define RKEOPS_CUDA_FUNCTIONS(F)                                                        \
  F(initialise, cuInit, (unsigned flags))                                               \
  F(driver_version, cuDriverGetVersion, (int* version))                                 \
  F(error_name, cuGetErrorName, (CudaStatus status, const char** text))                 \
  F(error_text, cuGetErrorString, (CudaStatus status, const char** text))               \
  F(device_count, cuDeviceGetCount, (int* count))                                       \
  F(device_get, cuDeviceGet, (CudaDeviceHandle * device, int number))                   \
  F(device_name, cuDeviceGetName, (char* name, int length, CudaDeviceHandle device))    \
  F(device_memory, cuDeviceTotalMem_v2, (std::size_t * bytes, CudaDeviceHandle device)) \
  F(device_attribute, cuDeviceGetAttribute,                                             \
    (int* value, int attribute, CudaDeviceHandle device))                               \
  F(context_retain, cuDevicePrimaryCtxRetain,                                           \
    (CudaContextHandle * context, CudaDeviceHandle device))                             \
  F(context_release, cuDevicePrimaryCtxRelease_v2, (CudaDeviceHandle device))           \
  F(context_reset, cuDevicePrimaryCtxReset_v2, (CudaDeviceHandle device))               \
  F(context_current, cuCtxGetCurrent, (CudaContextHandle * context))                    \
  F(context_make_current, cuCtxSetCurrent, (CudaContextHandle context))                 \
  F(module_load, cuModuleLoad, (CudaModuleHandle * module, const char* path))           \
  F(module_unload, cuModuleUnload, (CudaModuleHandle module))                           \
  F(module_function, cuModuleGetFunction,                                               \
    (CudaFunctionHandle * function, CudaModuleHandle module, const char* name))         \
  F(module_variable, cuModuleGetGlobal_v2,                                              \
    (CudaAddress * address, std::size_t * bytes, CudaModuleHandle module,               \
     const char* name))                                                                 \
  F(resident_blocks, cuOccupancyMaxActiveBlocksPerMultiprocessor,                       \
    (int* blocks, CudaFunctionHandle function, int threads, std::size_t shared_bytes))  \
  F(memory_available, cuMemGetInfo_v2, (std::size_t * free, std::size_t * total))       \
  F(memory_allocate, cuMemAlloc_v2, (CudaAddress * address, std::size_t bytes))         \
  F(memory_free, cuMemFree_v2, (CudaAddress address))                                   \
  F(host_memory_allocate, cuMemAllocHost_v2, (void** memory, std::size_t bytes))        \
  F(host_memory_free, cuMemFreeHost, (void* memory))                                    \
  F(copy_to_device, cuMemcpyHtoDAsync_v2,                                               \
    (CudaAddress to, const void* from, std::size_t bytes, CudaStreamHandle stream))     \
  F(copy_to_host, cuMemcpyDtoHAsync_v2,                                                 \
    (void* to, CudaAddress from, std::size_t bytes, CudaStreamHandle stream))           \
  F(copy_on_device, cuMemcpyDtoDAsync_v2,                                               \
    (CudaAddress to, CudaAddress from, std::size_t bytes, CudaStreamHandle stream))     \
  F(stream_create, cuStreamCreate, (CudaStreamHandle * stream, unsigned flags))         \
  F(stream_destroy, cuStreamDestroy_v2, (CudaStreamHandle stream))                      \
  F(stream_wait, cuStreamSynchronize, (CudaStreamHandle stream))                        \
  F(stream_wait_event, cuStreamWaitEvent,                                               \
    (CudaStreamHandle stream, CudaEventHandle event, unsigned flags))                   \
  F(event_create, cuEventCreate, (CudaEventHandle * event, unsigned flags))             \
  F(event_destroy, cuEventDestroy_v2, (CudaEventHandle event))                          \
  F(event_record, cuEventRecord, (CudaEventHandle event, CudaStreamHandle stream))      \
  F(event_wait, cuEventSynchronize, (CudaEventHandle event))                            \
  F(event_elapsed, cuEventElapsedTime,                                                  \
    (float* milliseconds, CudaEventHandle start, CudaEventHandle end))                  \
  F(launch, cuLaunchKernel,                                                             \
    (CudaFunctionHandle function, unsigned grid_x, unsigned grid_y, unsigned grid_z,    \
     unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,       \
     CudaStreamHandle stream, void** arguments, void** extra))

class CudaHealth;

/// The functions of the driver, and what they have said.
struct CudaDriver {
#define RKEOPS_CUDA_MEMBER(member, symbol, arguments) \
  CudaStatus(*member) arguments = nullptr;
  RKEOPS_CUDA_FUNCTIONS(RKEOPS_CUDA_MEMBER)
#undef RKEOPS_CUDA_MEMBER

  std::string library;  // the file that was opened
  long process = 0;     // that started CUDA: a forked child cannot use it
  std::shared_ptr<CudaHealth> health;

  /// False in a forked child of the process that started CUDA.
  bool started_here() const;

  /// "CUDA_ERROR_NO_DEVICE (no CUDA-capable device is detected)"
  std::string describe(CudaStatus status) const;

  /// Throws an Error of kind `gpu` unless the status is success. `action` completes "The
  /// GPU could not ...".
  void check(CudaStatus status, const std::string& action) const;
};

/// The CUDA errors that are told apart.
namespace cuda_status {
constexpr CudaStatus success = 0, out_of_memory = 2, no_device = 100, invalid_image = 200,
                     no_binary_for_gpu = 209, unsupported_ptx_version = 222,
                     file_not_found = 301;
}

/// Opens the library and starts CUDA on the first call; afterwards only checks that this
/// process can still use it, and after a fault begins anew.
const CudaDriver& cuda_driver(const CudaSettings& settings);

struct CudaDevice {
  int number;
  std::string name;
  int major, minor;  // compute capability
  std::size_t memory;
  int multiprocessors;

  /// "sm_90", as nvcc wants it.
  std::string architecture() const;
};

/// All devices of this machine.
std::vector<CudaDevice> cuda_devices(const CudaSettings& settings);

/// One of them, or an error that says how many there are.
CudaDevice cuda_device(const CudaSettings& settings, int number);

}  // namespace rkeops
