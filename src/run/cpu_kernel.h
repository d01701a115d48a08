// One kernel of an operator on the CPU: interpreted, compiled, or first the one and then
// the other.
#pragma once

#include <functional>
#include <memory>

#include "base/cpu_program.h"
#include "base/job.h"
#include "base/timer.h"
#include "cover/pruning_report.h"
#include "far/far_report.h"
#include "operator/compile_formula.h"
#include "run/account.h"
#include "run/cpu/shared_job.h"

namespace rkeops {

class FarKernel;
class PairFinder;
class PrunedKernel;
class PrunedRun;
class KnownPredictions;
struct PairsWanted;
struct Prediction;
struct WalkPrograms;

/// Seconds of the last call.
struct Timings {
  double kernel = 0;   // in the engine; on a GPU without the copies of matrices
  double compile = 0;  // in a compiler
  double total = 0;    // with both
  int kernels = 0;     // run, not shared
  // The kernel that had most of them: GPUs, and parts in their memory in turn.
  int gpus = 0, chunks = 0;
  // The report of the last kernel that may leave pairs out.
  PruningReport pruning;
  // The report of the last kernel with a tolerance.
  FarReport far;
};

/// Adds the seconds of its life to a number.
class Stopwatch {
 public:
  explicit Stopwatch(double& seconds);
  ~Stopwatch();
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& seconds_;
  const Timer timer_;
};

/// Ski rental (CompileMode::automatic): a kernel is interpreted until that took as long
/// as compiling would, and then compiled. So no sequence of calls, and no single one,
/// takes more than about twice as long as with the better choice from the beginning. When
/// compiling fails, or the cache, it stays interpreted (`note_compile_failure`).
class CpuKernel {
 public:
  /// Compiles at once where the settings say so. `op` must outlive the kernel.
  CpuKernel(const Operator& op, size_t kernel, std::shared_ptr<const Settings> settings,
            const Interrupted& interrupted, Timings& timings);
  ~CpuKernel();

  void run(const Job& job, const Interrupted& interrupted, Timings& timings);

  /// Computes the pairs that matter; false, with nothing computed that counts, where all
  /// pairs are to be computed.
  bool run_pruned(const Job& job, const Interrupted& interrupted, Timings& timings);
  /// A sum with a tolerance; false, with nothing computed, where all pairs are to be
  /// computed.
  bool run_far(const Job& job, double tolerance, const Interrupted& interrupted,
               Timings& timings);
  /// A search for pairs by boxes, with the program that keeps entries. False, with
  /// nothing done, where all entries are to be computed.
  using UsePairs = std::function<void(PairFinder&, const CpuProgram&)>;
  bool find_pairs(const Job& job, const PairsWanted& wanted, const UsePairs& use,
                  const Interrupted& interrupted, Timings& timings);
  /// The others as well.
  void run_all(const Job& job, const Interrupted& interrupted, Timings& timings);

  bool is_compiled() const { return is_compiled_; }

 private:
  void compile(const Interrupted& interrupted, Timings& timings);
  bool use_compiled();
  bool may_be_compiled() const;
  void try_to_compile(const Interrupted& interrupted, Timings& timings);
  TakeLibrary taker();
  void interpret();
  bool has_few_rows(const Job& job);
  const PrunedKernel& pruned();
  const CpuProgram& program_for(double pairs, const Interrupted& interrupted,
                                Timings& timings);
  bool is_time_to_sort(const Job& job);
  void note_sorting(const Job& job, const PruningReport& report, bool gains);
  bool may_prune(const Job& job, PruningReport& report);
  bool may_find_pairs(const Job& job);
  WalkPrograms programs();
  Prediction predict(PrunedRun& run);
  Prediction predict(PairFinder& finder, const PairsWanted& wanted);
  bool is_gain(const Prediction& prediction, const Interrupted& interrupted,
               Timings& timings);
  /// False, with nothing computed, where the job is not for workers.
  bool run_on_workers(const Job& job, const Interrupted& interrupted, Timings& timings);
  const ProgramText& program_text(const char* kind);
  void rent(const Job& job, const Interrupted& interrupted, Timings& timings);

  const Operator& op_;
  const size_t kernel_;
  const std::shared_ptr<const Settings> settings_;
  std::unique_ptr<CpuProgram> program_;
  std::unique_ptr<CpuProgram> few_rows_;  // see interpret/few_rows.h
  bool few_rows_is_made_ = false;         // or known not to exist
  bool is_compiled_ = false;
  std::shared_ptr<Account> account_;   // while it may be compiled later
  std::unique_ptr<ProgramText> text_;  // for other processes
  // Once a call has been large enough to leave pairs out.
  std::unique_ptr<PrunedKernel> pruned_;
  std::unique_ptr<CpuProgram> absolute_;  // of absolute terms, interpreted
  std::unique_ptr<KnownPredictions> predictions_;
  std::unique_ptr<FarKernel> far_;  // once there was a tolerance
  double unsorted_operations_ = 0;  // on a pair, of all calls since points were sorted
};

}  // namespace rkeops
