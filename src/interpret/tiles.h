// The interpreter asks an instruction set for loops over tiles, compiled once for
// each set of instructions a processor may have. Plain numbers and pointers only, so that
// all of these sets can share this header.
//
// A tile is a few columns of a few vectors of neighbouring rows: element (row, column) of
// a component lies at column * rows + row.
#pragma once

namespace rkeops {
namespace tiles {

/// An operand: component k of column c is at `data` + k * component + c * column
/// (counted in scalars), as lanes for the rows, or as one number for all of them.
struct View {
  const void* data = nullptr;
  long long component = 0;
  long long column = 0;
  bool lanes = false;
};

/// Which products of components are summed up for each component of a result: for result
/// r, the products of components f[r] + f_term[t] and g[r] + g_term[t].
struct Products {
  int results, terms;
  const int *result, *f, *g;
  const int *f_term, *g_term;
};

/// One instruction for one tile.
struct Task {
  View operands[3];
  void* result;          // a tile
  long long component;   // from one component of the result to the next, in scalars
  int components;        // of the result; of a fold: of its operand
  int columns, vectors;  // of the tile
  int integer;           // the integer argument of the operation
  int lengths[2];        // of a routine: components of its operands
  double start;          // of a fold
  const Products* products;
};

using Loop = void (*)(const Task& task);

/// The loop for `code`, the text of an operation in the table, or of several in one. A
/// routine takes whole vectors.
struct Instruction {
  const char* code;
  int operands;
  bool is_fold;
  Loop loop;
};

/// A part of a reduction: `weights` components that share a first value, or (0) a single
/// component. Products of several components with a factor in common are weights too.
/// Functions handle `rows` rows, a multiple of the lanes; slot k of a row lies
/// `stride` doubles after slot k - 1. `count` is the integer argument of the reduction.
struct Accumulator {
  const char* code;  // the text of the table
  const char* of;    // what is folded: the text of an operation, "$0" for its values
  int weights;
  int operands;        // views fold() reads
  int slots, outputs;  // for each rank, if it has an integer argument
  int block;           // at most so many columns between begin() and end()
  bool backwards;      // wants them from the last one to the first
  bool keeps_columns;  // among its slots
  int fold_bytes;      // what one vector of rows keeps meanwhile
  void (*initialise)(double* slots, long long stride, int rows, int count);
  void (*begin)(void* folds, double* slots, long long stride, int vectors,
                long long first_column, int count);
  /// Columns are counted from the first of the block.
  void (*fold)(void* folds, const View* operands, int columns, int vectors,
               int first_column);
  void (*end)(void* folds, double* slots, long long stride, int vectors,
              long long first_column);
  void (*merge)(double* into, const double* from, long long stride, int rows, int count);
  /// For as many rows as a vector of doubles has lanes: output k of row r goes to
  /// output[k * lanes + r], aligned memory.
  void (*finish)(const double* slots, long long stride, double* output, int count);
};

/// All of it in one precision.
struct Loops {
  int lanes;
  const Instruction* instructions;
  int instruction_count;
  const Accumulator* accumulators;
  int accumulator_count;
  Loop copy;      // result = operand
  Loop products;  // see Products
};

struct InstructionSet {
  const char* name;
  int doubles;  // lanes of a vector of doubles
  Loops float32, float64;
};

// nullptr where the compiler cannot make them for this architecture.
const InstructionSet* baseline_instructions();
const InstructionSet* avx2_instructions();
const InstructionSet* avx512_instructions();

}  // namespace tiles
}  // namespace rkeops
