// Fits the model of src/run/cuda/cuda_schedule.h again: reads what runs on a GPU took,
// and prints the constants of CudaCycles by which the model is nearest to that.
//   g++ -std=c++17 -O2 -Isrc -Iinst/include tools/fit-schedule.cpp
//     src/run/cuda/cuda_schedule.cpp -o fit-schedule
//   Rscript benchmarks/fit-schedule.R > runs.txt && ./fit-schedule < runs.txt
// `./fit-schedule --check` fits to times that the model itself gives, with other
// constants, and fails where it does not find them.
//
// A line is a run, in the order of r_last_gpu_run(): rows, columns, rows_per_thread,
// slots, components, multiprocessors, resident_blocks, searches, small_blocks, splits,
// is_small, milliseconds; lines that begin with # are comments. The error of a run is the
// logarithm of its time over that of the model; the length of a cycle makes their mean 0.
// Only ratios of the constants matter, so component_cycles stays as it is.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "run/cuda/cuda_schedule.h"

using namespace rkeops;

namespace {

struct Run {
  CudaWork work;
  long long splits;
  bool is_small;
  double milliseconds;
};

struct Constant {
  const char* name;
  double CudaCycles::*member;
};

#define CONSTANT(name) \
  { #name, &CudaCycles::name }
const Constant constants[] = {
    CONSTANT(fewest_pair_cycles), CONSTANT(start_cycles),
    CONSTANT(idle_blocks),        CONSTANT(fewest_busy_blocks),
    CONSTANT(search_pair_cycles), CONSTANT(find_cycles),
    CONSTANT(find_pairs),         CONSTANT(merge_launch_cycles),
    CONSTANT(merge_cycles),       CONSTANT(small_read_cycles),
    CONSTANT(small_block_cycles), CONSTANT(ticket_cycles),
    CONSTANT(small_merge_cycles), CONSTANT(resident_small_blocks),
    CONSTANT(small_start_cycles), CONSTANT(busy_small_blocks),
    CONSTANT(others_cycles)};
#undef CONSTANT

/// The root of the mean of the squared errors; infinite where the model makes no sense.
double error_of(const std::vector<Run>& runs, const CudaCycles& cycles) {
  double sum = 0, squares = 0;
  for (const Run& run : runs) {
    const double time = cuda_cycles(run.work, run.splits, run.is_small, cycles);
    if (!(time > 0)) return std::numeric_limits<double>::infinity();
    const double error = std::log(run.milliseconds / time);
    sum += error;
    squares += error * error;
  }
  const auto count = double(runs.size());
  return std::sqrt(std::max(0.0, squares / count - sum / count * (sum / count)));
}

/// The best of some multiples of one constant.
CudaCycles moved(const std::vector<Run>& runs, const CudaCycles& from,
                 const Constant& constant, double factor) {
  CudaCycles best = from;
  double least = error_of(runs, from) * (1 - 1e-9);
  for (int power = -4; power <= 4; ++power) {
    CudaCycles other = from;
    other.*constant.member *= std::pow(factor, power);
    const double now = error_of(runs, other);
    if (now >= least) continue;
    least = now;
    best = other;
  }
  return best;
}

/// Moves one constant after the other as long as that helps, then by smaller factors.
CudaCycles fitted(const std::vector<Run>& runs, CudaCycles cycles) {
  for (double factor = 1.5; factor > 1.001; factor = std::sqrt(factor)) {
    for (int sweep = 0; sweep < 40; ++sweep) {
      const double before = error_of(runs, cycles);
      for (const Constant& constant : constants)
        cycles = moved(runs, cycles, constant, factor);
      if (error_of(runs, cycles) > before * 0.9999) break;
    }
  }
  return cycles;
}

/// Do the runs tell anything about this constant?
bool is_felt(const std::vector<Run>& runs, const CudaCycles& cycles,
             const Constant& constant) {
  CudaCycles other = cycles;
  other.*constant.member *= 1.5;
  return std::fabs(error_of(runs, other) - error_of(runs, cycles)) > 1e-4;
}

/// Runs of the same reduction, which differ in how it was cut.
bool are_of_one_reduction(const Run& a, const Run& b) {
  return a.work.rows == b.work.rows && a.work.columns == b.work.columns &&
         a.work.slots == b.work.slots && a.work.components == b.work.components &&
         a.work.searches == b.work.searches &&
         a.work.rows_per_thread == b.work.rows_per_thread;
}

/// The time lost by the cut that the model prefers, of those that were timed, to the
/// fastest of them: a mean over the reductions, and the largest.
struct Regret {
  double mean, largest;
};

Regret regret_of(const std::vector<Run>& runs, const CudaCycles& cycles) {
  double sum = 0, largest = 0;
  int reductions = 0;
  for (size_t begin = 0, end; begin < runs.size(); begin = end) {
    size_t fastest = begin, preferred = begin;
    double least = std::numeric_limits<double>::infinity();
    for (end = begin; end < runs.size() && are_of_one_reduction(runs[begin], runs[end]);
         ++end) {
      const Run& run = runs[end];
      const double time = cuda_cycles(run.work, run.splits, run.is_small, cycles);
      if (time < least) preferred = end;
      least = std::min(least, time);
      if (run.milliseconds < runs[fastest].milliseconds) fastest = end;
    }
    const double lost = runs[preferred].milliseconds / runs[fastest].milliseconds - 1;
    sum += lost;
    largest = std::max(largest, lost);
    ++reductions;
  }
  return {sum / reductions, largest};
}

void print(const std::vector<Run>& runs) {
  const CudaCycles before, after = fitted(runs, before);
  std::printf("%zu runs; error of the model: %.3f, after the fit %.3f\n", runs.size(),
              error_of(runs, before), error_of(runs, after));
  const Regret old = regret_of(runs, before), now = regret_of(runs, after);
  std::printf(
      "its cuts take longer than the fastest: %.1f %% (at most %.0f %%), "
      "after the fit %.1f %% (%.0f %%)\n\n",
      100 * old.mean, 100 * old.largest, 100 * now.mean, 100 * now.largest);
  for (const Constant& constant : constants) {
    if (is_felt(runs, after, constant))
      std::printf("%-24s %10.4g, was %g\n", constant.name, after.*constant.member,
                  before.*constant.member);
    else
      std::printf("%-24s %10s, was %g\n", constant.name, "not seen",
                  before.*constant.member);
  }
}

std::vector<Run> read(std::istream& input) {
  std::vector<Run> runs;
  for (std::string line; std::getline(input, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    Run run;
    CudaWork& work = run.work;
    words >> work.rows >> work.columns >> work.rows_per_thread >> work.slots >>
        work.components >> work.multiprocessors >> work.resident_blocks >>
        work.searches >> work.small_blocks >> run.splits >> run.is_small >>
        run.milliseconds;
    if (!words || !(run.milliseconds > 0)) {
      std::fprintf(stderr, "This line is no run: %s\n", line.c_str());
      std::exit(2);
    }
    runs.push_back(run);
  }
  return runs;
}

/// Times of runs of many kinds, by the model with these constants.
std::vector<Run> made_up(const CudaCycles& cycles) {
  std::vector<Run> runs;
  for (const long long rows : {1, 100, 700, 5000, 21000, 100000, 1000000})
    for (const long long columns : {100, 3000, 100000})
      for (const int components : {4, 16, 60})
        for (const int kind : {0, 1, 2, 3})
          for (const long long splits : {1, 3, 8, 20, 70, 200}) {
            const bool searches = kind == 3, is_small = kind == 1 && rows <= 256 * 128;
            Run run{{rows, columns, 4, searches ? 20 : 1 + components / 4, components,
                     132, kind == 2 ? 2 : 8, searches, 256},
                    std::min(splits, (columns + 15) / 16),
                    is_small,
                    0};
            run.milliseconds = 1e-5 * cuda_cycles(run.work, run.splits, is_small, cycles);
            runs.push_back(run);
          }
  return runs;
}

int check() {
  CudaCycles wanted;
  double factor = 0.6;
  for (const Constant& constant : constants) {
    wanted.*constant.member *= factor;
    factor = factor < 1 ? 1.5 : 0.6;
  }
  const std::vector<Run> runs = made_up(wanted);
  const CudaCycles found = fitted(runs, CudaCycles());
  const double before = error_of(runs, CudaCycles()), after = error_of(runs, found);
  std::printf("error of the model: %.4f, after the fit %.4f\n", before, after);
  int wrong = after > before / 10;
  for (const Constant& constant : constants) {
    const double ratio = found.*constant.member / wanted.*constant.member;
    // a limit is only known to lie between the loads that were seen
    const bool is_limit = std::strcmp(constant.name, "resident_small_blocks") == 0;
    const bool is_near = std::fabs(std::log(ratio)) < (is_limit ? 0.4 : 0.1);
    std::printf("%s %.3f of what it is: %s\n", constant.name, ratio,
                is_near ? "ok" : "FAIL");
    wrong += !is_near;
  }
  return wrong > 0;
}

}  // namespace

int main(int count, char** words) {
  if (count > 1 && std::strcmp(words[1], "--check") == 0) return check();
  const std::vector<Run> runs = read(std::cin);
  if (runs.empty()) {
    std::fprintf(stderr, "There are no runs to read.\n");
    return 2;
  }
  print(runs);
  return 0;
}
