# Kernel density estimates: sums of Gaussians at the data, as logarithms.

#' Kernel density estimation
#'
#' The density of a sample of points, of any number of dimensions, estimated by
#' the mean of Gaussian kernels at the points: \deqn{\hat f(x) = \sum_j w_j
#' \frac{\exp(-\frac12 (x - x_j)' H^{-1} (x - x_j))}{(2 \pi)^{D/2}
#' |H|^{1/2}}.}{f(x) = sum_j w_j
#' exp(-(x - x_j)' H^-1 (x - x_j) / 2) / ((2 pi)^(D/2) |H|^(1/2)).}
#' Every pair of a point and a kernel counts, nothing is binned, and no matrix
#' of pairs is stored. Logarithms of densities do not underflow, however far
#' away the points are.
#'
#' @param x The points: a numeric matrix or data frame with a row for each, a
#'   vector for one dimension, or a formula `~ a + b` of variables of `data`.
#' @param data A data frame, for a formula.
#' @param bw The bandwidth: `"lcv"`, `"lscv"` or `"scott"`, see below; one
#'   number, or one for each column, the standard deviations of the kernel in
#'   the units of the columns; or a matrix, the covariance matrix H of the
#'   kernel (as in the package ks).
#' @param weights Weights of the points, at least 0, in any unit; they are
#'   divided by their sum. Points of weight 0 are no part of the estimate. With
#'   a formula they may be a variable of `data`.
#' @param subset An expression of variables of `data`: the rows that are used.
#' @param na.action What is done about rows with missing values, such as
#'   [stats::na.omit()] or [stats::na.fail()].
#' @param precision `"float64"`, or `"float32"`, which takes half of the time or
#'   less and gives densities right to about 1e-5 where they are not very small.
#'   Bandwidths are always chosen in double precision.
#'
#' @details
#' Bandwidths:
#' * `"scott"`: the normal reference rule, \eqn{h_d = \sigma_d (4 / ((D + 2)
#'   n))^{1 / (D + 4)}}{h_d = sd_d (4 / ((D + 2) n))^(1 / (D + 4))} (Scott
#'   1992), right for one normal cluster and too smooth for several.
#' * `"lcv"`: the bandwidths, one for each column, that maximise the
#'   leave-one-out likelihood \eqn{\sum_i w_i \log \hat f_{-i}(x_i)}{sum_i w_i
#'   log f_-i(x_i)} (Habbema, Hermans and van den Broek 1974; Duin 1976). Heavy
#'   tails make it smooth.
#' * `"lscv"`: those that minimise the least squares criterion \eqn{\int \hat
#'   f^2 - 2 \sum_i w_i \hat f_{-i}(x_i)}{(integral of f^2) - 2 sum_i w_i
#'   f_-i(x_i)} (Rudemo 1982; Bowman 1984). It follows detail, and varies more
#'   from sample to sample. Rounded data, with many ties, may have no minimum
#'   but 0.
#'
#' Cross-validation starts at the best of a range of multiples of Scott's
#' bandwidths, judged at 1,000 points at most, and is then exact: each step is a
#' pass over all pairs with the derivatives in all bandwidths. A point is left
#' out by its number, so that it is right for duplicates. An optimum at
#' bandwidths near 0, to which ties may lead, counts only where there is no
#' other; a warning of class `rkeops_warning_bandwidth` says so. With weights, n
#' is Kish's effective sample size.
#'
#' @return An object of class `kernel_density`, for which there are `print()`,
#'   `summary()`, [predict()][predict.kernel_density], `plot()`,
#'   `as.data.frame()`, `update()`, and `logLik()`, the leave-one-out log
#'   likelihood. Its elements are the points `x`, their `weights` (with sum 1),
#'   the covariance matrix `H` of the kernel, the bandwidths `bw`, how they were
#'   chosen (`method`), the value of the `criterion` of cross-validation and
#'   its number of `passes`.
#' @references
#' Scott, D. W. (1992) *Multivariate Density Estimation*. Wiley.
#'
#' Rudemo, M. (1982) Empirical choice of histograms and kernel density
#' estimators. *Scandinavian Journal of Statistics* 9, 65-78.
#'
#' Duin, R. P. W. (1976) On the choice of smoothing parameters for Parzen
#' estimators of probability density functions. *IEEE Transactions on Computers*
#' C-25, 1175-1179.
#' @concept kernel density estimation
#' @concept KDE
#' @concept bandwidth selection
#' @concept cross-validation
#' @concept nonparametric density
#' @seealso [kernel_smooth()] for regression, [stats::density()] for one
#'   dimension on a grid.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' fit <- kernel_density(~ eruptions + waiting, faithful)
#' fit
#' plot(fit)
#' predict(fit, data.frame(eruptions = c(2, 4.5), waiting = c(54, 80)))
#' # far away: no underflow
#' predict(fit, data.frame(eruptions = 100, waiting = 0), log = TRUE)
#' # one dimension, a bandwidth of 5 minutes
#' plot(kernel_density(faithful$waiting, bw = 5))
#' \dontshow{set_rkeops_options(previous)}
kernel_density <- function(x, data = NULL, bw = c("lcv", "lscv", "scott"),
                           weights = NULL, subset = NULL,
                           na.action = stats::na.omit, # nolint
                           precision = "float64") {
  call <- rlang::current_env()
  weights <- value_in_data(
    substitute(weights), data, parent.frame(), "weights", call
  )
  precision <- read_precision(precision, "precision", call)
  if (missing(x)) abort_argument("x", points_wanted, x, call)
  rows <- value_in_data(
    substitute(subset), data, parent.frame(), "subset", call
  )
  model <- read_model(
    x, data, weights, na.action, call, subset = rows
  )
  colnames(model$x) <- column_names(model$x)
  shares <- shares_of(model$weights, nrow(model$x), call)
  fit <- structure(c(
    model[c("x", "terms")],
    list(
      weights = shares, n = nrow(model$x), na.action = model$na.action,
      precision = precision, call = match.call()
    )
  ), class = "kernel_density")
  fit <- keep_weighted(fit)
  utils::modifyList(fit, density_bandwidth(fit, bw, call))
}

# Points of weight 0 are no part of the estimate, which has values there.
keep_weighted <- function(fit) {
  kept <- fit$weights > 0
  if (!all(kept)) fit$all_points <- fit$x
  fit$x <- fit$x[kept, , drop = FALSE]
  fit$weights <- fit$weights[kept]
  if (!is.null(fit$y)) fit$y <- fit$y[kept]
  fit$center <- apply(fit$x, 2L, stats::median)
  fit
}

# ---- densities ----

# Points in which the kernel is the standard normal density, near 0.
whitened <- function(fit, points) {
  root <- chol_of_scaled(fit$H)
  points <- sweep_columns(points, fit$center, `-`)
  points <- sweep_columns(points, root$scale, `/`)
  t(backsolve(root$chol, t(points), transpose = TRUE))
}

# The Cholesky factor of a covariance matrix as that of its correlations and
# the standard deviations, so that columns may have any units.
chol_of_scaled <- function(covariance) {
  scale <- sqrt(diag_of(covariance))
  list(
    chol = chol(covariance / outer(scale, scale)), scale = scale
  )
}

# log |H|^(1/2) (2 pi)^(D/2)
log_normalisation <- function(fit) {
  root <- chol_of_scaled(fit$H)
  sum(log(diag_of(root$chol))) + sum(log(root$scale)) +
    ncol(fit$H) / 2 * log(2 * pi)
}

log_density <- function(fit, points, precision) {
  if (!nrow(points)) {
    return(numeric())
  }
  x_i <- Vi(whitened(fit, points), precision = precision)
  y_j <- Vj(whitened(fit, fit$x), precision = precision)
  exponents <- log_kernel(x_i, y_j, fit$weights, precision)
  as.vector(logsumexp(exponents, "j")) - log_normalisation(fit)
}

# -|x - y|^2 / 2 + log(w): equal weights need not be read for each pair.
log_kernel <- function(x_i, y_j, shares, precision) {
  exponents <- -sqdist(x_i, y_j) / 2
  if (all(shares == shares[[1L]])) {
    exponents + log(shares[[1L]])
  } else {
    exponents + Vj(log(shares), precision = precision)
  }
}

# The log densities of the points, each from the others.
leave_one_out <- function(fit) {
  z <- whitened(fit, fit$x)
  z_i <- Vi(z, precision = "float64")
  exponents <- log_kernel(
    z_i, Vj(z, precision = "float64"), fit$weights, "float64"
  )
  as.vector(logsumexp(off_diagonal(exponents, -Inf), "j")) -
    log_normalisation(fit) - log1p(-fit$weights)
}

#' Densities of a kernel density estimate
#'
#' @param object An object of class `kernel_density`.
#' @param newdata The points: a data frame with the variables of the formula, or
#'   what [kernel_density()] takes. Without it, the densities are those of the
#'   points that were fitted, as [fitted()] gives them.
#' @param log Whether logarithms are returned; these do not underflow.
#' @param precision `"float64"` or `"float32"`; `NULL`, that of the fit.
#' @param ... Not used.
#' @return A vector of densities, per unit of the product of the columns; `NA`
#'   where a point has missing values.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' fit <- kernel_density(faithful$waiting, bw = "scott")
#' predict(fit, c(50, 80))
#' predict(fit, 1e4, log = TRUE)
#' \dontshow{set_rkeops_options(previous)}
predict.kernel_density <- function(object, newdata = NULL, log = FALSE,
                                   precision = NULL, ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  check_flag(log, "log", call)
  precision <- read_precision(
    precision %||% object$precision, "precision", call
  )
  points <- if (is.null(newdata)) {
    object$all_points %||% object$x
  } else {
    read_newdata(newdata, object, call)
  }
  values <- at_complete_rows(points, function(complete) {
    log_density(object, complete, precision)
  })
  if (log) values else exp(values)
}

#' @rdname predict.kernel_density
#' @export
fitted.kernel_density <- function(object, ...) {
  stats::napredict(object$na.action, stats::predict(object, ...))
}

#' @rdname predict.kernel_density
#' @export
logLik.kernel_density <- function(object, ...) { # nolint
  value <- object$n * sum(object$weights * leave_one_out(object))
  structure(
    value, df = if (is.character(object$method)) length(object$bw) else 0L,
    nobs = object$n, class = "logLik"
  )
}
