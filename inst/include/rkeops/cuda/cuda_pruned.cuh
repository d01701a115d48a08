// Searches that leave out most pairs: what pairs read of rows and columns is sorted, so
// that near ones are neighbours, and put into boxes, whose bounds tell which columns
// matter to a row. In order:
//
//   rkeops_values    a thread a point: row stage, or column stage
//   rkeops_ranges    a block a component: from where to where most points are
//   rkeops_keys      a thread a point: its place on a curve
//   rkeops_count, rkeops_add, rkeops_scatter   a pass of a radix sort
//   rkeops_leaves    a warp a leaf: columns in their order, and boxes of them
//   rkeops_nodes     a warp a node: boxes of boxes
//   rkeops_search    a warp for 32 rows: the columns that matter, and the results; rows
//                    for which too many matter, such as outliers, are left
//   rkeops_search_parts, rkeops_merge_parts   the same for these, by many warps
//   rkeops_convert   doubles that are on the GPU already become scalars
//
// A generated Formula has, beside its other stages,
//
//   bound_stage()    the pair stage for intervals
//
// Values are those of the pair stage, so results are those of the kernels that compute
// all pairs.
#ifndef RKEOPS_CUDA_PRUNED_CUH
#define RKEOPS_CUDA_PRUNED_CUH

#include <rkeops/cuda/cuda_kernels.cuh>
#include <rkeops/cuda/cuda_walk.cuh>

namespace rkeops {

template <class Scalar, class Formula, class Reduction, int places, int sign,
          bool has_columns, bool same_stages>
struct CudaPruned {
  using Kernels = CudaKernels<Scalar, Formula, Reduction, 1, cuda_threads>;
  using Walk = CudaWalk<Scalar, Formula, Reduction, places, sign, has_columns>;
  using Leaves = typename Walk::Leaves;
  static constexpr int rows_kept = Formula::row_kept, columns_kept = Formula::column_kept;
  using RowCurve = CudaCurve<Scalar, rows_kept>;
  using ColumnCurve = CudaCurve<Scalar, columns_kept>;

  static constexpr CudaLaunchPlan plan() {
    CudaLaunchPlan plan{};
    plan.scalar_bytes = int(sizeof(Scalar));
    plan.outputs = Kernels::outputs;
    plan.parameter_inputs = Kernels::all_parameter_inputs;
    plan.row_inputs = Kernels::all_row_inputs;
    plan.column_inputs = Formula::column_inputs;
    plan.pruned_rows_kept = rows_kept;
    plan.pruned_columns_kept = columns_kept;
    plan.row_key_bits = RowCurve::bits * rows_kept;
    plan.column_key_bits = ColumnCurve::bits * columns_kept;
    plan.column_record = Leaves::record;
    plan.list_bytes = int(sizeof(typename Walk::List));
    plan.same_stages = same_stages;
    return plan;
  }

  RKEOPS_INLINE static long long thread() {
    return (long long)blockIdx.x * cuda_threads + threadIdx.x;
  }
  RKEOPS_INLINE static long long warp() { return thread() / cuda_warp; }
  /// Columns are sorted by the first line of blocks, rows by the second.
  RKEOPS_INLINE static const CudaSide& side(const CudaPruning& pruning) {
    return blockIdx.y == 0 ? pruning.columns : pruning.rows;
  }

  template <int kept>
  RKEOPS_INLINE static void store(const Scalar* numbers, const CudaSide& side,
                                  long long point) {
#pragma unroll(unrolled <kept>)
    for (int k = 0; k < kept; ++k)
      static_cast<Scalar*>(side.values)[k * side.points + point] = numbers[k];
  }

  RKEOPS_INLINE static void find_values(const CudaArguments& arguments, Scalar* large) {
    const Scalar* parameter = Kernels::stage_parameters(arguments.parameters, large);
    const CudaSide& of = side(arguments.pruning);
    const long long point = thread();
    if (point >= of.points) return;
    if (blockIdx.y == 0) {
      Scalar input[array_length<Formula::column_inputs>], kept[columns_kept];
      load_inputs<Formula::column_inputs>(arguments.column_inputs, point, input);
      Formula::template column_stage<Scalar>(parameter, input, kept);
      store<columns_kept>(kept, of, point);
    } else {
      Scalar input[array_length<Formula::row_inputs>], kept[rows_kept];
      load_inputs<Formula::row_inputs>(arguments.row_inputs, point, input);
      Formula::template row_stage<Scalar>(parameter, input, kept);
      store<rows_kept>(kept, of, point);
    }
  }

  RKEOPS_INLINE static void find_ranges(const CudaPruning& pruning) {
    const CudaSide& of = side(pruning);
    const int component = blockIdx.x;
    if (component >= (blockIdx.y == 0 ? columns_kept : rows_kept)) return;
    CudaRange<Scalar>::find(static_cast<const Scalar*>(of.values) + component * of.points,
                            of.points, static_cast<Scalar*>(of.ranges) + 2 * component);
  }

  RKEOPS_INLINE static void find_keys(const CudaPruning& pruning) {
    const CudaSide& of = side(pruning);
    const long long point = thread();
    if (point >= of.points) return;
    const Scalar* values = static_cast<const Scalar*>(of.values);
    const Scalar* range = static_cast<const Scalar*>(of.ranges);
    of.keys[0][point] = blockIdx.y == 0
                            ? ColumnCurve::key(values, of.points, range, point)
                            : RowCurve::key(values, of.points, range, point);
    of.numbers[0][point] = int(point);
  }

  RKEOPS_INLINE static CudaRadix radix(const CudaPruning& pruning) {
    return {side(pruning), pruning.pass, pruning.sort_blocks};
  }

  RKEOPS_INLINE static void make_leaves(const CudaPruning& pruning) {
    if (warp() < pruning.first_node[1]) Leaves::make_leaf(pruning, warp());
  }

  RKEOPS_INLINE static void make_nodes(const CudaPruning& pruning) {
    const int level = pruning.level;
    if (warp() < pruning.first_node[level + 1] - pruning.first_node[level])
      Leaves::make_node(pruning, warp());
  }

  using List = typename Walk::List;

  /// The row that a thread has of the block of its warp.
  struct RowOfBlock {
    long long number;
    bool exists;  // or stands beyond the last one, and is that one again

    RKEOPS_INLINE RowOfBlock(const CudaPruning& pruning, long long block) {
      const long long place = block * cuda_leaf + lane_of_warp();
      exists = place < pruning.rows.points;
      number = pruning.sorted_rows[least(place, pruning.rows.points - 1)];
    }
  };

  RKEOPS_INLINE static const Scalar* start_searching(const CudaArguments& arguments,
                                                     Scalar* large) {
    if constexpr (UsesPairFunctions<Formula>::value) pair_loop::fill_power_table();
    return Kernels::stage_parameters(arguments.parameters, large);
  }

  RKEOPS_INLINE static void write(const CudaArguments& arguments, const RowOfBlock& row,
                                  const List& list) {
    if (!row.exists) return;
    double reduced[Reduction::outputs];
    CudaFound<Reduction>::template finish<Scalar>(list, sign, reduced);
    Kernels::write_reduced(arguments, reduced, row.number);
  }

  RKEOPS_INLINE static Scalar& left_limit(const CudaPruning& pruning, long long number) {
    return static_cast<Scalar*>(pruning.left_limits)[number * cuda_leaf + lane_of_warp()];
  }

  /// To many warps, which begin with what is known.
  RKEOPS_INLINE static void leave(const CudaPruning& pruning, long long block,
                                  const List& list) {
    unsigned number = 0;
    if (lane_of_warp() == 0) {
      number = unsigned(atomicAdd(pruning.left_count, 1));
      pruning.left[number] = int(block);
    }
    left_limit(pruning, warp_maximum(number)) = list.limit();
  }

  RKEOPS_INLINE static void search(const CudaArguments& arguments, Scalar* large) {
    __shared__ typename Walk::Shared shared;
    const Scalar* parameter = start_searching(arguments, large);
    const CudaPruning& pruning = arguments.pruning;
    if (warp() >= pruning.blocks) return;
    const long long block = pruning.first_block + warp() * pruning.block_step;
    const RowOfBlock row(pruning, block);
    Walk walk{pruning, parameter, shared};
    walk.begin(row.number);
    const bool is_done = walk.go(cuda_box_levels, 0);
    if (lane_of_warp() == 0) atomicAdd(pruning.visited, (unsigned long long)walk.visited);
    if (is_done)
      write(arguments, row, walk.list);
    else
      leave(pruning, block, walk.list);
  }

  RKEOPS_INLINE static long long parts(const CudaPruning& pruning) {
    return pruning.first_node[pruning.part_level + 1] -
           pruning.first_node[pruning.part_level];
  }
  RKEOPS_INLINE static List* lists(const CudaPruning& pruning, long long block,
                                   long long part) {
    return static_cast<List*>(pruning.part_lists) +
           (block * parts(pruning) + part) * cuda_leaf + lane_of_warp();
  }

  RKEOPS_INLINE static void search_parts(const CudaArguments& arguments, Scalar* large) {
    __shared__ typename Walk::Shared shared;
    const Scalar* parameter = start_searching(arguments, large);
    const CudaPruning& pruning = arguments.pruning;
    const long long block = warp() / parts(pruning), part = warp() % parts(pruning);
    if (block >= pruning.blocks) return;
    Walk walk{pruning, parameter, shared};
    walk.begin(RowOfBlock(pruning, pruning.left[pruning.first_block + block]).number);
    walk.start_below(left_limit(pruning, pruning.first_block + block));
    walk.go(pruning.part_level, part);
    walk.list.save(lists(pruning, block, part));
    if (lane_of_warp() == 0) atomicAdd(pruning.visited, (unsigned long long)walk.visited);
  }

  RKEOPS_INLINE static void merge_parts(const CudaArguments& arguments) {
    const CudaPruning& pruning = arguments.pruning;
    if (warp() >= pruning.blocks) return;
    List list;
    list.start();
    for (long long part = 0; part < parts(pruning); ++part)
      list.merge(*lists(pruning, warp(), part));
    write(arguments, RowOfBlock(pruning, pruning.left[pruning.first_block + warp()]),
          list);
  }
};

}  // namespace rkeops

// The kernels of a generated file for a pruned search, which ends with this line.
#define RKEOPS_CUDA_PRUNED_KERNELS(Scalar, Formula, Reduction, places, sign,          \
                                   has_columns, same_stages)                          \
  using RkeopsPruned = rkeops::CudaPruned<Scalar, Formula, Reduction<Scalar>, places, \
                                          sign, has_columns, same_stages>;            \
  __device__ Scalar                                                                   \
      rkeops_large_parameters[RkeopsPruned::Kernels::parameters_in_global];           \
  extern "C" {                                                                        \
  __device__ rkeops::CudaLaunchPlan rkeops_plan = RkeopsPruned::plan();               \
  RKEOPS_CUDA_PRUNED_KERNEL(values, find_values(arguments, rkeops_large_parameters))  \
  RKEOPS_CUDA_PRUNED_KERNEL(ranges, find_ranges(arguments.pruning))                   \
  RKEOPS_CUDA_PRUNED_KERNEL(keys, find_keys(arguments.pruning))                       \
  RKEOPS_CUDA_PRUNED_KERNEL(count, radix(arguments.pruning).count())                  \
  RKEOPS_CUDA_PRUNED_KERNEL(add, radix(arguments.pruning).add())                      \
  RKEOPS_CUDA_PRUNED_KERNEL(scatter, radix(arguments.pruning).scatter())              \
  RKEOPS_CUDA_PRUNED_KERNEL(leaves, make_leaves(arguments.pruning))                   \
  RKEOPS_CUDA_PRUNED_KERNEL(nodes, make_nodes(arguments.pruning))                     \
  RKEOPS_CUDA_SEARCH_KERNEL(search, search(arguments, rkeops_large_parameters))       \
  RKEOPS_CUDA_SEARCH_KERNEL(search_parts,                                             \
                            search_parts(arguments, rkeops_large_parameters))         \
  RKEOPS_CUDA_PRUNED_KERNEL(merge_parts, merge_parts(arguments))                      \
  RKEOPS_CUDA_PRUNED_KERNEL(convert, Kernels::convert(arguments))                     \
  }

#define RKEOPS_CUDA_SEARCH_KERNEL(name, work)                            \
  __global__ void __launch_bounds__(rkeops::cuda_threads,                \
                                    RkeopsPruned::Walk::resident_blocks) \
      rkeops_##name(rkeops::CudaArguments arguments) {                   \
    RkeopsPruned::work;                                                  \
  }

#define RKEOPS_CUDA_PRUNED_KERNEL(name, work)             \
  __global__ void __launch_bounds__(rkeops::cuda_threads) \
      rkeops_##name(rkeops::CudaArguments arguments) {    \
    RkeopsPruned::work;                                   \
  }

#endif
