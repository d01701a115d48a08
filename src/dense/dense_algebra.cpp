#include "dense/dense_algebra.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "dense/dense_parts.h"

namespace rkeops {

namespace {

constexpr long block_size = 128;
// Fewer multiplications than these are not worth a thread.
constexpr double work_of_a_thread = 1e6;

const DenseParts& parts() {
#if defined(__x86_64__) && defined(__GNUC__)
  static const bool has_avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (has_avx2 && avx2_dense_parts() != nullptr) return *avx2_dense_parts();
#endif
  return baseline_dense_parts();
}

DensePart part_of(double* values, long stride, long row, long column, long rows,
                  long columns) {
  return {values + row + column * stride, rows, columns, stride};
}

// The parts take inputs that are only read as if they were written.
DensePart whole(const DenseInput& input) {
  return {const_cast<double*>(input.values), input.rows, input.columns,
          std::max(input.rows, 1L)};
}

// Does the blocks from `count - 1` to 0, whichever thread is free.
void for_blocks(long count, int threads, const std::function<void(long)>& body) {
  std::atomic<long> left(count);
  const auto work = [&] {
    for (long block = --left; block >= 0; block = --left) body(block);
  };
  std::vector<std::thread> others;
  for (long k = 1; k < std::min<long>(threads, count); ++k) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
}

long blocks_of(long size) { return (size + block_size - 1) / block_size; }

long block_length(long block, long size) {
  return std::min(block_size, size - block * block_size);
}

double product(long a, long b, long c) { return double(a) * double(b) * double(c); }

int worthwhile(double work, int threads) {
  return std::max(1, std::min<int>(threads, static_cast<int>(work / work_of_a_thread)));
}

}  // namespace

void dense_multiply(const DenseInput& a, const DenseInput& b, bool transposed,
                    double* result, int threads) {
  const DensePart left = whole(a);
  const DensePart right = whole(b);
  const long rows = transposed ? a.columns : a.rows;
  const long inner = transposed ? a.rows : a.columns;
  if (inner == 0) {
    std::fill(result, result + rows * b.columns, 0.0);
    return;
  }
  threads = worthwhile(product(rows, inner, b.columns), threads);
  const long pieces = std::min<long>(4L * threads, std::max(blocks_of(rows), 1L));
  for_blocks(pieces, threads, [&](long k) {
    const long first = rows * k / pieces;
    const long count = rows * (k + 1) / pieces - first;
    const DensePart some =
        transposed ? part_of(left.values, left.stride, 0, first, inner, count)
                   : part_of(left.values, left.stride, first, 0, count, inner);
    parts().multiply(some, right, transposed,
                     part_of(result, rows, first, 0, count, b.columns));
  });
}

bool dense_cholesky(double* a, long n, int threads) {
  threads = worthwhile(product(n, n, n) / 3, threads);
  for (long start = 0; start < n; start += block_size) {
    const long width = std::min(block_size, n - start);
    const long below = start + width;
    const DensePart corner = part_of(a, n, start, start, width, width);
    if (!parts().cholesky(corner)) return false;
    for_blocks(blocks_of(n - below), threads, [&](long k) {
      parts().solve_right(corner, part_of(a, n, below + k * block_size, start,
                                          block_length(k, n - below), width));
    });
    for_blocks(blocks_of(n - below), threads, [&](long k) {
      const long first = below + k * block_size;
      const long columns = block_length(k, n - below);
      parts().subtract_outer(part_of(a, n, first, start, n - first, width),
                             part_of(a, n, first, start, columns, width),
                             part_of(a, n, first, first, n - first, columns));
    });
  }
  for (long j = 1; j < n; ++j) std::fill(a + j * n, a + j * n + j, 0.0);
  return true;
}

void dense_solve(const DenseInput& factor, bool transposed, double* b, long columns,
                 int threads) {
  const long n = factor.rows;
  if (n == 0 || columns == 0) return;
  threads = worthwhile(product(n, n, columns) / 2, threads);
  const long pieces = std::min<long>(threads, columns);
  for_blocks(pieces, threads, [&](long k) {
    const long first = columns * k / pieces;
    const long count = columns * (k + 1) / pieces - first;
    parts().solve(whole(factor), transposed, part_of(b, n, 0, first, n, count));
  });
}

void dense_squared_distances(const DenseInput& a, const DenseInput& b, double* result,
                             int threads) {
  threads = worthwhile(product(a.rows, b.rows, a.columns + 1), threads);
  for_blocks(blocks_of(b.rows), threads, [&](long k) {
    const long first = k * block_size;
    const long last = first + block_length(k, b.rows);
    for (long j = first; j < last; ++j) {
      double* column = result + j * a.rows;
      std::fill(column, column + a.rows, 0.0);
      for (long d = 0; d < a.columns; ++d) {
        const double* left = a.values + d * a.rows;
        const double right = b.values[j + d * b.rows];
        for (long i = 0; i < a.rows; ++i) {
          const double difference = left[i] - right;
          column[i] += difference * difference;
        }
      }
    }
  });
}

// X = L^-1 is lower triangular, so of its columns and of X'X only what is not zero is
// computed.
void dense_inverse(const DenseInput& factor, double* result, int threads) {
  const long n = factor.rows;
  threads = worthwhile(product(n, n, n), threads);
  const DensePart lower = whole(factor);
  std::vector<double> inverse(static_cast<std::size_t>(n) * n, 0.0);
  for (long j = 0; j < n; ++j) inverse[j + j * n] = 1;
  for_blocks(blocks_of(n), threads, [&](long k) {
    const long first = k * block_size;
    parts().solve(
        part_of(lower.values, n, first, first, n - first, n - first), false,
        part_of(inverse.data(), n, first, first, n - first, block_length(k, n)));
  });
  for_blocks(blocks_of(n), threads, [&](long k) {
    const long first = k * block_size;
    const long columns = block_length(k, n);
    parts().multiply(part_of(inverse.data(), n, first, 0, n - first, first + columns),
                     part_of(inverse.data(), n, first, first, n - first, columns), true,
                     part_of(result, n, 0, first, first + columns, columns));
  });
  for (long j = 0; j < n; ++j) {
    for (long i = j + 1; i < n; ++i) result[i + j * n] = result[j + i * n];
  }
}

}  // namespace rkeops
