// Tests of cpu_engine.h and reductions.h: formulas as the generator would write them, run
// in one block and in blocks of rows and columns whose partial results are merged, and
// compared with plain loops in double. Prints `name ok` or `name FAIL` for every
// reduction; the exit status is 1 if any failed.
//
//   g++ -std=gnu++17 -O2 -march=native -Wno-psabi -Iinst/include
//     tests/testthat/cpp/cpu_engine.cpp -o cpu_engine && ./cpu_engine

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "cpu_engine_formulas.h"
#include "cpu_engine_reference.h"

namespace {

std::mt19937 random_bits(1);

int random_int(int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random_bits);
}

struct Problem {
  Matrix parameters, x, y;
  long long rows, columns;
};

struct Memory {
  void* data;
  explicit Memory(long long bytes)
      : data(std::aligned_alloc(64, (bytes + 64) / 64 * 64)) {}
  ~Memory() { std::free(data); }
  Memory(const Memory&) = delete;
};

std::vector<const double*> pointers(const Matrix& matrix) {
  std::vector<const double*> result;
  for (const auto& component : matrix) result.push_back(component.data());
  return result;
}

using Partial = std::vector<double>;

Partial reduce(const RkeopsCpuLibrary& library, const Problem& problem, long long row,
               long long row_end, long long column, long long column_end) {
  const auto p = pointers(problem.parameters), x = pointers(problem.x),
             y = pointers(problem.y);
  Partial partial(library.slots * rkeops_slot_stride(row_end - row));
  const Memory workspace(library.workspace_bytes(row_end - row));
  const RkeopsBlock block = {p.data(),
                             x.data(),
                             y.data(),
                             row + kOffset,
                             row_end + kOffset,
                             column + kOffset,
                             column_end + kOffset,
                             partial.data(),
                             workspace.data};
  library.initialise(partial.data(), row_end - row);
  library.reduce(&block);
  return partial;
}

// Random borders from 0 to n.
std::vector<long long> borders(long long n, int pieces) {
  std::vector<long long> result = {0, n};
  for (int k = 1; k < pieces; ++k) result.push_back(random_int(0, static_cast<int>(n)));
  std::sort(result.begin(), result.end());
  return result;
}

// Results [component][row]. Columns are split into `pieces`, rows into `row_pieces`;
// neighbouring partial results are merged in random order.
Matrix run(const RkeopsCpuLibrary& library, const Problem& problem, int row_pieces,
           int pieces) {
  Matrix result(library.outputs, std::vector<double>(problem.rows));
  const auto row_borders = borders(problem.rows, row_pieces);
  for (size_t r = 0; r + 1 < row_borders.size(); ++r) {
    const long long row = row_borders[r], rows = row_borders[r + 1] - row;
    const auto column_borders = borders(problem.columns, pieces);
    std::vector<Partial> parts;
    for (size_t c = 0; c + 1 < column_borders.size(); ++c)
      parts.push_back(reduce(library, problem, row, row + rows, column_borders[c],
                             column_borders[c + 1]));
    while (parts.size() > 1) {
      const int into = random_int(0, static_cast<int>(parts.size()) - 2);
      library.merge(parts[into].data(), parts[into + 1].data(), rows);
      parts.erase(parts.begin() + into + 1);
    }
    std::vector<double> output(library.outputs * rows);
    RkeopsBlock block{};
    block.row_begin = row;
    block.row_end = row + rows;
    block.partial = parts[0].data();
    library.finish(&block, output.data(), rows);
    for (int k = 0; k < library.outputs; ++k)
      std::copy_n(output.begin() + k * rows, rows, result[k].begin() + row);
  }
  return result;
}

bool close(double value, Expected expected, double tolerance) {
  if (std::isnan(value) || std::isnan(expected.value))
    return std::isnan(value) && std::isnan(expected.value);
  return value == expected.value ||
         std::fabs(value - expected.value) <= tolerance * expected.scale;
}

// How the values of a pair come from the rows and columns of a problem.
using PairValue = std::function<double(const Problem&, int k, long long i, long long j)>;

bool check(const RkeopsCpuLibrary& library, const Problem& problem, int values,
           const PairValue& pair_value, const Reference& reference, double tolerance) {
  const Matrix whole = run(library, problem, 1, 1), split = run(library, problem, 3, 4);
  for (long long i = 0; i < problem.rows; ++i) {
    Matrix of_row(values, std::vector<double>(problem.columns));
    for (int k = 0; k < values; ++k)
      for (long long j = 0; j < problem.columns; ++j)
        of_row[k][j] = pair_value(problem, k, i + kOffset, j + kOffset);
    const auto expected = reference(of_row);
    for (int k = 0; k < library.outputs; ++k)
      for (const Matrix* result : {&whole, &split})
        if (!close((*result)[k][i], expected[k], tolerance)) {
          std::printf("  %lld x %lld, row %lld, component %d: %.9g instead of %.9g%s\n",
                      problem.rows, problem.columns, i, k, (*result)[k][i],
                      expected[k].value, result == &split ? " (merged)" : "");
          return false;
        }
  }
  return true;
}

// Data: numbers in [-1, 1]; whole numbers, so that many pairs tie; the same, with NaN and
// infinities in the first component of some columns or of all.
enum class Data { smooth, ties, special, only_special };

double random_number(Data data, bool may_be_special) {
  const bool special =
      data == Data::only_special || (data == Data::special && random_int(0, 9) == 0);
  if (may_be_special && special) {
    const double values[] = {kNaN, kInf, -kInf};
    return values[random_int(0, 2)];
  }
  if (data == Data::smooth) return static_cast<float>(random_int(-1000, 1000) / 1000.0);
  return random_int(0, 3);
}

Matrix random_matrix(int components, long long n, Data data, bool columns) {
  Matrix result(components, std::vector<double>(n + kOffset));
  for (int k = 0; k < components; ++k)
    for (double& value : result[k]) value = random_number(data, columns && k == 0);
  return result;
}

template <class Scalar>
double multiplied(const Problem& problem, int k, long long i, long long j) {
  return static_cast<Scalar>(problem.x[k][i]) * static_cast<Scalar>(problem.y[k][j]);
}

int failures = 0;

void report(const std::string& name, bool ok) {
  std::printf("%s %s\n", name.c_str(), ok ? "ok" : "FAIL");
  failures += !ok;
}

template <class Scalar>
std::string named(const std::string& name) {
  return name + (std::is_same<Scalar, float>::value ? " float" : " double");
}

// Every size with every kind of data.
template <class Scalar, template <class> class Reduction, int D, int groups>
void test(const std::string& name, const Reference& reference, double float_tolerance) {
  const auto& library = *rkeops::CpuEngine<Scalar, product::Formula<Scalar, D>, Reduction,
                                           groups>::library();
  const double tolerance =
      std::is_same<Scalar, float>::value ? float_tolerance : float_tolerance * 1e-8;
  bool ok = library.abi_version == RKEOPS_ABI_VERSION;
  for (long long rows : {0, 1, 2, 63, 64, 65, 257, 1000})
    for (long long columns : {0, 1, 2, 63, 64, 65, 257, 1000})
      for (Data data : {Data::ties, Data::smooth, Data::special, Data::only_special}) {
        if (rows * columns > 20000 && data != Data::ties) continue;
        const Problem problem = {{},
                                 random_matrix(D, rows, data, false),
                                 random_matrix(D, columns, data, true),
                                 rows,
                                 columns};
        ok = ok && check(library, problem, D, multiplied<Scalar>, reference, tolerance);
      }
  report(named<Scalar>(name), ok);
}

// The reductions as generated code names them: templates over the lanes alone.
using rkeops::SumScheme;
#define NAMED(name, ...) \
  template <class V>     \
  using name = rkeops::__VA_ARGS__
NAMED(Plain, Sum<V, 1, SumScheme::plain>);
NAMED(Block1, Sum<V, 1, SumScheme::block>);
NAMED(Block20, Sum<V, 20, SumScheme::block>);
NAMED(Compensated, Sum<V, 2, SumScheme::compensated>);
NAMED(Mean, Mean<V, 2, SumScheme::block>);
NAMED(Var, Var<V, 2>);
NAMED(Prod, Prod<V, 2>);
NAMED(Count, Count<V, 2>);
NAMED(Any, Any<V, 2>);
NAMED(All, All<V, 2>);
NAMED(Min, Min<V, 2>);
NAMED(Max, Max<V, 2>);
NAMED(ArgMin, ArgMin<V, 1>);
NAMED(ArgMax, ArgMax<V, 2>);
NAMED(MinArgMin, MinArgMin<V, 2>);
NAMED(MaxArgMax, MaxArgMax<V, 2>);
NAMED(KMin, KMin<V, 1, 1>);
NAMED(ArgKMin, ArgKMin<V, 1, 5>);
NAMED(KMinArgKMin, KMinArgKMin<V, 2, 3>);
NAMED(LogSumExp, LogSumExp<V>);
NAMED(LogSumExpWeight, LogSumExpWeight<V, 5>);
NAMED(SumSoftMaxWeight, SumSoftMaxWeight<V, 2>);
NAMED(MaxSumShiftExp, MaxSumShiftExp<V>);
NAMED(MaxSumShiftExpWeight, MaxSumShiftExpWeight<V, 2>);

template <int D>
struct Outer {
  NAMED(Block, Sum<V, D, SumScheme::block>);
  NAMED(Plain, Sum<V, D, SumScheme::plain>);
  NAMED(Exact, Sum<V, D, SumScheme::compensated>);
  NAMED(Means, Mean<V, D, SumScheme::block>);
};

template <class Scalar>
void test_reductions() {
  const auto counted = [](double (*shown)(double, double)) {
    return of_components([shown](const std::vector<double>& v) -> Expected {
      return {shown(count(v), v.size()), 0};
    });
  };
  test<Scalar, Plain, 1, 3>("Sum plain", of_components(sum), 1e-4);
  test<Scalar, Block1, 1, 4>("Sum", of_components(sum), 2e-6);
  test<Scalar, Block20, 20, 1>("Sum of 20 components", of_components(sum), 2e-6);
  test<Scalar, Compensated, 2, 2>("Sum compensated", of_components(sum), 2e-7);
  test<Scalar, Mean, 2, 2>("Mean", of_components(mean), 2e-6);
  test<Scalar, Var, 2, 1>("Var", of_components(variance), 1e-6);
  test<Scalar, Prod, 2, 2>("Prod", of_components(prod), 1e-4);
  test<Scalar, Count, 2, 2>("Count", counted([](double n, double) { return n; }), 0);
  test<Scalar, Any, 2, 2>("Any", counted([](double n, double) { return double(n > 0); }),
                          0);
  test<Scalar, All, 2, 2>(
      "All", counted([](double n, double all) { return double(n == all); }), 0);
  test<Scalar, Min, 2, 2>("Min", extremum(1), 0);
  test<Scalar, Max, 2, 2>("Max", extremum(-1), 0);
  test<Scalar, ArgMin, 1, 4>("ArgMin", best(1, 1, false, true), 0);
  test<Scalar, ArgMax, 2, 2>("ArgMax", best(1, -1, false, true), 0);
  test<Scalar, MinArgMin, 2, 1>("MinArgMin", best(1, 1, true, true), 0);
  test<Scalar, MaxArgMax, 2, 2>("MaxArgMax", best(1, -1, true, true), 0);
  test<Scalar, KMin, 1, 2>("KMin", best(1, 1, true, false), 0);
  test<Scalar, ArgKMin, 1, 2>("ArgKMin", best(5, 1, false, true), 0);
  test<Scalar, KMinArgKMin, 2, 1>("KMinArgKMin", best(3, 1, true, true), 0);
  test<Scalar, LogSumExp, 1, 3>("LogSumExp", log_sums, 2e-6);
  test<Scalar, LogSumExpWeight, 6, 1>("LogSumExpWeight", log_sums, 5e-6);
  test<Scalar, SumSoftMaxWeight, 3, 2>("SumSoftMaxWeight", softmax, 5e-6);
  test<Scalar, MaxSumShiftExp, 1, 2>("MaxSumShiftExp", shifted_sums, 5e-6);
  test<Scalar, MaxSumShiftExpWeight, 3, 2>("MaxSumShiftExpWeight", shifted_sums, 5e-6);
}

// Vectors that fit neither the registers nor, all together, the first-level cache.
template <class Scalar, int D>
void test_long_vectors() {
  const auto& library = *rkeops::CpuEngine<Scalar, scalar_product::Formula<Scalar, D>,
                                           Block1, 2>::library();
  const auto pair_value = [](const Problem& problem, int, long long i, long long j) {
    double result = 0;
    for (int k = 0; k < D; ++k)
      result += problem.parameters[0][0] * problem.x[k][i] * problem.y[k][j];
    return result;
  };
  bool ok = true;
  for (long long rows : {1, 65})
    for (long long columns : {1, 100}) {
      const Problem problem = {{{-0.5}},
                               random_matrix(D, rows, Data::smooth, false),
                               random_matrix(D, columns, Data::smooth, true),
                               rows,
                               columns};
      const auto reference = of_components([](const std::vector<double>& v) {
        return Expected{sum(v).value, static_cast<double>(v.size()) * D};
      });
      ok = ok && check(library, problem, 1, pair_value, reference,
                       8 * std::numeric_limits<Scalar>::epsilon());
    }
  report(named<Scalar>("vectors of " + std::to_string(D)), ok);
}

// Values of D components, summed up a few at a time; see cpu_outer_product.h.
template <class Scalar, int D, template <class> class Reduction, int groups>
void test_outer_product(const std::string& name,
                        Expected (*reference)(const std::vector<double>&),
                        double float_tolerance) {
  const auto& library = *rkeops::CpuEngine<Scalar, outer_product::Formula<Scalar, D>,
                                           Reduction, groups>::library();
  const auto pair_value = [](const Problem& problem, int k, long long i, long long j) {
    return problem.x[0][i] * problem.y[0][j] *
           (problem.x[k][i] + problem.parameters[0][0] * problem.y[k][j]);
  };
  const double tolerance =
      std::is_same<Scalar, float>::value ? float_tolerance : float_tolerance * 1e-8;
  bool ok = true;
  for (long long rows : {1, 65})
    for (long long columns : {0, 1, 63, 257, 700}) {
      const Problem problem = {{{-0.5}},
                               random_matrix(D, rows, Data::smooth, false),
                               random_matrix(D, columns, Data::smooth, true),
                               rows,
                               columns};
      ok = ok &&
           check(library, problem, D, pair_value, of_components(reference), tolerance);
    }
  report(named<Scalar>(name + " of an outer product, " + std::to_string(D)), ok);
}

// No variable of rows or columns; and digits that only the compensated sum keeps.
template <class Scalar>
void test_special_sums() {
  const auto& constant =
      *rkeops::CpuEngine<Scalar, constant::Formula<Scalar>, Block1, 2>::library();
  const Problem problem = {{{0.5}}, {}, {}, 70, 300};
  const Matrix result = run(constant, problem, 2, 3);
  report(named<Scalar>("no variables"), result[0] == std::vector<double>(70, 150.0));

  const auto& library =
      *rkeops::CpuEngine<Scalar, product::Formula<Scalar, 2>, Compensated, 1>::library();
  const double large = std::is_same<Scalar, float>::value ? 1e9 : 1e18;
  const double cycle[] = {1, large, 1, -large};
  Problem cancelling = {{}, Matrix(2, std::vector<double>(kOffset + 3, 1)), {}, 3, 1000};
  cancelling.y = Matrix(2, std::vector<double>(kOffset + 1000));
  for (auto& component : cancelling.y)
    for (int j = 0; j < 1000; ++j) component[j + kOffset] = cycle[j % 4];
  const Matrix sums = run(library, cancelling, 1, 4);
  report(named<Scalar>("compensated sums keep every digit"),
         sums == Matrix(2, std::vector<double>(3, 500.0)));
}

using Scalar = float;
using ExportedFormula = constant::Formula<Scalar>;

template <class Scalar>
void test_all() {
  test_reductions<Scalar>();
  test_long_vectors<Scalar, 25>();
  test_long_vectors<Scalar, 1000>();
  test_outer_product<Scalar, 4, Outer<4>::template Block, 1>("Sum", sum, 2e-6);
  test_outer_product<Scalar, 13, Outer<13>::template Block, 4>("Sum", sum, 2e-6);
  test_outer_product<Scalar, 13, Outer<13>::template Plain, 3>("plain Sum", sum, 1e-4);
  test_outer_product<Scalar, 13, Outer<13>::template Exact, 2>("Sum", sum, 1e-6);
  test_outer_product<Scalar, 100, Outer<100>::template Means, 2>("Mean", mean, 2e-6);
  test_special_sums<Scalar>();
}

}  // namespace

RKEOPS_CPU_LIBRARY(Scalar, ExportedFormula, Block1, 2)

int main() {
  test_all<float>();
  test_all<double>();
  report("exported library", rkeops_cpu_library()->slots == 1);
  return failures > 0;
}
