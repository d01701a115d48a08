// Any text as a formula, through reading, checking, planning, the texts for CPU and GPU
// and the program of the interpreter: a result, or an error of the user's, never of ours.
// The first line is the formula, each other line an argument.
//
// As a program it runs the examples of the tables, mutations of them, and what was found
// once (tests/testthat/cpp/corpus), and prints "name ok" or "name FAIL". With
// -DRKEOPS_FUZZER it is a target of libFuzzer: tools/fuzz.sh.
//
//   g++ -std=c++17 -O2 -Isrc tests/testthat/cpp/fuzz_formulas.cpp src/base/*.cpp
//     src/lang/*.cpp src/ir/*.cpp src/pass/*.cpp src/semantics/*.cpp src/plan/*.cpp
//     src/emit/*.cpp src/build/*.cpp src/interpret/*.cpp src/operator/*.cpp
//     src/bound/*.cpp -pthread -ldl
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "interpret/instruction_sets.h"
#include "interpret/lower.h"
#include "ir/ops.h"
#include "ir/print.h"
#include "ir/reductions.h"
#include "operator/compile_formula.h"

using namespace rkeops;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Longer formulas are cut: the time of a case stays short.
constexpr size_t longest_case = 400;

// Empty, or what is wrong.
std::string attack(const std::string& whole) {
  const std::vector<std::string> lines = lines_of(whole.substr(0, longest_case));
  OperatorText text;
  text.formula = {lines.empty() ? "" : lines[0], "formula"};
  for (size_t k = 1; k < lines.size(); ++k) text.args.push_back({lines[k], "args"});
  text.precision = whole.size() % 2 ? Precision::float32 : Precision::float64;
  text.axis = whole.size() % 3 ? Axis::output : Axis::reduced;
  try {
    const std::unique_ptr<Operator> op = read_formula(text);
    print_plan(op->plan);
    for (size_t k = 0; k < op->plan.kernels.size(); ++k) {
      kernel_source(*op, k, Engine::cpu);
      kernel_source(*op, k, Engine::cuda);
      const KernelPlan& kernel = op->plan.kernels[k];
      if (can_interpret(kernel))
        print_program(lower(kernel, text.precision, instruction_set_named("")));
    }
  } catch (const Error& error) {
    if (error.kind == ErrorKind::internal) return error.message;
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace

#ifdef RKEOPS_FUZZER

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string wrong =
      attack(std::string(reinterpret_cast<const char*>(data), size));
  if (wrong.empty()) return 0;
  std::fprintf(stderr, "%s\n", wrong.c_str());
  std::abort();
}

#else

namespace {

const char* const declarations =
    "x = Vi(3)\ny = Vj(3)\nb = Vj(2)\nz = Vi(4)\nw = Vj(4)\np = Pm(1)\nc = Pm(2)\n"
    "A = Pm(6)\nQ = Pm(9)\nknots = Pm(7)";

std::vector<std::string> examples() {
  std::vector<std::string> cases;
  for (const Operation& row : operations()) {
    cases.push_back("Sum_Reduction(" + row.example + ", 0)\n" + declarations);
    cases.push_back("Grad(LogSumExp_Reduction(Sum(" + row.example +
                    "), 1), x, Vj(9, 1))\n" + declarations);
  }
  return cases;
}

// A byte changed, a stretch dropped, repeated, or put elsewhere.
std::string mutated(std::string text, std::mt19937& random) {
  const auto place = [&] { return random() % (text.size() + 1); };
  const size_t formula = text.find('\n');
  const size_t at = random() % (formula + 1);
  const std::string part = text.substr(place(), random() % 12);
  switch (random() % 4) {
    case 0:
      if (at < text.size()) text[at] = char(32 + random() % 95);
      break;
    case 1:
      text.erase(at, random() % 6);
      break;
    case 2:
      text.insert(at, part);
      break;
    default:
      text.insert(at, "Grad(Sum_Reduction([(,)*-^0123456789x");
      text.erase(at + random() % 8, 30);
  }
  return text;
}

int failures = 0;

void expect_fine(const std::string& name, const std::string& text) {
  const std::string wrong = attack(text);
  if (wrong.empty()) return;
  ++failures;
  std::printf("%s FAIL: %s\n%s\n", name.c_str(), wrong.c_str(), text.c_str());
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> seeds = examples();
  // of the examples, to be seeds of a fuzzer
  if (count > 1) {
    for (size_t k = 0; k < seeds.size(); ++k)
      std::ofstream(arguments[1] + std::string("/seed") + std::to_string(k)) << seeds[k];
    return 0;
  }
  for (const std::string& seed : seeds) expect_fine("an example", seed);
  std::printf("%zu examples of the table ok\n", seeds.size());
  std::mt19937 random(1);
  for (int k = 0; k < 1500; ++k) {
    std::string text = seeds[random() % seeds.size()];
    for (unsigned times = 1 + random() % 3; times > 0; --times)
      text = mutated(text, random);
    expect_fine("a mutation", text);
  }
  std::printf("1500 mutations ok\n");
  for (const auto& file :
       std::filesystem::directory_iterator("tests/testthat/cpp/corpus")) {
    std::stringstream text;
    text << std::ifstream(file.path(), std::ios::binary).rdbuf();
    expect_fine(file.path().filename().string(), text.str());
  }
  std::printf("the corpus ok\n");
  return failures > 0;
}

#endif
