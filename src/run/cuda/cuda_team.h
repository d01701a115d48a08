// The GPUs that do a reduction together: a thread for each of them, while the calling
// thread asks the user; one alone is served by the calling thread itself.
#pragma once

#include <exception>
#include <memory>
#include <vector>

#include "run/cuda/cuda_run.h"

namespace rkeops {

class CudaTeam {
 public:
  /// A module for each share, the others are not needed.
  CudaTeam(const std::vector<CudaModule*>& modules, const CudaTask& task,
           const std::vector<CudaShare>& shares, const Interrupted& interrupted);
  CudaTeam(const CudaTeam&) = delete;
  ~CudaTeam();

  /// Throws what went wrong on one of them.
  void run();

  double kernel_ms() const;
  int chunks() const { return chunks_; }

 private:
  class Watch;
  class SharedWatch;

  std::unique_ptr<CudaRun> prepared(std::size_t member, CudaInterruptWatch& watch,
                                    bool may_reclaim);
  void run_alone();
  void run_together();
  void do_share(std::size_t member, SharedWatch& watch);
  void throw_first_error() const;
  void merge();

  const std::vector<CudaModule*>& modules_;
  const CudaTask& task_;
  const std::vector<CudaShare>& shares_;
  const Interrupted& interrupted_;
  std::vector<std::unique_ptr<CudaRun>> runs_;
  std::vector<std::vector<double>> accumulators_;
  std::vector<std::exception_ptr> errors_;
  int chunks_ = 0;
};

}  // namespace rkeops
