// Operators that compute calls of another one: with ranges, and of missing values.
#include <algorithm>

#include "base/trace.h"
#include "pass/missing_values.h"
#include "run/call.h"
#include "run/cuda/resident_facts.h"
#include "run/expanded_call.h"
#include "run/guarded_call.h"
#include "run/pruned_gpu_kernel.h"

namespace rkeops {

void Callable::take_timings(const Callable& other) {
  const Timings& timings = other.timings();
  timings_.kernel += timings.kernel;
  timings_.compile += timings.compile;
  timings_.kernels += timings.kernels;
  timings_.gpus = timings.gpus;
  timings_.chunks = timings.chunks;
  if (!timings.pruning.decision.empty()) timings_.pruning = timings.pruning;
  if (!timings.far.decision.empty()) timings_.far = timings.far;
}

Callable& Callable::covered() {
  if (op_->graph.over == Over::cover) return *this;
  if (!covered_) covered_ = std::make_unique<Callable>(covered_operator(*op_));
  return *covered_;
}

std::string Callable::take_announcement() {
  for (Callable* other : {with_missing_.get(), covered_.get()}) {
    const std::string text = other ? other->take_announcement() : std::string();
    if (!text.empty()) return text;
  }
  return guard_ ? guard_->take_announcement() : std::string();
}

// True where the formula would hide it.
bool Callable::has_missing(const CallInputs& inputs, const Settings& settings) const {
  return hides_missing_ &&
         std::any_of(inputs.matrices.begin(), inputs.matrices.end(),
                     [&settings](const MatrixView& matrix) {
                       return summary_of_any(matrix, settings.usable_threads()).has_nan;
                     });
}

bool Callable::call_with_missing(const CallInputs& inputs, const CallOutput& output,
                                 const Settings& settings, const Interrupted& interrupted,
                                 const Progress& progress, SharedResults* shared) {
  if (!has_missing(inputs, settings)) return false;
  if (!with_missing_) {
    with_missing_ = std::make_unique<Callable>(operator_of_part(
        *op_, with_missing(op_->typed.root), op_->typed.index, op_->text.precision));
    with_missing_->hides_missing_ = false;
  }
  with_missing_->call(inputs, output, settings, interrupted, progress, shared);
  take_timings(*with_missing_);
  trace("call", "with missing values");
  return true;
}

}  // namespace rkeops
