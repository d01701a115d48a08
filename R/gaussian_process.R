# Gaussian processes: a model of spatial data, or of any smooth function.

#' Fit a Gaussian process (kriging)
#'
#' The response is a trend, plus a smooth random function of coordinates, plus
#' noise: universal kriging, geostatistics, regression by a Gaussian process.
#' The ranges of the covariance, its variance and the nugget are estimated.
#'
#' @param formula `y ~ x1 + x2` is a process with the coordinates `x1` and `x2`
#'   and a constant trend. `y ~ trend | x1 + x2` has a trend with the terms of a
#'   linear model before the bar: `depth ~ mag + stations | lat + long`,
#'   `y ~ 0 | x` for none.
#' @param data A data frame.
#' @param kernel The correlation at a distance of r ranges: `"matern52"`,
#'   \eqn{(1 + s + s^2 / 3) e^{-s}}{(1 + s + s^2 / 3) exp(-s)} with
#'   \eqn{s = \sqrt{5} r}{s = sqrt(5) r}; `"matern32"`, \eqn{(1 + s)
#'   e^{-s}}{(1 + s) exp(-s)} with \eqn{s = \sqrt{3} r}{s = sqrt(3) r};
#'   `"exponential"` (or `"laplace"`), \eqn{e^{-r}}{exp(-r)}; `"gaussian"`,
#'   \eqn{e^{-r^2 / 2}}{exp(-r^2 / 2)}.
#' @param nugget The variance of the noise, in squared units of the response.
#'   `NULL`: estimated; 0: the process goes through the data, for
#'   `approx = "exact"`.
#' @param method How parameters are estimated: `"ML"`, maximum likelihood;
#'   `"REML"`, restricted maximum likelihood, which accounts for the
#'   coefficients of the trend; `"LOO"`, the largest predictive density of each
#'   observation from the others.
#' @param approx How it is computed: `"exact"`, by the Cholesky factor of the
#'   stored covariance matrix; `"cg"`, by preconditioned conjugate gradients and
#'   random vectors, without storing it; `"nystrom"`, with an approximation of
#'   the covariance by `rank` of its columns; `"auto"`, exact for at most 2,000
#'   observations, `"cg"` for at most 50,000, where the parameters of at most
#'   5,000 are then used for an exact fit.
#' @param range The range in the unit of the coordinates: one number, or one
#'   for each coordinate. `NULL`: estimated.
#' @param variance The variance of the process. `NULL`: estimated.
#' @param isotropic Whether one range is estimated for all coordinates, for
#'   coordinates of one unit; else each has its own.
#' @param rank The number of columns of the approximation, or of the
#'   preconditioner. `NULL`: chosen by the number of observations.
#' @param probes The number of random vectors, for `"cg"`.
#' @param precision `"float32"` or `"float64"`: of the products with the
#'   covariance matrix while parameters are estimated, for `"cg"`. The fit
#'   itself is computed to double precision in both.
#' @param maxit The largest number of iterations of [stats::optim()], and of
#'   1000 for conjugate gradients.
#' @param weights Positive weights of the observations, a variable of `data` or
#'   numbers: the variance of the noise is `nugget / weights`, as of means of so
#'   many measurements.
#' @param subset An expression of variables of `data`: the rows that are used.
#' @param na.action What to do with missing values, as in [stats::lm()].
#'
#' @details
#' With \eqn{K}{K} the matrix of correlations, the response has the mean
#' \eqn{X \beta}{X beta} and the covariance \eqn{\sigma^2 K + \tau^2 I}{sigma^2
#' K + tau^2 I}, where \eqn{\sigma^2}{sigma^2} is the variance of the process
#' and \eqn{\tau^2}{tau^2} the nugget. Coefficients of the trend are those of
#' generalised least squares; ranges and the ratio of the nugget to the variance
#' are found by [stats::optim()] (`"L-BFGS-B"`), from the best of some values on
#' a part of the data, with exact gradients.
#'
#' For `"cg"` log determinants and gradients come from random vectors that are
#' drawn once, by R's random numbers, as are the columns of the preconditioner:
#' `set.seed()` makes fits repeatable. The search ends when three evaluations in
#' a row raise the log likelihood by less than 0.05. `logLik()` has the standard
#' error of the log likelihood as an attribute. `"exact"` draws none.
#'
#' Standard errors of predictions treat the estimated parameters as known
#' (plug-in), but account for the coefficients of the trend.
#'
#' Observations at the same place are understood as repeated measurements with
#' a nugget; where `nugget = 0` they are an error.
#'
#' @return An object of class `gaussian_process`: among others `coefficients`
#'   (of the trend), `range`, `variance`, `nugget`, `fitted.values`,
#'   `residuals`, `logLik`, `converged`. Methods: `print()`, `summary()`,
#'   `coef()`, `fitted()`, `residuals()`, `logLik()` (so `AIC()` and `BIC()`),
#'   `vcov()`, `nobs()`, `formula()`, `update()`,
#'   [predict()][predict.gaussian_process],
#'   `weights()`, [simulate()][simulate.gaussian_process],
#'   [plot()][plot.gaussian_process].
#' @references Rasmussen, C. E. and Williams, C. K. I. (2006). *Gaussian
#'   Processes for Machine Learning*. MIT Press.
#'
#'   Stein, M. L. (1999). *Interpolation of Spatial Data: Some Theory for
#'   Kriging*. Springer.
#'
#'   Wenger, J., Pleiss, G., Hennig, P., Cunningham, J. P. and Gardner, J. R.
#'   (2022). Preconditioning for scalable Gaussian process hyperparameter
#'   optimization. *ICML*.
#' @seealso [kernel_solve()], [log_det()].
#' @concept kriging
#' @concept geostatistics
#' @concept Gaussian process regression
#' @concept spatial interpolation
#' @concept variogram
#' @concept kernel ridge regression
#' @export
#' @examples
#' some <- quakes[seq(1, 1000, 5), ]
#' fit <- gaussian_process(depth ~ mag | lat + long, some, range = c(3, 3))
#' fit
#' places <- data.frame(lat = c(-20, -25), long = 180, mag = 5)
#' predict(fit, places, se.fit = TRUE)
#' AIC(fit)
# nolint start: object_name_linter. R's names of arguments.
gaussian_process <- function(formula, data = NULL,
                             kernel = c("matern52", "matern32", "exponential",
                                        "gaussian"),
                             nugget = NULL, method = c("ML", "REML", "LOO"),
                             approx = c("auto", "exact", "cg", "nystrom"),
                             range = NULL, variance = NULL, isotropic = FALSE,
                             rank = NULL, probes = 16,
                             precision = get_rkeops_option("precision"),
                             maxit = 100, weights = NULL, subset = NULL,
                             na.action = stats::na.omit) {
  call <- rlang::current_env()
  if (missing(formula)) {
    abort_argument("formula", "like `y ~ x1 + x2`", formula, call)
  }
  weights <- value_in_data(
    substitute(weights), data, parent.frame(), "weights", call
  )
  rows <- value_in_data(
    substitute(subset), data, parent.frame(), "subset", call
  )
  frame <- process_frame(formula, data, weights, rows, na.action, call)
  choices <- list(
    kernel = read_covariance(first_choice(kernel, missing(kernel)), call),
    method = check_choice(
      first_choice(method, missing(method)), c("ML", "REML", "LOO"), "method",
      call
    ),
    approx = check_choice(
      first_choice(approx, missing(approx)),
      c("auto", "exact", "cg", "nystrom"), "approx", call
    ),
    isotropic = check_flag(isotropic, "isotropic", call),
    probes = check_count(probes, "probes", call, 2),
    precision = read_precision(precision, "precision", call),
    optim_maxit = check_count(maxit, "maxit", call, 0)
  )
  model <- new_process_model(frame, choices, rank, call)
  model$given <- check_given(range, variance, nugget, model, call)
  found <- estimate_process(model, call)
  if (!found$converged) warn_process(found, call)
  new_process(found, frame, match.call(), formula, call)
}
# nolint end

# ---- the model ----

# Coordinates less their means, and the response in units of its standard
# deviation: nothing depends on where 0 is and what 1 means.
new_process_model <- function(frame, choices, rank, call) {
  n <- length(frame$y)
  finish <- ""
  if (choices$approx == "auto") {
    sizes <- c(exact = 0, cg = largest_exact, nystrom = 50000)
    choices$approx <- names(sizes)[[max(1L, sum(n > sizes))]]
    if (choices$approx == "cg" && n <= largest_finish) finish <- "exact"
  }
  if (choices$method == "LOO" && choices$approx != "exact") {
    abort_rkeops(
      "argument", "`method = \"LOO\"` needs `approx = \"exact\"`.",
      hints = "`\"ML\"` and `\"REML\"` are for many observations too.",
      call = call
    )
  }
  if (!is.null(rank)) rank <- check_count(rank, "rank", call)
  unit <- sqrt(mean(qr.resid(qr(frame$X), frame$y)^2))
  center <- colMeans(frame$x)
  c(choices, list(
    y = frame$y / unit, X = frame$X, unit = unit, noise = frame$noise,
    x = frame$x - rep(center, each = n), center = center, maxit = 1000L,
    finish = finish,
    rank = min(rank %||% min(largest_rank(n), 400L), n)
  ))
}

# Up to so many observations one Cholesky factor is worth its seconds: it serves
# all predictions.
largest_finish <- 5000L

# Parameters that are not estimated; variances in squared units.
check_given <- function(range, variance, nugget, model, call) {
  if (!is.null(variance)) check_positive_number(variance, "variance", call)
  valid <- is.null(nugget) ||
    checkmate::test_number(nugget, lower = 0, finite = TRUE)
  if (!valid) {
    abort_argument("nugget", "NULL or one number, at least 0", nugget, call)
  }
  if (identical(as.double(nugget), 0) && anyDuplicated(model$x)) {
    abort_rkeops(
      "argument", "Some observations are at the same place.",
      hints = c(
        "Without a nugget the process has one value there.",
        "`nugget = NULL` estimates the variance of the noise."
      ), call = call
    )
  }
  if (identical(as.double(nugget), 0) && model$approx != "exact") {
    abort_rkeops(
      "argument", "Without a nugget only `approx = \"exact\"` has the digits.",
      hints = "A nugget of a millionth of the variance is enough for others.",
      call = call
    )
  }
  list(
    range = check_range(range, ncol(model$x), call),
    variance = if (!is.null(variance)) as.double(variance) / model$unit^2,
    nugget = if (!is.null(nugget)) as.double(nugget) / model$unit^2
  )
}

check_range <- function(range, columns, call) {
  if (is.null(range)) {
    return(NULL)
  }
  valid <- is.numeric(range) && length(range) %in% c(1L, columns) &&
    all(is.finite(range)) && all(range > 0)
  if (!valid) {
    wanted <- "NULL or one positive number"
    if (columns > 1L) wanted <- sprintf("%s, or %d of them", wanted, columns)
    abort_argument("range", wanted, range, call)
  }
  rep_len(as.double(range), columns)
}

warn_process <- function(found, call) {
  rlang::warn(
    c(
      "The parameters of the process did not converge.",
      hint_bullets(c(
        found$message, "Give some of `range`, `nugget`, `variance`."
      ))
    ),
    class = c("rkeops_warning_convergence", "rkeops_warning"), call = call
  )
}

# ---- the fit ----

new_process <- function(found, frame, call, formula, env) {
  model <- found$model
  pieces <- found$pieces
  unit <- model$unit
  fit <- stats::setNames(
    frame$y - unit * found$ratio * model$noise * pieces$alpha, frame$names
  )
  structure(list(
    coefficients = stats::setNames(pieces$beta * unit, colnames(frame$X)),
    range = stats::setNames(found$range, colnames(frame$x)),
    variance = found$variance * unit^2,
    nugget = found$ratio * found$variance * unit^2,
    fitted.values = fit, residuals = frame$y - fit,
    logLik = found$log_likelihood - found$count * log(unit),
    standard_error = found$error, df = found$df + length(pieces$beta),
    converged = found$converged, evaluations = found$evaluations,
    kernel = model$kernel, method = model$method, approx = model$approx,
    call = call, formula = formula, terms = frame$terms,
    xlevels = frame$xlevels, contrasts = frame$contrasts,
    na.action = frame$na.action, weights = frame$weights,
    y = frame$y, X = frame$X, x = frame$x,
    model = model, pieces = pieces, ratio = found$ratio
  ), class = "gaussian_process")
}
