// The C interface between the package and a generated CPU library: no C++ standard
// library, no R.
#pragma once

#define RKEOPS_ABI_VERSION 3

extern "C" {

// A part of the work: rows [row_begin, row_end) against columns [column_begin,
// column_end).
struct RkeopsBlock {
  // One pointer a component: to the value (parameters), to the column of the matrix
  // (rows, columns). What the end of a row needs comes last.
  const double* const* parameter_inputs;
  const double* const* row_inputs;
  const double* const* column_inputs;
  long long row_begin, row_end;
  long long column_begin, column_end;
  // The accumulators, into which the block is folded, 8 bytes each: slot k of row r of
  // the block at k * rkeops_slot_stride(row_end - row_begin) + r.
  void* partial;
  // workspace_bytes(row_end - row_begin) bytes, aligned to 64.
  void* workspace;
};

// Numbers from one slot of a row to the next: an odd number of cache lines, so that the
// slots of a row do not compete for the same place in a cache, as powers of two do.
static inline long long rkeops_slot_stride(long long rows) {
  return ((rows + 7) / 8 | 1) * 8;
}

struct RkeopsCpuLibrary {
  int abi_version;
  int slots;    // accumulators of 8 bytes a row
  int outputs;  // components of the result
  long long (*workspace_bytes)(long long rows);
  // Sets the accumulators of `rows` rows to the neutral element.
  void (*initialise)(void* partial, long long rows);
  void (*reduce)(const struct RkeopsBlock* block);
  // Folds `from`, which covers later columns, into `into`.
  void (*merge)(void* into, const void* from, long long rows);
  // Writes component k of the block's row r to output[k * stride + r]. Reads the
  // accumulators, and the parameter and row inputs; nothing of the columns or workspace.
  void (*finish)(const struct RkeopsBlock* block, double* output, long long stride);
};

// The one symbol of a generated library; everything else in it is hidden.
__attribute__((visibility("default"))) const struct RkeopsCpuLibrary* rkeops_cpu_library(
    void);
}
