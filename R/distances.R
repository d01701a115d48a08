# Distances by name, of data or of lazy tensors.

#' Distances
#'
#' Lazy matrices of the distances of all pairs of points, which are never
#' stored.
#'
#' @inheritParams kernels
#' @param p The power of a Minkowski distance, a number of at least 1.
#' @param covariance The covariance matrix, positive definite, with a row and a
#'   column for each column of the data; by default that of the rows of `x`.
#'   Lazy tensors need it.
#'
#' @details
#' With \eqn{d = x - y}{d = x - y}, a vector of the differences in the columns,
#' the values are
#'
#' * `euclidean_dist()`: \eqn{\sqrt{\sum d_k^2}}{sqrt(sum(d^2))};
#' * `manhattan_dist()`: \eqn{\sum |d_k|}{sum(|d|)}, also named after city
#'   blocks;
#' * `maximum_dist()`: \eqn{\max |d_k|}{max(|d|)}, also named after Chebyshev;
#' * `minkowski_dist()`: \eqn{(\sum |d_k|^p)^{1 / p}}{sum(|d|^p)^(1 / p)};
#' * `mahalanobis_dist()`: \eqn{\sqrt{d' S^{-1} d}}{sqrt(d' S^-1 d)} with the
#'   covariance \eqn{S}; its square is [stats::mahalanobis()];
#' * `cosine_dist()`: 1 less the cosine of the angle between `x` and `y`, `NaN`
#'   for a vector of zeros;
#' * `hamming_dist()`: the number of columns that differ;
#' * [gower()] of columns of any kind, [haversine()] on a sphere.
#'
#' `hamming_dist()` takes data frames with factors and text too. Of a point with
#' missing values all distances are missing, but for [gower()].
#'
#' The squared Euclidean distance, [sqdist()], is cheaper, and has the same
#' neighbours.
#'
#' The cosine distance is computed as half the squared distance of the unit
#' vectors, which keeps the digits of small values.
#'
#' @return A lazy tensor.
#' @seealso [kernels], [pairs_within()].
#' @concept distance matrix
#' @concept dissimilarity
#' @concept Chebyshev distance
#' @concept city block distance
#' @concept cosine similarity
#' @name distances
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- as.matrix(iris[, 1:4])
#' D <- manhattan_dist(x)
#' as.matrix(D[1:3, 1:3])
#' # how many flowers are within 1 of each
#' summary(c(rowSums(maximum_dist(x) <= 1)))
#' # the largest distance from the mean
#' max(as.matrix(mahalanobis_dist(rbind(colMeans(x)), x, cov(x))))
#' head(rowMeans(cosine_dist(x)))
#' \dontshow{set_rkeops_options(previous)}
NULL

#' @rdname distances
#' @export
euclidean_dist <- function(x, y = NULL,
                           precision = get_rkeops_option("precision")) {
  sides <- pair_operands(x, y, precision, rlang::current_env())
  norm2(sides$x - sides$y)
}

absolute_differences <- function(x, y, precision, call) {
  sides <- pair_operands(x, y, precision, call)
  abs(sides$x - sides$y)
}

#' @rdname distances
#' @export
manhattan_dist <- function(x, y = NULL,
                           precision = get_rkeops_option("precision")) {
  d <- absolute_differences(x, y, precision, rlang::current_env())
  apply_operation("Sum", list(d))
}

#' @rdname distances
#' @export
maximum_dist <- function(x, y = NULL,
                         precision = get_rkeops_option("precision")) {
  d <- absolute_differences(x, y, precision, rlang::current_env())
  apply_operation("Max", list(d))
}

# Divided by the largest one, so that no power overflows.
#' @rdname distances
#' @export
minkowski_dist <- function(x, y = NULL, p = 2,
                           precision = get_rkeops_option("precision")) {
  call <- rlang::current_env()
  p <- check_shape(p, 1, "p", call, strict = FALSE)
  d <- absolute_differences(x, y, precision, call)
  largest <- apply_operation("Max", list(d))
  share <- d / ifelse(largest > 0, largest, 1)
  largest * apply_operation("Sum", list(share^p))^(1 / p)
}

#' @rdname distances
#' @export
cosine_dist <- function(x, y = NULL,
                        precision = get_rkeops_option("precision")) {
  sides <- pair_operands(x, y, precision, rlang::current_env())
  unit <- lapply(sides, function(one) one / norm2(one))
  sqdist(unit$x, unit$y) / 2
}

# ---- Mahalanobis ----

# The distance is that of points multiplied by the inverse of a root of the
# covariance: of data beforehand, once a point; less their mean, whose digits
# would be lost.
#' @rdname distances
#' @export
mahalanobis_dist <- function(x, y = NULL, covariance = NULL,
                             precision = get_rkeops_option("precision")) {
  call <- rlang::current_env()
  if (missing(x)) abort_argument("x", pair_wanted, , call)
  if (is.LazyTensor(x) || is.LazyTensor(y)) {
    sides <- pair_operands(x, y, precision, call)
    root <- inverse_root(covariance, inner_dimension(sides$x), call)
    return(norm2(matvecmult(c(t(root)), sides$x - sides$y)))
  }
  x <- mahalanobis_points(x, "x", call)
  covariance <- covariance %||% covariance_of(x, call)
  root <- inverse_root(covariance, ncol(x), call)
  y <- if (!is.null(y)) mahalanobis_points(y, "y", call)
  if (!is.null(y)) check_same_columns(ncol(x), ncol(y), call)
  origin <- colMeans(x)
  whiten <- function(points) sweep(points, 2L, origin) %*% root
  euclidean_dist(whiten(x), if (!is.null(y)) whiten(y), precision)
}

# Numbers as a matrix of doubles, a vector as one column.
mahalanobis_points <- function(x, name, call) {
  value <- on_host(check_data(x, name, call))
  if (is.complex(value)) abort_argument(name, "real numbers", value, call)
  if (!is.matrix(value)) value <- matrix(value, ncol = 1L)
  storage.mode(value) <- "double"
  value
}

covariance_of <- function(x, call) {
  if (nrow(x) < 2L) {
    abort_rkeops(
      "argument", sprintf("`x` has %d rows, too few for a covariance.",
                          nrow(x)),
      hints = "`covariance` may be given.", call = call
    )
  }
  stats::cov(x)
}

# R with R R' the inverse of the covariance.
inverse_root <- function(covariance, columns, call) {
  covariance <- check_whole_covariance(covariance, columns, call)
  spread <- sqrt(diag_of(covariance))
  upper <- if (all(spread > 0)) {
    tryCatch(base::chol(covariance / outer(spread, spread)),
             error = function(e) NULL)
  }
  if (is.null(upper) || min(diag_of(upper)) < 1e-7) {
    abort_rkeops(
      "argument", "`covariance` is singular, so that it has no inverse.",
      hints = c(
        "A column may be constant, or a combination of others.",
        "There must be more points than columns."
      ), call = call
    )
  }
  backsolve(upper, base::diag(columns)) / spread
}

check_whole_covariance <- function(covariance, columns, call) {
  if (is.numeric(covariance) && columns == 1L) {
    covariance <- as.matrix(covariance)
  }
  is_square <- is.matrix(covariance) && is.numeric(covariance) &&
    identical(dim(covariance), c(columns, columns))
  if (!is_square || !all(is.finite(covariance)) ||
        !isSymmetric(unname(covariance))) {
    abort_argument("covariance", sprintf(
      "a positive definite matrix of %d x %d", columns, columns
    ), covariance, call)
  }
  covariance
}

# ---- categories ----

#' @rdname distances
#' @export
hamming_dist <- function(x, y = NULL,
                         precision = get_rkeops_option("precision")) {
  call <- rlang::current_env()
  if (missing(x)) abort_argument("x", pair_wanted, , call)
  if (!is.LazyTensor(x) && !is.LazyTensor(y)) {
    x <- code_frame(x, "x", call)
    y <- if (!is.null(y)) code_frame(y, "y", call)
    codes <- common_frame_codes(x, y, call)
    x <- codes$x
    y <- codes$y
  }
  sides <- pair_operands(x, y, precision, call)
  apply_operation("Sum", list(sides$x != sides$y))
}

# Anything with columns as a data frame.
code_frame <- function(x, name, call) {
  if (is.data.frame(x)) {
    return(x)
  }
  if (!is.atomic(x) && !is.factor(x) || length(dim(x)) > 2L) {
    abort_argument(name, "a matrix, a data frame or a vector", x, call)
  }
  about_argument(name, call, {
    as.data.frame(if (is.matrix(x)) x else list(V1 = x))
  })
}

# Each value as its number among the different ones of both sides.
common_frame_codes <- function(x, y, call) {
  if (!is.null(y)) check_same_columns(ncol(x), ncol(y), call)
  codes <- lapply(seq_len(ncol(x)), function(k) {
    codes_of_column(x[[k]], if (!is.null(y)) y[[k]])
  })
  side <- function(name, rows) {
    matrix(
      as.double(unlist(lapply(codes, `[[`, name))), rows, length(codes)
    )
  }
  list(x = side("x", nrow(x)), y = if (!is.null(y)) side("y", nrow(y)))
}

codes_of_column <- function(x, y) {
  text <- function(one) if (is.factor(one)) as.character(one) else one
  both <- c(text(x), text(y))
  known <- unique(both[!is.na(both)])
  code <- function(one) {
    found <- match(text(one), known)
    base::ifelse(is.na(text(one)), NaN, found)
  }
  list(x = code(x), y = if (!is.null(y)) code(y))
}
