# Logarithms of determinants: exact where the matrix is small, else by the
# Lanczos matrices that conjugate gradients leave behind.

#' The logarithm of the determinant of a kernel matrix
#'
#' `log_det(K, lambda)` is `determinant(K + diag(lambda))$modulus` for a
#' symmetric, positive definite lazy tensor: the term of the likelihood of a
#' Gaussian process that is hard to compute.
#'
#' @inheritParams kernel_solve
#' @param method `"exact"` stores the matrix and its Cholesky factor, of 16 n^2
#'   bytes; `"lanczos"` estimates, from products with `K` alone; `"auto"` is
#'   exact for at most 2,000 points.
#' @param probes The number of random vectors of the estimate. Four times as
#'   many halve its standard error.
#' @param rank The number of columns of `K` in the preconditioner. `NULL`: as in
#'   [kernel_solve()].
#' @param maxit The largest number of products with `K`.
#' @param x,... A result; other arguments are not used.
#'
#' @details
#' The estimate is stochastic Lanczos quadrature: the determinant of the
#' preconditioner \eqn{M = F F' + \lambda I}{M = F F' + lambda I} of
#' [kernel_solve()] is known, and what is left, the trace of the logarithm of
#' \eqn{M^{-1/2} (K + \lambda I) M^{-1/2}}{M^-1/2 (K + lambda I) M^-1/2}, is
#' small, so that a few random vectors are enough. Pivots and vectors are drawn
#' by R's random numbers. All of it needs one run of conjugate gradients, with
#' products in the precision of `K`.
#'
#' @return One number of class `kernel_log_det`, with attributes
#'   `standard_error` (0 where it is exact), `method`, `probes`, `rank` and
#'   `iterations`. It computes like a plain number.
#' @references Ubaru, S., Chen, J. and Saad, Y. (2017). Fast estimation of
#'   tr(f(A)) via stochastic Lanczos quadrature. *SIAM Journal on Matrix
#'   Analysis and Applications* 38.
#'
#'   Gardner, J. R., Pleiss, G., Bindel, D., Weinberger, K. Q. and Wilson, A. G.
#'   (2018). GPyTorch: blackbox matrix-matrix Gaussian process inference with
#'   GPU acceleration. *NeurIPS* 31.
#' @seealso [kernel_solve()], [gaussian_process()].
#' @concept determinant
#' @concept log-likelihood
#' @export
#' @examples
#' \dontshow{
#' previous <- set_rkeops_options(threads = 2, precision = "float64")
#' }
#' x <- scale(quakes[, c("lat", "long")])
#' K <- exp(-sqdist(Vi(x), Vj(x)) / (2 * 0.2^2))
#' log_det(K, 0.1)
#' log_det(K, 0.1, method = "lanczos")
#' \dontshow{set_rkeops_options(previous)}
log_det <- function(K, lambda = 0, # nolint
                    method = c("auto", "exact", "lanczos"), probes = 20,
                    rank = NULL, maxit = 1000) {
  call <- rlang::current_env()
  system <- new_system(K, lambda, "log_det", call)
  method <- check_choice(
    if (missing(method)) "auto" else method, c("auto", "exact", "lanczos"),
    "method", call
  )
  probes <- check_count(probes, "probes", call, 2)
  maxit <- check_count(maxit, "maxit", call)
  if (method == "auto") {
    method <- if (system$n <= largest_exact) "exact" else "lanczos"
  }
  if (method == "exact") {
    factor <- cholesky_of_system(system, call)
    return(new_log_det(2 * sum(log(diag(factor))), method = "exact"))
  }
  if (any(system$lambda < 0)) abort_not_positive(call)
  plan <- read_preconditioner("nystrom", rank, system, call)
  estimate_log_det(system, plan, probes, maxit, call)
}

# Up to so many points the matrix is stored, and factored in a second.
largest_exact <- 2000L

new_log_det <- function(value, error = 0, ...) {
  structure(value, class = "kernel_log_det", standard_error = error, ...)
}

# The lower Cholesky factor of K + D, in double precision.
cholesky_of_system <- function(system, call) {
  matrix <- as.matrix.LazyTensor(
    system$tensor, maximum = Inf, precision = "float64"
  )
  diag(matrix) <- diag(matrix) + system$lambda
  if (!all(is.finite(matrix))) abort_infinite(call)
  r_dense_cholesky(unname(matrix)) %||% abort_not_positive(call)
}

abort_not_positive <- function(call) {
  abort_rkeops(
    "argument", "The matrix is not positive definite.",
    hints = c(
      "A positive `lambda` makes that of a kernel positive definite.",
      "Duplicated points, or a smooth kernel, make it singular."
    ), call = call
  )
}

estimate_log_det <- function(system, plan, probes, maxit, call) {
  run <- lanczos_run(system, plan, NULL, probes, maxit, call)
  if (run$status != "converged") warn_lanczos(maxit, call)
  new_log_det(
    run$log_det, run$error, method = "lanczos", probes = probes,
    rank = plan_rank(plan), iterations = length(run$worst)
  )
}

warn_lanczos <- function(maxit, call) {
  rlang::warn(
    c(
      sprintf(
        "The estimate of the determinant is not done after %d products.", maxit
      ),
      hint_bullets("A larger `rank`, `maxit` or `lambda` helps.")
    ),
    class = c("rkeops_warning_convergence", "rkeops_warning"), call = call
  )
}

# One run of conjugate gradients for `sides` (NULL, or right-hand sides) and for
# random vectors of the covariance M of the preconditioner: solutions, and the
# logarithm of the determinant. `at_probes` are M^-1 times the random vectors.
lanczos_run <- function(system, plan, sides, probes, maxit, call,
                        tol = 1e-4, vectors = NULL) {
  preconditioner <- plan$preconditioner %||% diagonal_preconditioner(system)
  vectors <- vectors %||% sample_covariance(preconditioner, probes)
  b <- cbind(sides, vectors)
  goal <- column_norms(b) * rep(c(tol, 1e-4), c(
    NCOL(sides) * !is.null(sides), ncol(vectors)
  ))
  for (precision in unique(c(precision_of(system$tensor), "float64"))) {
    run <- conjugate_gradients(
      system_product(system, precision, call), b, preconditioner$apply, goal,
      maxit, pmax(column_norms(b), .Machine$double.xmin)
    )
    if (run$status != "indefinite") break
  }
  if (run$status == "indefinite") abort_not_positive(call)
  places <- ncol(b) - ncol(vectors) + seq_len(ncol(vectors))
  logs <- system$n * vapply(places, function(column) {
    lanczos_logarithm(run$steps, column)
  }, 0)
  run$log_det <- preconditioner$log_det + mean(logs)
  run$error <- stats::sd(logs) / sqrt(length(logs))
  run$at_probes <- preconditioner$apply(vectors)
  run$x_probes <- run$x[, places, drop = FALSE]
  run$x <- run$x[, -places, drop = FALSE]
  run
}

# The quadrature of the logarithm for one column: conjugate gradients and the
# Lanczos process are the same recurrence.
lanczos_logarithm <- function(steps, column) {
  place <- vapply(steps, function(step) match(column, step$columns), 1L)
  steps <- steps[!is.na(place)]
  place <- place[!is.na(place)]
  if (!length(steps)) {
    return(0)
  }
  alpha <- mapply(function(step, k) step$alpha[[k]], steps, place)
  beta <- mapply(function(step, k) step$beta[[k]], steps, place)
  count <- length(alpha)
  before <- c(0, (beta / alpha)[-count])
  lanczos <- diag(1 / alpha + before, count)
  if (count > 1L) {
    above <- cbind(seq_len(count - 1L), seq_len(count)[-1L])
    lanczos[above] <- (sqrt(beta) / alpha)[-count]
    lanczos[above[, 2:1, drop = FALSE]] <- lanczos[above]
  }
  spectrum <- eigen(lanczos, symmetric = TRUE)
  values <- pmax(spectrum$values, .Machine$double.xmin)
  sum(spectrum$vectors[1L, ]^2 * log(values))
}

# The diagonal alone serves when no column of K is worth having.
diagonal_preconditioner <- function(system) {
  weight <- rep_len(system$lambda, system$n) +
    pmax(as.double(diag(system$tensor)), 0)
  if (any(weight <= 0)) weight[] <- 1
  list(
    rank = 0L, n = system$n, apply = function(x) x / weight,
    log_det = sum(log(weight)),
    color = function(of_rank, of_rows) sqrt(weight) * of_rows
  )
}

#' @rdname log_det
#' @export
print.kernel_log_det <- function(x, ...) {
  cat(format(c(plain_number(x)), digits = 10))
  if (attr(x, "method") == "exact") {
    cat(" (exact)\n")
  } else {
    cat(sprintf(
      " (standard error %s, %d probes, %d iterations, rank %d)\n",
      format(attr(x, "standard_error"), digits = 2), attr(x, "probes"),
      attr(x, "iterations"), attr(x, "rank")
    ))
  }
  invisible(x)
}

plain_number <- function(x) {
  attributes(x) <- NULL
  x
}

#' @export
Ops.kernel_log_det <- function(e1, e2) { # nolint
  if (inherits(e1, "kernel_log_det")) e1 <- plain_number(e1)
  if (missing(e2)) {
    return(get(.Generic)(e1))
  }
  if (inherits(e2, "kernel_log_det")) e2 <- plain_number(e2)
  get(.Generic)(e1, e2)
}
