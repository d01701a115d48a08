// A job whose parts are computed by several processes. How it is cut depends on its sizes
// alone, and partials are merged in the order of the columns: the result is that of one
// process, bit for bit, whoever computed what.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/cpu_program.h"
#include "base/job.h"
#include "plan/plan.h"
#include "run/cpu/schedule.h"

namespace rkeops {

/// The program of a job, as another process is told.
struct ProgramText {
  std::string formula;
  std::vector<std::string> args;
  Precision precision = Precision::float32;
  SumScheme sum_scheme = SumScheme::block;
  bool simplified = true;
  int kernel = 0;
  std::string kind;          // "compiled", "interpreted" or "few rows"
  std::string instructions;  // of the interpreter
  std::string digest;        // of the source of the kernel, to see that it is the same
};

/// Row ranges [rows.begin, rows.end) of the schedule, against its column ranges
/// [columns.begin, columns.end). With all columns it gives rows of the result, else the
/// partials of one row range, one after the other.
struct JobPart {
  Range rows, columns;
  bool gives_results;
};

class SharedJob {
 public:
  /// `work_of_a_part`: pairs times Job::work, roughly. `program` and `job` outlive this.
  SharedJob(const ProgramText& text, const CpuProgram& program, int outputs,
            const Job& job, double work_of_a_part);

  const ProgramText& text() const { return text_; }
  const Job& job() const { return job_; }
  const std::vector<JobPart>& parts() const { return parts_; }
  /// Parameters, rows, columns.
  const std::vector<MatrixView>& inputs() const { return inputs_; }

  /// The result of a part of a job, as bytes.
  static std::vector<char> compute(const CpuProgram& program, int outputs, const Job& job,
                                   const JobPart& part, int threads,
                                   const Interrupted& interrupted);

  /// Takes the bytes of a part; false, with nothing changed, if they are not as many as
  /// they should be.
  bool deliver(size_t part, const char* bytes, size_t count);

  /// Merges and finishes what remains, once all parts were delivered.
  void complete();

 private:
  void finish_rows(size_t row_range);

  const ProgramText& text_;
  const CpuProgram& program_;
  const int outputs_;
  const Job& job_;
  const Schedule schedule_;
  const std::vector<JobPart> parts_;
  std::vector<MatrixView> inputs_;
  std::vector<std::vector<char>> partials_;  // of parts that give no results
};

/// Asks other processes for the parts of jobs that are worth it.
class Workers {
 public:
  virtual ~Workers() = default;
  virtual double work_of_a_part() const = 0;
  /// Delivers all parts, or throws.
  virtual void run(SharedJob& job) = 0;
};

/// Are there several parts for workers?
bool is_worth_workers(const Workers& workers, const Job& job);

}  // namespace rkeops
