// A sum with a tolerance: far pairs by expansions, near ones by the program of the
// kernel.
#pragma once

#include <functional>

#include "base/cpu_program.h"
#include "base/job.h"
#include "cover/sorted_results.h"
#include "far/far_fields.h"
#include "far/far_report.h"

namespace rkeops {

/// The programs of a kernel.
struct FarPrograms {
  /// The program of its terms, for so many pairs that are computed directly.
  std::function<const CpuProgram&(double pairs)> of_terms;
  const CpuProgram* of_absolute_terms;  // null: none
};

class FarRun {
 public:
  /// `always`: also where that is no gain.
  FarRun(const FarKernel& kernel, const Job& job, double tolerance, bool always,
         int threads, const Interrupted& interrupted);

  /// Could a walk be worth it? Numbers of rows and columns alone decide.
  static bool is_worth_a_walk(const FarKernel& kernel, const Job& job);

  /// False, with nothing computed, where computing all pairs is as soon done.
  bool run(const FarPrograms& programs, FarReport& report);

 private:
  class NearWork;

  void run_near(const CpuProgram& program, const FarData& data, const FarWalk& walk,
                const FarFields& fields);

  const FarKernel& kernel_;
  const Job& job_;
  const double tolerance_;
  const bool always_;
  const int threads_;
  const Interrupted& interrupted_;
};

}  // namespace rkeops
