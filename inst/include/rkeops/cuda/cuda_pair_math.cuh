// Exponentials for the loops over pairs. In single precision they are the usual ones; in
// double precision they take less time than those of CUDA: 2^x = 2^n 2^(k / N) 2^f with
// |f| <= 1 / (2 N), the second factor from a table of N numbers in shared memory, the
// last one from a short polynomial.
//
// A stage or an accumulator that says RKEOPS_PAIR_FUNCTIONS uses them under their usual
// names; the kernel that runs it fills the table first. All are within 2 units in the
// last place.
#ifndef RKEOPS_CUDA_PAIR_MATH_CUH
#define RKEOPS_CUDA_PAIR_MATH_CUH

#include <rkeops/cuda/cuda_math.cuh>

// N = 2^8 where shared memory has no room for more.
#if !defined(RKEOPS_POWER_BITS)
#define RKEOPS_POWER_BITS 10
#endif

#define RKEOPS_PAIR_FUNCTIONS \
  using pair_loop::exp;       \
  using pair_loop::exp2;      \
  using pair_loop::exp2_of_small;

namespace rkeops {
namespace pair_loop {

constexpr int power_bits = RKEOPS_POWER_BITS, powers = 1 << power_bits;
static_assert(power_bits == 8 || power_bits == 10, "polynomials are for these");

/// n / N as an addend to the bits of a double, where its exponent and fraction meet.
RKEOPS_INLINE long long exponent_bits(int n) {
  return static_cast<long long>(n) << (52 - power_bits);
}

/// 2^(k / N), less k there: so n is added whole, and k need not be cut off. A template,
/// because programs with tables of other lengths may be in the same process in tests.
template <int length = powers>
RKEOPS_INLINE double* power_table() {
  __shared__ double table[length];
  return table;
}

/// By all threads of a block, before they use the functions.
RKEOPS_INLINE void fill_power_table() {
  for (int k = threadIdx.x; k < powers; k += cuda_threads) {
    const double power = ::exp2(static_cast<double>(k) / powers);
    power_table()[k] = same_bits<double>(same_bits<long long>(power) - exponent_bits(k));
  }
  __syncthreads();
}

/// 2^(n / N), a normal number.
RKEOPS_INLINE double power_of_two(int n) {
  const double entry = power_table()[n & (powers - 1)];
  return same_bits<double>(same_bits<long long>(entry) + exponent_bits(n));
}

RKEOPS_INLINE int first_bits(double x) {
  return static_cast<int>(same_bits<long long>(x) >> 32);
}
RKEOPS_INLINE int last_bits(double x) {
  return static_cast<int>(same_bits<long long>(x));
}

// Polynomials: those of Taylor, but that of degree 3 has in its square what is left of
// the fourth power, so that its error is below 2^-53 as that of the other is.
constexpr double ln2 = 0x1.62e42fefa39efp-1;
constexpr double half_step = 0.5 / powers, rest_of_fourth = 0.828 * half_step * half_step;

/// 2^f - 1.
RKEOPS_INLINE double exp2_minus_one(double f) {
  constexpr double c2 = ln2 * ln2 / 2, c3 = c2 * ln2 / 3, c4 = c3 * ln2 / 4;
  const double quotient = power_bits == 10 ? ::fma(c3, f, c2 + c4 * rest_of_fourth)
                                           : ::fma(::fma(c4, f, c3), f, c2);
  return ::fma(quotient, f, ln2) * f;
}

/// e^f - 1.
RKEOPS_INLINE double exp_minus_one(double f) {
  constexpr double c4 = 1.0 / 24, rest = c4 * ln2 * ln2 * rest_of_fourth;
  const double quotient = power_bits == 10 ? ::fma(1.0 / 6, f, 0.5 + rest)
                                           : ::fma(::fma(c4, f, 1.0 / 6), f, 0.5);
  return ::fma(f * f, quotient, f);
}

/// 2^x for |x| < 1022.
RKEOPS_INLINE double exp2_of_normal(double x) {
  constexpr double shift = 0x1.8p52 / powers;  // a sum with it is a multiple of 1 / N
  const double sum = x + shift, power = power_of_two(last_bits(sum));
  return ::fma(power, exp2_minus_one(x - (sum - shift)), power);
}

/// `result`, or where |x| is not below a limit, which is given by its first bits, what a
/// function has there: 0 or infinity; NaN stays NaN. No branch, and integers where they
/// can decide: they have units of their own.
RKEOPS_INLINE double within_limits(double x, double result, int lower, int upper) {
  const int high = first_bits(x), size = high & 0x7fffffff;
  const bool is_nan = size > 0x7ff00000, fits = size < (high < 0 ? lower : upper);
  return fits || is_nan ? result : high < 0 ? 0.0 : __builtin_inf();
}

/// Results of 2^-1022 and below are 0.
RKEOPS_INLINE double exp2(double x) {
  return within_limits(x, exp2_of_normal(x), 0x408ff000, 0x40900000);  // 1022, 1024
}

/// e^x, also where it is not a normal number: far from 0 a part of the exponent is left
/// to a factor.
RKEOPS_INLINE double exp(double x) {
  constexpr double shift = 0x1.8p52;  // a sum with it is an integer
  // log(2) in two parts, of which the first times an integer is exact
  constexpr double high = 0x1.62e42feep-1, low = 0x1.a39ef35793c76p-33;
  const double sum = ::fma(x, powers * 0x1.71547652b82fep+0, shift), n = sum - shift;
  const double f = ::fma(n, -low / powers, ::fma(n, -high / powers, x));
  const bool is_far = (first_bits(x) & 0x7fffffff) >= 0x40862000;  // 708
  const int left = !is_far ? 0 : first_bits(x) < 0 ? -128 : 128;
  const double power = power_of_two(last_bits(sum) - left * powers);
  const double factor = same_bits<double>(static_cast<long long>(1023 + left) << 52);
  const double result = ::fma(power, exp_minus_one(f), power) * factor;
  return within_limits(x, result, 0x40875000, 0x40875000);  // 746
}

/// For |x| <= 100.
RKEOPS_INLINE double exp2_of_small(double x) { return exp2_of_normal(x); }

RKEOPS_INLINE float exp(float x) { return rkeops::exp(x); }
RKEOPS_INLINE float exp2(float x) { return rkeops::exp2(x); }
RKEOPS_INLINE float exp2_of_small(float x) { return rkeops::exp2_of_small(x); }

}  // namespace pair_loop

/// Whether a Formula or a reduction says RKEOPS_PAIR_FUNCTIONS.
template <class Part, class = void>
struct UsesPairFunctions {
  static constexpr bool value = false;
};
template <class Part>
struct UsesPairFunctions<Part, decltype(void(Part::uses_pair_functions))> {
  static constexpr bool value = Part::uses_pair_functions;
};

}  // namespace rkeops

#endif
