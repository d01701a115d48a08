// One GPU's share of a reduction: the launches of its kernels, chunk after chunk, between
// copies (cuda_transfers.h) and as long as the user may wait (cuda_pacing.h).
#pragma once

#include <memory>
#include <vector>

#include "run/cuda/cuda_cover.h"
#include "run/cuda/cuda_cuts.h"
#include "run/cuda/cuda_pacing.h"
#include "run/cuda/cuda_transfers.h"

namespace rkeops {

/// There is not enough memory for all rows of a share of the splits.
struct CudaManyRows : Error {
  using Error::Error;
};

class CudaRun {
 public:
  /// Takes all memory: throws CudaOutOfMemory if there is less than the chunks need.
  CudaRun(CudaModule& module, const CudaTask& task, const CudaShare& share,
          const CudaChunks& chunks, CudaInterruptWatch& watch);
  CudaRun(const CudaRun&) = delete;
  /// Buffers go back when the GPU is done with them, also when an error or the user ends
  /// the run.
  ~CudaRun();

  /// Everything, if the share has all splits; else its rows stay unfinished.
  void compute();

  /// The accumulators of the splits of the share, all rows of which are one part.
  std::vector<double> accumulators();
  /// Finishes with the accumulators of the shares that have the other splits, in order.
  void merge(const std::vector<std::vector<double>>& all);

  double kernel_ms() const { return pacing_.kernel_ms(); }
  int chunks() const { return cuts_.chunks(); }

 private:
  void cut_cover();
  void allocate();
  bool may_check_late() const;
  bool results_may_stay() const;
  bool has_all_splits() const { return share_.splits() == task_.schedule.splits; }

  void compute_rows(std::size_t row_chunk);
  void prepare(std::size_t row_chunk, std::size_t column_chunk);
  void launch_prepare(const CudaArguments& arguments);
  void reduce_small();
  void reduce(std::size_t row_chunk, std::size_t column_chunk, long long part);
  void pause(double pairs);
  void finish_part();
  void use_rows(const CudaRowChunk& rows);
  void use_columns(const CudaColumnChunk& columns);
  long long blocks_of_part() const;
  /// Before anything is folded.
  bool checks_early() const { return plan_.conditions && !checks_late_; }
  void check_conditions();
  [[noreturn]] void conditions_fail();
  void launch(CudaFunctionHandle kernel, unsigned blocks_x, unsigned blocks_y,
              const CudaArguments& arguments) const;

  CudaModule& module_;
  CudaContext& context_;
  const CudaLaunchPlan& plan_;
  const CudaTask& task_;
  const CudaShare share_;
  const CudaChunks chunks_;
  const CudaCuts cuts_;
  CudaPacing pacing_;
  const bool one_launch_;        // of `reduce` for a part, which then finishes by itself
  const bool checks_late_;       // conditions: beside what is folded
  const bool one_small_launch_;  // does everything
  CudaTransfers transfers_;
  std::unique_ptr<CudaRunCover> cover_;  // of jobs that have one
  long long places_ = 0;                 // rows of accumulators of a launch
  CudaBuffer packed_, row_vectors_, column_vectors_, partial_;
  CudaArguments arguments_{};
  bool columns_are_prepared_ = false;
};

}  // namespace rkeops
