// Finding the driver, starting it, and saying what is wrong when that or anything later
// fails.
#include "run/cuda/cuda_driver.h"

#ifndef _WIN32
#include <dlfcn.h>
#include <unistd.h>
#endif

#include <map>

#include "base/diagnostic.h"
#include "run/cuda/cuda_health.h"

namespace rkeops {

namespace {

const char* const use_cpu_hint = "use_cpu() computes the same on the processor.";

#ifdef _WIN32

CudaDriver open_driver(const std::string&) {
  throw Error(ErrorKind::gpu, "The GPU engine does not run on Windows.", {},
              {use_cpu_hint});
}

long process_id() { return 0; }

#else

long process_id() { return getpid(); }

/// The first of the usual libraries that opens, or a null pointer; every attempt is noted
/// in `tried`.
void* open_library(const std::string& path, std::string& opened,
                   std::vector<std::string>& tried) {
  std::vector<std::string> candidates{"libcuda.so.1", "libcuda.so",
                                      "/usr/lib/wsl/lib/libcuda.so.1"};
  if (!path.empty()) candidates = {path};
  for (const std::string& candidate : candidates) {
    if (void* handle = dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL)) {
      opened = candidate;
      return handle;
    }
    const char* reason = dlerror();
    tried.push_back(reason ? reason : candidate);
  }
  return nullptr;
}

template <class Function>
void find_function(void* handle, const CudaDriver& driver, const char* symbol,
                   Function& function) {
  function = reinterpret_cast<Function>(dlsym(handle, symbol));
  if (function) return;
  throw Error(
      ErrorKind::gpu,
      "The NVIDIA driver library " + driver.library + " has no function " + symbol + ".",
      {}, {"Update the NVIDIA driver.", use_cpu_hint});
}

CudaDriver open_driver(const std::string& path) {
  CudaDriver driver;
  std::vector<std::string> tried;
  void* handle = open_library(path, driver.library, tried);
  if (!handle) {
    throw Error(
        ErrorKind::gpu, "No NVIDIA driver library (libcuda) was found.", tried,
        {"Install the NVIDIA driver of your GPU, or say where its libcuda.so.1 is: "
         "set_rkeops_option(\"cuda_driver\", path).",
         use_cpu_hint});
  }
#define RKEOPS_CUDA_FIND(member, symbol, arguments) \
  find_function(handle, driver, #symbol, driver.member);
  RKEOPS_CUDA_FUNCTIONS(RKEOPS_CUDA_FIND)
#undef RKEOPS_CUDA_FIND
  return driver;
}

#endif

/// The driver's name or text of a status.
std::string driver_text(CudaStatus (*function)(CudaStatus, const char**),
                        CudaStatus status, const std::string& otherwise) {
  const char* text = nullptr;
  return function(status, &text) == cuda_status::success && text ? text : otherwise;
}

void start(CudaDriver& driver) {
  const CudaStatus status = driver.initialise(0);
  if (status == cuda_status::no_device) {
    throw Error(ErrorKind::gpu, "No NVIDIA GPU was found.", {driver.describe(status)},
                {"Check with `nvidia-smi` that the system sees a GPU, and that "
                 "CUDA_VISIBLE_DEVICES does not hide it.",
                 use_cpu_hint});
  }
  if (status != cuda_status::success) {
    throw Error(
        ErrorKind::gpu, "The NVIDIA driver could not be started.",
        {driver.library, driver.describe(status)},
        {"Check with `nvidia-smi` that the driver works; after an update of the driver, "
         "restart the machine.",
         use_cpu_hint});
  }
  driver.process = process_id();
  driver.health = std::make_shared<CudaHealth>();
}

int attribute(const CudaDriver& driver, CudaDeviceHandle device, int which) {
  int value = 0;
  driver.check(driver.device_attribute(&value, which, device), "describe itself");
  return value;
}

int count_devices(const CudaDriver& driver) {
  int count = 0;
  driver.check(driver.device_count(&count), "be counted");
  return count;
}

CudaDevice describe_device(const CudaDriver& driver, int number) {
  CudaDeviceHandle handle = 0;
  char name[256] = "";
  CudaDevice device{number, "", 0, 0, 0, 0};
  driver.check(driver.device_get(&handle, number), "be opened");
  driver.check(driver.device_name(name, sizeof(name), handle), "describe itself");
  driver.check(driver.device_memory(&device.memory, handle), "describe itself");
  device.name = name;
  device.multiprocessors = attribute(driver, handle, 16);
  device.major = attribute(driver, handle, 75);
  device.minor = attribute(driver, handle, 76);
  return device;
}

}  // namespace

bool CudaDriver::started_here() const { return process == process_id(); }

std::string CudaDriver::describe(CudaStatus status) const {
  return driver_text(error_name, status, "CUDA error " + std::to_string(status)) + " (" +
         driver_text(error_text, status, "unknown to the driver") + ")";
}

void CudaDriver::check(CudaStatus status, const std::string& action) const {
  if (status == cuda_status::success) return;
  throw_cuda_error(*this, status, action);
}

const CudaDriver& cuda_driver(const CudaSettings& settings) {
  static std::map<std::string, CudaDriver>& opened =
      *new std::map<std::string, CudaDriver>;
  auto found = opened.find(settings.library);
  if (found == opened.end()) {
    CudaDriver driver = open_driver(settings.library);
    start(driver);
    found = opened.emplace(settings.library, driver).first;
  }
  const CudaDriver& driver = found->second;
  if (!driver.started_here()) {
    throw Error(
        ErrorKind::gpu,
        "CUDA was started before this process was forked, so it cannot be used here.", {},
        {"Do not use the GPU before the fork (parallel::mclapply), or start fresh "
         "processes (parallel::makePSOCKcluster, future::multisession).",
         use_cpu_hint});
  }
  driver.health->restore(driver);
  return driver;
}

std::string CudaDevice::architecture() const {
  return "sm_" + std::to_string(major) + std::to_string(minor);
}

std::vector<CudaDevice> cuda_devices(const CudaSettings& settings) {
  const CudaDriver& driver = cuda_driver(settings);
  std::vector<CudaDevice> devices;
  for (int number = 0; number < count_devices(driver); ++number) {
    devices.push_back(describe_device(driver, number));
  }
  return devices;
}

CudaDevice cuda_device(const CudaSettings& settings, int number) {
  const CudaDriver& driver = cuda_driver(settings);
  const int count = count_devices(driver);
  if (number < 0 || number >= count) {
    throw Error(ErrorKind::gpu, "There is no GPU number " + std::to_string(number) + ".",
                {"This machine has " + std::to_string(count) +
                 (count == 1 ? " GPU" : " GPUs") + ", counted from 0."},
                {"use_gpu(0) takes the first one."});
  }
  return describe_device(driver, number);
}

}  // namespace rkeops
