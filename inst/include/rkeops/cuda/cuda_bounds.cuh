// Smallest and largest values that have a bound, which is less work than the value (see
// Bound in plan/plan.h). Such a Formula computes the bound in its pair stage, and has
//
//   row_bound()           what the row adds to it
//   exact_row_kept, exact_row_stage(), exact_column_kept, exact_column_stage()
//                         what the value is made of: prepared once, and read seldom
//   exact_stage()         the value
//
// Conditions on the data exclude NaN, and whatever overflows. How bounds are used is in
// cuda_search.cuh.
#ifndef RKEOPS_CUDA_BOUNDS_CUH
#define RKEOPS_CUDA_BOUNDS_CUH

#include <rkeops/inner_product.h>
#include <rkeops/reductions/accumulators.h>
#include <rkeops/cuda/cuda_records.cuh>

namespace rkeops {

/// This one is for formulas that have no bound.
template <class Scalar, class Formula, class = void>
struct CudaBound {
  static constexpr bool exists = false;
  static constexpr int record = CudaRecords<Scalar, Formula>::length, row_scalars = 0;
};

/// The numbers that values are made of lie in records, for columns, behind what pairs
/// read; for rows that have inner products component-major behind the vectors of these.
/// Other rows make them of their inputs when they are needed, which takes less time than
/// to prepare them.
template <class Scalar, class Formula>
struct CudaBound<Scalar, Formula, decltype(void(Formula::exact_column_kept))> {
  static constexpr bool exists = true;
  static constexpr int of_row = Formula::exact_row_kept,
                       of_column = Formula::exact_column_kept;
  static constexpr bool copies = of_row <= 128 && of_column <= 128;
  static constexpr bool prepares_rows = Formula::inner_length > 0 || !copies;
  static constexpr int row_scalars = prepares_rows ? of_row + 1 : 0;

  using Piece = typename CudaRecordWord<Scalar, true>::Type;
  static constexpr int wide = int(sizeof(Piece) / sizeof(Scalar));
  static constexpr int pieces = (of_column + wide - 1) / wide;
  static constexpr int place =
      (CudaRecords<Scalar, Formula>::length + wide - 1) / wide * wide;
  static constexpr int record = place + pieces * wide;

  RKEOPS_INLINE static void keep_column(const Scalar* parameter, const Scalar* input,
                                        Scalar* to) {
    Formula::template exact_column_stage<Scalar>(parameter, input, to + place);
  }

  RKEOPS_INLINE static void keep_row(const Scalar* parameter, const Scalar* input,
                                     Scalar* kept) {
    Formula::template exact_row_stage<Scalar>(parameter, input, kept);
    Formula::template row_bound<Scalar>(parameter, input, kept + of_row);
  }

  /// The prepared numbers of a row; the last one is its bound.
  struct PreparedRow {
    const Scalar* first;
    long long stride;
    bool exists;  // or stands beyond the last one, and is that one again

    RKEOPS_INLINE static PreparedRow of(const CudaArguments& arguments,
                                        long long number) {
      const Scalar* all = static_cast<const Scalar*>(arguments.row_vectors) +
                          row_vector_scalars<Formula> * arguments.row_vector_stride;
      return {all + least(number, arguments.row_end - 1), arguments.row_vector_stride,
              number < arguments.row_end};
    }
    RKEOPS_INLINE Scalar operator[](int k) const { return first[k * stride]; }
    RKEOPS_INLINE Scalar bound(const Scalar*) const { return (*this)[of_row]; }
    RKEOPS_INLINE void get(const Scalar*, Scalar* numbers) const {
#pragma unroll(unrolled <of_row>)
      for (int k = 0; k < of_row; ++k) numbers[k] = (*this)[k];
    }
  };

  /// The same of a row that is not prepared.
  struct InputRow {
    const void* const* inputs;
    long long number;
    bool exists;

    RKEOPS_INLINE static InputRow of(const CudaArguments& arguments, long long number) {
      return {arguments.row_inputs, least(number, arguments.row_end - 1),
              number < arguments.row_end};
    }
    RKEOPS_INLINE Scalar bound(const Scalar* parameter) const {
      Scalar input[array_length<Formula::row_inputs>], bound;
      load_inputs<Formula::row_inputs>(inputs, number, input);
      Formula::template row_bound<Scalar>(parameter, input, &bound);
      return bound;
    }
    RKEOPS_INLINE void get(const Scalar* parameter, Scalar* numbers) const {
      Scalar input[array_length<Formula::row_inputs>];
      load_inputs<Formula::row_inputs>(inputs, number, input);
      Formula::template exact_row_stage<Scalar>(parameter, input, numbers);
    }
  };
  using Row = typename CudaChoice<prepares_rows, PreparedRow, InputRow>::Type;

  /// Those that a value is made of, in registers where they fit into them.
  struct RowCopy {
    Scalar numbers[array_length<of_row>];

    RKEOPS_INLINE RowCopy(const Scalar* parameter, const Row& row) {
      row.get(parameter, numbers);
    }
    RKEOPS_INLINE Scalar operator[](int k) const { return numbers[k]; }
  };
  struct ColumnCopy {
    Piece data[array_length<pieces>];

    RKEOPS_INLINE explicit ColumnCopy(const Scalar* column) {
      const Piece* from = reinterpret_cast<const Piece*>(column);
#pragma unroll(unrolled <pieces>)
      for (int k = 0; k < pieces; ++k) data[k] = from[k];
    }
    RKEOPS_INLINE operator const Scalar*() const {
      return reinterpret_cast<const Scalar*>(data);
    }
  };
  struct RowReference {
    PreparedRow row;

    RKEOPS_INLINE RowReference(const Scalar*, const PreparedRow& row) : row(row) {}
    RKEOPS_INLINE Scalar operator[](int k) const { return row[k]; }
  };
  using OfRow = typename CudaChoice<copies, RowCopy, RowReference>::Type;
  using OfColumn = typename CudaChoice<copies, ColumnCopy, const Scalar*>::Type;

  /// The value of a pair, as it is written.
  RKEOPS_INLINE static Scalar value_of(const Scalar* parameter, const OfRow& row,
                                       const Scalar* record) {
    const OfColumn column(record + place);
    Scalar value;
    Formula::template exact_stage<Scalar>(parameter, row, column, &value);
    return value;
  }

  /// Not to be part of the loops over columns.
  RKEOPS_OUTLINE static Scalar value(const Scalar* parameter, Row row,
                                     const Scalar* record) {
    return value_of(parameter, OfRow(parameter, row), record);
  }

  /// Folds the values of `count` columns, few, from `first` on into accumulators.
  template <class Reduction>
  RKEOPS_OUTLINE static void fold(const Scalar* parameter, Row row, const Scalar* records,
                                  long long first, int count, double* accumulators) {
    const OfRow of_this_row(parameter, row);
    Reduction reduction;
    reduction.begin({accumulators, 1}, first);
#pragma unroll 4
    for (int n = 0; n < count; ++n) {
      const int c = fold_order<Reduction>(n, count);
      const Scalar of_pair = value_of(parameter, of_this_row, records + c * record);
      reduction.fold(&of_pair, c);
    }
    reduction.end({accumulators, 1}, first);
  }
};

}  // namespace rkeops

#endif
