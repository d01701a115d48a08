// The reductions: how the values of all pairs of one row become the result of that row.
//
// A reduction is a template over V, the lanes that hold neighbouring rows (a vector on
// the CPU, a plain float or double in a CUDA thread). Its object lives in registers while
// a block of columns is folded; its accumulators (`Slots`) live in memory between blocks.
// Partial results over different columns merge, so every split of the columns is allowed.
//
//   static constexpr int values;   // scalars a pair gives
//   static constexpr int slots;    // accumulators of 8 bytes a row keeps
//   static constexpr int outputs;  // components of the result
//   static constexpr int block;    // at most so many columns between begin() and end()
//   void begin(Slots<V>, long long first_column);   // a block starts at this column
//   void fold(const V* value, int column);          // columns count inside the block
//   void end(Slots<V>, long long first_column);     // the block goes into the slots
//   static void initialise(Slots<V>);               // no column seen
//   static void merge(Slots<V> into, Slots<V> from);
//   static void finish(Slots<V>, Wide* output);
//
// Blocks, and the columns of a block, come in ascending order; merge() wants the later
// columns in `from`. So of equal values the first stays.
//
// Missing values: sums, products, minima and maxima propagate NaN, as in R. Reductions
// that give the index of a column ignore NaN, as which.min() does; where there is no
// candidate the index is NaN.
#ifndef RKEOPS_REDUCTIONS_H
#define RKEOPS_REDUCTIONS_H

#include <rkeops/reductions/reductions_condition.h>
#include <rkeops/reductions/reductions_entries.h>
#include <rkeops/reductions/reductions_exponential.h>
#include <rkeops/reductions/reductions_extremum.h>
#include <rkeops/reductions/reductions_index.h>
#include <rkeops/reductions/reductions_smallest.h>
#include <rkeops/reductions/reductions_sum.h>

#endif
