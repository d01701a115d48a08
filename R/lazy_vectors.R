# The vectors inside tensors: norms and distances, components, small matrices.

#' Vectors inside lazy tensors
#'
#' A lazy tensor has a vector at each pair (i, j): the rows of the data, or what
#' was made of them. These functions work on the vectors.
#'
#' @param x,y,m,v Lazy tensors, vectors or numbers. `m` of `elem()`, `elemT()`,
#'   `extract()` and `extractT()` is the place of a component.
#' @param s The weights: one number, one for each component, or a symmetric
#'   matrix as a vector.
#' @param n,d,D Lengths: of the result of `elemT()` and `extractT()`, of the
#'   part that `extract()` takes or `extractT()` puts, of the result of
#'   `one_hot()`.
#'
#' @details
#' * `sqnorm2(x)`, `norm2(x)`, `normalize(x)`; `sqdist(x, y)`, the squared
#'   distance; `weightedsqnorm(x, s)` and `weightedsqdist(x, y, s)`.
#' * `elem(x, m)` is component `m`, `extract(x, m, d)` the `d` components from
#'   `m` on; `x[k]` takes any (see [LazyTensor-matrix]). `elemT(x, m, n)` puts a
#'   number at place `m` of a zero vector of length `n`, `extractT(x, m, d)` a
#'   vector at the places from `m` on of one of length `d`. `concat(x, y)` joins
#'   vectors, `one_hot(x, D)` has a 1 at place `x`. Places count from 1; see the
#'   option `index_base` in [set_rkeops_option()].
#' * `matvecmult(m, v)`, `vecmatmult(v, m)`, `tensorprod(x, y)`: matrices inside
#'   vectors, column by column as in R.
#'
#' For complex tensors `sqnorm2()`, `norm2()` and `sqdist()` are real: they add
#' squared moduli. `tensorprod(x, y)` is the complex `x y'`, nothing conjugated.
#'
#' @return A lazy tensor.
#' @name LazyTensor-vectors
#' @examples
#' x_i <- Vi(matrix(runif(30), 10))
#' y_j <- Vj(matrix(runif(45), 15))
#' sqdist(x_i, y_j)
#' elem(x_i, 1)
#' concat(x_i, y_j)
#' tensorprod(x_i, y_j)
NULL

#' @rdname LazyTensor-vectors
#' @export
sqnorm2 <- function(x) apply_norm("SqNorm2", operands_of(x), "sqnorm2")

#' @rdname LazyTensor-vectors
#' @export
norm2 <- function(x) apply_norm("Norm2", operands_of(x), "norm2")

#' @rdname LazyTensor-vectors
#' @export
normalize <- function(x) {
  apply_norm(
    "Normalize", operands_of(x), "normalize",
    type = if (is_complex_operand(x)) "complex"
  )
}

#' @rdname LazyTensor-vectors
#' @export
sqdist <- function(x, y) apply_norm("SqDist", operands_of(x, y), "sqdist")

#' @rdname LazyTensor-vectors
#' @export
weightedsqnorm <- function(x, s) {
  apply_operation("WeightedSqNorm", operands_of(s, x), label = "weightedsqnorm")
}

#' @rdname LazyTensor-vectors
#' @export
weightedsqdist <- function(x, y, s) {
  apply_operation(
    "WeightedSqDist", operands_of(s, x, y), label = "weightedsqdist"
  )
}

# ---- components ----

# A place counted as the user does, from 0.
read_place <- function(place, name, limit, call) {
  base <- settings$index_base
  valid <- !missing(place) && is.int(place) &&
    place >= base && place < limit + base
  if (!valid) {
    abort_argument(
      name, sprintf("a whole number from %d to %d", base, limit + base - 1L),
      place, call
    )
  }
  as.integer(place) - base
}

read_length <- function(length, name, longest, call) {
  if (missing(length) || !is.int(length) || length < 1 || length > longest) {
    abort_argument(
      name, sprintf("a whole number from 1 to %d", as.integer(longest)),
      length, call
    )
  }
  as.integer(length)
}

# Components of complex tensors are two numbers each.
slice_tensor <- function(x, start, length, label, call) {
  width <- if (is_complex_tensor(x)) 2L else 1L
  apply_operation(
    "Extract", list(x), list(width * start, width * length), label, call,
    type = x@type, as_real = TRUE
  )
}

#' @rdname LazyTensor-vectors
#' @export
elem <- function(x, m) {
  call <- rlang::current_env()
  x <- as_lazy(x, "x", call)
  start <- read_place(m, "m", inner_dimension(x), call)
  slice_tensor(x, start, 1L, "elem", call)
}

#' @rdname LazyTensor-vectors
#' @export
extract <- function(x, m, d) {
  call <- rlang::current_env()
  x <- as_lazy(x, "x", call)
  start <- read_place(m, "m", inner_dimension(x), call)
  length <- read_length(d, "d", inner_dimension(x) - start, call)
  slice_tensor(x, start, length, "extract", call)
}

#' @rdname LazyTensor-vectors
#' @export
elemT <- function(x, m, n) { # nolint
  call <- rlang::current_env()
  x <- as_lazy(x, "x", call)
  length <- read_length(n, "n", 2^20, call)
  start <- read_place(m, "m", length, call)
  apply_operation("ElemT", list(x), list(length, start), "elemT", call)
}

#' @rdname LazyTensor-vectors
#' @export
extractT <- function(x, m, d) { # nolint
  call <- rlang::current_env()
  x <- as_lazy(x, "x", call)
  length <- read_length(d, "d", 2^20, call)
  start <- read_place(m, "m", length - inner_dimension(x) + 1L, call)
  apply_operation("ExtractT", list(x), list(start, length), "extractT", call)
}

#' @rdname LazyTensor-vectors
#' @export
concat <- function(x, y) {
  call <- rlang::current_env()
  x <- as_lazy(x, "x", call)
  y <- as_lazy(y, "y", call)
  if (is_complex_tensor(x) || is_complex_tensor(y)) {
    x <- as_complex(x)
    y <- as_complex(y)
  }
  apply_operation("Concat", list(x, y), label = "concat", call = call,
                  type = x@type, as_real = TRUE)
}

#' @rdname LazyTensor-vectors
#' @export
one_hot <- function(x, D) { # nolint
  call <- rlang::current_env()
  length <- read_length(D, "D", 2^20, call)
  x <- as_lazy(x, "x", call)
  if (settings$index_base == 1L) x <- x - lazy_constant(1)
  apply_operation("OneHot", list(x), list(length), "one_hot", call)
}

# ---- small matrices ----

#' @rdname LazyTensor-vectors
#' @export
matvecmult <- function(m, v) {
  apply_operation("MatVecMult", operands_of(m, v), label = "matvecmult")
}

#' @rdname LazyTensor-vectors
#' @export
vecmatmult <- function(v, m) {
  apply_operation("VecMatMult", operands_of(v, m), label = "vecmatmult")
}

#' @rdname LazyTensor-vectors
#' @export
tensorprod <- function(x, y) {
  operands <- operands_of(x, y)
  if (any(vapply(operands, is_complex_operand, NA))) {
    return(complex_tensorprod(operands, rlang::current_env()))
  }
  apply_operation("TensorProd", operands, label = "tensorprod")
}

# ---- on a sphere ----

#' Distances on a sphere
#'
#' The length of the great circle between points on a sphere, by the haversine
#' formula: only differences of the coordinates and cosines enter, so that near
#' points keep their digits, which they lose in an arc cosine.
#'
#' @param x,y Longitude and latitude, in degrees: lazy tensors of inner
#'   dimension 2, or matrices or data frames of two columns, `x` for the rows
#'   of the result and `y` for its columns. Without `y` the points are those of
#'   `x`.
#' @param radius The radius of the sphere, one number; by default the mean
#'   radius of the earth in kilometres.
#' @inheritParams kernels
#' @return A lazy tensor of distances in the unit of `radius`.
#' @seealso [distances]
#' @concept great circle
#' @concept longitude and latitude
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' # longitude and latitude of Paris, Berlin and Rome
#' cities <- cbind(c(2.35, 13.40, 12.50), c(48.86, 52.52, 41.89))
#' as.matrix(haversine(cities))
#' haversine(Vi(cities), Vj(cities))
#' \dontshow{set_rkeops_options(previous)}
haversine <- function(x, y = NULL, radius = 6371.0088,
                      precision = get_rkeops_option("precision")) {
  call <- rlang::current_env()
  if (!checkmate::test_number(radius, lower = 0, finite = TRUE)) {
    abort_argument("radius", "one number of at least 0", radius, call)
  }
  if (missing(x)) abort_operand("x", , call)
  # a place, a vector of two numbers, is a parameter
  place <- function(one) if (is_sequence(one)) as_lazy(one, "x", call) else one
  sides <- pair_operands(place(x), place(y), precision, call)
  degree <- lazy_constant(pi / 180)
  angle <- apply_operation(
    "Haversine", list(degree * sides$x, degree * sides$y),
    label = "haversine", call = call
  )
  radius * angle
}
