// How to read this file: an R value becomes a Shape (what it is and how large), the shape
// is checked against the argument, then seen or copied as a matrix with one row a point.
#include "r_values.h"

#include <cmath>

#include "base/diagnostic.h"
#include "input_order.h"
#include "native_pointer.h"
#include "semantics/variables.h"

namespace rkeops {

namespace {

std::string argument_label(const Argument& argument) {
  const std::string type = std::string(category_name(argument.level)) + "(" +
                           std::to_string(argument.dimension) + ")";
  if (argument.name.empty())
    return "Input " + std::to_string(argument.position + 1) + ", " + type;
  return "`" + argument.name + "`, which is " + type + ",";
}

std::string counted(long long count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

// Classes whose numbers, or bits, are not what they stand for: R converts these.
bool stands_for_others(SEXP value) {
  for (const char* name : {"factor", "integer64", "POSIXct", "Date", "difftime"}) {
    if (Rf_inherits(value, name)) return true;
  }
  return false;
}

bool is_number_type(SEXP value) {
  if (Rf_isObject(value) && stands_for_others(value)) return false;
  return TYPEOF(value) == REALSXP || TYPEOF(value) == INTSXP || TYPEOF(value) == LGLSXP;
}

Error wrong_type(const Argument& argument, const std::string& found,
                 const std::vector<std::string>& hints = {}) {
  return Error(ErrorKind::argument,
               argument_label(argument) + " must be numeric, not " + found + ".", {},
               hints);
}

// Says what to do with an object that an operator does not take.
std::vector<std::string> class_hints(SEXP value) {
  if (Rf_inherits(value, "LazyTensor"))
    return {"Operators take the data themselves: `x`, not `Vi(x)`."};
  if (Rf_inherits(value, "factor"))
    return {"`as.integer()` makes numbers of the codes of a factor."};
  return {};
}

std::string type_text(SEXP value) {
  if (Rf_inherits(value, "factor")) return "a factor";
  if (TYPEOF(value) == STRSXP) return "character";
  if (value == R_NilValue) return "NULL";
  if (Rf_isObject(value)) {
    const SEXP classes = Rf_getAttrib(value, R_ClassSymbol);
    return std::string("an object of class `") + CHAR(STRING_ELT(classes, 0)) + "`";
  }
  return Rf_type2char(TYPEOF(value));
}

Shape shape_of_data_frame(const Argument& argument, SEXP value) {
  const long long columns = Rf_xlength(value);
  long long rows = 0;
  for (long long k = 0; k < columns; ++k) {
    const SEXP column = VECTOR_ELT(value, k);
    if (!is_number_type(column)) {
      throw wrong_type(argument,
                       "a data frame with a column of type " + type_text(column),
                       class_hints(column));
    }
    if (Rf_getAttrib(column, R_DimSymbol) != R_NilValue)
      throw wrong_type(argument, "a data frame with a matrix as a column");
    rows = Rf_xlength(column);
  }
  return {
      true, rows, columns,
      "a data frame of " + counted(rows, "row") + " and " + counted(columns, "column")};
}

Shape shape_of(const Argument& argument, SEXP value) {
  if (const GpuMatrix* matrix = gpu_matrix_of(value)) {
    return {true, matrix->rows(), matrix->columns(),
            "a " + std::to_string(matrix->rows()) + " x " +
                std::to_string(matrix->columns()) + " matrix on the GPU"};
  }
  if (Rf_inherits(value, "data.frame")) return shape_of_data_frame(argument, value);
  if (!is_number_type(value))
    throw wrong_type(argument, type_text(value), class_hints(value));
  const SEXP dim = Rf_getAttrib(value, R_DimSymbol);
  const long long length = Rf_xlength(value);
  if (dim == R_NilValue || Rf_xlength(dim) == 1) {
    return {false, length, 1, "a vector of length " + std::to_string(length)};
  }
  if (Rf_xlength(dim) != 2) {
    throw Error(ErrorKind::shape, argument_label(argument) +
                                      " must be a matrix or a vector, not an array of " +
                                      std::to_string(Rf_xlength(dim)) + " dimensions.");
  }
  const long long rows = INTEGER(dim)[0], columns = INTEGER(dim)[1];
  return {true, rows, columns,
          "a " + std::to_string(rows) + " x " + std::to_string(columns) + " matrix"};
}

// Numbers of an atomic vector, with R's NA kept as NaN.
void append_numbers(std::vector<double>& numbers, SEXP value) {
  const R_xlen_t length = Rf_xlength(value);
  if (TYPEOF(value) == REALSXP) {
    numbers.insert(numbers.end(), REAL(value), REAL(value) + length);
    return;
  }
  const int* integers = TYPEOF(value) == INTSXP ? INTEGER(value) : LOGICAL(value);
  for (R_xlen_t k = 0; k < length; ++k) {
    numbers.push_back(integers[k] == NA_INTEGER ? NA_REAL : double(integers[k]));
  }
}

std::vector<double> numbers_of(SEXP value) {
  std::vector<double> numbers;
  if (TYPEOF(value) != VECSXP) {
    append_numbers(numbers, value);
    return numbers;
  }
  for (R_xlen_t k = 0; k < Rf_xlength(value); ++k)
    append_numbers(numbers, VECTOR_ELT(value, k));
  return numbers;
}

void transpose(const double* from, long long rows, long long columns, double* to) {
  constexpr long long tile = 32;  // both matrices stay in the cache
  for (long long i0 = 0; i0 < rows; i0 += tile) {
    for (long long j0 = 0; j0 < columns; j0 += tile) {
      for (long long j = j0; j < std::min(j0 + tile, columns); ++j) {
        for (long long i = i0; i < std::min(i0 + tile, rows); ++i) {
          to[i * columns + j] = from[j * rows + i];
        }
      }
    }
  }
}

SEXP point_names_of(SEXP value, bool points_are_rows) {
  if (TYPEOF(value) == EXTPTRSXP) return R_NilValue;
  if (Rf_inherits(value, "data.frame")) {
    // automatic row names are integers: not names somebody gave
    const SEXP names = Rf_getAttrib(value, R_RowNamesSymbol);
    return TYPEOF(names) == STRSXP ? names : R_NilValue;
  }
  const SEXP dimnames = Rf_getAttrib(value, R_DimNamesSymbol);
  if (dimnames == R_NilValue) return R_NilValue;
  return VECTOR_ELT(dimnames, points_are_rows ? 0 : 1);
}

// For a matrix that would fit the other way round.
std::string transposed_hint(bool points_are_rows) {
  return points_are_rows
             ? "`t()` turns it; `inner_dim = 0` takes the columns of all as points."
             : "`t()` turns it; `inner_dim = 1` takes the rows of all as points.";
}

}  // namespace

GpuMatrix* gpu_matrix_of(SEXP value) {
  if (TYPEOF(value) != EXTPTRSXP || !Rf_inherits(value, "gpu_matrix")) return nullptr;
  if (R_ExternalPtrAddr(value)) return &native_object<GpuMatrix>(value);
  throw Error(ErrorKind::gpu, "The matrix was on a GPU in another R session.", {},
              {"Matrices on the GPU cannot be saved or sent to other processes: save "
               "as.matrix(x), and move it again with to_gpu()."});
}

RInputs::RInputs(const std::vector<Argument>& arguments, SEXP input,
                 Orientation orientation, SEXP nx, SEXP ny, const CudaContext* gpu)
    : arguments_(arguments), gpu_(gpu) {
  for (SEXP& names : names_) names = R_NilValue;
  inputs_.matrices.resize(arguments.size());
  const std::vector<SEXP> values = in_order(arguments, input);
  for (size_t k = 0; k < values.size(); ++k) add(arguments[k], values[k], orientation);
  check_size(level_i, nx, "nx");
  check_size(level_j, ny, "ny");
}

void RInputs::add(const Argument& argument, SEXP value, Orientation orientation) {
  const Shape shape = shape_of(argument, value);
  const bool is_parameter = argument.level == level_none;
  const bool points_are_rows = orientation == Orientation::rows || !shape.is_matrix;
  const long long points = points_are_rows ? shape.rows : shape.columns;
  const long long components = points_are_rows ? shape.columns : shape.rows;

  const bool fits = is_parameter ? shape.rows * shape.columns == argument.dimension
                                 : components == argument.dimension;
  if (!fits) {
    const std::string noun = is_parameter ? "number" : points_are_rows ? "column" : "row";
    std::vector<std::string> hints;
    if (!is_parameter && shape.is_matrix && points == argument.dimension)
      hints.push_back(transposed_hint(points_are_rows));
    throw Error(ErrorKind::shape,
                argument_label(argument) + " must have " +
                    counted(argument.dimension, noun) + "; it is " + shape.text + ".",
                {}, hints);
  }

  MatrixView view{nullptr, is_parameter ? 1 : points, argument.dimension};
  see(argument, value, shape, points_are_rows, view);
  inputs_.matrices[size_t(argument.position)] = view;
  if (is_parameter) return;
  if (first_with_[argument.level] < 0)
    names_[argument.level] = point_names_of(value, points_are_rows);
  take_size(argument, points);
}

void RInputs::see(const Argument& argument, SEXP value, const Shape& shape,
                  bool points_are_rows, MatrixView& view) {
  const bool is_parameter = argument.level == level_none;
  const GpuMatrix* const on_gpu = gpu_matrix_of(value);
  if (!is_parameter) ++(on_gpu ? on_gpu_ : on_host_);
  if (on_gpu) {
    if (!points_are_rows && !is_parameter) {
      throw Error(ErrorKind::argument,
                  argument_label(argument) + " is on the GPU, where points are rows.", {},
                  {"Leave `inner_dim` as it is, or use as.matrix()."});
    }
    see_gpu_matrix(*on_gpu, view);
    return;
  }
  if (TYPEOF(value) == REALSXP && (points_are_rows || is_parameter)) {
    view.data = REAL_RO(value);  // a pointer to write to may be one to a copy
    return;
  }
  std::vector<double> numbers = numbers_of(value);
  if (!points_are_rows && !is_parameter) {
    std::vector<double> turned(numbers.size());
    transpose(numbers.data(), shape.rows, shape.columns, turned.data());
    numbers.swap(turned);
  }
  copies_.push_back(std::move(numbers));
  view.data = copies_.back().data();
}

void RInputs::see_gpu_matrix(const GpuMatrix& matrix, MatrixView& view) {
  if (gpu_ && matrix.is_on(*gpu_)) {
    view.resident = &matrix;
    return;
  }
  std::vector<double> numbers(matrix.bytes() / 8);
  matrix.read(numbers.data());
  copies_.push_back(std::move(numbers));
  view.data = copies_.back().data();
}

void RInputs::take_size(const Argument& argument, long long rows) {
  long long& size = argument.level == level_i ? inputs_.i_size : inputs_.j_size;
  int& first = first_with_[argument.level];
  if (first < 0) {
    first = argument.position;
    size = rows;
    return;
  }
  if (rows == size) return;
  const Argument& other = arguments_[size_t(first)];
  throw Error(ErrorKind::shape,
              argument_label(argument) + " has " + counted(rows, "point") + ", but " +
                  argument_label(other) + " has " + std::to_string(size) + ".",
              {}, {"All inputs with the same index have the same number of points."});
}

void RInputs::check_size(Level index, SEXP given, const char* name) {
  if (given == R_NilValue) return;
  const double number =
      is_number_type(given) && !Rf_isObject(given) && Rf_xlength(given) == 1
          ? Rf_asReal(given)
          : NAN;
  if (!(number >= 0 && number == std::floor(number) && number < 9e15)) {
    throw Error(ErrorKind::argument,
                std::string("`") + name + "` must be a whole number of at least 0.");
  }
  long long& size = index == level_i ? inputs_.i_size : inputs_.j_size;
  const int first = first_with_[index];
  if (first >= 0 && size != (long long)number) {
    throw Error(ErrorKind::shape, argument_label(arguments_[size_t(first)]) + " has " +
                                      counted(size, "point") + ", but `" + name +
                                      "` is " + std::to_string((long long)number) + ".");
  }
  size = (long long)number;
  is_given_[index] = true;
}

void RInputs::take_cover(std::shared_ptr<const PairCover> cover) {
  if (!cover) return;
  check_cover_size(level_i, cover->i_size());
  check_cover_size(level_j, cover->j_size());
  inputs_.cover = std::move(cover);
}

void RInputs::check_cover_size(Level index, long long of_cover) {
  long long& size = index == level_i ? inputs_.i_size : inputs_.j_size;
  const int first = first_with_[index];
  if ((first >= 0 || is_given_[index]) && size != of_cover) {
    throw Error(ErrorKind::shape,
                std::string("`ranges` are of ") + std::to_string(of_cover) + " " +
                    level_name(index) + ", but " +
                    (first >= 0 ? argument_label(arguments_[size_t(first)]) + " has " +
                                      counted(size, "point")
                                : "there are " + std::to_string(size)) +
                    ".");
  }
  size = of_cover;
}

SEXP RInputs::point_names(Level index) const { return names_[index]; }

Rcpp::NumericMatrix new_matrix(long long rows, long long columns) {
  if (rows > INT_MAX || columns > INT_MAX) {
    throw Error(ErrorKind::shape,
                "The result would have more rows than an R matrix can.");
  }
  return Rcpp::unwindProtect(
      [&] { return Rf_allocMatrix(REALSXP, int(rows), int(columns)); });
}

Rcpp::NumericMatrix transposed(const Rcpp::NumericMatrix& x) {
  Rcpp::NumericMatrix turned = new_matrix(x.ncol(), x.nrow());
  transpose(x.begin(), x.nrow(), x.ncol(), turned.begin());
  return turned;
}

}  // namespace rkeops
