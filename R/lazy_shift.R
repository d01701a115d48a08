# K + diag(lambda, n): a lazy tensor like any other, which also remembers its
# two terms, because solvers treat them apart.

# NULL where `x + y` is no such sum.
shifted_tensor <- function(x, y, operator) {
  if (operator == "+" && !is.LazyTensor(x)) {
    return(shifted_tensor(y, x, operator))
  }
  shift <- if (can_be_shifted(x)) diagonal_entries(y)
  if (is.null(shift) || any(dim(x) != length(shift))) {
    return(NULL)
  }
  add_shift(x, if (operator == "-") -shift else shift)
}

can_be_shifted <- function(x) {
  is.LazyTensor(x) && inner_dimension(x) == 1L && !is_complex_tensor(x)
}

# The diagonal of a matrix that has nothing beside it, also one of the package
# Matrix; else NULL.
diagonal_entries <- function(y) {
  if (inherits(y, "diagonalMatrix")) {
    return(as.double(if (y@diag == "U") rep(1, nrow(y)) else y@x))
  }
  if (!is_plain_square(y)) {
    return(NULL)
  }
  shift <- as.double(diag(y))
  if (!isTRUE(sum(y != 0) == sum(shift != 0))) {
    return(NULL)
  }
  if (nrow(y) >= 5000L) say_diagonal(nrow(y))
  shift
}

# R makes `diag(1, n)` before the package sees it.
say_diagonal <- function(n) {
  say_once("diagonal", sprintf(
    "`diag()` of R stores %d x %d numbers.", n, n
  ), c(
    "`kernel_solve(K, b, lambda)` and `log_det(K, lambda)` need no matrix.",
    "`K + Matrix::Diagonal(n, lambda)` stores the diagonal alone. (Said once.)"
  ))
}

# A matrix of one entry is a number.
is_plain_square <- function(y) {
  is.matrix(y) && is.numeric(y) && !is.object(y) && nrow(y) == ncol(y) &&
    nrow(y) > 1L
}

add_shift <- function(x, shift) {
  refuse_ranges(x, NULL)
  number <- as.double(seq_along(shift))
  value <- with_value(
    same_code(number, number), x + Vi(shift, precision = precision_of(x)), x,
    "+", NULL
  )
  value@state$number <- TRUE
  value@state$shift <- list(tensor = x, shift = shift, data = value@data)
  value
}

# The terms: `tensor`, and `shift`, which is 0 for other tensors. Rows may have
# been chosen since: then it is a tensor like others.
terms_of_shift <- function(x) {
  terms <- x@state$shift
  if (is.null(terms) || !identical(terms$data, x@data)) {
    return(list(tensor = x, shift = 0))
  }
  inner <- terms_of_shift(terms$tensor)
  inner$tensor@precision <- x@precision
  list(tensor = inner$tensor, shift = inner$shift + terms$shift)
}
