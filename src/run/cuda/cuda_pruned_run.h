// A search on one GPU that leaves out most pairs (see cuda_pruned.cuh): everything in its
// memory at once.
#pragma once

#include <memory>
#include <vector>

#include "base/job.h"
#include "run/cuda/cuda_context.h"
#include "run/cuda/cuda_inputs.h"

namespace rkeops {

class CudaPrunedRun {
 public:
  /// Takes the inputs there and sorts them. Throws CudaOutOfMemory where there is not
  /// enough memory. `module` has the kernels of a pruned search.
  CudaPrunedRun(CudaModule& module, const Job& job, const Interrupted& interrupted);
  CudaPrunedRun(const CudaPrunedRun&) = delete;
  /// Buffers go back when the GPU is done with them.
  ~CudaPrunedRun();

  /// Which share of the pairs all rows need, as a few say, evenly spaced. These give up
  /// where it is larger than `largest_share`, so that it comes out as that at least.
  double predict(double largest_share);

  /// Computes the result. Gives the share of pairs that took.
  double run();

  /// Milliseconds of the kernels that have been waited for.
  double sorting_ms() const { return sorting_ms_; }
  double predicting_ms() const { return predicting_ms_; }
  double searching_ms() const { return searching_ms_; }

 private:
  /// On the GPU: leaves that were visited, and blocks of rows that are left.
  struct Counters {
    unsigned long long visited = 0;
    int left = 0, unused = 0;
  };
  struct SideBuffers {
    CudaBuffer values, ranges, keys[2], numbers[2], counts;
  };

  CudaSide make_side(SideBuffers& buffers, long long points, int components);
  void make_boxes();
  void sort();
  void sort_pass(int pass, int key_bits);
  void forget_what_sorting_took();
  double search(long long first_block, long long step, long long blocks,
                long long most_leaves, double& milliseconds);
  double search_all();
  double search_left();
  void set_counters();
  Counters read_counters();
  void launch(CudaFunctionHandle kernel, long long blocks, int lines);
  void start_clock();
  double wait();
  void stop_if(bool wanted) const;
  void ask() const;
  long long blocks_of_rows() const;
  bool sides_are_same() const;

  CudaModule& module_;
  CudaContext& context_;
  const CudaDriver& driver_;
  const Job job_;
  const Interrupted& interrupted_;
  const bool same_sides_;  // rows are columns
  std::unique_ptr<CudaInputs> inputs_;
  SideBuffers columns_, rows_;
  CudaBuffer records_, boxes_, first_numbers_, counters_, left_, left_limits_, output_;
  CudaArguments arguments_{};
  long long left_count_ = 0;
  double share_ = 1;      // as predicted
  bool is_done_ = false;  // already, by that
  double sorting_ms_ = 0, predicting_ms_ = 0, searching_ms_ = 0;
};

}  // namespace rkeops
