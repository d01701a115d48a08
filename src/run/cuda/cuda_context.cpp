// Contexts are opened once for each driver and GPU and stay open. Nothing is closed when
// the process ends: by then the driver may be gone.
#include "run/cuda/cuda_context.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/diagnostic.h"
#include "run/cuda/cuda_health.h"

namespace rkeops {

namespace {

/// Idle memory beyond this is given back at once: allocating it takes less than filling
/// it.
constexpr std::size_t idle_limit = std::size_t(256) << 20;

constexpr unsigned non_blocking_stream = 1;

using ContextMap = std::map<std::pair<std::string, int>, std::unique_ptr<CudaContext>>;

ContextMap& contexts() {
  static ContextMap& all = *new ContextMap;
  return all;
}

[[noreturn]] void throw_out_of_memory(const CudaContext& context, std::size_t bytes,
                                      std::size_t allocated) {
  std::size_t free = 0, total = 0;
  context.driver.memory_available(&free, &total);
  const std::size_t limit = context.settings.memory_limit;
  std::vector<std::string> hints;
  if (limit > 0) {
    hints = {"The option `gpu_memory` allows " + readable_bytes(limit) + ", of which " +
             readable_bytes(allocated) + " are used."};
  } else {
    hints = {"`nvidia-smi` shows which programs use the memory of the GPU."};
  }
  hints.push_back(
      "Remove matrices made by to_gpu() that are not needed any more, or use_cpu().");
  throw CudaOutOfMemory(ErrorKind::gpu,
                        "The GPU has not enough memory: " + readable_bytes(bytes) +
                            " more are needed, " + readable_bytes(free) + " of " +
                            readable_bytes(total) + " are free.",
                        {}, hints);
}

CudaFunctionHandle kernel(const CudaModule& module, const char* name) {
  const CudaDriver& driver = module.context.driver;
  CudaFunctionHandle function = nullptr;
  driver.check(driver.module_function(&function, module.handle, name),
               std::string("find the kernel ") + name);
  return function;
}

}  // namespace

std::function<void()> reclaim_gpu_memory;

std::string readable_bytes(std::size_t bytes) {
  const char* const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  double value = double(bytes);
  int unit = 0;
  for (; value >= 1024 && unit < 4; ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof(text), unit == 0 ? "%.0f %s" : "%.1f %s", value,
                units[unit]);
  return text;
}

CudaBuffer::~CudaBuffer() {
  if (address_) owner_->give_back(address_, bytes_);
}

void CudaBuffer::swap(CudaBuffer& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(address_, other.address_);
  std::swap(bytes_, other.bytes_);
}

CudaModule::CudaModule(CudaContext& of, const std::string& path) : context(of) {
  const CudaDriver& driver = context.driver;
  driver.check(driver.module_load(&handle, path.c_str()),
               "load the compiled formula " + path);
  try {
    read_plan();
    convert = kernel(*this, "rkeops_convert");
    if (plan.pruned_rows_kept > 0)
      find_pruned_kernels();
    else
      find_kernels();
  } catch (...) {
    driver.module_unload(handle);
    throw;
  }
}

void CudaModule::find_kernels() {
  prepare = kernel(*this, "rkeops_prepare");
  reduce = kernel(*this, "rkeops_reduce");
  reduce_small = kernel(*this, "rkeops_reduce_small");
  finish = kernel(*this, "rkeops_finish");
  context.driver.check(
      context.driver.resident_blocks(&resident_blocks, reduce, cuda_threads, 0),
      "describe a kernel");
}

void CudaModule::find_pruned_kernels() {
  pruned.values = kernel(*this, "rkeops_values");
  pruned.ranges = kernel(*this, "rkeops_ranges");
  pruned.keys = kernel(*this, "rkeops_keys");
  pruned.count = kernel(*this, "rkeops_count");
  pruned.add = kernel(*this, "rkeops_add");
  pruned.scatter = kernel(*this, "rkeops_scatter");
  pruned.leaves = kernel(*this, "rkeops_leaves");
  pruned.nodes = kernel(*this, "rkeops_nodes");
  pruned.search = kernel(*this, "rkeops_search");
  pruned.search_parts = kernel(*this, "rkeops_search_parts");
  pruned.merge_parts = kernel(*this, "rkeops_merge_parts");
}

void CudaModule::read_plan() {
  CudaAddress address = 0;
  std::size_t bytes = 0;
  context.driver.check(
      context.driver.module_variable(&address, &bytes, handle, "rkeops_plan"),
      "find the plan of a formula");
  if (bytes != sizeof(plan)) throw internal_error("a CUDA module has another plan");
  context.fetch(&plan, address, bytes);
}

CudaModule::~CudaModule() {
  if (!context.is_gone()) context.driver.module_unload(handle);
}

CudaContext::CudaContext(const CudaSettings& given, int number)
    : settings(given),
      driver(cuda_driver(given)),
      device(cuda_device(given, number)),
      era_(driver.health->era()) {
  driver.check(driver.device_get(&device_handle_, number), "be opened");
  driver.check(driver.context_retain(&handle, device_handle_), "be started");
  driver.health->opened(device_handle_);
  try {
    open();
  } catch (...) {
    close();
    throw;
  }
}

CudaContext::~CudaContext() { close(); }

bool CudaContext::is_gone() const { return era_ != driver.health->era(); }

void CudaContext::open() {
  const CudaCurrent current(*this);
  for (CudaStreamHandle* one : {&stream, &upload_stream, &download_stream})
    driver.check(driver.stream_create(one, non_blocking_stream), "be started");
  driver.check(driver.event_create(&start, 0), "be started");
  driver.check(driver.event_create(&stop, 0), "be started");
  void* memory = nullptr;
  driver.check(driver.host_memory_allocate(&memory, sizeof(CudaStaging)),
               "reserve pinned memory");
  staging = static_cast<CudaStaging*>(memory);
}

void CudaContext::reserve(std::vector<CudaTransferBuffer>& buffers, int count) {
  while (int(buffers.size()) < count) {
    CudaTransferBuffer buffer{nullptr, nullptr};
    driver.check(driver.host_memory_allocate(&buffer.memory, transfer_bytes),
                 "reserve pinned memory");
    const CudaStatus status = driver.event_create(&buffer.copied, 0);
    if (status != cuda_status::success) driver.host_memory_free(buffer.memory);
    driver.check(status, "be started");
    buffers.push_back(buffer);
  }
}

CudaEventHandle CudaContext::event(std::size_t number) {
  while (events_.size() <= number) {
    CudaEventHandle made = nullptr;
    driver.check(driver.event_create(&made, 0), "be started");
    events_.push_back(made);
  }
  return events_[number];
}

/// The answers of the driver do not matter here: nothing could be done about them.
void CudaContext::close() {
  if (is_gone()) return;
  CudaContextHandle before = nullptr;
  driver.context_current(&before);
  driver.context_make_current(handle);
  modules_.clear();
  free_idle();
  for (const auto* buffers : {&upload_buffers, &download_buffers}) {
    for (const CudaTransferBuffer& buffer : *buffers) {
      driver.event_destroy(buffer.copied);
      driver.host_memory_free(buffer.memory);
    }
  }
  for (CudaEventHandle one : events_) driver.event_destroy(one);
  if (staging) driver.host_memory_free(staging);
  if (stop) driver.event_destroy(stop);
  if (start) driver.event_destroy(start);
  for (CudaStreamHandle one : {download_stream, upload_stream, stream})
    if (one) driver.stream_destroy(one);
  driver.context_make_current(before);
  driver.context_release(device_handle_);
  driver.health->closed(device_handle_);
}

void CudaContext::free_idle() {
  for (const auto& entry : idle_) driver.memory_free(entry.second);
  idle_.clear();
  allocated_bytes_ -= idle_bytes_;
  idle_bytes_ = 0;
}

std::size_t CudaContext::allowed() const {
  if (settings.memory_limit == 0) return std::size_t(-1);
  return settings.memory_limit > used() ? settings.memory_limit - used() : 0;
}

std::size_t CudaContext::available() const {
  std::size_t free = 0, total = 0;
  driver.check(driver.memory_available(&free, &total), "tell how much memory is free");
  return std::min(free + idle_bytes_, allowed());
}

bool CudaContext::exceeds_limit(std::size_t bytes) const {
  return settings.memory_limit > 0 && allocated_bytes_ + bytes > settings.memory_limit;
}

CudaBuffer CudaContext::allocate(std::size_t bytes) {
  if (bytes == 0) return {};
  bytes = (bytes + 4095) / 4096 * 4096;
  // under a limit little may be wasted
  const std::size_t waste = settings.memory_limit > 0 ? bytes / 16 : bytes + (1 << 20);
  if (exceeds_limit(0)) free_idle();  // it was lowered
  const auto found = idle_.lower_bound(bytes);
  if (found != idle_.end() && found->first <= bytes + waste) {
    CudaBuffer buffer(this, found->second, found->first);
    idle_bytes_ -= found->first;
    idle_.erase(found);
    return buffer;
  }
  if (exceeds_limit(bytes)) free_idle();
  if (exceeds_limit(bytes)) throw_out_of_memory(*this, bytes, allocated_bytes_);
  CudaAddress address = 0;
  CudaStatus status = driver.memory_allocate(&address, bytes);
  if (status == cuda_status::out_of_memory) {
    free_idle();
    status = driver.memory_allocate(&address, bytes);
  }
  if (status == cuda_status::out_of_memory)
    throw_out_of_memory(*this, bytes, allocated_bytes_);
  driver.check(status, "allocate " + readable_bytes(bytes));
  allocated_bytes_ += bytes;
  return CudaBuffer(this, address, bytes);
}

void CudaContext::give_back(CudaAddress address, std::size_t bytes) {
  if (is_gone()) return;
  if (idle_bytes_ + bytes > idle_limit) {
    driver.memory_free(address);
    allocated_bytes_ -= bytes;
    return;
  }
  idle_.emplace(bytes, address);
  idle_bytes_ += bytes;
}

void CudaContext::fetch(void* to, CudaAddress from, std::size_t bytes) const {
  const bool small = bytes <= CudaStaging::copied_bytes;
  driver.check(driver.copy_to_host(small ? staging->copied : to, from, bytes, stream),
               "return the result");
  driver.check(driver.stream_wait(stream), "compute the result");
  if (small) std::memcpy(to, staging->copied, bytes);
}

void CudaContext::stage(CudaAddress from, std::size_t bytes) const {
  driver.check(driver.copy_to_host(staging->copied, from, bytes, stream),
               "return the result");
}

void CudaContext::stage_flag(CudaAddress from) const {
  driver.check(driver.copy_to_host(&staging->flag, from, sizeof(int), stream),
               "return the result");
}

CudaModule& CudaContext::module(const std::string& path) {
  std::unique_ptr<CudaModule>& module = modules_[path];
  if (!module) module = std::make_unique<CudaModule>(*this, path);
  return *module;
}

CudaCurrent::CudaCurrent(const CudaContext& context) : driver_(context.driver) {
  driver_.check(driver_.context_current(&before_), "tell its current context");
  driver_.check(driver_.context_make_current(context.handle), "switch to its context");
}

CudaCurrent::~CudaCurrent() { driver_.context_make_current(before_); }

CudaContext& cuda_context(const CudaSettings& settings, int number) {
  cuda_driver(settings);  // throws if this process cannot use the GPU any more
  std::unique_ptr<CudaContext>& context = contexts()[{settings.library, number}];
  if (context && context->is_gone()) context.reset();
  if (!context) context = std::make_unique<CudaContext>(settings, number);
  context->settings = settings;
  return *context;
}

CudaModule& cuda_module(const CudaSettings& settings, int number,
                        const std::string& path) {
  CudaContext& context = cuda_context(settings, number);
  const CudaCurrent current(context);
  return context.module(path);
}

void release_cuda() {
  for (auto& entry : contexts()) {
    // A forked child must leave alone what its parent uses.
    if (entry.second && !entry.second->driver.started_here()) entry.second.release();
  }
  contexts().clear();
}

}  // namespace rkeops
