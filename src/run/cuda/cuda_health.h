// Whether the GPUs can still be used by this process, and how to begin anew when one of
// them failed in a way that lasts.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "run/cuda/cuda_driver.h"

namespace rkeops {

/// Looks after one driver. Calls of several threads may come at once.
///
/// After a fault of a kernel (or of the memory, or of the connection) every call of the
/// driver fails until its contexts are destroyed, with all that they held: such a fault
/// ends an era. The next use of the GPUs begins another one if the driver allows.
class CudaHealth {
 public:
  /// Things made in another era are gone, and their handles mean nothing any more.
  int era() const;
  bool is_well() const;

  /// To be told of every context this process retains and releases.
  void opened(CudaDeviceHandle device);
  void closed(CudaDeviceHandle device);

  /// After the error `what`, for which all calls fail now.
  void fail(const std::string& what);

  /// Nothing if all is well. After a fault: resets the contexts and tries whether the
  /// GPUs work again; else throws an Error of kind `gpu` that says to restart R.
  void restore(const CudaDriver& driver);

 private:
  mutable std::mutex mutex_;
  std::vector<CudaDeviceHandle> contexts_;
  std::string fault_;
  bool beyond_repair_ = false;
  int era_ = 0;
};

/// Throws the Error of kind `gpu` for a status that is not success; `action` completes
/// "The GPU could not ...".
[[noreturn]] void throw_cuda_error(const CudaDriver& driver, CudaStatus status,
                                   const std::string& action);

}  // namespace rkeops
