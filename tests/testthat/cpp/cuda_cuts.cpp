// Tests of the numbers by which the run of one GPU is cut (src/run/cuda/cuda_cuts.cpp),
// without a GPU: every pair of a share is in one chunk, what is brought next is what is
// computed next, and kernels find columns by their numbers wherever a chunk begins.
// Prints "name ok" or "name FAIL" and exits with status 1 when something failed. From
// the top of the repository:
//   g++ -std=c++17 -Isrc -Iinst/include tests/testthat/cpp/cuda_cuts.cpp
//     src/run/cuda/cuda_cuts.cpp src/base/job.cpp
//     -o cuda_cuts && ./cuda_cuts
#include "run/cuda/cuda_cuts.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

using namespace rkeops;

namespace {

int failures = 0;

void check(const std::string& name, bool passed) {
  std::printf("%s %s\n", name.c_str(), passed ? "ok" : "FAIL");
  if (!passed) ++failures;
}

struct Case {
  std::string name;
  CudaWork work;
  CudaSchedule schedule;
  CudaShare share;
  CudaChunks chunks;
};

// A share of some rows and splits, in chunks of `rows` rows and of `columns` columns of
// each of `splits` splits. `columns_a_split` need not divide the columns.
Case case_of(long long all_columns, long long columns_a_split, const CudaShare& share,
             long long rows, int splits, long long columns) {
  Case one;
  one.work = {share.row_end + 5, all_columns, 4, 3, 8, 132, 6, false, 0};
  one.schedule.rows_a_part = rows;
  one.schedule.splits = int(divide_up(all_columns, columns_a_split));
  one.schedule.columns_a_split = columns_a_split;
  one.schedule.is_small = false;
  one.share = share;
  one.chunks.rows = rows;
  one.chunks.row_buffers = rows < share.rows() ? 2 : 1;
  one.chunks.rows_a_part = rows;
  one.chunks.splits = splits;
  one.chunks.columns = columns;
  one.chunks.columns_stay = columns >= columns_a_split && splits >= share.splits();
  one.name = std::to_string(share.rows()) + " rows by " + std::to_string(rows) + ", " +
             std::to_string(all_columns) + " columns by " + std::to_string(splits) +
             " x " + std::to_string(columns);
  return one;
}

std::vector<Case> cases() {
  const CudaShare all_of_64{0, 64, 0, 4}, some{3, 130, 1, 3}, one_row{0, 1, 0, 1};
  return {case_of(4096, 1024, all_of_64, 64, 4, 1024),
          case_of(4000, 1024, all_of_64, 16, 4, 256),
          case_of(3073, 1024, all_of_64, 20, 4, 1024),
          case_of(3073, 1024, all_of_64, 63, 1, 256),
          case_of(3000, 1024, some, 127, 2, 1024),
          case_of(3000, 1024, some, 65, 2, 512),
          case_of(2049, 1024, some, 1, 1, 256),
          case_of(1, 16, one_row, 1, 1, 16),
          case_of(0, 16, one_row, 1, 1, 16)};
}

// ---- what is where ----

void test_pairs(const Case& one) {
  const CudaCuts cuts(one.work, one.schedule, one.share, one.chunks);
  const long long all = one.work.columns, a_split = one.schedule.columns_a_split;
  std::vector<int> rows(std::size_t(one.share.rows())), columns(std::size_t(all), 0);
  for (const CudaRowChunk& chunk : cuts.rows())
    for (long long row = chunk.begin; row < chunk.end; ++row) ++rows[std::size_t(row)];
  for (const CudaColumnChunk& chunk : cuts.columns())
    for (const CudaSegment& segment : cuts.segments(chunk))
      for (long long column = segment.begin; column < segment.end; ++column)
        ++columns[std::size_t(column)];
  bool each_once = std::all_of(rows.begin(), rows.end(), [](int n) { return n == 1; });
  for (long long column = 0; column < all; ++column) {
    const long long split = column / a_split;
    const bool is_own = split >= one.share.split_begin && split < one.share.split_end;
    each_once = each_once && columns[std::size_t(column)] == int(is_own);
  }
  check("each pair once: " + one.name, each_once);
}

// A kernel reads column c of a chunk, in split s, at c less the gaps of the splits before
// (see CudaArguments), from the address that the offset moves.
void test_addresses(const Case& one) {
  const CudaCuts cuts(one.work, one.schedule, one.share, one.chunks);
  CudaLaunchPlan plan{};
  plan.scalar_bytes = 4;
  plan.column_kept = 3;
  plan.slots = 2;
  const auto record = (long long)cuda_record_bytes(plan);
  bool found = true;
  for (const CudaColumnChunk& chunk : cuts.columns()) {
    const CudaColumnOffsets offsets = cuts.offsets(chunk, plan, 128);
    long long last = 0;
    for (const CudaSegment& segment : cuts.segments(chunk)) {
      const long long split = segment.begin / one.schedule.columns_a_split;
      const long long gaps = (split - chunk.split_begin) * cuts.gap(chunk);
      for (const long long column : {segment.begin, segment.end - 1}) {
        const long long place = segment.to + column - segment.begin;
        found = found &&
                (column - gaps) * record - (long long)offsets.records == place * record;
        found = found && (column - gaps) * 4 - (long long)offsets.vectors == place * 4;
        last = std::max(last, place + 1);
      }
    }
    found = found && cuts.columns_in_memory(chunk) == last &&
            last <= chunk.splits() * chunk.size();
    found = found && (long long)offsets.accumulators ==
                         8ll * (chunk.split_begin - one.share.split_begin) * 2 * 128;
  }
  check("columns are found: " + one.name, found);
}

// ---- what comes when ----

// Computes as CudaRun does, and looks whether each chunk is there when it is needed and
// is not overwritten before.
void test_order(const Case& one) {
  const CudaCuts cuts(one.work, one.schedule, one.share, one.chunks);
  std::vector<long long> in_buffers(2, -1);
  in_buffers[0] = 0;
  long long columns = 0, loads = 0;
  bool there = true;
  for (std::size_t r = 0; r < cuts.rows().size(); ++r) {
    for (std::size_t c = 0; c < cuts.columns().size(); ++c) {
      there = there && columns == (long long)c;
      there = there && in_buffers[std::size_t(cuts.rows()[r].buffer)] == (long long)r;
      const CudaNextChunks next = cuts.after(r, c);
      if (next.columns >= 0) columns = next.columns;
      if (next.rows < 0) continue;
      ++loads;
      const int buffer = cuts.rows()[std::size_t(next.rows)].buffer;
      there = there && buffer != cuts.rows()[r].buffer;
      in_buffers[std::size_t(buffer)] = next.rows;
    }
  }
  check("chunks come when they are needed: " + one.name, there);
  check("rows come once: " + one.name, loads + 1 == (long long)cuts.rows().size());
}

void test_events() {
  const CudaRowChunk first{0, 1, 0}, second{1, 2, 1};
  std::vector<std::size_t> numbers = {cuda_events::columns_loaded,
                                      cuda_events::columns_free};
  for (const CudaRowChunk& chunk : {first, second}) {
    numbers.push_back(cuda_events::rows_loaded(chunk));
    numbers.push_back(cuda_events::rows_free(chunk));
    numbers.push_back(cuda_events::results_ready(chunk));
  }
  std::sort(numbers.begin(), numbers.end());
  check("events have numbers of their own",
        std::adjacent_find(numbers.begin(), numbers.end()) == numbers.end());
}

// ---- how much ----

void test_bytes() {
  CudaLaunchPlan plan{};
  plan.scalar_bytes = 4;
  plan.column_kept = 3;  // padded to 16 bytes
  plan.slots = 5;
  plan.outputs = 2;
  plan.row_inputs = 3;
  std::vector<double> values(30), output(20);
  Job job;
  job.rows = job.columns = 10;
  job.row_inputs = {MatrixView(values.data(), 10, 3)};
  job.output = output.data();
  const CudaBytes bytes = cuda_bytes(plan, job, 7);
  check("bytes of a row", bytes.row_inputs == 12 && bytes.row_inputs_in_core == 12 &&
                              bytes.row_output == 16 && bytes.accumulators == 8 * 5 * 7);
  check("bytes of a column", bytes.column_inputs == 0 && bytes.column_work == 16);
  check("vectors are whole pieces, and one more",
        cuda_vector_bytes(plan, 2, 129) == 2 * 4 * 384 &&
            cuda_vector_bytes(plan, 2, 0) == 2 * 4 * 128);
}

void test_rows() {
  std::vector<double> values(30), output(10);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = double(k);
  Job job;
  job.rows = 10;
  job.columns = 1;
  job.row_inputs = {MatrixView(values.data(), 10, 3)};
  job.output = output.data();
  const Job own = rows_of(job, {4, 9, 0, 1});
  const MatrixView& matrix = own.row_inputs.front();
  check("the rows of a share", own.rows == 5 && matrix.rows == 5 && matrix.data[0] == 4 &&
                                   matrix.data[matrix.stride] == 14);
}

void test_small_launches() {
  Case one = case_of(512, 512, {0, 100, 0, 1}, 100, 1, 512);
  std::vector<double> output(100);
  Job job;
  job.rows = 100;
  job.columns = 512;
  job.output = output.data();
  one.schedule.is_small = one.chunks.in_core = true;
  const CudaTask task{job, one.work, one.schedule};
  check("a small problem is one launch",
        is_one_small_launch(task, one.share, one.chunks, 512));
  check("it is not where the user may wait less",
        !is_one_small_launch(task, one.share, one.chunks, 256));
  CudaChunks chunks = one.chunks;
  chunks.rows_a_part = 50;
  check("nor in parts", !is_one_small_launch(task, one.share, chunks, 512));
  chunks = one.chunks;
  chunks.in_core = false;
  check("nor in chunks", !is_one_small_launch(task, one.share, chunks, 512));
  check("few blocks read across the bus", inputs_may_stay(task, one.share));
  check("many do not", !inputs_may_stay(task, {0, 9 * cuda_threads, 0, 1}));
}

}  // namespace

int main() {
  for (const Case& one : cases()) {
    test_pairs(one);
    test_addresses(one);
    test_order(one);
  }
  test_events();
  test_bytes();
  test_rows();
  test_small_launches();
  return failures > 0;
}
