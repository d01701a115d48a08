// A kernel plan as the interpreter runs it: a list of instructions over tiles for each
// stage, registers and constants numbered, every loop chosen. Plain structs.
#pragma once

#include <vector>

#include "interpret/tiles.h"
#include "plan/plan.h"

namespace rkeops {

/// An operand lies in the registers of the tile, among what is kept of the rows or
/// of the columns, or among the kept parameters, behind which the constants stand.
enum class Space { tile, row, column, parameter };

/// Component k lies at start + step * k.
struct Operand {
  Space space = Space::tile;
  int start = 0;
  int step = 1;
};

/// See tiles::Products.
struct ProductIndices {
  int results = 0, terms = 0;
  std::vector<int> result, f, g, f_term, g_term;
};

struct Step {
  tiles::Loop loop = nullptr;
  std::vector<Operand> operands;
  int result = 0;       // the first register,
  int result_step = 1;  // and from one component to the next
  int components = 1;   // of the result; of a fold: of its operand
  int integer = 0;
  int lengths[2] = {0, 0};  // of a routine: components of its operands
  double start = 0;
  int products = -1;  // which ProductIndices
};

struct StageOutput {
  Operand operand;
  int dimension = 1;
};

struct StageProgram {
  int inputs = 0;     // components; they are the first registers
  int registers = 0;  // components a tile has
  std::vector<Step> steps;
  std::vector<ProductIndices> products;
  std::vector<StageOutput> outputs;

  int output_components() const {
    int total = 0;
    for (const StageOutput& output : outputs) total += output.dimension;
    return total;
  }
};

/// Some of the components of the reduction, folded by one accumulator.
struct ReductionPart {
  const tiles::Accumulator* accumulator = nullptr;
  std::vector<Operand> operands;  // one component each
  int slots = 0;                  // of a row
  int first_slot = 0;             // among those of all parts
  std::vector<int> outputs;       // output k of the accumulator is this one of the result
};

/// After the reduction; see FinishRunner.
struct FinishProgram {
  bool exists = false;
  StageProgram stage;             // of doubles
  std::vector<double> constants;  // behind the parameters
  int parameters = 0, rows = 0;   // components it reads beside the reduction
};

struct KernelProgram {
  Precision precision = Precision::float32;
  const tiles::InstructionSet* instructions = nullptr;
  StageProgram parameters, rows, columns, pairs;
  std::vector<double> constants;
  std::vector<ReductionPart> parts;
  int count = 0;  // the integer argument of the reduction
  int slots = 0;
  int outputs = 0;  // of the reduction
  FinishProgram finish;
  int column_block = 0;  // columns folded before the slots are updated

  const tiles::Loops& loops() const {
    return precision == Precision::float32 ? instructions->float32
                                           : instructions->float64;
  }
};

}  // namespace rkeops
