// One GPU's share of a reduction: tiles of rows and columns go there while the last ones
// are computed, launches, results back.
#pragma once

#include <rkeops/cuda/cuda_arguments.h>

#include <chrono>
#include <memory>
#include <vector>

#include "base/job.h"
#include "run/cuda/cuda_context.h"
#include "run/cuda/cuda_inputs.h"
#include "run/cuda/cuda_tiles.h"

namespace rkeops {

/// Told how far a share is; says when the user wants to stop.
class CudaWatch {
 public:
  virtual ~CudaWatch() = default;
  /// `pairs` more are done; false: stop.
  virtual bool goes_on(double pairs) = 0;
};

/// There is not enough memory for all rows of a share of the splits.
struct CudaManyRows : Error {
  using Error::Error;
};

/// A reduction, cut for the GPUs.
struct CudaTask {
  const Job& job;
  CudaWork work;
  CudaSchedule schedule;
};

class CudaRun {
 public:
  /// Takes all memory: throws CudaOutOfMemory if there is less than the tiles need.
  CudaRun(CudaModule& module, const CudaTask& task, const CudaShare& share,
          const CudaTiles& tiles, CudaWatch& watch);
  CudaRun(const CudaRun&) = delete;
  /// Buffers go back when the GPU is done with them, also when an error or the user ends
  /// the run.
  ~CudaRun();

  /// Everything, if the share has all splits; else its rows stay unfinished.
  void compute();

  /// The accumulators of the splits of the share, all rows of which are one part.
  std::vector<double> accumulators();
  /// Finishes with the accumulators of the shares that have the other splits, in order.
  void finish(const std::vector<std::vector<double>>& all);

  double kernel_ms() const { return kernel_ms_; }
  int tiles() const { return int(rows_.size() * columns_.size()); }

 private:
  struct Columns {
    int split_begin, split_end;
    long long begin, end;  // of each of these splits
    int splits() const { return split_end - split_begin; }
    long long size() const { return end - begin; }
  };
  struct Rows {
    long long begin, end;
    int slot;  // of the buffers
    long long size() const { return end - begin; }
  };

  void allocate();
  void allocate_tiles(const Job& job);
  void cut();
  bool is_one_small_launch() const;
  bool inputs_may_stay() const;
  void reduce_small();
  void compute_rows(std::size_t row_tile);
  void prepare(std::size_t row_tile, std::size_t column_tile);
  void launch_prepare(const CudaArguments& arguments);
  void check_conditions();
  [[noreturn]] void conditions_fail();
  bool may_check_late() const;
  /// Before anything is folded.
  bool checks_early() const { return plan_.conditions && !checks_late_; }
  void touch_output();
  void reduce(const Rows& rows, const Columns& columns, long long part);
  void finish_part();
  void prefetch(std::size_t row_tile, std::size_t column_tile);
  void load_rows(std::size_t row_tile);
  void load_columns(std::size_t column_tile);
  void download(const Rows& rows);
  void end_download();
  void use_rows(const Rows& rows);
  void use_columns(const Columns& columns);
  std::vector<CudaSegment> segments(const Columns& columns) const;
  long long local_columns(const Columns& columns) const;
  long long first_column(const Columns& columns) const;
  CudaAddress output_address(const Rows& rows) const;
  long long output_stride() const;
  std::size_t result_bytes() const;

  void launch(CudaFunctionHandle kernel, unsigned blocks_x, unsigned blocks_y,
              const CudaArguments& arguments);
  void pause(double pairs);
  void look(double pairs);
  CudaAsk asks();
  [[noreturn]] void stop() const;
  void record(CudaEventHandle event, CudaStreamHandle stream);
  void wait(CudaStreamHandle stream, CudaEventHandle event);
  double add_elapsed();
  double pairs_of_first_slice() const;
  bool is_short() const;
  void learn_speed();

  CudaModule& module_;
  CudaContext& context_;
  const CudaDriver& driver_;
  const CudaLaunchPlan& plan_;
  const CudaTask& task_;
  const CudaShare share_;
  const CudaTiles tiles_;
  CudaWatch& watch_;
  long long slice_;        // columns of each split in the next launch
  const bool one_launch_;  // of `reduce` for a part, which then finishes by itself
  const long long places_;

  Job job_;                             // the rows of the share
  const bool checks_late_;              // conditions: beside what is folded
  const bool one_small_launch_;         // does everything
  const bool results_stay_;             // in page-locked memory, where it writes them
  std::unique_ptr<CudaInputs> inputs_;  // all, or the parameters
  std::vector<std::unique_ptr<CudaTileInputs>> row_inputs_;
  std::unique_ptr<CudaTileInputs> column_inputs_;
  CudaBuffer packed_, row_vectors_, column_vectors_, partial_;
  std::vector<CudaBuffer> outputs_;
  std::vector<Rows> rows_;
  std::vector<Columns> columns_;

  CudaArguments arguments_{};
  bool prefetched_ = false, columns_are_prepared_ = false;
  const Rows* to_download_ = nullptr;
  const void* staged_ = nullptr;  // results, once the stream has been waited for
  std::chrono::steady_clock::time_point last_look_ = std::chrono::steady_clock::now();
  double kernel_ms_ = 0, pairs_since_look_ = 0, launched_pairs_ = 0;
};

/// What a reduction needs of memory, with accumulators of so many splits.
CudaBytes cuda_bytes(const CudaLaunchPlan& plan, const Job& job, int splits);

}  // namespace rkeops
