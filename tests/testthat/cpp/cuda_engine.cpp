// Tests of the GPU engine on an emulated GPU: kernels of hand-written formulas against
// plain loops, slices and interrupts. Prints "name ok" or "name FAIL" and exits with
// status 1 when something failed. From the top of the repository:
//   g++ -std=c++17 -Isrc -Iinst/include tests/testthat/cpp/cuda_engine.cpp
//   src/run/cuda/cuda_*.cpp src/run/cuda/gpu_matrix.cpp
//     src/base/diagnostic.cpp src/base/pair_cover.cpp -ldl -o cuda_engine &&
//     ./cuda_engine
// To look for errors of memory, build with -fsanitize=address and run with
// RKEOPS_EMULATION_FLAGS=-fsanitize=address in the environment.
#include <functional>
#include <limits>

#include "cuda_formulas.h"
#include "run/cuda/cuda_schedule.h"

using namespace rkeops;

namespace {

// ---- the slow truth ----

/// Component k of row i by a plain loop.
using Truth = std::function<double(const Data&, long long, int)>;

double true_sum(const Data& data, long long i, int k) {
  double sum = 0;
  for (long long j = 0; j < data.job.columns; ++j) {
    sum += std::exp(-0.25 * data.squared_distance(i, j)) * data.y_at(j, 3 + k);
  }
  return sum;
}

double true_sum_of_powers(const Data& data, long long i, int) {
  double sum = 0;
  for (long long j = 0; j < data.job.columns; ++j) {
    sum += std::exp2(-0.25 * data.squared_distance(i, j)) * data.y_at(j, 3);
  }
  return sum;
}

double true_log_sum_exp(const Data& data, long long i, int) {
  double sum = 0;
  for (long long j = 0; j < data.job.columns; ++j) {
    sum += std::exp(-0.25 * data.squared_distance(i, j));
  }
  return std::log(sum);
}

double pair_value(const Data& data, long long i, long long j, int k) {
  return k == 0 ? data.squared_distance(i, j) : data.x_at(i, 0) * data.y_at(j, 3);
}

double true_arg_min(const Data& data, long long i, int k) {
  double best = std::numeric_limits<double>::infinity(), column = NAN;
  for (long long j = 0; j < data.job.columns; ++j) {
    const double value = pair_value(data, i, j, k);
    if (value < best) column = double(j);
    best = std::min(best, value);
  }
  return column;
}

double true_maximum(const Data& data, long long i, int k) {
  double best = -std::numeric_limits<double>::infinity();
  for (long long j = 0; j < data.job.columns; ++j) {
    best = std::max(best, pair_value(data, i, j, k));
  }
  return best;
}

bool near(double a, double b, double tolerance) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::abs(a - b) <= tolerance * (1 + std::abs(b));
}

bool agrees(CudaModule& module, Data& data, const Truth& truth) {
  const long long rows = data.job.rows;
  const std::vector<double> output = data.run(module);
  const double tolerance = module.plan.scalar_bytes == 4 ? 1e-4 : 1e-12;
  for (long long i = 0; i < rows; i += 1 + rows / 300) {
    for (int k = 0; k < module.plan.outputs; ++k) {
      if (!near(output[k * rows + i], truth(data, i, k), tolerance)) {
        std::printf("row %lld component %d: %g instead of %g\n", i, k,
                    output[k * rows + i], truth(data, i, k));
        return false;
      }
    }
  }
  return true;
}

bool agrees(CudaModule& module, const Formula& formula, const Truth& truth,
            long long rows, long long columns) {
  Data data(formula, rows, columns);
  return agrees(module, data, truth);
}

void check_sizes(const Formula& formula, const Truth& truth) {
  for (const std::string scalar : {"float", "double"}) {
    CudaModule& module = cuda_module(settings, 0, compile(formula, scalar));
    const std::string name = formula.name + " of " + scalar + ", ";
    for (const long long rows : {0, 1, 2, 127, 128, 129, 1000}) {
      bool passed = true;
      for (const long long columns : {0, 1, 2, 127, 128, 129, 1000}) {
        passed = passed && agrees(module, formula, truth, rows, columns);
      }
      check(name + std::to_string(rows) + " rows", passed);
    }
    check(name + "few rows and many columns", agrees(module, formula, truth, 3, 20011));
    check(name + "many rows and few columns", agrees(module, formula, truth, 20011, 3));
  }
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

/// The results of small sizes, one after the other.
std::vector<double> small_results(const Formula& formula, CudaModule& module) {
  std::vector<double> results;
  for (const long long rows : {1, 127, 129, 1000}) {
    for (const long long columns : {0, 1, 63, 129, 1000}) {
      Data data(formula, rows, columns);
      const std::vector<double> result = data.run(module);
      results.insert(results.end(), result.begin(), result.end());
    }
  }
  return results;
}

/// The kernel for small problems and the others.
void check_small(const Formula& formula) {
  for (const std::string scalar : {"float", "double"}) {
    CudaModule& module = cuda_module(settings, 0, compile(formula, scalar));
    const std::string name = formula.name + " of " + scalar;
    check(name + " has a kernel for small problems", module.plan.small_blocks > 0);
    const std::vector<double> small = small_results(formula, module);
    settings.small_launches = false;
    CudaModule& others = cuda_module(settings, 0, compile(formula, scalar));
    const bool same = same_bits(small_results(formula, others), small);
    settings.small_launches = true;
    check(name + " is the same without it, bit for bit", same);
  }
}

/// As many blocks as there are tickets; larger problems are faster with several rows a
/// thread.
void check_schedule_of_small() {
  CudaWork work{1000, 1000, 8, 1, 8, 132, 5, false, 256};
  check("1,000 points are a small problem", cuda_schedule(work).is_small);
  work.rows = work.columns = 100000;
  check("100,000 are not", !cuda_schedule(work).is_small);
  work.columns = 10;
  check("nor are more rows than there are tickets", !cuda_schedule(work).is_small);
  work.rows = work.columns = 1000;
  work.small_blocks = 0;
  check("nor is anything without a kernel for them", !cuda_schedule(work).is_small);
}

void check_missing_values() {
  for (const std::string scalar : {"float", "double"}) {
    CudaModule& module = cuda_module(settings, 0, compile(arg_min, scalar));
    Data data(arg_min, 10, 300);
    for (long long j : {0, 1, 17, 299}) data.y[j] = NAN;
    check("arg_min of " + scalar + " ignores NaN", agrees(module, data, true_arg_min));
    for (double& value : data.y) value = NAN;
    check("arg_min of " + scalar + " of nothing but NaN",
          agrees(module, data, true_arg_min));
  }
}

// ---- unusual formulas ----

void check_unusual() {
  const auto check_formula = [](const Formula& formula, const Truth& truth) {
    bool passed = true;
    for (const std::string scalar : {"float", "double"}) {
      CudaModule& module = cuda_module(settings, 0, compile(formula, scalar));
      passed = passed && agrees(module, formula, truth, 5, 700) &&
               agrees(module, formula, truth, 600, 3) &&
               agrees(module, formula, truth, 2, 0);
    }
    check(formula.name, passed);
  };
  const std::string total = "Sum<V, 1, SumScheme::block>";
  const auto product = [](int row, int column, double factor) {
    return [=](const Data& data, long long i, int) {
      double sum = 0;
      for (long long j = 0; j < data.job.columns; ++j) {
        sum += factor * data.x_at(i, row) * data.y_at(j, column);
      }
      return sum;
    };
  };
  check_formula(
      {"long_records", total, "value[0] = row[2] * column[1599];", 0, 3, 1600, 1},
      product(2, 1599, 1));
  check_formula({"many_parameters", total,
                 "value[0] = parameter[4999] * row[0] * column[0];", 5000, 1, 1, 1},
                product(0, 0, 0.25));
  check_formula({"some_parameters", total,
                 "value[0] = parameter[39] * row[0] * column[0];", 40, 1, 1, 1},
                product(0, 0, 0.25));
  check_formula(
      {"two_numbers_a_column", total, "value[0] = row[0] * column[1];", 0, 1, 2, 1},
      product(0, 1, 1));
  check_formula(
      {"long_rows", total, "value[0] = row[299] * column[299];", 0, 300, 300, 1},
      product(299, 299, 1));
  check_formula({"only_a_parameter", total, "value[0] = parameter[0];", 1, 0, 0, 1},
                [](const Data& data, long long, int) { return 0.25 * data.job.columns; });
  check_formula({"short_tiles", sum.reduction, sum.pair, 1, 3, 9, 6, 4, 24}, true_sum);
  check_formula(
      {"long_tiles", log_sum_exp.reduction, log_sum_exp.pair, 1, 3, 9, 1, 3, 1000},
      true_log_sum_exp);
}

// ---- slices and interrupts ----

void check_slices() {
  Data data(sum, 300, 5000);
  const std::vector<double> at_once = data.run(sum_module());
  const CudaSettings before = settings;
  settings.first_slice_work = 1;
  settings.learns_speed = false;
  for (const char* milliseconds : {"500", "80", "0.001"}) {
    setenv("RKEOPS_EMULATION_MILLISECONDS", milliseconds, 1);
    int asked = 0;
    const std::vector<double> sliced =
        data.run(sum_module(), [&] { return ++asked < 0; });
    check(std::string("slices of ") + milliseconds + " ms give the same bits",
          asked > 0 && sliced == at_once);
  }
  unsetenv("RKEOPS_EMULATION_MILLISECONDS");
  int asked = 0;
  bool interrupted = false;
  try {
    data.run(sum_module(), [&] { return ++asked == 1; });
  } catch (const Error& error) {
    interrupted = error.kind == ErrorKind::interrupted;
  }
  check("an interrupt ends the run", interrupted && asked == 1);
  settings = before;
  check("after an interrupt the GPU works", data.run(sum_module()) == at_once);
  check("the kernels are timed",
        last_gpu_timings().kernel_ms > 0 && last_gpu_timings().total_ms > 0);
}

}  // namespace

int main() {
  make_emulated_gpu();
  check_sizes(sum, true_sum);
  check_sizes(log_sum_exp, true_log_sum_exp);
  check_sizes(arg_min, true_arg_min);
  check_sizes(maximum, true_maximum);
  check_sizes(sum_of_powers, true_sum_of_powers);
  for (const Formula* formula : {&sum, &arg_min, &maximum}) check_small(*formula);
  check_schedule_of_small();
  check_missing_values();
  check_unusual();
  check_slices();
  return finish_tests();
}
