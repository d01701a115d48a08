// Tests of src/run/cpu/cpu_run.cpp and schedule.cpp with a program that takes as long as
// it is told to: that slices are short however long a pair takes, and that every pair, or
// every pair of a cover, is met once. Prints "name ok" or "name FAIL" and exits with
// status 1 when something failed. From the top of the repository:
//   g++ -std=c++17 -Isrc -Iinst/include tests/testthat/cpp/cpu_schedule.cpp
//     src/run/cpu/schedule.cpp src/run/cpu/tasks.cpp src/run/cpu/cpu_run.cpp
//     src/base/diagnostic.cpp src/base/job.cpp src/base/pair_cover.cpp -pthread
//     -o cpu_schedule && ./cpu_schedule
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/diagnostic.h"
#include "run/cpu/cpu_run.h"
#include "run/cpu/schedule.h"

using namespace rkeops;

namespace {

constexpr long long shortest_slice = shortest_slice_rows * shortest_slice_columns;

int failures = 0;

void check(const std::string& name, bool passed) {
  std::printf("%s %s\n", name.c_str(), passed ? "ok" : "FAIL");
  if (!passed) ++failures;
}

// The result of a row is the number of its columns.
class CountingProgram : public CpuProgram {
 public:
  explicit CountingProgram(double microseconds) : microseconds_(microseconds) {}

  long long partial_bytes(long long rows) const override { return 8 * rows; }
  long long workspace_bytes(long long) const override { return 64; }
  void initialise(void* partial, long long rows) const override {
    std::fill_n(static_cast<double*>(partial), rows, 0.0);
  }
  void reduce(const RkeopsBlock& block) const override {
    const long long rows = block.row_end - block.row_begin;
    const long long columns = block.column_end - block.column_begin;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      most_pairs = std::max(most_pairs, rows * columns);
      if (interrupted) ++calls_after_interrupt;
    }
    const double time = microseconds_ * double(rows * columns);
    std::this_thread::sleep_for(std::chrono::duration<double, std::micro>(time));
    for (long long r = 0; r < rows; ++r)
      static_cast<double*>(block.partial)[r] += double(columns);
  }
  void merge(void* into, const void* from, long long rows) const override {
    for (long long r = 0; r < rows; ++r)
      static_cast<double*>(into)[r] += static_cast<const double*>(from)[r];
  }
  void finish(const RkeopsBlock& block, double* output, long long) const override {
    for (long long r = 0; r < block.row_end - block.row_begin; ++r)
      output[r] = static_cast<const double*>(block.partial)[r];
  }

  mutable long long most_pairs = 0;
  mutable int calls_after_interrupt = 0;
  mutable std::atomic<bool> interrupted{false};

 private:
  const double microseconds_;
  mutable std::mutex mutex_;
};

// The result of a row is the sum of its inputs.
class SummingProgram : public CountingProgram {
 public:
  explicit SummingProgram(int inputs) : CountingProgram(0), inputs_(inputs) {}
  void finish(const RkeopsBlock& block, double* output, long long) const override {
    for (long long r = 0; r < block.row_end - block.row_begin; ++r) {
      output[r] = 0;
      for (int k = 0; k < inputs_; ++k)
        output[r] += block.row_inputs[k][block.row_begin + r];
    }
  }

 private:
  const int inputs_;
};

Job job_of(long long rows, long long columns, std::vector<double>& output) {
  output.assign(size_t(rows), -1);
  Job job;
  job.rows = rows;
  job.columns = columns;
  job.output = output.data();
  return job;
}

void test_fast_program(long long rows, long long columns, int threads) {
  std::vector<double> output;
  const Job job = job_of(rows, columns, output);
  run_on_cpu(CountingProgram(0), job, threads, nullptr, Deadline::max());
  const bool all = std::all_of(output.begin(), output.end(),
                               [&](double n) { return n == double(columns); });
  check("every pair of " + std::to_string(rows) + " x " + std::to_string(columns), all);
}

// The input is some rows of a matrix: its columns stand further apart than it has rows.
void test_part_of_a_matrix() {
  std::vector<double> values, output;
  for (int k = 0; k < 30; ++k) values.push_back(k);
  Job job = job_of(4, 1, output);
  job.row_inputs = {MatrixView(values.data(), 10, 3).part(5, 9)};
  run_on_cpu(SummingProgram(3), job, 1, nullptr, Deadline::max());
  check("rows of a longer matrix", output == std::vector<double>{45, 48, 51, 54});
}

// Ends a program of a minute and more at the first look.
void test_slow_program(long long rows, long long columns, int threads) {
  const CountingProgram slow(2);
  std::vector<double> output;
  const auto interrupt = [&slow] { return slow.interrupted = true; };
  bool is_error = false;
  try {
    run_on_cpu(slow, job_of(rows, columns, output), threads, interrupt, Deadline::max());
  } catch (const Error& error) {
    is_error = error.kind == ErrorKind::interrupted;
  }
  check("an interrupt is an error", is_error);
  // another thread can begin a slice before it is told
  check("nothing begins after an interrupt", slow.calls_after_interrupt < threads);
  check("slices of a slow program are short", slow.most_pairs <= shortest_slice);
}

void test_cut(long long rows, long long columns, double pairs) {
  const Schedule before = make_schedule(rows, columns);
  const Schedule after = with_slices(before, pairs);
  long long end = 0;
  bool follow = true, short_enough = true;
  for (const Range& range : after.rows) {
    follow = follow && range.begin == end && range.size() > 0;
    end = range.end;
    short_enough = short_enough && double(range.size()) * double(after.slice) <=
                                       std::max(pairs, double(shortest_slice));
  }
  const std::string name =
      " of " + std::to_string(rows) + " rows cut to " + std::to_string(pairs);
  check("ranges" + name + " follow each other", follow && end == rows);
  check("slices" + name + " are as short", short_enough);
  check("slices" + name + " begin where they may",
        after.slice % 256 == 0 || after.slice == before.slice);
  check("columns" + name + " are as before",
        after.columns.size() == before.columns.size());
}

// Covers whose blocks of rows end before, at and after the ends of the ranges of rows:
// tasks have every row once, with the columns of its block.
void test_tasks_of_cover(long long rows, long long columns, long long rows_a_block) {
  std::vector<PairBlock> blocks;
  for (long long begin = 0; begin < rows; begin += 2 * rows_a_block) {
    const Range some = {begin, std::min(begin + rows_a_block, rows)};
    blocks.push_back({some, {begin % columns, columns}});
  }
  const PairCover cover(blocks, rows, columns);
  const CoveredRows& covered = cover.by_i();
  const TaskList list =
      make_tasks(with_slices(make_schedule(rows, columns), 50000), &covered);
  bool follow = true, right_columns = true;
  double pairs = 0;
  long long end = 0;
  for (const Task& task : list.tasks) {
    follow = follow && task.rows.size() > 0 &&
             (task.is_first_of_rows ? task.rows.begin == end : task.rows.end == end);
    end = task.rows.end;
    const size_t block = covered.block_of(task.rows.begin);
    right_columns = right_columns && covered.rows[block].end >= task.rows.end;
    for (size_t k = task.first_range; k < task.last_range; ++k) {
      pairs += double(task.rows.size()) * double(list.columns[k].size());
      right_columns = right_columns && block % 2 == 0 &&
                      list.columns[k].begin >= covered.begin_of(block)->begin;
    }
  }
  const std::string name = " of " + std::to_string(rows) + " rows in blocks of " +
                           std::to_string(rows_a_block);
  check("tasks" + name + " follow each other", follow && end == rows);
  check("tasks" + name + " have the columns of their block", right_columns);
  check("tasks" + name + " have all pairs", pairs == cover.pairs());
}

// Blocks that meet are cut anywhere, and rows with the same columns stay together.
void test_rows_of_the_same_columns() {
  const PairCover cover({{{0, 2}, {0, 100}},
                         {{2, 130}, {0, 40}},
                         {{0, 2}, {100, 200}},
                         {{2, 130}, {40, 200}},
                         {{130, 140}, {0, 10}},
                         {{150, 160}, {0, 10}}},
                        170, 200);
  const CoveredRows& covered = cover.by_i();
  std::vector<long long> ends;
  for (const Range& rows : covered.rows) ends.push_back(rows.end);
  check("rows of the same columns are one block",
        ends == std::vector<long long>{130, 140, 150, 160, 170} &&
            covered.first == std::vector<size_t>{0, 1, 2, 2, 3, 3});
}

}  // namespace

int main() {
  test_rows_of_the_same_columns();
  test_part_of_a_matrix();
  for (int threads : {1, 2}) {
    test_fast_program(1500, 1100, threads);
    test_fast_program(3, 700001, threads);
    test_slow_program(5000, 3000, threads);
    test_slow_program(192, 300000, threads);
    test_slow_program(9, 3000000, threads);
    test_slow_program(1, 30000000, threads);
  }
  for (long long rows : {1, 191, 192, 193, 1000, 100003}) {
    for (double pairs : {1.0, 50000.0, 100000.0, 1e12}) test_cut(rows, 5000, pairs);
    for (long long rows_a_block : {1, 7, 191, 192, 193, 384, 5000, 200000})
      test_tasks_of_cover(rows, 5000, rows_a_block);
  }
  return failures > 0;
}
