// The tests of the GPU engine share this: the emulated GPU (see ../cuda-emulation),
// formulas written as the generator would, and data.
#pragma once

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/diagnostic.h"
#include "run/cuda/cuda_engine.h"

namespace rkeops {

inline int failures = 0;
inline std::string folder;     // of this run
inline CudaSettings settings;  // of the emulated driver

inline void check(const std::string& name, bool passed) {
  std::printf("%s %s\n", name.c_str(), passed ? "ok" : "FAIL");
  std::fflush(stdout);
  if (!passed) ++failures;
}

inline const std::string emulation = "tests/testthat/cuda-emulation/";

inline void shell(const std::string& command) {
  if (std::system(command.c_str()) == 0) return;
  std::printf("FAIL: %s\n", command.c_str());
  std::exit(1);
}

inline void make_emulated_gpu() {
  char name[] = "/tmp/rkeops-cuda-XXXXXX";
  folder = mkdtemp(name);
  settings.library = folder + "/libcuda-emulation.so";
  shell(
      "${CXX:-g++} -std=c++17 -O1 -shared -fPIC -Iinst/include $RKEOPS_EMULATION_FLAGS " +
      emulation + "driver.cpp -o " + settings.library);
}

/// The exit status of the program.
inline int finish_tests() {
  shell("rm -r " + folder);
  return failures == 0 ? 0 : 1;
}

/// Stages only copy what they read.
struct Formula {
  std::string name, reduction,
      pair;  // `pair` sets value[] from parameter[], row[], column[]
  int parameters, rows, columns, values;
  int rows_per_thread = 2, columns_per_tile = 128;
};

inline std::string stage(const std::string& signature, int count) {
  return "  template <class V>\n  RKEOPS_INLINE static void " + signature +
         " {\n    RKEOPS_UNROLL for (int k = 0; k < " + std::to_string(count) +
         "; ++k) kept[k] = input[k];\n  }\n";
}

inline std::string source(const Formula& f, const std::string& scalar) {
  const auto counts = [](const char* inputs, const char* kept, int n) {
    return std::string("  static constexpr int ") + inputs + " = " + std::to_string(n) +
           ", " + kept + " = " + std::to_string(n) + ";\n";
  };
  return "#include <rkeops/cuda/cuda_engine.cuh>\nnamespace rkeops {\nnamespace {\nusing "
         "Scalar = " +
         scalar + ";\nstruct Formula : NoInnerProduct {\n" +
         counts("parameter_inputs", "parameters_kept", f.parameters) +
         counts("row_inputs", "row_kept", f.rows) +
         counts("column_inputs", "column_kept", f.columns) +
         "  static constexpr int pair_values = " + std::to_string(f.values) + ";\n" +
         "  static constexpr bool has_finish_stage = false;\n" +
         stage("parameter_stage(const V* input, V* kept)", f.parameters) +
         stage("row_stage(const Scalar* parameter, const V* input, V* kept)", f.rows) +
         stage("column_stage(const Scalar* parameter, const V* input, V* kept)",
               f.columns) +
         "  template <class V>\n  RKEOPS_INLINE static void pair_stage(const Scalar* "
         "parameter, "
         "const V* row, const Scalar* column, V* value) {\n    " +
         f.pair + "\n  }\n};\ntemplate <class V>\nusing Reduction = " + f.reduction +
         ";\n}  // namespace\nRKEOPS_CUDA_KERNELS(Scalar, Formula, Reduction, " +
         std::to_string(f.rows_per_thread) + ", " + std::to_string(f.columns_per_tile) +
         ")\n}  // namespace rkeops\n";
}

/// Path of the compiled formula.
inline std::string compile(const Formula& formula, const std::string& scalar) {
  const std::string base = folder + "/" + formula.name + "_" + scalar;
  std::ofstream(base + ".cu") << source(formula, scalar);
  shell(emulation + "nvcc -cubin -O1 -std=c++17 -arch=sm_90 -Iinst/include " + base +
        ".cu -o " + base + ".cubin");
  return base + ".cubin";
}

inline const std::string distance =
    "V d = all<V>(0); RKEOPS_UNROLL for (int k = 0; k < 3; ++k) d += square(row[k] - "
    "column[k]); ";
inline const std::string weights =
    "const V e = exp(-parameter[0] * d); RKEOPS_UNROLL for (int k = 0; k < 6; ++k) "
    "value[k] = e * "
    "column[3 + k];";

inline const Formula sum{
    "sum", "Sum<V, 6, SumScheme::block>", distance + weights, 1, 3, 9, 6};
inline const Formula sum_of_powers{
    "sum_of_powers",
    "Sum<V, 1, SumScheme::block>",
    distance + "value[0] = exp2(-parameter[0] * d) * column[3];",
    1,
    3,
    9,
    1};
inline const Formula log_sum_exp{"log_sum_exp",
                                 "LogSumExp<V>",
                                 distance + "value[0] = -parameter[0] * d;",
                                 1,
                                 3,
                                 9,
                                 1};
inline const Formula arg_min{"arg_min",
                             "ArgMin<V, 2>",
                             distance + "value[0] = d; value[1] = row[0] * column[3];",
                             1,
                             3,
                             9,
                             2};
inline const Formula maximum{"maximum", "Max<V, 2>", arg_min.pair, 1, 3, 9, 2};

// Multiples of 1/8, exact in float, with many ties.
inline std::vector<double> numbers(long long count, unsigned seed) {
  std::vector<double> values(count);
  for (double& value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = (int(seed >> 26) - 32) / 8.0;
  }
  return values;
}

struct Data {
  Data(const Formula& formula, long long rows, long long columns)
      : f(formula),
        parameters(f.parameters, 0.25),
        x(numbers(rows * f.rows, 1)),
        y(numbers(columns * f.columns, 2)) {
    job.rows = rows;
    job.columns = columns;
    for (const double& p : parameters) job.parameter_inputs.push_back({&p, 1, 1});
    if (f.rows > 0) job.row_inputs = {{x.data(), rows, f.rows}};
    if (f.columns > 3) {  // two variables
      job.column_inputs = {{y.data(), columns, 3},
                           {y.data() + 3 * columns, columns, f.columns - 3}};
    } else if (f.columns > 0) {
      job.column_inputs = {{y.data(), columns, f.columns}};
    }
  }
  Data(const Data&) = delete;

  double x_at(long long i, int k) const { return x[k * job.rows + i]; }
  double y_at(long long j, int k) const { return y[k * job.columns + j]; }
  double squared_distance(long long i, long long j) const {
    double sum = 0;
    for (int k = 0; k < 3; ++k) sum += std::pow(x_at(i, k) - y_at(j, k), 2);
    return sum;
  }

  std::vector<double> run(CudaModule& module, const Interrupted& interrupted = {}) {
    std::vector<double> output(job.rows * module.plan.outputs, -12345);
    job.output = output.data();
    run_on_gpus({&module}, job, interrupted);
    return output;
  }

  const Formula& f;
  std::vector<double> parameters, x, y;
  Job job;
};

inline CudaModule& sum_module() {
  const std::string path = folder + "/sum_float.cubin";
  return cuda_module(settings, 0,
                     access(path.c_str(), R_OK) == 0 ? path : compile(sum, "float"));
}

}  // namespace rkeops
