// In: a status of the driver. Out: an error that says what it means for the user, and
// whether the GPUs can be used again.
#include "run/cuda/cuda_health.h"

#include <algorithm>

#include "base/diagnostic.h"

namespace rkeops {

namespace {

const char* const use_cpu_hint = "use_cpu() computes the same on the processor.";
const char* const begins_anew_hint =
    "The next call starts the GPU anew; matrices that were kept on it are lost.";
const char* const report_hint =
    "If this comes again, please report it with the call that led to it: "
    "bug.report(package = \"rkeops\").";
const char* const look_hint =
    "`nvidia-smi` and the messages of the system (dmesg: Xid) say more; often the "
    "machine "
    "must be restarted.";

/// Statuses that mean the same to a user.
struct Trouble {
  std::vector<CudaStatus> statuses;
  bool lasts;  // the contexts of this process are unusable
  const char* message;
  std::vector<std::string> hints;
};

/// The first row that has the status counts.
const std::vector<Trouble>& troubles() {
  static const std::vector<Trouble> rows = {
      // illegal address, assertion, stack, instruction, alignment, address space, program
      // counter, launch
      {{700, 710, 714, 715, 716, 717, 718, 719},
       true,
       "A program failed on the GPU.",
       {begins_anew_hint, report_hint, use_cpu_hint}},
      {{702},
       true,
       "The GPU ended a program that took too long.",
       {"A GPU that has a screen ends programs after some seconds: use another one, or a "
        "smaller reduction.",
        begins_anew_hint, use_cpu_hint}},
      {{214, 220, 226},
       true,
       "The memory or the connection of the GPU has an error.",
       {look_hint, begins_anew_hint, use_cpu_hint}},
      // the context was destroyed by another package, or taken by a server (MPS)
      {{4, 201, 400, 709, 806, 810},
       true,
       "The connection of this process to the GPU was closed by something else.",
       {begins_anew_hint, use_cpu_hint}},
      {{101, 304, 401, 999},
       true,
       "The GPU does not answer any more.",
       {look_hint, begins_anew_hint, use_cpu_hint}},
      {{46, 805, 807, 808, 809},
       false,
       "The GPU is not available.",
       {"Another program may have it for itself (`nvidia-smi` shows the compute mode and "
        "who uses it): wait for it, or choose another device with use_gpu().",
        use_cpu_hint}},
      {{800, 802},
       false,
       "The system does not let this process use the GPU now.",
       {"After a start of the machine its services may need a moment; else ask who "
        "administers it.",
        use_cpu_hint}},
  };
  return rows;
}

const Trouble* trouble_of(CudaStatus status) {
  for (const Trouble& row : troubles()) {
    if (std::count(row.statuses.begin(), row.statuses.end(), status) > 0) return &row;
  }
  return nullptr;
}

bool refuses_program(CudaStatus status) {
  return status == cuda_status::unsupported_ptx_version ||
         status == cuda_status::no_binary_for_gpu || status == cuda_status::invalid_image;
}

std::string cuda_version(const CudaDriver& driver) {
  int version = 0;
  driver.driver_version(&version);
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

[[noreturn]] void throw_older_driver(const CudaDriver& driver, const std::string& what) {
  throw Error(
      ErrorKind::gpu,
      "The NVIDIA driver does not accept what the CUDA compiler made: it may be older "
      "than the compiler.",
      {what, "The driver is made for CUDA " + cuda_version(driver) + "."},
      {"Update the NVIDIA driver, or use an nvcc or NVRTC of that CUDA version or an "
       "older "
       "one (options `nvcc` and `nvrtc`, environment variable CUDA_HOME).",
       use_cpu_hint});
}

/// Whether memory can be had there.
bool works(const CudaDriver& driver, CudaDeviceHandle device) {
  CudaContextHandle before = nullptr, context = nullptr;
  CudaAddress address = 0;
  driver.context_current(&before);
  if (driver.context_retain(&context, device) != cuda_status::success) return false;
  const bool passed = driver.context_make_current(context) == cuda_status::success &&
                      driver.memory_allocate(&address, 4096) == cuda_status::success &&
                      driver.memory_free(address) == cuda_status::success;
  driver.context_make_current(before);
  driver.context_release(device);
  return passed;
}

[[noreturn]] void throw_beyond_repair(const std::string& fault) {
  throw Error(ErrorKind::gpu, "The GPU cannot be used again in this R process.", {fault},
              {"use_cpu() works; restart R to use the GPU again."});
}

}  // namespace

int CudaHealth::era() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return era_;
}

bool CudaHealth::is_well() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return fault_.empty();
}

void CudaHealth::opened(CudaDeviceHandle device) {
  const std::lock_guard<std::mutex> lock(mutex_);
  contexts_.push_back(device);
}

void CudaHealth::closed(CudaDeviceHandle device) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = std::find(contexts_.begin(), contexts_.end(), device);
  if (found != contexts_.end()) contexts_.erase(found);
}

void CudaHealth::fail(const std::string& what) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!fault_.empty()) return;
  fault_ = what;
  ++era_;
}

void CudaHealth::restore(const CudaDriver& driver) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (fault_.empty()) return;
  if (beyond_repair_) throw_beyond_repair(fault_);
  // The answers of the driver to these do not matter: the trial decides. A context that
  // nobody else uses is gone with its release.
  for (const CudaDeviceHandle device : contexts_) driver.context_release(device);
  for (const CudaDeviceHandle device : contexts_) {
    if (works(driver, device)) continue;
    driver.context_reset(device);
    beyond_repair_ = beyond_repair_ || !works(driver, device);
  }
  contexts_.clear();
  if (beyond_repair_) throw_beyond_repair(fault_);
  fault_.clear();
}

void throw_cuda_error(const CudaDriver& driver, CudaStatus status,
                      const std::string& action) {
  const std::string what =
      "The GPU could not " + action + ": " + driver.describe(status) + ".";
  if (refuses_program(status)) throw_older_driver(driver, what);
  const Trouble* trouble = trouble_of(status);
  if (!trouble) throw Error(ErrorKind::gpu, what, {}, {use_cpu_hint});
  if (trouble->lasts) driver.health->fail(what);
  throw Error(ErrorKind::gpu, trouble->message, {what}, trouble->hints);
}

}  // namespace rkeops
