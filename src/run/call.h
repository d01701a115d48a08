// Runs the kernels of an operator, one after the other, on the engine of the settings.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "operator/compile_formula.h"
#include "run/cpu_kernel.h"

namespace rkeops {

/// The inputs of one call, checked: a matrix for each argument, by position.
struct CallInputs {
  std::vector<MatrixView> matrices;
  long long i_size = 1;
  long long j_size = 1;
  /// The numbers of the points, where these are a part of others; empty: 0, 1, ...
  std::vector<long long> i_numbers, j_numbers;
  /// The pairs that are computed, where these are not all.
  std::shared_ptr<const PairCover> cover;
  /// Errors of sums, in parts of the sums of absolute terms, that are allowed; 0: none.
  double tolerance = 0;

  double pairs() const;
};

/// Throws (kind `argument`) where an operator has no sums over pairs, or others besides.
void check_tolerance(const Operator& op);

/// How many numbers all matrices of a call have.
double numbers_of(const CallInputs& inputs);

/// Rows of what has this index.
long long size_of(Level index, const CallInputs& inputs);

/// A result goes here: rows of the result x its dimension, column-major, on the host, or
/// on the GPU.
struct CallOutput {
  double* values = nullptr;
  GpuMatrix* resident = nullptr;
};

/// Results of kernels that operators with the same arguments have in common, by the
/// formula that a kernel computes.
using SharedResults = std::map<std::string, std::vector<double>>;

class ExpandedCall;
class GuardedCall;
class PrunedGpuKernel;

/// An operator with what has been compiled of it.
class Callable {
 public:
  explicit Callable(OperatorText text);
  explicit Callable(std::unique_ptr<Operator> op);
  ~Callable();

  const Operator& op() const { return *op_; }

  /// Compiles what is to be compiled and computes. What is in `shared` already, for the
  /// same inputs, is not computed again, and what others may need goes there.
  void call(const CallInputs& inputs, const CallOutput& output, const Settings& settings,
            const Interrupted& interrupted, const Progress& progress = {},
            SharedResults* shared = nullptr);

  /// The same as the operator is planned, whatever that does to digits.
  void call_plain(const CallInputs& inputs, const CallOutput& output,
                  const Settings& settings, const Interrupted& interrupted,
                  const Progress& progress = {}, SharedResults* shared = nullptr);

  /// For the reduction Entries of an operator: hands the search for the pairs within a
  /// radius to `use`, with its rows and columns sorted. False, with nothing done, where
  /// all entries are to be computed. Single precision that is looked after is double
  /// here.
  bool find_pairs(const CallInputs& inputs, const PairsWanted& wanted,
                  const CpuKernel::UsePairs& use, const Settings& settings,
                  const Interrupted& interrupted, const Progress& progress);

  /// The times of another one's last call, which was made for this.
  void take_timings(const Callable& other);

  /// Says once what the user has to know of the last call; "" where nothing.
  std::string take_announcement();

  /// Looks after digits, once it has; null else.
  const GuardedCall* guard() const { return guard_.get(); }

  /// Has everything been compiled for this engine, in this session?
  bool is_compiled(Engine engine) const;

  const Timings& timings() const { return timings_; }

 private:
  bool is_guarded(const Settings& settings) const;
  bool has_missing(const CallInputs& inputs, const Settings& settings) const;
  /// In the form whose comparisons give NaN of NaN; false, with nothing computed, where
  /// nothing is missing or the formula hides nothing.
  bool call_with_missing(const CallInputs& inputs, const CallOutput& output,
                         const Settings& settings, const Interrupted& interrupted,
                         const Progress& progress, SharedResults* shared);

  /// The callable that computes calls with a cover.
  Callable& covered();

  /// Runs one kernel of the plan.
  using Runner = std::function<void(const Job&, const Interrupted&, Timings&)>;

  bool call_expanded(const CallInputs& inputs, const CallOutput& output,
                     const Settings& settings, const Interrupted& interrupted,
                     const Progress& progress, SharedResults* shared);
  bool prunes_before_expanding(const CallInputs& inputs, const Settings& settings) const;
  /// In double precision, with far pairs expanded. False, with nothing computed, where
  /// that is no gain.
  bool call_far(const CallInputs& inputs, const CallOutput& output,
                const Settings& settings, const Interrupted& interrupted,
                const Progress& progress);
  /// False, with nothing computed, where all pairs are to be computed.
  bool call_pruned(const CallInputs& inputs, const CallOutput& output,
                   const Settings& settings, const Interrupted& interrupted,
                   const Progress& progress);
  /// The same on a GPU.
  bool call_pruned_on_gpu(const CallInputs& inputs, const CallOutput& output,
                          const Settings& settings, const Interrupted& interrupted,
                          const Progress& progress);
  bool run_far(size_t kernel, const Job& job, double tolerance,
               const Interrupted& interrupted);
  void prepare(const Settings& settings, const Interrupted& interrupted);
  /// How a kernel was computed, for the trace.
  const char* way_of(size_t kernel) const;
  Runner cpu_runner(size_t kernel, const std::shared_ptr<const Settings>& settings,
                    const Interrupted& interrupted);
  Runner gpu_runner(size_t kernel, const Settings& settings,
                    const Interrupted& interrupted);

  std::unique_ptr<Operator> op_;
  std::unique_ptr<ExpandedCall> expanded_;          // once it is worth it
  std::unique_ptr<GuardedCall> guard_;              // of single precision
  std::unique_ptr<PrunedGpuKernel> pruned_on_gpu_;  // once it is asked for
  std::unique_ptr<Callable> with_missing_;          // for data of which some are NaN
  std::unique_ptr<Callable> covered_;               // once there was a call with a cover
  std::unique_ptr<Callable> of_nothing_;            // for data without elements
  bool hides_missing_;
  std::vector<KernelPlan> kernels_;  // as this engine computes them
  std::vector<Runner> runners_;      // one a kernel, for the engine and settings below
  std::vector<std::shared_ptr<CpuKernel>> cpu_kernels_;  // of these runners
  Engine engine_ = Engine::cpu;
  int generation_ = -1;
  Timings timings_;
};

}  // namespace rkeops
