// The package and the kernels of a CUDA module agree on these: the arguments of a launch,
// the sizes of its blocks, and how columns are packed. Included by both; C++ without any
// other header.
#ifndef RKEOPS_CUDA_ARGUMENTS_H
#define RKEOPS_CUDA_ARGUMENTS_H

namespace rkeops {

/// Threads of a block, in all kernels.
constexpr int cuda_threads = 128;

/// A launch ends at a multiple of this many columns of a split (or at the end of the
/// split), so that where the work is cut never changes which columns are folded together.
constexpr int cuda_column_unit = 256;

/// So many addresses of inputs stand among the arguments themselves.
constexpr int cuda_first_inputs = 32;

/// Columns of a leaf, nodes of a node, and rows that are searched for together: a thread
/// of a warp has one of each.
constexpr int cuda_leaf = 32;
/// Levels of boxes, of which the last one has a single group of nodes.
constexpr int cuda_box_levels = 5;
/// Digits of keys, and how many of them a block adds up.
constexpr int cuda_digits = 256, cuda_digits_a_block = 32;
constexpr long long cuda_most_sorted = 1ll << 30;  // points

/// A module says this of its formula, in its variable `rkeops_plan`.
struct CudaLaunchPlan {
  int scalar_bytes;
  int slots;    // accumulators of 8 bytes a row
  int outputs;  // components of the result
  int column_kept;
  int rows_per_thread, columns_per_tile;
  int parameter_inputs, row_inputs, column_inputs;  // with those of the finish stage
  // Scalars of a row and of a column in the vectors of inner products.
  int row_vector_scalars, column_vector_scalars;
  int slots_in_memory;  // true: `partial` is needed by every launch
  int conditions;       // true: rows and columns have to be as the formula demands
  int searches;         // true: for several columns of the smallest or largest values
  int small_blocks;     // blocks of rows, one a thread, that rkeops_reduce_small can do
  // A pruned search (cuda_pruned.cuh) has other kernels: the numbers that pairs read of a
  // row and of a column, and the bits of the keys of both; 0 for others.
  int pruned_rows_kept, pruned_columns_kept, row_key_bits, column_key_bits;
  int column_record;  // scalars
  int list_bytes;     // of what is found for a row
  int same_stages;    // true: rows are prepared as columns are
};

/// The rows or the columns of a pruned search.
struct CudaSide {
  long long points;
  void* values;  // component k of point i: values[k * points + i]
  void* ranges;  // of components: from where to where most of them are
  // Two of each, between which passes of the sort go to and fro: keys, and the numbers of
  // points.
  unsigned long long* keys[2];
  int* numbers[2];
  int* counts;  // of digits: see CudaRadix
};

/// The arguments that pruned searches have beside the others.
struct CudaPruning {
  CudaSide columns, rows;
  const int *sorted_columns, *sorted_rows;  // the numbers of points in their order
  int sort_blocks, pass;                    // of the sort: blocks a side, digit
  void* records;                            // of sorted columns
  // The end `k` of component c of node n, of all levels: boxes[(2 * c + k) * nodes + n];
  // and its column with the smallest number.
  void* boxes;
  int* first_numbers;
  long long nodes;
  long long first_node[cuda_box_levels + 1];  // of each level, leaves first
  int level;                                  // that is made
  // The blocks of rows of this launch: so many, from one to the next a step.
  long long first_block, block_step, blocks;
  long long most_leaves;        // a block of rows gives up then
  unsigned long long* visited;  // leaves, by all blocks together
  // Blocks that gave up are left to several warps each: so many, which ones, and where
  // the lists of the rows of a warp are.
  int* left_count;
  int* left;
  void* left_limits;  // of the rows of those: no worse value is wanted
  int part_level;     // each warp has a node of this level
  void* part_lists;   // of the warps for the blocks from first_block on of those left
};

/// The rows of one block of threads of a launch with a cover, and their ranges of
/// columns, in order.
struct CudaCoverBlock {
  long long row_begin, row_end;
  long long first_range, last_range;
};
struct CudaCoverRange {
  long long begin, end;
};

/// The same for all kernels, which each read a part of it. All pointers are of the
/// device. `rkeops_convert` makes scalars of the doubles of a matrix: component k of row
/// r, of `rows`, is at parameters[k * row_vector_stride + r], and goes to row r of
/// `column_kept`, whose components are `column_vector_stride` apart.
struct CudaArguments {
  const double* parameters;          // values, one a component
  const void* const* row_inputs;     // one pointer a component: to `rows` scalars
  const void* const* column_inputs;  // one pointer a component: to `columns` scalars;
                                     // read by prepare alone
  void* column_kept;  // `columns` records of cuda_record_scalars() scalars, written by
                      // prepare
  // Component-major, written by prepare: scalar k of row i at [k * row_vector_stride +
  // i].
  void* row_vectors;
  void* column_vectors;
  long long row_vector_stride, column_vector_stride;
  // Slot k of split s of row r: partial[(s * slots + k) * places + r - row_begin].
  double* partial;
  long long places;  // the rows of a launch, and as many as complete its blocks
  double* output;    // component k of row r: output[k * rows + r]
  long long rows;
  long long columns;
  long long row_begin, row_end;  // the rows of this launch
  // Split s of the columns begins at s * columns_per_split; this launch folds those
  // columns of it that are in [slice_begin, slice_end), counted from there.
  long long columns_per_split;
  long long slice_begin, slice_end;
  // Columns that are not all in memory at once have the split of the first blocks, and
  // how many columns of a split are missing between it and the next one. `column_kept`,
  // `column_vectors` and `partial` are such that this launch finds what it needs.
  int first_split;
  long long split_gap;
  int splits;
  int finish;   // true: `reduce` folds everything in this launch and writes the output
                // itself
  int* failed;  // becomes 1 where a row or a column is not as demanded: prepare
                // looks at what it prepares, rkeops_reduce_small at everything
  int checks_rows;  // true: reduce looks at rows, unless prepare makes vectors of them
  // Kernels with a cover have one a block of threads, and the ranges of all.
  const CudaCoverBlock* cover_blocks;
  const CudaCoverRange* cover_ranges;
  // The first of what row_inputs, and then column_inputs, point to; for
  // rkeops_reduce_small alone.
  const void* first_inputs[cuda_first_inputs];
  CudaPruning pruning;
};

/// Scalars from one packed column to the next: enough for `kept`, and a multiple of 16
/// bytes where the column is read faster that way.
constexpr int cuda_record_scalars(int kept, int scalar_bytes) {
  const int wide = 16 / scalar_bytes;
  return kept <= wide / 2 ? kept : (kept + wide - 1) / wide * wide;
}

/// The stride of vectors of so many rows or columns: kernels read whole tiles, also the
/// last one, which begins anywhere.
constexpr long long cuda_vector_stride(long long elements) {
  return (elements + 2 * cuda_threads - 1) / cuda_threads * cuda_threads;
}

}  // namespace rkeops

#endif
