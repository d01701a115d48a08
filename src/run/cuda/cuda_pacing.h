// How long the launches of one GPU take: a slice of columns is as long as the user may
// wait, and between slices the user is asked whether to go on.
#pragma once

#include <chrono>

#include "run/cuda/cuda_context.h"
#include "run/cuda/cuda_cuts.h"
#include "run/cuda/cuda_upload.h"

namespace rkeops {

/// Told how far a share is; says when the user wants to stop.
class CudaInterruptWatch {
 public:
  virtual ~CudaInterruptWatch() = default;
  /// `pairs` more are done; false: stop.
  virtual bool goes_on(double pairs) = 0;
};

class CudaPacing {
 public:
  CudaPacing(CudaModule& module, const CudaTask& task, const CudaChunks& chunks,
             CudaInterruptWatch& watch);

  /// Columns of each split in the next launch.
  long long slice() const { return slice_; }
  /// Runs shorter than a few slices are not paused for.
  bool is_short(long long rows) const;

  /// The time of the kernels begins, and ends; `end` comes after the stream was waited
  /// for.
  void begin() const;
  void stop_clock() const;
  void end();

  /// Waits for a slice of so many pairs and asks the user; `resume` makes the next one as
  /// long as is wanted, unless `may_change` is false.
  void pause(double pairs);
  void resume(bool may_change);
  /// Asks the user now and then, without waiting for the GPU.
  void look(double pairs);
  /// For long copies: throws when the user wants to stop.
  CudaInterruptCheck asks();

  /// A launch of so many pairs has been started.
  void count(double pairs) { launched_pairs_ += pairs; }
  /// Later runs begin with the speed of this one.
  void learn_speed();

  double kernel_ms() const { return kernel_ms_; }

 private:
  double pairs_of_first_slice() const;
  double add_elapsed();
  void tell(double pairs);

  CudaModule& module_;
  const CudaContext& context_;
  const CudaTask& task_;
  const bool in_core_;
  CudaInterruptWatch& watch_;
  long long slice_;
  double paused_pairs_ = 0, paused_ms_ = 0;
  std::chrono::steady_clock::time_point last_look_ = std::chrono::steady_clock::now();
  double kernel_ms_ = 0, pairs_since_look_ = 0, launched_pairs_ = 0;
};

}  // namespace rkeops
