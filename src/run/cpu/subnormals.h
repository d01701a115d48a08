// The way in which a thread computes with subnormal numbers, those nearer to 0 than any
// with all digits (1.2e-38 in single precision).
#pragma once

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace rkeops {

/// While it lives, if it is wanted, such numbers are 0 for this thread. Processors take
/// a hundred cycles for an operation that meets one, and kernels of single precision meet
/// them wherever points are far from each other: exp(-90) is one.
class SubnormalsAreZero {
 public:
  explicit SubnormalsAreZero(bool wanted) : before_(mode()) {
    if (wanted) set_mode(before_ | zero);
  }
  ~SubnormalsAreZero() { set_mode(before_); }
  SubnormalsAreZero(const SubnormalsAreZero&) = delete;
  SubnormalsAreZero& operator=(const SubnormalsAreZero&) = delete;

 private:
#if defined(__SSE2__)
  using Mode = unsigned int;
  static constexpr Mode zero = 0x8040;  // of results, of operands
  static Mode mode() { return _mm_getcsr(); }
  static void set_mode(Mode mode) { _mm_setcsr(mode); }
#elif defined(__aarch64__)
  using Mode = unsigned long long;
  static constexpr Mode zero = 1ull << 24;
  static Mode mode() {
    Mode mode;
    asm volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
  }
  static void set_mode(Mode mode) { asm volatile("msr fpcr, %0" : : "r"(mode)); }
#else
  using Mode = int;
  static constexpr Mode zero = 0;
  static Mode mode() { return 0; }
  static void set_mode(Mode) {}
#endif

  const Mode before_;
};

}  // namespace rkeops
