# The two sides of kernels, distances and neighbours: data as a user has them,
# or lazy tensors, become tensors of rows (i) and of columns (j).

pair_wanted <- "a matrix, a data frame, a vector or a LazyTensor"

# Both sides as tensors. Without `y` the columns are the points of `x`, and the
# same variable.
pair_operands <- function(x, y, precision, call) {
  x <- pair_side(x, "i", "x", precision, call)
  y <- if (is.null(y)) {
    transposed_side(x, call)
  } else {
    pair_side(y, "j", "y", precision, call)
  }
  check_same_columns(inner_dimension(x), inner_dimension(y), call)
  list(x = x, y = y)
}

pair_side <- function(x, index, name, precision, call) {
  if (missing(x)) abort_argument(name, pair_wanted, , call)
  if (is.LazyTensor(x)) {
    if (is_complex_tensor(x)) {
      abort_argument(name, "real", x, call, "`Mod()` makes a real tensor.")
    }
    return(x)
  }
  precision <- read_precision(precision, "precision", call)
  content <- content_of(check_data(x, name, call), x)
  if (content$type == "complex") {
    abort_argument(name, "real numbers", content$values, call)
  }
  variable_of(content, index, x, call, precision)
}

transposed_side <- function(x, call) {
  if (is.na(x@sizes[["i"]]) || !is.na(x@sizes[["j"]])) {
    abort_argument(
      "y", pair_wanted, NULL, call,
      hints = "It may be left out where `x` has rows only, as `Vi(x)` has."
    )
  }
  t(x)
}

check_same_columns <- function(columns_x, columns_y, call) {
  if (columns_x == columns_y) {
    return()
  }
  abort_rkeops(
    "shape", sprintf(
      "`x` and `y` must have the same columns, but `x` has %d and `y` has %d.",
      columns_x, columns_y
    ), call = call
  )
}

# A scale: one positive number, one for each component, or a tensor, so that
# gradients with respect to it exist.
check_scale <- function(value, columns, name, call) {
  if (!missing(value) && is.LazyTensor(value)) {
    return(value)
  }
  if (missing(value) || !is_scale(value, columns)) {
    abort_argument(name, if (columns == 1L) {
      "one positive number"
    } else {
      sprintf("one positive number, or %d, one for each column", columns)
    }, value, call)
  }
  as.double(value)
}

is_scale <- function(value, columns) {
  is.numeric(value) && !is.object(value) &&
    length(value) %in% c(1L, columns) && all(is.finite(value) & value > 0)
}

# A shape parameter: one number above `lower`, or a tensor.
check_shape <- function(value, lower, name, call, strict = TRUE) {
  if (is.LazyTensor(value)) {
    return(value)
  }
  valid <- checkmate::test_number(value, finite = TRUE) &&
    (if (strict) value > lower else value >= lower)
  if (!valid) {
    bound <- if (strict) "above" else "of at least"
    abort_argument(name, paste("one number", bound, lower), value, call)
  }
  value
}
