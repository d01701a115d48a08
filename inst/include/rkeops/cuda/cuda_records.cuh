// A kernel reads this of its inputs: one number a component of rows and columns, and the
// records that `prepare` packs of each column.
#ifndef RKEOPS_CUDA_RECORDS_CUH
#define RKEOPS_CUDA_RECORDS_CUH

#include <rkeops/cuda/cuda_arguments.h>
#include <rkeops/lanes.h>

namespace rkeops {

/// Length of an array of n elements, which C++ wants to have at least one.
template <int n>
constexpr int array_length = n > 0 ? n : 1;

/// How often to unroll a loop whose index should be a constant, so that arrays stay in
/// registers.
template <int n>
constexpr int unrolled = n <= 256 ? array_length<n> : 1;

/// A if `condition`, else B.
template <bool condition, class A, class B>
struct CudaChoice {
  using Type = A;
};
template <class A, class B>
struct CudaChoice<false, A, B> {
  using Type = B;
};

RKEOPS_INLINE long long least(long long a, long long b) { return a < b ? a : b; }

/// Reads one row or column: component k is `element` numbers behind from[k].
template <int inputs, class Scalar>
RKEOPS_INLINE void load_inputs(const void* const* from, long long element,
                               Scalar* input) {
#pragma unroll(unrolled <inputs>)
  for (int k = 0; k < inputs; ++k)
    input[k] = static_cast<const Scalar*>(from[k])[element];
}

/// Records are read by 16 bytes if their length allows it, else by one scalar.
template <class Scalar, bool wide>
struct CudaRecordWord {
  using Type = Scalar;
};
template <>
struct CudaRecordWord<float, true> {
  using Type = float4;
};
template <>
struct CudaRecordWord<double, true> {
  using Type = double2;
};

/// Sends a piece from global into shared memory, where it is once the thread has waited;
/// until then it takes neither its time nor its registers. GPUs before sm_80 wait here.
template <class Piece>
RKEOPS_INLINE void send_piece(const Piece* from, Piece* to) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  const auto place = static_cast<unsigned>(__cvta_generic_to_shared(to));
  if constexpr (sizeof(Piece) == 16) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;"
                 :
                 : "r"(place), "l"(from)
                 : "memory");
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2;"
                 :
                 : "r"(place), "l"(from), "n"(sizeof(Piece))
                 : "memory");
  }
#else
  *to = *from;
#endif
}

/// Waits for all that this thread has sent; for what others have, __syncthreads() does.
RKEOPS_INLINE void wait_for_pieces() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_all;" : : : "memory");
#endif
}

template <class Scalar, class Formula>
struct CudaRecords {
  static constexpr int length = cuda_record_scalars(Formula::column_kept, sizeof(Scalar));
  using Piece = typename CudaRecordWord<Scalar, length * sizeof(Scalar) % 16 == 0>::Type;
  static constexpr int pieces = int(length * sizeof(Scalar) / sizeof(Piece));

  /// Sends records into shared memory, by all threads of a block. From one to the next
  /// there are `stride` scalars.
  template <int stride = length>
  RKEOPS_INLINE static void send(const Scalar* from, int count, Scalar* to) {
    for (int k = threadIdx.x; k < count * pieces; k += cuda_threads) {
      // where records follow each other, all pieces do
      const int record = stride == length ? 0 : k / array_length<pieces>;
      const Piece* of_record = reinterpret_cast<const Piece*>(from + record * stride);
      send_piece(of_record + (k - record * pieces), reinterpret_cast<Piece*>(to) + k);
    }
  }

  /// The same; waits for what the threads did there before, and until it is done.
  template <int stride = length>
  RKEOPS_INLINE static void copy(const Scalar* from, int count, Scalar* to) {
    __syncthreads();
    send<stride>(from, count, to);
    wait_for_pieces();
    __syncthreads();
  }

  /// A record in registers, if it is short, read in as few loads as possible.
  struct Local {
    Piece data[array_length<pieces>];
    const Scalar* place;

    RKEOPS_INLINE explicit Local(const Scalar* record) : place(record) {
      if (length > 0 && length <= 32) {
#pragma unroll(unrolled <pieces>)
        for (int k = 0; k < pieces; ++k)
          data[k] = reinterpret_cast<const Piece*>(record)[k];
      }
    }
    RKEOPS_INLINE const Scalar* scalars() const {
      if (length > 0 && length <= 32) return reinterpret_cast<const Scalar*>(data);
      if (length > 32 && length * sizeof(Scalar) % 16 == 0)
        return static_cast<const Scalar*>(__builtin_assume_aligned(place, 16));
      return place;
    }
  };
};

}  // namespace rkeops

#endif
