// Points in an order in which near ones are neighbours: that of a Hilbert curve through
// cells of equal size. A radix sort, of 8 bits at once from the last to the first, which
// keeps the order of equal keys: then points of a cell are in the order of their numbers.
//
// rows and columns are sorted by the same launches: the second index of a block says
// which. Where they are the same, columns alone are.
#ifndef RKEOPS_CUDA_SORT_CUH
#define RKEOPS_CUDA_SORT_CUH

#include <rkeops/cuda/cuda_interval.cuh>
#include <rkeops/cuda/cuda_records.cuh>
#include <rkeops/cuda/cuda_warp.cuh>

namespace rkeops {

/// Is a number neither infinite nor NaN?
template <class T>
RKEOPS_INLINE bool is_finite(T x) {
  return x - x == T(0);
}

/// The range of a component without its outermost points, from a sample: outliers do not
/// make all others near each other. By one block of threads; the sample is sorted by a
/// bitonic network.
template <class Scalar>
struct CudaRange {
  static constexpr int sampled = 1024, left_out = 64;  // one of so many at each end

  RKEOPS_INLINE static void find(const Scalar* values, long long points, Scalar* range) {
    __shared__ Scalar sample[sampled];
    const long long count = least(sampled, points);
    for (int k = threadIdx.x; k < sampled; k += cuda_threads) {
      const Scalar value = k < count ? values[k * points / count] : Scalar(0);
      sample[k] = k < count && is_finite(value) ? value : Scalar(__builtin_inf());
    }
    sort(sample);
    if (threadIdx.x != 0) return;
    int known = sampled;
    while (known > 0 && !is_finite(sample[known - 1])) --known;
    range[0] = range[1] = Scalar(0);
    if (known == 0) return;
    const int out = known / left_out;
    const bool is_wide = sample[out] < sample[known - 1 - out];
    range[0] = sample[is_wide ? out : 0];
    range[1] = sample[is_wide ? known - 1 - out : known - 1];
  }

 private:
  RKEOPS_INLINE static void sort(Scalar* sample) {
    for (int size = 2; size <= sampled; size *= 2) {
      for (int step = size / 2; step > 0; step /= 2) {
        __syncthreads();
        for (int k = threadIdx.x; k < sampled / 2; k += cuda_threads) {
          const int a = 2 * k - (k & (step - 1)), b = a + step;
          const bool rises = (a & size) == 0;
          const Scalar low = sample[a], high = sample[b];
          if (rises == (low > high)) {
            sample[a] = high;
            sample[b] = low;
          }
        }
      }
    }
    __syncthreads();
  }
};

/// The number of a cell on the curve, of up to 64 bits.
template <class Scalar, int components>
struct CudaCurve {
  /// Each digit more is a pass of the sort more.
  static constexpr int most_bits = (components <= 3 ? 48 : 64) / components;
  static constexpr int bits = most_bits < 32 ? most_bits : 32;  // of a coordinate

  /// Cells are as wide in all directions; points beyond the range are in those at its
  /// ends. What is not finite comes last.
  RKEOPS_INLINE static unsigned long long key(const Scalar* values, long long points,
                                              const Scalar* range, long long point) {
    unsigned cell[components];
    bool is_known = true;
    const Scalar scale = cells_a_unit(range);
    RKEOPS_UNROLL
    for (int k = 0; k < components; ++k) {
      const Scalar value = values[k * points + point];
      const Scalar middle = range[2 * k] / 2 + range[2 * k + 1] / 2;
      const Scalar place = (value - middle) * scale + Scalar(1u << (bits - 1));
      is_known = is_known && is_finite(value);
      cell[k] = place >= Scalar(0x1p32 - 0x1p8) ? ~0u
                : place > Scalar(0)             ? unsigned(place)
                                                : 0;
      constexpr unsigned last = bits < 32 ? (1u << (bits % 32)) - 1 : ~0u;
      if (cell[k] > last) cell[k] = last;
    }
    if (!is_known) return ~0ull >> (64 - bits * components);
    if (components > 1) walk(cell);
    return interleaved(cell);
  }

 private:
  /// A half of the cells is for what is beyond the range.
  RKEOPS_INLINE static Scalar cells_a_unit(const Scalar* range) {
    Scalar width = 0;
    RKEOPS_UNROLL
    for (int k = 0; k < components; ++k)
      width = upper(width, range[2 * k + 1] - range[2 * k]);
    const Scalar cells = Scalar(1u << (bits - 1));
    return width > Scalar(0) && is_finite(cells / width) ? cells / width : Scalar(0);
  }

  /// Coordinates become the bits of the place on the curve (J. Skilling, Programming the
  /// Hilbert curve, AIP Conference Proceedings 707, 2004).
  RKEOPS_INLINE static void walk(unsigned (&cell)[components]) {
    for (unsigned bit = 1u << (bits - 1); bit > 1; bit >>= 1) {
      const unsigned below = bit - 1;
      RKEOPS_UNROLL
      for (int k = 0; k < components; ++k) {
        const unsigned exchanged = (cell[0] ^ cell[k]) & below;
        const bool is_set = cell[k] & bit;
        cell[0] ^= is_set ? below : exchanged;
        cell[k] ^= is_set || k == 0 ? 0 : exchanged;
      }
    }
    RKEOPS_UNROLL
    for (int k = 1; k < components; ++k) cell[k] ^= cell[k - 1];
    unsigned turned = 0;
    for (unsigned bit = 1u << (bits - 1); bit > 1; bit >>= 1)
      if (cell[components - 1] & bit) turned ^= bit - 1;
    RKEOPS_UNROLL
    for (int k = 0; k < components; ++k) cell[k] ^= turned;
  }

  RKEOPS_INLINE static unsigned long long interleaved(
      const unsigned (&cell)[components]) {
    unsigned long long key = 0;
    for (int bit = bits - 1; bit >= 0; --bit) {
      RKEOPS_UNROLL
      for (int k = 0; k < components; ++k) key = key << 1 | (cell[k] >> bit & 1);
    }
    return key;
  }
};

/// A pass of the radix sort by one digit of the keys: count() by the blocks of a side,
/// add() by a few blocks, each for some digits, then scatter() by the first ones again.
/// Each block has a part of the keys, and takes tiles of it one after the other. The
/// count of digit d of block b is counts[b * digits + d], and the sum of all blocks
/// stands behind those of the last one.
struct CudaRadix {
  static constexpr int digits = cuda_digits, warps = cuda_threads / cuda_warp;
  static constexpr int keys_a_thread = 8, tile = cuda_threads * keys_a_thread;

  const CudaSide& side;
  const int pass, blocks;

  RKEOPS_INLINE int digit(unsigned long long key) const {
    return int(key >> (8 * pass)) & (digits - 1);
  }
  RKEOPS_INLINE const unsigned long long* keys() const { return side.keys[pass % 2]; }
  RKEOPS_INLINE long long part() const {
    const long long tiles = (side.points + tile - 1) / tile;
    return (tiles + blocks - 1) / blocks * tile;
  }

  RKEOPS_INLINE void count() const {
    __shared__ int counts[digits];
    for (int d = threadIdx.x; d < digits; d += cuda_threads) counts[d] = 0;
    __syncthreads();
    const long long begin = blockIdx.x * part(), end = least(begin + part(), side.points);
    for (long long k = begin + threadIdx.x; k < end; k += cuda_threads)
      atomicAdd(counts + digit(keys()[k]), 1);
    __syncthreads();
    for (int d = threadIdx.x; d < digits; d += cuda_threads)
      side.counts[blockIdx.x * digits + d] = counts[d];
  }

  /// Counts of blocks become sums of those before them. A warp has a digit in each
  /// thread, and a part of the blocks.
  RKEOPS_INLINE void add() const {
    __shared__ int sums[warps][cuda_warp];
    const int warp = threadIdx.x / cuda_warp, lane = lane_of_warp();
    const int digit = blockIdx.x * cuda_warp + lane;
    const int of_warp = (blocks + warps - 1) / warps, begin = warp * of_warp;
    const int end = begin + of_warp < blocks ? begin + of_warp : blocks;
    int sum = 0;
#pragma unroll 8
    for (int b = begin; b < end; ++b) sum += side.counts[b * digits + digit];
    sums[warp][lane] = sum;
    __syncthreads();
    int before = 0;
    for (int w = 0; w < warp; ++w) before += sums[w][lane];
#pragma unroll 8
    for (int b = begin; b < end; ++b) {
      const int count = side.counts[b * digits + digit];
      side.counts[b * digits + digit] = before;
      before += count;
    }
    if (warp == warps - 1) side.counts[blocks * digits + digit] = before;
  }

  RKEOPS_INLINE void scatter() const {
    __shared__ int next[digits];           // place of the next key of a digit
    __shared__ int places[warps][digits];  // the same, of the keys of a warp
    find_places(next);
    const long long begin = blockIdx.x * part(), end = least(begin + part(), side.points);
    for (long long first = begin; first < end; first += tile)
      scatter_tile(first, end, next, places);
  }

 private:
  /// Each warp finds all of them, since threads of other warps had to wait anyway.
  RKEOPS_INLINE void find_places(int* next) const {
    constexpr int of_lane = digits / cuda_warp;
    const int lane = lane_of_warp(), first = lane * of_lane;
    int counts[of_lane], sum = 0;
    RKEOPS_UNROLL
    for (int k = 0; k < of_lane; ++k) {
      counts[k] = side.counts[blocks * digits + first + k];
      sum += counts[k];
    }
    int before = sum_of_warp_so_far(sum) - sum;
    RKEOPS_UNROLL
    for (int k = 0; k < of_lane; ++k) {
      next[first + k] = before + side.counts[blockIdx.x * digits + first + k];
      before += counts[k];
    }
    __syncthreads();
  }

  RKEOPS_INLINE void scatter_tile(long long first, long long end, int* next,
                                  int (*places)[digits]) const {
    const int warp = threadIdx.x / cuda_warp, lane = lane_of_warp();
    for (int k = threadIdx.x; k < warps * digits; k += cuda_threads) places[0][k] = 0;
    __syncthreads();
    unsigned long long key[keys_a_thread];
    int number[keys_a_thread], rank[keys_a_thread];
    const long long of_thread = first + warp * (keys_a_thread * cuda_warp) + lane;
    RKEOPS_UNROLL
    for (int k = 0; k < keys_a_thread; ++k) {
      const long long from = of_thread + k * cuda_warp;
      key[k] = from < end ? keys()[from] : 0;
      number[k] = from < end ? side.numbers[pass % 2][from] : 0;
    }
    RKEOPS_UNROLL
    for (int k = 0; k < keys_a_thread; ++k) {
      const bool exists = of_thread + k * cuda_warp < end;
      rank[k] = rank_in_warp(exists ? digit(key[k]) : digits, places[warp]);
    }
    __syncthreads();
    for (int d = threadIdx.x; d < digits; d += cuda_threads) {
      for (int w = 0; w < warps; ++w) {
        const int count = places[w][d];
        places[w][d] = next[d];
        next[d] += count;
      }
    }
    __syncthreads();
    RKEOPS_UNROLL
    for (int k = 0; k < keys_a_thread; ++k) {
      if (of_thread + k * cuda_warp >= end) continue;
      const int to = places[warp][digit(key[k])] + rank[k];
      side.keys[1 - pass % 2][to] = key[k];
      side.numbers[1 - pass % 2][to] = number[k];
    }
    __syncthreads();
  }

  /// How many keys of the warp with this digit stand before; counts them all.
  RKEOPS_INLINE static int rank_in_warp(int digit, int* counts) {
    const unsigned peers = equal_in_warp<9>(digit);
    const int lane = lane_of_warp(), earlier = __popc(peers & ((1u << lane) - 1));
    const int before = digit < digits ? counts[digit] : 0;
    __syncwarp();
    if (digit < digits && earlier == 0) counts[digit] = before + __popc(peers);
    __syncwarp();
    return before + earlier;
  }
};

}  // namespace rkeops

#endif
