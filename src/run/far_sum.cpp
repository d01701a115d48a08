// Sums with a tolerance, of one kernel on the CPU.
#include "base/diagnostic.h"
#include "cover/pruned_kernel.h"
#include "far/far_run.h"
#include "ir/print.h"
#include "run/call.h"
#include "run/cpu_kernel.h"

namespace rkeops {

namespace {

// Seconds that the interpreter takes for an operation on a pair, on one thread.
constexpr double interpreted = 1e-10;

}  // namespace

void check_tolerance(const Operator& op) {
  for (const KernelPlan& kernel : op.plan.kernels) {
    const FarKernel far(kernel, op.plan.precision);
    if (far.is_sum()) continue;
    throw Error(ErrorKind::argument,
                "`tolerance` has no meaning for `" + print_formula(kernel.result, 60) +
                    "`: " + far.why_refused() + ".",
                {}, {"Without `tolerance` the result is computed from all pairs."});
  }
}

// Compiles where interpreting so many pairs would take longer.
const CpuProgram& CpuKernel::program_for(double pairs, const Interrupted& interrupted,
                                         Timings& timings) {
  const double seconds = pairs * double(op_.plan.kernels[kernel_].operations) *
                         interpreted / settings_->usable_threads();
  if (account_ && may_be_compiled() &&
      account_->spent + seconds > expected_compile_seconds())
    try_to_compile(interrupted, timings);
  return *program_;
}

bool CpuKernel::run_far(const Job& job, double tolerance, const Interrupted& interrupted,
                        Timings& timings) {
  FarReport report;
  if (!far_)
    far_ = std::make_unique<FarKernel>(op_.plan.kernels[kernel_], op_.plan.precision);
  bool is_done = false;
  if (!far_->exists()) {
    report.decision = "all pairs: " + far_->why_not();
  } else if (job.cover || job.rows == 0 || job.columns == 0 ||
             !(settings_->expands_always || FarRun::is_worth_a_walk(*far_, job))) {
    report.decision = "all pairs: they are few";
  } else {
    pruned();  // makes the program of absolute terms
    const FarPrograms programs = {[&](double pairs) -> const CpuProgram& {
                                    return program_for(pairs, interrupted, timings);
                                  },
                                  absolute_.get()};
    const double compiling = timings.compile;
    is_done = FarRun(*far_, job, tolerance, settings_->expands_always,
                     settings_->usable_threads(), interrupted)
                  .run(programs, report);
    report.near -= timings.compile - compiling;
    timings.kernel += report.sorting + report.bounding + report.walking +
                      report.expanding + report.near;
    if (account_) account_->spent += report.near;
  }
  timings.far = report;
  return is_done;
}

}  // namespace rkeops
