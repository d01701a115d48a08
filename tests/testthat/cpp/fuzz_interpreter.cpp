// Any bytes as a formula, its data and the cuts of its work: the interpreter, with every
// instruction set of this processor and its form for few rows, against plain loops. The
// bytes choose rows of the tables, so that nearly all of them are formulas.
//
// As a program it runs random bytes and what was found once
// (tests/testthat/cpp/corpus-interpreter), and prints "name ok" or "name FAIL". With
// -DRKEOPS_FUZZER it is a target of libFuzzer: tools/fuzz.sh.
//
//   g++ -std=c++17 -O2 -Isrc tests/testthat/cpp/fuzz_interpreter.cpp src/base/*.cpp
//     src/lang/*.cpp src/ir/*.cpp src/pass/*.cpp src/semantics/*.cpp src/plan/*.cpp
//     src/emit/*.cpp src/build/*.cpp src/interpret/*.cpp src/operator/*.cpp
//     src/bound/*.cpp -pthread -ldl
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "interpret/few_rows.h"
#include "interpret/instruction_sets.h"
#include "interpret/interpreter.h"
#include "interpret/lower.h"
#include "ir/print.h"
#include "operator/compile_formula.h"
#include "plain_loops.h"
#include "random_graph.h"

using namespace rkeops;

namespace {

// ---- data ----

// Mostly small dyadic numbers, which are often equal, some of them others.
double number(std::mt19937& random) {
  const unsigned choice = random() % 40;
  if (choice == 0) return 0;
  if (choice < 30) return double(int(random() % 49) - 24) / 8;
  return double(float(std::uniform_real_distribution<double>(-2, 2)(random)));
}

PlainInputs data_of(const std::vector<Argument>& arguments, Bytes& bytes) {
  static const int sizes[] = {0, 1, 2, 3, 5, 7, 8, 9, 16, 17, 33, 65};
  PlainInputs inputs;
  inputs.i_size = sizes[bytes.next(12)];
  inputs.j_size = sizes[bytes.next(12)];
  std::mt19937 random(unsigned(bytes.next(256)));
  for (const Argument& argument : arguments) {
    std::vector<double> matrix(size_t(inputs.size(argument.level) * argument.dimension));
    for (double& x : matrix) x = number(random);
    inputs.matrices.push_back(std::move(matrix));
  }
  return inputs;
}

// ---- the interpreter ----

struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<void, FreeMemory>;

Memory memory(long long bytes) {
  return Memory(std::aligned_alloc(64, size_t(bytes + 64) / 64 * 64));
}

using Results = std::map<const Node*, std::vector<double>>;

// A pointer for each component of what a stage reads.
void add_pointers(std::vector<const double*>& pointers, const std::vector<Expr>& read,
                  const PlainInputs& inputs, Results& results) {
  for (Expr e : read) {
    const long long rows = inputs.size(e->level);
    if (e->kind == NodeKind::index && !results.count(&*e)) {
      std::vector<double>& numbers = results[&*e];
      numbers.assign(size_t(2 * rows), 0.0);
      for (long long k = 0; k < rows; ++k) numbers[size_t(k)] = double(k);
    }
    const std::vector<double>& matrix = e->kind == NodeKind::variable
                                            ? inputs.matrices.at(size_t(e->position))
                                            : results.at(&*e);
    for (int k = 0; k < e->dimension; ++k) pointers.push_back(matrix.data() + k * rows);
  }
}

struct Pieces {
  long long rows, columns;  // of each piece
};

std::vector<double> run_kernel(const CpuProgram& program, const KernelPlan& kernel,
                               const PlainInputs& inputs, Results& results,
                               const Pieces& pieces) {
  std::vector<const double*> parameters, rows, columns;
  add_pointers(parameters, kernel.parameters.inputs, inputs, results);
  add_pointers(rows, kernel.rows.inputs, inputs, results);
  add_pointers(columns, kernel.columns.inputs, inputs, results);
  add_pointers(parameters, kernel.finish.parameter_inputs, inputs, results);
  add_pointers(rows, kernel.finish.row_inputs, inputs, results);
  const long long row_count = inputs.size(kernel.row_index);
  const long long column_count = inputs.size(kernel.column_index);
  std::vector<double> output(size_t(row_count * kernel.outputs), 0.0);
  for (long long row = 0; row < row_count; row += pieces.rows) {
    const long long count = std::min(pieces.rows, row_count - row);
    const Memory whole = memory(program.partial_bytes(count)),
                 part = memory(program.partial_bytes(count)),
                 workspace = memory(program.workspace_bytes(count));
    RkeopsBlock block = {
        parameters.data(), rows.data(),    columns.data(), row, row + count, 0, 0,
        part.get(),        workspace.get()};
    program.initialise(whole.get(), count);
    for (long long column = 0; column < column_count; column += pieces.columns) {
      block.column_begin = column;
      block.column_end = std::min(column + pieces.columns, column_count);
      program.initialise(part.get(), count);
      program.reduce(block);
      program.merge(whole.get(), part.get(), count);
    }
    block.partial = whole.get();
    program.finish(block, output.data() + row, row_count);
  }
  return output;
}

// The result of the last kernel; empty where a program does not exist.
std::vector<double> interpreted(const Operator& op, const PlainInputs& inputs,
                                const tiles::InstructionSet& instructions,
                                bool is_of_few_rows, const Pieces& pieces) {
  Results results;
  std::vector<double> last;
  for (const KernelPlan& kernel : op.plan.kernels) {
    if (!can_interpret(kernel)) throw NotPlain();
    std::unique_ptr<CpuProgram> program;
    if (is_of_few_rows && inputs.size(kernel.row_index) <= most_of_few_rows)
      program = few_rows_interpreter(kernel, op.text.precision, instructions);
    if (!program) program = interpreter(lower(kernel, op.text.precision, instructions));
    last = run_kernel(*program, kernel, inputs, results, pieces);
    results[&*kernel.result] = last;
  }
  return last;
}

// ---- comparison ----

std::vector<double> plain(const Operator& op, const PlainInputs& inputs, double noise,
                          unsigned seed) {
  const double largest = op.text.precision == Precision::float32 ? 1e30 : 1e290;
  PlainLoops loops(inputs, noise, largest, seed);
  const Expr root = op.typed.root;
  const long long rows = inputs.size(op.typed.index);
  std::vector<double> result(size_t(rows * root->dimension));
  for (long long row = 0; row < rows; ++row) {
    const std::vector<double>& values = loops.value(root, row, row);
    for (int k = 0; k < root->dimension; ++k)
      result[size_t(row + k * rows)] = values[size_t(k)];
  }
  return result;
}

// Limits of the error of each number, from what noise does: NaN where nothing can be
// said.
std::vector<double> limits(const Operator& op, const PlainInputs& inputs,
                           const std::vector<double>& expected) {
  const double noise = std::ldexp(1, op.text.precision == Precision::float32 ? -17 : -40);
  std::vector<double> limit;
  for (double x : expected) limit.push_back(noise * std::fabs(x));
  for (unsigned seed = 1; seed <= 8; ++seed) {
    const std::vector<double> other = plain(op, inputs, noise, seed);
    for (size_t k = 0; k < other.size(); ++k) {
      const bool is_same =
          other[k] == expected[k] || (std::isnan(other[k]) && std::isnan(expected[k]));
      const double change = is_same ? 0 : std::fabs(other[k] - expected[k]);
      limit[k] += std::isfinite(change) ? 2 * change : std::nan("");
    }
  }
  return limit;
}

struct Outcome {
  std::string wrong;  // empty: nothing
  long long compared = 0;
};

void compare(const std::vector<double>& actual, const std::vector<double>& expected,
             const std::vector<double>& limit, const std::string& what,
             Outcome& outcome) {
  if (actual.size() != expected.size()) outcome.wrong = what + ": another size";
  for (size_t k = 0; k < expected.size() && outcome.wrong.empty(); ++k) {
    // a few digits at least have to be known
    if (!(limit[k] <= 1e-3 * std::fabs(expected[k]) + 1e-6) && std::isfinite(expected[k]))
      continue;
    if (std::isnan(limit[k])) continue;
    ++outcome.compared;
    const bool is_same = actual[k] == expected[k] ||
                         (std::isnan(actual[k]) && std::isnan(expected[k])) ||
                         std::fabs(actual[k] - expected[k]) <= limit[k];
    if (is_same) continue;
    char numbers[200];
    std::snprintf(numbers, sizeof numbers, ": number %zu is %.17g, not %.17g +- %.3g", k,
                  actual[k], expected[k], limit[k]);
    outcome.wrong = what + numbers;
  }
}

Outcome attack(const std::string& all) {
  Outcome outcome;
  Bytes bytes(all);
  const Precision precision = bytes.next(4) ? Precision::float64 : Precision::float32;
  try {
    std::unique_ptr<Operator> op = plan_formula(
        [&](Graph& graph) { return Growth(graph, bytes).formula(); }, precision,
        bytes.next(3) ? SumScheme::block : SumScheme::compensated);
    const PlainInputs inputs = data_of(op->typed.arguments, bytes);
    if (inputs.i_size == 0 || inputs.j_size == 0) op = unsimplified_operator(*op);
    const Pieces pieces = {1 + bytes.next(70), 1 + bytes.next(70)};
    const std::vector<double> expected = plain(*op, inputs, 0, 0);
    const std::vector<double> limit = limits(*op, inputs, expected);
    for (const tiles::InstructionSet* instructions : available_instruction_sets())
      for (bool is_of_few_rows : {false, true}) {
        const std::string what =
            std::string(instructions->name) + (is_of_few_rows ? ", few rows, " : ", ") +
            precision_name(precision) + ", " + print_formula(op->typed.root, 1000);
        compare(interpreted(*op, inputs, *instructions, is_of_few_rows, pieces), expected,
                limit, what, outcome);
      }
  } catch (const NotPlain&) {
  } catch (const NotDifferentiable&) {
  } catch (const DimensionProblem&) {
  } catch (const Error& error) {
    if (error.kind == ErrorKind::internal) outcome.wrong = error.message;
  }
  return outcome;
}

}  // namespace

#ifdef RKEOPS_FUZZER

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Outcome outcome = attack(std::string(reinterpret_cast<const char*>(data), size));
  if (outcome.wrong.empty()) return 0;
  std::fprintf(stderr, "%s\n", outcome.wrong.c_str());
  std::abort();
}

#else

int main(int count, char** words) {
  int failures = 0;
  long long compared = 0, formulas = 0;
  const auto run = [&](const std::string& bytes, const std::string& name) {
    const Outcome outcome = attack(bytes);
    compared += outcome.compared;
    formulas += outcome.compared > 0;
    failures += !outcome.wrong.empty();
    if (!outcome.wrong.empty())
      std::printf("%s: %s FAIL\n", name.c_str(), outcome.wrong.c_str());
  };
  const std::filesystem::path corpus = "tests/testthat/cpp/corpus-interpreter";
  if (std::filesystem::exists(corpus))
    for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
      std::ifstream file(entry.path(), std::ios::binary);
      run(std::string(std::istreambuf_iterator<char>(file), {}), entry.path().filename());
    }
  const int cases = count > 1 ? std::atoi(words[1]) : 1500;
  std::mt19937 random(count > 2 ? unsigned(std::atoi(words[2])) : 1);
  for (int k = 0; k < cases; ++k) {
    std::string bytes;
    for (int n = 0; n < 90; ++n) bytes += char(random());
    run(bytes, "case " + std::to_string(k));
  }
  // most formulas say something
  failures += formulas < cases / 3;
  std::printf("%lld formulas, %lld numbers %s\n", formulas, compared,
              failures ? "FAIL" : "ok");
  return failures > 0;
}

#endif
