// Formulas as the generator would write them, for the tests of the CPU engine.
#ifndef RKEOPS_TESTS_CPU_ENGINE_FORMULAS_H
#define RKEOPS_TESTS_CPU_ENGINE_FORMULAS_H

#include <rkeops/cpu/cpu_engine.h>

namespace product {

// value_k = x_k * y_k: small whole numbers give ties, infinities give NaN.
template <class Scalar, int D>
struct Formula : rkeops::NoInnerProduct {
  static constexpr int parameter_inputs = 0, parameters_kept = 0;
  static constexpr int row_inputs = D, row_kept = D;
  static constexpr int column_inputs = D, column_kept = D;
  static constexpr int pair_values = D;
  static constexpr bool has_finish_stage = false;

  template <class V>
  RKEOPS_INLINE static void parameter_stage(const V*, V*) {}
  template <class V>
  RKEOPS_INLINE static void row_stage(const Scalar*, const V* input, V* kept) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) kept[k] = input[k];
  }
  template <class V>
  RKEOPS_INLINE static void column_stage(const Scalar*, const V* input, V* kept) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) kept[k] = input[k];
  }
  template <class V>
  RKEOPS_INLINE static void pair_stage(const Scalar*, const V* row, const Scalar* column,
                                       V* value) {
    RKEOPS_UNROLL
    for (int k = 0; k < D; ++k) value[k] = row[k] * column[k];
  }
};

}  // namespace product

namespace scalar_product {

// value = s * sum_k x_k y_k over long vectors.
template <class Scalar, int D>
struct Formula : rkeops::NoInnerProduct {
  static constexpr int parameter_inputs = 1, parameters_kept = 1;
  static constexpr int row_inputs = D, row_kept = D;
  static constexpr int column_inputs = D, column_kept = D;
  static constexpr int pair_values = 1;
  static constexpr bool has_finish_stage = false;

  template <class V>
  RKEOPS_INLINE static void parameter_stage(const V* input, V* kept) {
    kept[0] = input[0];
  }
  template <class V>
  RKEOPS_INLINE static void row_stage(const Scalar* parameter, const V* input, V* kept) {
    for (int k = 0; k < D; ++k) kept[k] = parameter[0] * input[k];
  }
  template <class V>
  RKEOPS_INLINE static void column_stage(const Scalar*, const V* input, V* kept) {
    for (int k = 0; k < D; ++k) kept[k] = input[k];
  }
  template <class V>
  RKEOPS_INLINE static void pair_stage(const Scalar*, const V* row, const Scalar* column,
                                       V* value) {
    value[0] = rkeops::all<V>(0);
    for (int k = 0; k < D; ++k) value[0] += row[k] * column[k];
  }
};

}  // namespace scalar_product

namespace outer_product {

// value_k = x_0 y_0 (x_k + p y_k): one scalar of the pair, vectors of both sides.
template <class Scalar, int D>
struct Formula : rkeops::NoInnerProduct {
  static constexpr int parameter_inputs = 1, parameters_kept = 1;
  static constexpr int row_inputs = D, row_kept = 1;
  static constexpr int column_inputs = D, column_kept = 1;
  static constexpr int pair_values = 1;
  static constexpr bool has_finish_stage = false;
  static constexpr int outer_length = D, outer_row_vector_count = 1,
                       outer_column_vector_count = 1;

  template <class V>
  RKEOPS_INLINE static void parameter_stage(const V* input, V* kept) {
    kept[0] = input[0];
  }
  template <class V>
  RKEOPS_INLINE static void row_stage(const Scalar*, const V* input, V* kept) {
    kept[0] = input[0];
  }
  template <class V>
  RKEOPS_INLINE static void column_stage(const Scalar*, const V* input, V* kept) {
    kept[0] = input[0];
  }
  template <class V>
  RKEOPS_INLINE static void outer_row_vectors(const Scalar*, const V* input, V* vector) {
    for (int k = 0; k < D; ++k) vector[k] = input[k];
  }
  template <class V>
  RKEOPS_INLINE static void outer_column_vectors(const Scalar* parameter, const V* input,
                                                 V* vector) {
    for (int k = 0; k < D; ++k) vector[k] = parameter[0] * input[k];
  }
  template <class V>
  RKEOPS_INLINE static void outer_component(const Scalar*, const V* row,
                                            const Scalar* column, const V* scalar, int,
                                            V& value) {
    value = scalar[0] * (row[0] + column[0]);
  }
  template <class V>
  RKEOPS_INLINE static void pair_stage(const Scalar*, const V* row, const Scalar* column,
                                       V* value) {
    value[0] = row[0] * column[0];
  }
};

}  // namespace outer_product

namespace constant {

// value = p: neither rows nor columns have variables.
template <class Scalar>
struct Formula : rkeops::NoInnerProduct {
  static constexpr int parameter_inputs = 1, parameters_kept = 1;
  static constexpr int row_inputs = 0, row_kept = 0;
  static constexpr int column_inputs = 0, column_kept = 0;
  static constexpr int pair_values = 1;
  static constexpr bool has_finish_stage = false;

  template <class V>
  RKEOPS_INLINE static void parameter_stage(const V* input, V* kept) {
    kept[0] = input[0];
  }
  template <class V>
  RKEOPS_INLINE static void row_stage(const Scalar*, const V*, V*) {}
  template <class V>
  RKEOPS_INLINE static void column_stage(const Scalar*, const V*, V*) {}
  template <class V>
  RKEOPS_INLINE static void pair_stage(const Scalar* parameter, const V*, const Scalar*,
                                       V* value) {
    value[0] = rkeops::all<V>(parameter[0]);
  }
};

}  // namespace constant

#endif
