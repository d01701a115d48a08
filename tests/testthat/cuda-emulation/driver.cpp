// An emulated libcuda with one or more devices on the processor: memory is memory, a
// module is the shared library that the script `nvcc` makes, and a block of threads runs
// as fibers that take turns at every __syncthreads(), and wherever threads of a warp wait
// for each other. What is started on a stream is done
// as late as can be, when somebody waits for it, so that forgotten waits show. Only the
// functions that rkeops uses exist. Built by
//   g++ -std=c++17 -shared -fPIC -Iinst/include driver.cpp -o libcuda-emulation.so -ldl
//
// Read at every call, so that a test can change them:
//   RKEOPS_EMULATION_DEVICES          number of devices (1)
//   RKEOPS_EMULATION_MULTIPROCESSORS  of each (4)
//   RKEOPS_EMULATION_MEMORY           bytes of each (1 GiB)
//   RKEOPS_EMULATION_TAKEN            bytes that another program has of each (0), which
//                                     the driver does not tell
//   RKEOPS_EMULATION_MILLISECONDS     that any two events are apart (1)
//   RKEOPS_EMULATION_FAIL             "cuLaunchKernel=700": what that function returns
//   RKEOPS_EMULATION_IDLE             1: kernels do nothing (0)
//   RKEOPS_EMULATION_RESET            0: after a fault not even a reset helps (1)
#undef _FORTIFY_SOURCE  // which takes jumps between fibers for mistakes
#include <dlfcn.h>
#include <setjmp.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <rkeops/cuda/cuda_arguments.h>

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
              not_found = 500, not_ready = 600, illegal_address = 700;
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

struct Allocation {
  std::size_t bytes;
  void* context;
};

std::recursive_mutex mutex;                // one call at a time
std::map<char*, Allocation> memory;        // what is allocated
std::map<char*, std::size_t> host_memory;  // pinned
std::map<std::string, Function> kernels;   // handles are addresses of these
std::map<void*, std::size_t> memory_used;  // by context
std::size_t most_used = 0;                 // of a device
long live = 0;          // allocations, modules, streams, events, retained contexts
int lasting_error = 0;  // after a fault every call fails
int contexts_made[64];  // their addresses are the handles
thread_local void* current = nullptr;

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
#define MAY_FAIL(name)                                     \
  const std::lock_guard<std::recursive_mutex> lock(mutex); \
  if (int status = failure(#name)) return status
#define NEEDS_CONTEXT(name) \
  MAY_FAIL(name);           \
  if (!current) return invalid_context

bool guards_are_whole() {
  for (const auto& [start, allocation] : memory) {
    for (std::size_t k = 0; k < guard; ++k) {
      if (start[-1 - long(k)] != guard_byte || start[allocation.bytes + k] != guard_byte)
        return false;
    }
  }
  return true;
}

bool allocated(const char* address, std::size_t bytes) {
  auto after = memory.upper_bound(const_cast<char*>(address));
  if (after == memory.begin()) return false;
  const auto& [start, allocation] = *std::prev(after);
  return address + bytes <= start + allocation.bytes;
}

bool is_pinned(const char* address) {
  auto after = host_memory.upper_bound(const_cast<char*>(address));
  if (after == host_memory.begin()) return false;
  const auto& [start, bytes] = *std::prev(after);
  return address < start + bytes;
}

// ---- streams ----

struct Stream {
  std::list<std::function<void()>> work;
  long done = 0, started = 0;
};

/// An event waits for this; what was started later is not its business.
struct Event {
  Stream* stream = nullptr;
  long number = 0;
};

std::list<Stream*> streams;

void catch_up(Stream& stream, long number) {
  while (stream.done < number) {
    const std::function<void()> work = std::move(stream.work.front());
    stream.work.pop_front();
    ++stream.done;
    work();
  }
}

void catch_up(const Event& event) {
  if (event.stream) catch_up(*event.stream, event.number);
}

void catch_up_everything() {
  for (Stream* stream : streams) catch_up(*stream, stream->started);
}

void start(Stream* stream, std::function<void()> work) {
  stream->work.push_back(std::move(work));
  ++stream->started;
}

// ---- threads of a block ----

/// Made once, and used for one thread after the other. Jumps take no system call, which
/// swapcontext() does.
struct Fiber {
  ucontext_t context;
  sigjmp_buf place;
  std::vector<char> stack;
  bool is_made = false, running = false;
};

sigjmp_buf scheduler;
std::vector<Fiber> fibers(1024);  // never moved
int active_fiber = 0;
Kernel active_kernel;
rkeops::CudaArguments active_arguments;

void wait_for_block() {
  if (sigsetjmp(fibers[active_fiber].place, 0) == 0) siglongjmp(scheduler, 1);
}

void run_threads() {
  for (;;) {
    active_kernel(active_arguments);
    fibers[active_fiber].running = false;
    wait_for_block();
  }
}

/// Returns at its next wait.
__attribute__((noinline)) void resume(Fiber& fiber) {
  if (sigsetjmp(scheduler, 0) != 0) return;
  if (fiber.is_made) siglongjmp(fiber.place, 1);
  fiber.stack.resize(256 << 10);
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.data();
  fiber.context.uc_stack.ss_size = fiber.stack.size();
  fiber.context.uc_link = nullptr;
  makecontext(&fiber.context, run_threads, 0);
  fiber.is_made = true;
  setcontext(&fiber.context);
}

/// Every turn takes each thread of the block to its next __syncthreads(), or to its end;
/// the last one first, so that nobody is served by chance.
void run_block(EmulatedThread& thread, unsigned threads) {
  for (unsigned k = 0; k < threads; ++k) fibers[k].running = true;
  for (bool left = true; left;) {
    left = false;
    for (unsigned k = threads; k-- > 0;) {
      if (!fibers[k].running) continue;
      active_fiber = int(k);
      thread.thread.x = k;
      resume(fibers[k]);
      left = left || fibers[k].running;
    }
  }
}

void* symbol(void* module, const char* name) {
  return dlsym(static_cast<Module*>(module)->library, name);
}

}  // namespace

// For tests.
extern "C" long rkeops_emulation_live() { return live; }
/// Bytes that are allocated, on all devices.
extern "C" std::size_t rkeops_emulation_memory() {
  std::size_t bytes = 0;
  for (const auto& used : memory_used) bytes += used.second;
  return bytes;
}
/// The most bytes that were allocated on a device since the last call.
extern "C" std::size_t rkeops_emulation_most_used() {
  const std::size_t most = most_used;
  most_used = 0;
  return most;
}

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

extern "C" int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Function*,
                                                           int threads, std::size_t) {
  NEEDS_CONTEXT(cuOccupancyMaxActiveBlocksPerMultiprocessor);
  *blocks = 2048 / threads;
  return 0;
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
  memory_used.clear();
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
  const std::lock_guard<std::recursive_mutex> lock(mutex);
  catch_up_everything();
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
  *free = capacity() - std::min(capacity(), memory_used[current]);
  *total = capacity();
  return 0;
}

// New memory is full of NaN, so that reading before writing shows.
extern "C" int cuMemAlloc_v2(char** address, std::size_t bytes) {
  NEEDS_CONTEXT(cuMemAlloc_v2);
  if (bytes == 0) return invalid_value;
  const auto taken = std::size_t(setting("RKEOPS_EMULATION_TAKEN", 0));
  if (memory_used[current] + bytes + taken > capacity()) return out_of_memory;
  char* block = static_cast<char*>(std::malloc(bytes + 2 * guard));
  std::memset(block, guard_byte, bytes + 2 * guard);
  std::memset(block + guard, 0xff, bytes);
  memory[block + guard] = {bytes, current};
  memory_used[current] += bytes;
  most_used = std::max(most_used, memory_used[current]);
  ++live;
  *address = block + guard;
  return 0;
}

extern "C" int cuMemFree_v2(char* address) {
  const std::lock_guard<std::recursive_mutex> lock(mutex);
  const auto found = memory.find(address);
  if (found == memory.end() || found->second.context != current) return invalid_value;
  catch_up_everything();
  memory_used[current] -= found->second.bytes;
  memory.erase(found);
  std::free(address - guard);
  --live;
  return lasting_error;
}

extern "C" int cuMemAllocHost_v2(char** address, std::size_t bytes) {
  NEEDS_CONTEXT(cuMemAllocHost_v2);
  *address = static_cast<char*>(std::malloc(bytes));
  host_memory[*address] = bytes;
  ++live;
  return 0;
}

extern "C" int cuMemFreeHost(char* address) {
  const std::lock_guard<std::recursive_mutex> lock(mutex);
  catch_up_everything();
  host_memory.erase(address);
  std::free(address);
  --live;
  return lasting_error;
}

// From memory that is not pinned the driver reads at once.
extern "C" int cuMemcpyHtoDAsync_v2(char* to, const char* from, std::size_t bytes,
                                    Stream* stream) {
  NEEDS_CONTEXT(cuMemcpyHtoDAsync_v2);
  if (bytes == 0 || !allocated(to, bytes)) return invalid_value;
  if (is_pinned(from)) {
    start(stream, [=] { std::memcpy(to, from, bytes); });
  } else {
    const std::string copy(from, bytes);
    start(stream, [=] { std::memcpy(to, copy.data(), bytes); });
  }
  return 0;
}

// Also from variables of modules, which are not in `memory`; to memory that is not
// pinned the driver writes at once.
extern "C" int cuMemcpyDtoHAsync_v2(char* to, const char* from, std::size_t bytes,
                                    Stream* stream) {
  NEEDS_CONTEXT(cuMemcpyDtoHAsync_v2);
  if (bytes == 0) return invalid_value;
  start(stream, [=] { std::memcpy(to, from, bytes); });
  if (!is_pinned(to)) catch_up(*stream, stream->started);
  return 0;
}

extern "C" int cuMemcpyDtoDAsync_v2(char* to, const char* from, std::size_t bytes,
                                    Stream* stream) {
  NEEDS_CONTEXT(cuMemcpyDtoDAsync_v2);
  if (bytes == 0 || !allocated(to, bytes) || !allocated(from, bytes))
    return invalid_value;
  start(stream, [=] { std::memcpy(to, from, bytes); });
  return 0;
}

extern "C" int cuStreamCreate(Stream** stream, unsigned) {
  NEEDS_CONTEXT(cuStreamCreate);
  *stream = new Stream;
  streams.push_back(*stream);
  ++live;
  return 0;
}

extern "C" int cuStreamDestroy_v2(Stream* stream) {
  const std::lock_guard<std::recursive_mutex> lock(mutex);
  catch_up(*stream, stream->started);
  streams.remove(stream);
  --live;
  return lasting_error;  // events may still name it
}

extern "C" int cuEventCreate(Event** event, unsigned) {
  NEEDS_CONTEXT(cuEventCreate);
  *event = new Event;
  ++live;
  return 0;
}

extern "C" int cuEventDestroy_v2(Event* event) {
  const std::lock_guard<std::recursive_mutex> lock(mutex);
  delete event;
  --live;
  return lasting_error;
}

extern "C" int cuStreamSynchronize(Stream* stream) {
  NEEDS_CONTEXT(cuStreamSynchronize);
  catch_up(*stream, stream->started);
  return lasting_error;
}

extern "C" int cuStreamWaitEvent(Stream* stream, Event* event, unsigned) {
  NEEDS_CONTEXT(cuStreamWaitEvent);
  const Event now = *event;
  start(stream, [now] { catch_up(now); });
  return 0;
}

extern "C" int cuEventSynchronize(Event* event) {
  NEEDS_CONTEXT(cuEventSynchronize);
  catch_up(*event);
  return lasting_error;
}

extern "C" int cuEventRecord(Event* event, Stream* stream) {
  NEEDS_CONTEXT(cuEventRecord);
  *event = {stream, stream->started};
  return 0;
}

extern "C" int cuEventElapsedTime(float* milliseconds, Event* begin, Event* end) {
  NEEDS_CONTEXT(cuEventElapsedTime);
  if (!begin->stream || !end->stream) return invalid_value;
  if (end->stream->done < end->number) return not_ready;
  *milliseconds = float(setting("RKEOPS_EMULATION_MILLISECONDS", 1));
  return 0;
}

void run_grid(const Function& function, const rkeops::CudaArguments& arguments,
              unsigned grid_x, unsigned grid_y, unsigned block_x) {
  EmulatedThread& thread = *function.thread;
  thread = {{}, {}, {block_x, 1, 1}, {grid_x, grid_y, 1}, wait_for_block};
  active_kernel = function.kernel;
  active_arguments = arguments;
  for (unsigned y = 0; y < grid_y; ++y) {
    for (unsigned x = 0; x < grid_x; ++x) {
      thread.block = {x, y, 0};
      run_block(thread, block_x);
    }
  }
  if (!guards_are_whole()) lasting_error = illegal_address;
}

extern "C" int cuLaunchKernel(Function* function, unsigned grid_x, unsigned grid_y,
                              unsigned grid_z, unsigned block_x, unsigned block_y,
                              unsigned block_z, unsigned shared_bytes, Stream* stream,
                              void** arguments, void**) {
  NEEDS_CONTEXT(cuLaunchKernel);
  if (grid_x == 0 || grid_x > 0x7fffffff || grid_y == 0 || grid_y > 65535 ||
      grid_z != 1 || block_x == 0 || block_x > 1024 || block_y != 1 || block_z != 1 ||
      shared_bytes != 0) {
    return invalid_value;
  }
  if (setting("RKEOPS_EMULATION_IDLE", 0) == 1) return 0;
  const Function kernel = *function;
  const auto argument = *static_cast<rkeops::CudaArguments*>(arguments[0]);
  start(stream, [=] { run_grid(kernel, argument, grid_x, grid_y, block_x); });
  return 0;
}
