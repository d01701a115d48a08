# A test of independence by two kernels.

#' Test of independence by kernels
#'
#' The Hilbert-Schmidt independence criterion of two variables, each of which
#' may have several columns, with the p-value of random permutations of one of
#' them. It finds any dependence, not only monotone ones.
#'
#' @param x,y The variables: numeric matrices or data frames with a row for each
#'   observation, or vectors. Rows where one has missing values are left out.
#' @param formula A formula `y ~ a + b`, or `cbind(u, v) ~ a + b`: whether what
#'   is on the left is independent of what is on the right. `~ a + b` is
#'   `b ~ a`.
#' @param kernel,kernel_y Functions of two lazy tensors for `x` and for `y`,
#'   such as [gaussian_kernel()].
#' @param bandwidth,bandwidth_y The bandwidths, if the kernels have them:
#'   numbers, or `"median"`, the median of the positive distances.
#' @inheritParams mmd_test
#'
#' @details
#' The statistic is the biased estimate \eqn{tr(K H L H) / n^2}{tr(K H L H) /
#' n^2} with the kernel matrices K and L, where H subtracts means (Gretton et
#' al. 2008). A permutation would be another pass over all pairs. Where both
#' matrices are, to ten digits of their trace, of a small rank (pivoted
#' Cholesky factorisation; smooth kernels of few columns are), permutations
#' permute rows of a factor instead, which takes a time that grows with n only.
#'
#' @return An object of class `htest`, see [mmd_test()].
#' @references Gretton, A., Fukumizu, K., Teo, C. H., Song, L., Schoelkopf, B.
#'   and Smola, A. (2008) A kernel statistical test of independence. *Advances
#'   in Neural Information Processing Systems* 20, 585-592.
#' @concept test of independence
#' @concept Hilbert-Schmidt independence criterion
#' @concept HSIC
#' @seealso [mmd_test()]
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- seq(-1, 1, length.out = 100)
#' y <- x^2 + rep(c(-0.1, 0.1), 50)
#' cor.test(x, y)$p.value
#' hsic_test(x, y, nperm = 199)
#' hsic_test(depth ~ long + lat, quakes[1:200, ], nperm = 99)
#' \dontshow{set_rkeops_options(previous)}
hsic_test <- function(x, ...) UseMethod("hsic_test")

#' @rdname hsic_test
#' @export
hsic_test.default <- function(x, y, kernel = gaussian_kernel,
                              kernel_y = kernel, bandwidth = "median",
                              bandwidth_y = "median", nperm = 999,
                              precision = "float64", ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  names <- paste(deparse1(substitute(x)), "and", deparse1(substitute(y)))
  pairs <- read_paired(x, y, call)
  check_kernel(kernel, call)
  check_kernel(kernel_y, call)
  check_count(nperm, "nperm", call)
  precision <- read_precision(precision, "precision", call)
  sides <- list(
    x = kernel_side(pairs$x, kernel, bandwidth, "bandwidth", precision, call),
    y = kernel_side(
      pairs$y, kernel_y, bandwidth_y, "bandwidth_y", precision, call
    )
  )
  statistics <- independence_statistics(sides, nperm)
  result <- permutation_test(
    statistics, c(HSIC = statistics[[1L]]), NULL, names,
    "Hilbert-Schmidt test of independence"
  )
  result$alternative <- "the variables are dependent"
  result$bandwidth <- lapply(sides, `[[`, "bandwidth")
  result
}

#' @rdname hsic_test
#' @export
hsic_test.formula <- function(formula, data = NULL, subset = NULL,
                              na.action = stats::na.omit, ...) { # nolint
  call <- rlang::current_env()
  rows <- value_in_data(
    substitute(subset), data, parent.frame(), "subset", call
  )
  model <- read_model(
    two_sided(formula, call), data, NULL, na.action, call, TRUE, rows
  )
  result <- hsic_test.default(model$x, model$y, ...)
  result$data.name <- deparse1(formula) # nolint
  result
}

# `~ a + b`, as cor.test() writes it, is `b ~ a`.
two_sided <- function(formula, call) {
  variables <- about_argument("formula", call, {
    attr(stats::terms(formula), "variables")
  })
  if (length(formula) == 2L && length(variables) == 3L) {
    stats::as.formula(
      call("~", variables[[3L]], variables[[2L]]), environment(formula)
    )
  } else {
    formula
  }
}

read_paired <- function(x, y, call) {
  x <- read_points(x, "x", call, missing_ok = TRUE)
  y <- read_points(y, "y", call, missing_ok = TRUE)
  if (nrow(x) != nrow(y)) {
    abort_rkeops(
      "shape", sprintf(
        "`x` and `y` must have the same rows: they have %d and %d.",
        nrow(x), nrow(y)
      ), call = call
    )
  }
  complete <- stats::complete.cases(x) & stats::complete.cases(y)
  x <- x[complete, , drop = FALSE]
  at_least_rows(x, 2L, "x", call)
  list(x = unname(x), y = unname(y[complete, , drop = FALSE]))
}

# The points of one variable, the matrix of its kernel for any order of rows,
# and its sums of rows.
kernel_side <- function(points, kernel, bandwidth, name, precision, call) {
  bandwidth <- read_bandwidth(bandwidth, points, kernel, call, name)
  matrix_of <- function(x, y = x) {
    kernel_matrix(kernel, bandwidth, x, y, precision, call)
  }
  list(
    points = points, bandwidth = bandwidth, matrix_of = matrix_of,
    sums = rowSums(matrix_of(points))
  )
}

independence_statistics <- function(sides, nperm) {
  size <- nrow(sides$x$points)
  orders <- c(
    list(seq_len(size)), replicate(nperm, sample.int(size), simplify = FALSE)
  )
  factors <- factor_of_side(sides$x)
  if (!is.null(factors)) factors <- list(factors, factor_of_side(sides$y))
  if (is.null(factors) || is.null(factors[[2L]])) {
    show <- loop_progress("Permutations", length(orders))
    return(vapply(seq_along(orders), function(k) {
      show(k - 1L)
      independence_by_pairs(sides, orders[[k]])
    }, 0))
  }
  left <- t(sweep_columns(factors[[1L]], colMeans(factors[[1L]]), `-`))
  vapply(orders, function(order) {
    sum((left %*% factors[[2L]][order, , drop = FALSE])^2) / size^2
  }, 0)
}

# tr(K H L H) / n^2, by the entries and the sums of rows.
independence_by_pairs <- function(sides, order) {
  size <- length(order)
  x <- sides$x
  y <- sides$y
  products <- x$matrix_of(x$points) *
    y$matrix_of(y$points[order, , drop = FALSE])
  total <- sum(rowSums(products)) -
    2 / size * sum(x$sums * y$sums[order]) +
    sum(x$sums) * (sum(y$sums) / size^2)
  total / size^2
}

factor_of_side <- function(side) {
  size <- nrow(side$points)
  most <- min(100L, size %/% 4L)
  diagonal <- as.vector(
    side$matrix_of(side$points)[cbind(seq_len(size), seq_len(size))]
  )
  low_rank_factor(function(row) {
    as.vector(as.matrix(
      side$matrix_of(side$points, side$points[row, , drop = FALSE])
    ))
  }, diagonal, most)
}

# Pivoted Cholesky factorisation of a positive semidefinite matrix, given by its
# columns and its diagonal, until its trace is found to ten digits; NULL where
# that takes more than `most` columns, or the matrix is not semidefinite.
low_rank_factor <- function(column, diagonal, most) {
  if (any(diagonal < 0) || sum(diagonal) == 0) {
    return(NULL)
  }
  target <- 1e-10 * sum(diagonal)
  rest <- diagonal
  factor <- matrix(0, length(diagonal), most)
  for (k in seq_len(most)) {
    if (sum(rest) <= target) {
      return(factor[, seq_len(k - 1L), drop = FALSE])
    }
    pivot <- which.max(rest)
    known <- seq_len(k - 1L)
    values <- column(pivot) -
      factor[, known, drop = FALSE] %*% factor[pivot, known]
    factor[, k] <- values / sqrt(rest[[pivot]])
    rest <- rest - factor[, k]^2
    if (min(rest) < -1e-8 * max(diagonal)) {
      return(NULL)
    }
    rest <- pmax.int(rest, 0)
  }
  if (sum(rest) <= target) factor
}
