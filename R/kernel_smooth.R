# Regression by kernels: local constants and local planes.

#' Kernel regression
#'
#' A smooth function of one or several variables, as the local mean
#' (Nadaraya-Watson, `degree = 0`) or the local plane (`degree = 1`) of the
#' response with Gaussian weights. Every pair of points counts, nothing is
#' binned, and no matrix of pairs is stored.
#'
#' @param formula A formula `y ~ a + b` with a numeric response.
#' @param data A data frame.
#' @param bw The bandwidths, standard deviations of the Gaussian in the units of
#'   the variables: `"loo"`, those with the smallest leave-one-out error; one
#'   number, or one for each variable.
#' @param degree 0 for local means, 1 for local planes, which have no bias at
#'   the edge of the data or where the points are sparse on one side.
#' @param weights Weights of the points, at least 0; a variable of `data`, or
#'   numbers. Points of weight 0 are left out.
#' @param subset An expression of variables of `data`: the rows that are used.
#' @param na.action What is done about rows with missing values, such as
#'   [stats::na.omit()], [stats::na.exclude()] or [stats::na.fail()].
#' @param precision `"float64"`, or `"float32"`, which takes half of the time or
#'   less. Bandwidths are always chosen in double precision.
#'
#' @details
#' The value at \eqn{x}{x} is the constant term of the weighted least squares
#' fit of a constant, or of a plane in \eqn{x_j - x}{x_j - x}, with the weights
#' \eqn{w_j \exp(-\frac12 \sum_d (x_{jd} - x_d)^2 / h_d^2)}{w_j exp(-sum_d
#' (x_jd - x_d)^2 / h_d^2 / 2)} (Nadaraya 1964; Watson 1964; Fan and Gijbels
#' 1996). Weights are taken relative to the largest one, so that far from all
#' points the value is that of the nearest ones, and not `NaN`. Where the
#' points near x do not determine a slope, it is 0 in that direction.
#'
#' With `bw = "loo"`, \eqn{\sum_i w_i (y_i - \hat y_{-i})^2}{sum_i w_i (y_i -
#' yhat_-i)^2} is minimised over the bandwidths of all variables, where
#' \eqn{\hat y_{-i}}{yhat_-i} is the value at \eqn{x_i}{x_i} of the fit without
#' the point i (Clark 1975). It starts at the best of a range of multiples of
#' the normal reference bandwidths, judged at 1,000 points at most.
#'
#' @return An object of class `kernel_smooth`, for which there are `print()`,
#'   `summary()`, [predict()][predict.kernel_smooth], `fitted()`, `residuals()`,
#'   `plot()` and `update()`. Its elements are the points `x`, `y` and their
#'   `weights` (with sum 1), `bw`, `degree`, the `fitted.values`, the
#'   `residuals`, those without the point itself (`loo_residuals`) and the
#'   number of `passes` of cross-validation.
#' @references
#' Nadaraya, E. A. (1964) On estimating regression. *Theory of Probability and
#' its Applications* 9, 141-142.
#'
#' Watson, G. S. (1964) Smooth regression analysis. *Sankhya A* 26, 359-372.
#'
#' Fan, J. and Gijbels, I. (1996) *Local Polynomial Modelling and its
#' Applications*. Chapman and Hall.
#' @concept kernel regression
#' @concept Nadaraya-Watson
#' @concept local linear regression
#' @concept smoothing
#' @concept nonparametric regression
#' @seealso [kernel_density()], [stats::loess()], [stats::ksmooth()]
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' fit <- kernel_smooth(dist ~ speed, cars, degree = 1)
#' fit
#' plot(fit)
#' predict(fit, data.frame(speed = c(10, 20)))
#' # two variables
#' fit <- kernel_smooth(depth ~ long + lat, quakes[1:300, ])
#' summary(fit)
#' \dontshow{set_rkeops_options(previous)}
kernel_smooth <- function(formula, data = NULL, bw = "loo", degree = 0,
                          weights = NULL, subset = NULL,
                          na.action = stats::na.omit, # nolint
                          precision = "float64") {
  call <- rlang::current_env()
  if (missing(formula) || !inherits(formula, "formula")) {
    abort_argument("formula", "a formula such as `y ~ a + b`", formula, call)
  }
  weights <- value_in_data(
    substitute(weights), data, parent.frame(), "weights", call
  )
  precision <- read_precision(precision, "precision", call)
  if (!checkmate::test_choice(degree, 0:1)) {
    abort_argument("degree", "0 or 1", degree, call)
  }
  rows <- value_in_data(
    substitute(subset), data, parent.frame(), "subset", call
  )
  model <- read_model(
    formula, data, weights, na.action, call, TRUE, rows
  )
  fit <- structure(list(
    x = model$x, y = check_response(model$y, call), terms = model$terms,
    weights = shares_of(model$weights, nrow(model$x), call),
    degree = as.integer(degree), na.action = model$na.action,
    precision = precision, call = match.call()
  ), class = "kernel_smooth")
  complete <- fit[c("x", "y")]
  fit <- keep_weighted(fit)
  fit$n <- nrow(fit$x)
  # errors are judged near 0, where they keep their digits
  centred <- fit
  centred$y <- fit$y - sum(fit$y * fit$weights)
  fit <- utils::modifyList(fit, smooth_bandwidth(centred, bw, call))
  with_residuals(fit, complete)
}

check_response <- function(y, call) {
  values <- plain_data(y, "y", call)
  if (!is_numbers(values) || is.complex(values) || NCOL(values) != 1L) {
    abort_argument("the response", "one numeric variable", y, call)
  }
  if (!all(is.finite(values))) {
    abort_rkeops("argument", "The response has infinite values.", call = call)
  }
  as.double(values)
}

# Residuals of all rows, also those of weight 0.
with_residuals <- function(fit, complete) {
  fit$fitted.values <- smooth_values(fit, complete$x, fit$precision)
  fit$residuals <- complete$y - fit$fitted.values
  if (fit$n > 1L) {
    fit$loo_residuals <- fit$y - smooth_loo(fit, fit$bw)
  }
  fit
}

# ---- values ----

# The coordinates in which the bandwidths are 1.
smooth_scaled <- function(fit, points, bw = fit$bw) {
  sweep_columns(sweep_columns(points, fit$center, `-`), bw, `/`)
}

smooth_values <- function(fit, points, precision) {
  if (!nrow(points)) {
    return(numeric())
  }
  z_i <- Vi(smooth_scaled(fit, points), precision = precision)
  z_j <- Vj(smooth_scaled(fit, fit$x), precision = precision)
  exponents <- log_kernel(z_i, z_j, fit$weights, precision)
  local_fit(fit, exponents, z_i, z_j, precision)
}

# The values at the points, each from the others.
smooth_loo <- function(fit, bw, rows = NULL) {
  z <- smooth_scaled(fit, fit$x, bw)
  z_i <- Vi(z, precision = "float64")
  z_j <- Vj(z, precision = "float64")
  exponents <- off_diagonal(
    log_kernel(z_i, z_j, fit$weights, "float64"), -Inf
  )
  if (!is.null(rows)) {
    exponents <- exponents[rows, ]
    z_i <- Vi(z[rows, , drop = FALSE], precision = "float64")
  }
  local_fit(fit, exponents, z_i, z_j, "float64")
}

# Local means of the response, or the constant terms of local planes, from the
# weighted means of products of coordinates. Deviations of the response from its
# mean keep the digits where it is far from 0.
local_fit <- function(fit, exponents, z_i, z_j, precision) {
  origin <- sum(fit$y * fit$weights)
  y_j <- Vj(fit$y - origin, precision = precision)
  if (fit$degree == 0L) {
    return(origin + as.vector(sumsoftmaxweight(exponents, "j", y_j)))
  }
  difference <- z_j - z_i
  moments <- sumsoftmaxweight(exponents, "j", concat(
    concat(y_j, difference * y_j),
    concat(difference, tensorprod(difference, difference))
  ))
  columns <- ncol(fit$x)
  blocks <- split_columns(moments, c(1L, columns, columns, columns^2))
  origin + local_constants(
    blocks[[1L]][, 1L], blocks[[2L]], blocks[[3L]], blocks[[4L]]
  )
}

split_columns <- function(x, counts) {
  ends <- cumsum(counts)
  Map(function(end, count) {
    x[, end - count + seq_len(count), drop = FALSE]
  }, ends, counts)
}

# For each row: mean of y less the slope times the mean of x.
local_constants <- function(y, xy, x, xx) {
  y - rowSums(local_tilts(x, xx) * (xy - y * x))
}

# The solution of the normal equations of covariances with the means of x on the
# right: the weight of a point is that of its kernel, tilted by it. Row by row
# in one Cholesky factorisation of vectors, whose pivots that are nearly 0 give
# 0.
local_tilts <- function(x, xx) {
  columns <- ncol(x)
  entry <- function(a, b) xx[, (b - 1L) * columns + a] - x[, a] * x[, b]
  factor <- array(0, c(nrow(x), columns, columns))
  forward <- matrix(0, nrow(x), columns)
  for (a in seq_len(columns)) {
    right <- x[, a]
    for (b in seq_len(a)) {
      value <- entry(a, b)
      for (c in seq_len(b - 1L)) {
        value <- value - factor[, a, c] * factor[, b, c]
      }
      factor[, a, b] <- if (a == b) {
        pivot_root(value, xx[, (a - 1L) * columns + a])
      } else {
        value / factor[, b, b]
      }
    }
    for (c in seq_len(a - 1L)) {
      right <- right - factor[, a, c] * forward[, c]
    }
    forward[, a] <- right / factor[, a, a]
  }
  back_substituted(factor, forward)
}

# Infinite where the variance is nothing but rounding: what is divided by it is
# 0.
pivot_root <- function(variance, square) {
  sqrt(ifelse(variance > 1e-10 * square & variance > 0, variance, Inf))
}

back_substituted <- function(factor, forward) {
  columns <- ncol(forward)
  slopes <- forward
  for (a in rev(seq_len(columns))) {
    value <- forward[, a]
    for (c in seq_len(columns - a) + a) {
      value <- value - factor[, c, a] * slopes[, c]
    }
    slopes[, a] <- value / factor[, a, a]
  }
  slopes
}

# ---- bandwidths ----

smooth_bandwidth <- function(fit, bw, call) {
  if (!is.character(bw)) {
    if (is.matrix(bw)) {
      abort_argument("bw", "\"loo\", or positive numbers", bw, call)
    }
    return(given_bandwidth(bw, fit$x, call)[c("bw", "method")])
  }
  check_choice(bw, "loo", "bw", call)
  at_least_rows(fit$x, 3L, "data", call)
  check_not_constant(fit$x, "bandwidth", call)
  reference <- normal_reference(fit$x, fit$weights)
  spread <- sum(fit$weights * (fit$y - sum(fit$y * fit$weights))^2)
  if (spread == 0) spread <- 1
  criterion <- function(multiple, rows) {
    here <- rows %||% seq_len(fit$n)
    errors <- fit$y[here] - smooth_loo(fit, reference * multiple, rows)
    sum(fit$weights[here] * errors^2) / sum(fit$weights[here]) / spread
  }
  best <- smallest_error(criterion, fit)
  list(
    bw = rlang::set_names(reference * best$par, colnames(fit$x)),
    method = "loo", criterion = best$value * spread, passes = best$passes
  )
}

# Multiples of the reference bandwidths with the smallest error.
smallest_error <- function(criterion, fit) {
  columns <- ncol(fit$x)
  multiples <- exp(seq(log(0.05), log(8), length.out = 12L))
  rows <- spread_rows(fit$n, 1000L)
  judged <- vapply(multiples, function(multiple) {
    criterion(rep(multiple, columns), rows)
  }, 0)
  passes <- 0L
  error <- function(at) {
    passes <<- passes + 1L
    finite_or_large(criterion(exp(at), NULL))
  }
  start <- rep(log(multiples[[which.min(judged)]]), columns)
  if (length(rows) < fit$n) {
    start <- smallest_near(start, 0.5, function(at) criterion(exp(at), rows))$at
  }
  best <- smallest_near(start, if (length(rows) < fit$n) 0.1 else 0.5, error)
  list(par = exp(best$at), value = best$value, passes = passes)
}

smallest_near <- function(start, reach, error) {
  if (length(start) == 1L) {
    found <- stats::optimize(error, start + c(-reach, reach), tol = 1e-4)
    return(list(at = found$minimum, value = found$objective))
  }
  found <- stats::nlminb(
    start, error, lower = log(1e-3), upper = log(1e3),
    control = list(rel.tol = 1e-7, x.tol = 1e-4)
  )
  list(at = found$par, value = found$objective)
}
