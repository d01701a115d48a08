// Columns in their order, and boxes of them: of leaves, and of nodes of nodes. A warp
// makes a box.
#ifndef RKEOPS_CUDA_BOXES_CUH
#define RKEOPS_CUDA_BOXES_CUH

#include <rkeops/cuda/cuda_sort.cuh>

namespace rkeops {

/// A record holds what pairs read of a column, and behind it the number of the column, or
/// -1 where a leaf has no more columns.
template <class Scalar, int components>
struct CudaLeaves {
  static constexpr int record = cuda_record_scalars(components + 1, sizeof(Scalar));
  using Bits = typename Lanes<Scalar>::I;
  using Piece = typename CudaRecordWord<Scalar, record * sizeof(Scalar) % 16 == 0>::Type;
  static constexpr int pieces = int(record * sizeof(Scalar) / sizeof(Piece));

  struct Column {
    Piece data[pieces];

    RKEOPS_INLINE Column(const void* records, long long place) {
      const Piece* from = static_cast<const Piece*>(records) + place * pieces;
      RKEOPS_UNROLL
      for (int k = 0; k < pieces; ++k) data[k] = from[k];
    }
    RKEOPS_INLINE const Scalar* kept() const {
      return reinterpret_cast<const Scalar*>(data);
    }
    RKEOPS_INLINE int number() const { return int(same_bits<Bits>(kept()[components])); }
  };

  /// The ends of a component of a node; NaN where something in it is not finite.
  struct Ends {
    Scalar lo, hi;

    RKEOPS_INLINE static Ends of_warp(Scalar lo, Scalar hi, bool exists) {
      const Scalar infinity = Scalar(__builtin_inf());
      const bool is_open = exists && !(is_finite(lo) && is_finite(hi));
      const bool counts = exists && !is_open;
      const Ends ends{least_in_warp(counts ? lo : infinity),
                      largest_in_warp(counts ? hi : -infinity)};
      const Scalar nothing = Scalar(__builtin_nan(""));
      return any_in_warp(is_open) ? Ends{nothing, nothing} : ends;
    }
    RKEOPS_INLINE void store(const CudaPruning& pruning, int component,
                             long long node) const {
      Scalar* const to =
          static_cast<Scalar*>(pruning.boxes) + 2 * component * pruning.nodes;
      to[node] = lo;
      to[pruning.nodes + node] = hi;
    }
    RKEOPS_INLINE static Ends load(const CudaPruning& pruning, int component,
                                   long long node) {
      const Scalar* const from =
          static_cast<const Scalar*>(pruning.boxes) + 2 * component * pruning.nodes;
      return {from[node], from[pruning.nodes + node]};
    }
  };

  RKEOPS_INLINE static void make_leaf(const CudaPruning& pruning, long long leaf) {
    const long long place = leaf * cuda_leaf + lane_of_warp();
    const CudaSide& side = pruning.columns;
    const bool exists = place < side.points;
    const int number = exists ? pruning.sorted_columns[place] : -1;
    Scalar* const to = static_cast<Scalar*>(pruning.records) + place * record;
    for (int k = 0; k < components; ++k) {
      const Scalar value =
          exists ? static_cast<const Scalar*>(side.values)[k * side.points + number]
                 : Scalar(__builtin_nan(""));
      to[k] = value;
      const Ends ends = Ends::of_warp(value, value, exists);
      if (lane_of_warp() == 0) ends.store(pruning, k, leaf);
    }
    to[components] = same_bits<Scalar>(Bits(number));
    const int first = int(warp_minimum(unsigned(number)));
    if (lane_of_warp() == 0) pruning.first_numbers[leaf] = first;
  }

  /// Node `number` of a level above that of leaves.
  RKEOPS_INLINE static void make_node(const CudaPruning& pruning, long long number) {
    const long long below = pruning.first_node[pruning.level - 1],
                    here = pruning.first_node[pruning.level];
    const long long child = below + number * cuda_leaf + lane_of_warp();
    const bool exists = child < here;
    for (int k = 0; k < components; ++k) {
      const Ends of_child =
          exists ? Ends::load(pruning, k, child) : Ends{Scalar(0), Scalar(0)};
      const Ends ends = Ends::of_warp(of_child.lo, of_child.hi, exists);
      if (lane_of_warp() == 0) ends.store(pruning, k, here + number);
    }
    const unsigned first =
        warp_minimum(exists ? unsigned(pruning.first_numbers[child]) : ~0u);
    if (lane_of_warp() == 0) pruning.first_numbers[here + number] = int(first);
  }
};

}  // namespace rkeops

#endif
