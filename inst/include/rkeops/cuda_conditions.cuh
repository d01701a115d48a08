// What some formulas demand of their rows and columns: no component of what
// row_condition() and column_condition() give may exceed 1 or be NaN. Found out while
// rows and columns are prepared, which reads all of them anyway.
#ifndef RKEOPS_CUDA_CONDITIONS_CUH
#define RKEOPS_CUDA_CONDITIONS_CUH

#include <rkeops/cuda_records.cuh>

namespace rkeops {

/// Of a formula that demands nothing.
template <class Formula, class = void>
struct CudaConditions {
  static constexpr bool exist = false;
};

template <class Formula>
struct CudaConditions<Formula, decltype(void(Formula::row_conditions))> {
  static constexpr bool exist = true;

  /// `failed` becomes 1 where the row, or the column, is not as demanded.
  template <class Scalar>
  RKEOPS_INLINE static void check_row(const Scalar* parameter, const Scalar* input,
                                      int* failed) {
    Scalar value[array_length<Formula::row_conditions>];
    Formula::template row_condition<Scalar>(parameter, input, value);
    check<Formula::row_conditions>(value, failed);
  }
  template <class Scalar>
  RKEOPS_INLINE static void check_column(const Scalar* parameter, const Scalar* input,
                                         int* failed) {
    Scalar value[array_length<Formula::column_conditions>];
    Formula::template column_condition<Scalar>(parameter, input, value);
    check<Formula::column_conditions>(value, failed);
  }

 private:
  template <int count, class Scalar>
  RKEOPS_INLINE static void check(const Scalar* value, int* failed) {
    for (int k = 0; k < count; ++k) {
      if (!(value[k] <= Scalar(1))) *failed = 1;
    }
  }
};

}  // namespace rkeops

#endif
