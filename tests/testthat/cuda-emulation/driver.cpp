// An emulated libcuda with one or more devices on the processor: memory is memory, a
// module is the shared library that the script `nvcc` makes, and a block of threads runs
// as fibers that take turns at every __syncthreads(). Only the functions that rkeops uses
// exist. Built by
//   g++ -std=c++17 -shared -fPIC -Iinst/include driver.cpp -o libcuda-emulation.so
//
// Read at every call, so that a test can change them:
//   RKEOPS_EMULATION_DEVICES          number of devices (1)
//   RKEOPS_EMULATION_MULTIPROCESSORS  of each (4)
//   RKEOPS_EMULATION_MEMORY           bytes of each (1 GiB)
//   RKEOPS_EMULATION_MILLISECONDS     that any two events are apart (1)
//   RKEOPS_EMULATION_FAIL             "cuLaunchKernel=700": what that function returns
//   RKEOPS_EMULATION_IDLE             1: kernels do nothing (0)
//   RKEOPS_EMULATION_RESET            0: after a fault not even a reset helps (1)
#include <dlfcn.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <rkeops/cuda_arguments.h>

struct EmulatedThread {  // as in cuda_emulation.h
  struct {
    unsigned x, y, z;
  } thread, block, block_size, grid_size;
  void (*wait_for_block)();
};

namespace {

using Kernel = void (*)(rkeops::CudaArguments);

constexpr int invalid_value = 1, out_of_memory = 2, no_device = 100, invalid_device = 101,
              invalid_image = 200, invalid_context = 201, file_not_found = 301,
              not_found = 500, illegal_address = 700;
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t guard = 0;
#else
constexpr std::size_t guard = 64;  // bytes before and after every allocation
#endif
constexpr char guard_byte = 0x5a;

struct Module {
  void* library;
  EmulatedThread* thread;
};
struct Function {
  Kernel kernel;
  EmulatedThread* thread;
};

std::map<char*, std::size_t> memory;      // what is allocated, with its bytes
std::map<std::string, Function> kernels;  // handles are addresses of these
std::size_t memory_used = 0;
long live = 0;          // allocations, modules, streams, events, retained contexts
int lasting_error = 0;  // after a fault every call fails
int contexts_made[64];  // their addresses are the handles
void* current = nullptr;

double setting(const char* name, double otherwise) {
  const char* text = std::getenv(name);
  return text ? std::atof(text) : otherwise;
}

int devices() { return int(setting("RKEOPS_EMULATION_DEVICES", 1)); }
std::size_t capacity() {
  return std::size_t(setting("RKEOPS_EMULATION_MEMORY", 1 << 30));
}

/// The status with which `function` has to fail, or 0.
int failure(const std::string& function) {
  if (lasting_error) return lasting_error;
  const char* text = std::getenv("RKEOPS_EMULATION_FAIL");
  if (!text || std::strncmp(text, (function + "=").c_str(), function.size() + 1) != 0)
    return 0;
  const int status = std::atoi(text + function.size() + 1);
  if ((status >= 700 && status < 800) || status == 214 || status == 999)
    lasting_error = status;
  return status;
}

// Every function of the driver begins with one of these.
#define MAY_FAIL(name) \
  if (int status = failure(#name)) return status
#define NEEDS_CONTEXT(name) \
  MAY_FAIL(name);           \
  if (!current) return invalid_context

bool guards_are_whole() {
  for (const auto& [start, bytes] : memory) {
    for (std::size_t k = 0; k < guard; ++k) {
      if (start[-1 - long(k)] != guard_byte || start[bytes + k] != guard_byte)
        return false;
    }
  }
  return true;
}

bool allocated(const char* address, std::size_t bytes) {
  auto after = memory.upper_bound(const_cast<char*>(address));
  if (after == memory.begin()) return false;
  const auto& [start, length] = *std::prev(after);
  return address + bytes <= start + length;
}

// ---- threads of a block ----

struct Fiber {
  ucontext_t context;
  std::vector<char> stack = std::vector<char>(256 << 10);
  bool running = false;
};

ucontext_t scheduler;
std::vector<Fiber> fibers;
int active_fiber = 0;
Kernel active_kernel;
rkeops::CudaArguments active_arguments;

void wait_for_block() { swapcontext(&fibers[active_fiber].context, &scheduler); }

void run_thread() {
  active_kernel(active_arguments);
  fibers[active_fiber].running = false;
}

void start_fiber(Fiber& fiber) {
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.data();
  fiber.context.uc_stack.ss_size = fiber.stack.size();
  fiber.context.uc_link = &scheduler;
  makecontext(&fiber.context, run_thread, 0);
  fiber.running = true;
}

/// Every turn takes each thread of the block to its next __syncthreads(), or to its end;
/// the last one first, so that nobody is served by chance.
void run_block(EmulatedThread& thread, unsigned threads) {
  if (fibers.size() < threads) fibers.resize(threads);
  for (unsigned k = 0; k < threads; ++k) start_fiber(fibers[k]);
  for (bool left = true; left;) {
    left = false;
    for (unsigned k = threads; k-- > 0;) {
      if (!fibers[k].running) continue;
      active_fiber = int(k);
      thread.thread.x = k;
      swapcontext(&scheduler, &fibers[k].context);
      left = left || fibers[k].running;
    }
  }
}

void* symbol(void* module, const char* name) {
  return dlsym(static_cast<Module*>(module)->library, name);
}

}  // namespace

// for tests
extern "C" long rkeops_emulation_live() { return live; }
extern "C" std::size_t rkeops_emulation_memory() { return memory_used; }

// ---- the driver; what gives back does so after a fault too, so that leaks show ----

extern "C" int cuInit(unsigned) {
  MAY_FAIL(cuInit);
  return devices() > 0 ? 0 : no_device;
}

extern "C" int cuDriverGetVersion(int* version) {
  *version = 12020;
  return 0;
}

extern "C" int cuGetErrorName(int status, const char** text) {
  static const std::map<int, const char*> names = {
      {out_of_memory, "CUDA_ERROR_OUT_OF_MEMORY"},
      {no_device, "CUDA_ERROR_NO_DEVICE"},
      {invalid_context, "CUDA_ERROR_INVALID_CONTEXT"},
      {file_not_found, "CUDA_ERROR_FILE_NOT_FOUND"},
      {not_found, "CUDA_ERROR_NOT_FOUND"},
      {46, "CUDA_ERROR_DEVICE_UNAVAILABLE"},
      {214, "CUDA_ERROR_ECC_UNCORRECTABLE"},
      {702, "CUDA_ERROR_LAUNCH_TIMEOUT"},
      {999, "CUDA_ERROR_UNKNOWN"},
      {illegal_address, "CUDA_ERROR_ILLEGAL_ADDRESS"},
      {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"}};
  const auto found = names.find(status);
  *text = found == names.end() ? nullptr : found->second;
  return found == names.end() ? invalid_value : 0;
}

extern "C" int cuGetErrorString(int status, const char** text) {
  *text = "emulated error";
  return status == 0 ? invalid_value : 0;
}

extern "C" int cuDeviceGetCount(int* count) {
  MAY_FAIL(cuDeviceGetCount);
  *count = devices();
  return 0;
}

extern "C" int cuDeviceGet(int* device, int number) {
  MAY_FAIL(cuDeviceGet);
  *device = number + 16;  // a handle is not a number
  return number < devices() ? 0 : invalid_device;
}

extern "C" int cuDeviceGetName(char* name, int length, int) {
  MAY_FAIL(cuDeviceGetName);
  std::strncpy(name, "Emulated GPU", length);
  return 0;
}

extern "C" int cuDeviceTotalMem_v2(std::size_t* bytes, int) {
  MAY_FAIL(cuDeviceTotalMem_v2);
  *bytes = capacity();
  return 0;
}

extern "C" int cuDeviceGetAttribute(int* value, int attribute, int) {
  MAY_FAIL(cuDeviceGetAttribute);
  if (attribute == 16) *value = int(setting("RKEOPS_EMULATION_MULTIPROCESSORS", 4));
  if (attribute == 75) *value = 9;
  if (attribute == 76) *value = 0;
  return attribute == 16 || attribute == 75 || attribute == 76 ? 0 : invalid_value;
}

extern "C" int cuDevicePrimaryCtxRetain(void** context, int device) {
  MAY_FAIL(cuDevicePrimaryCtxRetain);
  *context = &contexts_made[device - 16];
  ++live;
  return 0;
}

extern "C" int cuDevicePrimaryCtxRelease_v2(int) {
  MAY_FAIL(cuDevicePrimaryCtxRelease_v2);
  --live;
  return 0;
}

// Ends the fault, and everything that is on the devices.
extern "C" int cuDevicePrimaryCtxReset_v2(int) {
  if (setting("RKEOPS_EMULATION_RESET", 1) == 0) return lasting_error;
  lasting_error = 0;
  for (const auto& allocation : memory) std::free(allocation.first - guard);
  memory.clear();
  memory_used = 0;
  live = 0;
  return 0;
}

extern "C" int cuCtxGetCurrent(void** context) {
  MAY_FAIL(cuCtxGetCurrent);
  *context = current;
  return 0;
}

extern "C" int cuCtxSetCurrent(void* context) {
  MAY_FAIL(cuCtxSetCurrent);
  current = context;
  return 0;
}

extern "C" int cuModuleLoad(Module** module, const char* path) {
  NEEDS_CONTEXT(cuModuleLoad);
  if (access(path, R_OK) != 0) return file_not_found;
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) return invalid_image;
  auto* thread = static_cast<EmulatedThread*>(dlsym(library, "rkeops_emulated_thread"));
  *module = new Module{library, thread};
  ++live;
  return 0;
}

extern "C" int cuModuleUnload(Module* module) {
  dlclose(module->library);
  delete module;
  --live;
  return lasting_error;
}

extern "C" int cuModuleGetFunction(Function** function, Module* module,
                                   const char* name) {
  NEEDS_CONTEXT(cuModuleGetFunction);
  auto kernel = reinterpret_cast<Kernel>(symbol(module, name));
  if (!kernel) return not_found;
  const std::string key = std::to_string(reinterpret_cast<std::size_t>(module)) + name;
  kernels[key] = {kernel, module->thread};
  *function = &kernels[key];
  return 0;
}

extern "C" int cuModuleGetGlobal_v2(char** address, std::size_t* bytes, void* module,
                                    const char* name) {
  NEEDS_CONTEXT(cuModuleGetGlobal_v2);
  *address = static_cast<char*>(symbol(module, name));
  *bytes = sizeof(rkeops::CudaLaunchPlan);
  return *address ? 0 : not_found;
}

extern "C" int cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  NEEDS_CONTEXT(cuMemGetInfo_v2);
  *free = capacity() - memory_used;
  *total = capacity();
  return 0;
}

// New memory is full of NaN, so that reading before writing shows.
extern "C" int cuMemAlloc_v2(char** address, std::size_t bytes) {
  NEEDS_CONTEXT(cuMemAlloc_v2);
  if (bytes == 0) return invalid_value;
  if (memory_used + bytes > capacity()) return out_of_memory;
  char* block = static_cast<char*>(std::malloc(bytes + 2 * guard));
  std::memset(block, guard_byte, bytes + 2 * guard);
  std::memset(block + guard, 0xff, bytes);
  memory[block + guard] = bytes;
  memory_used += bytes;
  ++live;
  *address = block + guard;
  return 0;
}

extern "C" int cuMemFree_v2(char* address) {
  const auto found = memory.find(address);
  if (found == memory.end()) return invalid_value;
  memory_used -= found->second;
  memory.erase(found);
  std::free(address - guard);
  --live;
  return lasting_error;
}

extern "C" int cuMemAllocHost_v2(void** address, std::size_t bytes) {
  NEEDS_CONTEXT(cuMemAllocHost_v2);
  *address = std::malloc(bytes);
  ++live;
  return 0;
}

extern "C" int cuMemFreeHost(void* address) {
  std::free(address);
  --live;
  return lasting_error;
}

extern "C" int cuMemcpyHtoDAsync_v2(char* to, const void* from, std::size_t bytes,
                                    void*) {
  NEEDS_CONTEXT(cuMemcpyHtoDAsync_v2);
  if (bytes == 0 || !allocated(to, bytes)) return invalid_value;
  std::memcpy(to, from, bytes);
  return 0;
}

// Also from variables of modules, which are not in `memory`.
extern "C" int cuMemcpyDtoHAsync_v2(void* to, const char* from, std::size_t bytes,
                                    void*) {
  NEEDS_CONTEXT(cuMemcpyDtoHAsync_v2);
  if (bytes == 0) return invalid_value;
  std::memcpy(to, from, bytes);
  return 0;
}

// Everything runs at once, so streams and events are only counted.
#define CREATES(name)                            \
  extern "C" int name(void** handle, unsigned) { \
    NEEDS_CONTEXT(name);                         \
    return *handle = &live, ++live, 0;           \
  }
#define DESTROYS(name) \
  extern "C" int name(void*) { return --live, lasting_error; }
CREATES(cuStreamCreate)
CREATES(cuEventCreate)
DESTROYS(cuStreamDestroy_v2)
DESTROYS(cuEventDestroy_v2)

extern "C" int cuStreamSynchronize(void*) {
  NEEDS_CONTEXT(cuStreamSynchronize);
  return 0;
}

extern "C" int cuEventSynchronize(void*) {
  NEEDS_CONTEXT(cuEventSynchronize);
  return 0;
}

extern "C" int cuEventRecord(void*, void*) {
  NEEDS_CONTEXT(cuEventRecord);
  return 0;
}

extern "C" int cuEventElapsedTime(float* milliseconds, void*, void*) {
  NEEDS_CONTEXT(cuEventElapsedTime);
  *milliseconds = float(setting("RKEOPS_EMULATION_MILLISECONDS", 1));
  return 0;
}

extern "C" int cuLaunchKernel(Function* function, unsigned grid_x, unsigned grid_y,
                              unsigned grid_z, unsigned block_x, unsigned block_y,
                              unsigned block_z, unsigned shared_bytes, void*,
                              void** arguments, void**) {
  NEEDS_CONTEXT(cuLaunchKernel);
  if (grid_x == 0 || grid_x > 0x7fffffff || grid_y == 0 || grid_y > 65535 ||
      grid_z != 1 || block_x == 0 || block_x > 1024 || block_y != 1 || block_z != 1 ||
      shared_bytes != 0) {
    return invalid_value;
  }
  if (setting("RKEOPS_EMULATION_IDLE", 0) == 1) return 0;
  EmulatedThread& thread = *function->thread;
  thread = {{}, {}, {block_x, 1, 1}, {grid_x, grid_y, 1}, wait_for_block};
  active_kernel = function->kernel;
  active_arguments = *static_cast<rkeops::CudaArguments*>(arguments[0]);
  for (unsigned y = 0; y < grid_y; ++y) {
    for (unsigned x = 0; x < grid_x; ++x) {
      thread.block = {x, y, 0};
      run_block(thread, block_x);
    }
  }
  return guards_are_whole() ? 0 : lasting_error = illegal_address;
}
