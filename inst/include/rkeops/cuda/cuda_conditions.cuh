// Some formulas demand something of their rows and columns: no component of what
// row_condition() and column_condition() give may exceed 1 or be NaN. Kernels look where
// they read rows and columns anyway: while they prepare them, or before they fold them.
#ifndef RKEOPS_CUDA_CONDITIONS_CUH
#define RKEOPS_CUDA_CONDITIONS_CUH

#include <rkeops/cuda/cuda_records.cuh>

namespace rkeops {

/// This one is for formulas that demand nothing.
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

/// Pairs read this of a row, whose conditions are checked if `checks` is true. Rows
/// beyond the last one of the launch are that one again, for nothing.
template <class Formula, class Scalar>
RKEOPS_INLINE void keep_row(const CudaArguments& arguments, const Scalar* parameter,
                            long long row, Scalar* kept, bool checks = false) {
  Scalar input[array_length<Formula::row_inputs>];
  load_inputs<Formula::row_inputs>(arguments.row_inputs,
                                   least(row, arguments.row_end - 1), input);
  if constexpr (CudaConditions<Formula>::exist)
    if (checks) CudaConditions<Formula>::check_row(parameter, input, arguments.failed);
  Formula::template row_stage<Scalar>(parameter, input, kept);
}

}  // namespace rkeops

#endif
