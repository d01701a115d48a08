#include "run/cpu/shared_job.h"

#include <algorithm>
#include <cstring>

#include "run/cpu/cpu_run.h"
#include "run/cpu/tasks.h"

namespace rkeops {

namespace {

// With fewer row ranges their columns are cut too.
constexpr long long enough_row_ranges = 16;

double work_of(const Job& job) {
  return double(job.rows) * double(job.columns) * double(std::max(job.work, 1LL));
}

// The number of things, of `all`, whose share of the work is about that of a part.
long long things_of_a_part(long long all, double work, double work_of_a_part) {
  const double wanted = double(all) * work_of_a_part / std::max(work, 1.0);
  return std::clamp((long long)std::min(wanted, double(all)), 1LL, std::max(all, 1LL));
}

std::vector<JobPart> parts_of(const Job& job, const Schedule& schedule,
                              double work_of_a_part) {
  const auto rows = (long long)schedule.rows.size();
  const auto columns = (long long)schedule.columns.size();
  std::vector<JobPart> parts;
  if (rows >= enough_row_ranges || columns == 1) {
    const long long step = things_of_a_part(rows, work_of(job), work_of_a_part);
    for (long long begin = 0; begin < rows; begin += step)
      parts.push_back({{begin, std::min(begin + step, rows)}, {0, columns}, true});
    return parts;
  }
  const long long step =
      things_of_a_part(columns, work_of(job) / double(rows), work_of_a_part);
  for (long long row = 0; row < rows; ++row)
    for (long long begin = 0; begin < columns; begin += step)
      parts.push_back({{row, row + 1}, {begin, std::min(begin + step, columns)}, false});
  return parts;
}

// The part of the schedule, with its first row as row 0.
Schedule schedule_of(const Schedule& whole, const JobPart& part) {
  Schedule schedule = whole;
  schedule.rows.assign(whole.rows.begin() + part.rows.begin,
                       whole.rows.begin() + part.rows.end);
  schedule.columns.assign(whole.columns.begin() + part.columns.begin,
                          whole.columns.begin() + part.columns.end);
  const long long first = schedule.rows.front().begin;
  for (Range& range : schedule.rows) range = {range.begin - first, range.end - first};
  return schedule;
}

Range points_of(const Schedule& schedule, const JobPart& part) {
  return {schedule.rows[size_t(part.rows.begin)].begin,
          schedule.rows[size_t(part.rows.end - 1)].end};
}

Job job_of_rows(const Job& job, const Range& rows) {
  Job part = job;
  for (MatrixView& matrix : part.row_inputs) matrix = matrix.part(rows.begin, rows.end);
  part.rows = rows.size();
  return part;
}

}  // namespace

SharedJob::SharedJob(const ProgramText& text, const CpuProgram& program, int outputs,
                     const Job& job, double work_of_a_part)
    : text_(text),
      program_(program),
      outputs_(outputs),
      job_(job),
      schedule_(make_schedule(job.rows, job.columns)),
      parts_(parts_of(job, schedule_, work_of_a_part)),
      partials_(parts_.size()) {
  for (const auto* matrices :
       {&job.parameter_inputs, &job.row_inputs, &job.column_inputs})
    inputs_.insert(inputs_.end(), matrices->begin(), matrices->end());
}

std::vector<char> SharedJob::compute(const CpuProgram& program, int outputs,
                                     const Job& job, const JobPart& part, int threads,
                                     const Interrupted& interrupted) {
  const Schedule whole = make_schedule(job.rows, job.columns);
  const Range rows = points_of(whole, part);
  Job some = job_of_rows(job, rows);
  const Schedule schedule = schedule_of(whole, part);
  if (part.gives_results) {
    std::vector<char> bytes(size_t(rows.size()) * size_t(outputs) * sizeof(double));
    some.output = reinterpret_cast<double*>(bytes.data());
    run_schedule(program, some, schedule, threads, interrupted);
    return bytes;
  }
  std::vector<char> bytes;
  const auto size = size_t(program.partial_bytes(rows.size()));
  for (const AlignedMemory& partial :
       partials_of(program, some, schedule, threads, interrupted)) {
    const char* const first = static_cast<const char*>(partial.get());
    bytes.insert(bytes.end(), first, first + size);
  }
  return bytes;
}

bool SharedJob::deliver(size_t number, const char* bytes, size_t count) {
  const JobPart& part = parts_.at(number);
  const Range rows = points_of(schedule_, part);
  if (!part.gives_results) {
    const auto size = size_t(program_.partial_bytes(rows.size()));
    if (count != size * size_t(part.columns.size())) return false;
    partials_[number].assign(bytes, bytes + count);
    return true;
  }
  const size_t size = size_t(rows.size()) * sizeof(double);
  if (count != size * size_t(outputs_)) return false;
  for (int k = 0; k < outputs_; ++k)
    std::memcpy(job_.output + k * job_.rows + rows.begin, bytes + size_t(k) * size, size);
  return true;
}

void SharedJob::complete() {
  for (size_t range = 0; range < schedule_.rows.size(); ++range) finish_rows(range);
}

// The partials of a row range, in the order of the columns.
void SharedJob::finish_rows(size_t row_range) {
  const Range rows = schedule_.rows[row_range];
  const auto size = size_t(program_.partial_bytes(rows.size()));
  const AlignedMemory all = aligned_memory((long long)size);
  const AlignedMemory next = aligned_memory((long long)size);
  bool is_first = true;
  for (size_t k = 0; k < parts_.size(); ++k) {
    if (parts_[k].gives_results || parts_[k].rows.begin != (long long)row_range) continue;
    for (long long split = 0; split < parts_[k].columns.size(); ++split) {
      const char* const from = partials_[k].data() + size_t(split) * size;
      std::memcpy(is_first ? all.get() : next.get(), from, size);
      if (!is_first) program_.merge(all.get(), next.get(), rows.size());
      is_first = false;
    }
  }
  if (!is_first) finish_partial(program_, job_, rows, all.get());
}

bool is_worth_workers(const Workers& workers, const Job& job) {
  return job.rows > 0 && job.columns > 0 && work_of(job) >= 2 * workers.work_of_a_part();
}

}  // namespace rkeops
