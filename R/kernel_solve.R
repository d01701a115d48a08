# Linear systems with a lazy kernel matrix.

#' Solve linear systems with a kernel matrix
#'
#' `kernel_solve(K, b, lambda)` is `solve(K + diag(lambda), b)` for a symmetric
#' lazy tensor `K`, whose entries are never stored: kriging weights, kernel
#' ridge regression, the mean of a Gaussian process.
#'
#' @param K A lazy tensor of n x n numbers that is symmetric, such as the kernel
#'   of points with themselves. `K + diag(lambda, n)` is understood too,
#'   but R stores that diagonal matrix before rkeops sees it:
#'   `K + Matrix::Diagonal(n, lambda)`, or the argument `lambda`, does not.
#' @param b The right-hand sides: a vector of n numbers, or a matrix of n rows
#'   with one right-hand side a column, all solved at once.
#' @param lambda What is added to the diagonal: one number (a ridge, a nugget, a
#'   variance of noise, in the unit of the entries of `K`), or n numbers, such
#'   as `sigma^2 / w` for weights `w`.
#' @param precond The preconditioner: `"nystrom"` approximates `K` by `rank` of
#'   its columns; `"none"`; `"auto"` makes one where 10 iterations are not
#'   enough. Or a result of `kernel_solve()` for
#'   the same `K` and `lambda`, whose preconditioner is used again.
#' @param rank The number of columns. `NULL`: so many that they take as long as
#'   some products with `K`, or that what is left of the trace of `K` is a tenth
#'   of that of `lambda`.
#' @param tol The norm of the residual `b - (K + diag(lambda)) a` of each column
#'   in units of the norm of `b`, in double precision, also where the precision
#'   of `K` is `"float32"`.
#' @param maxit The largest number of iterations; each is one product with `K`.
#' @param x0 Where to start, of the shape of `b`; zeros by default.
#' @param object,x A solution.
#' @param ... For `solve()`, arguments of `kernel_solve()`; for `plot()`, those
#'   of [graphics::plot()]; else not used.
#'
#' @details
#' The method is that of conjugate gradients, one recurrence for each
#' right-hand side and one product with `K` for all. Its preconditioner
#' \eqn{F F' + \lambda I}{F F' + lambda I} is a randomly pivoted Cholesky
#' factorisation: columns of `K` are drawn with the probability of what is left
#' of the diagonal, by R's random numbers (`set.seed()` makes it repeatable;
#' `precond = "none"` draws none).
#'
#' Products are computed in the precision of `K`, everything else in double
#' precision. After each round the residual is computed in double precision, and
#' the correction solved for (iterative refinement), so that a `"float32"`
#' kernel, three times as fast, gives the same solution. Where single precision
#' makes no progress, because `lambda` is too small for its digits, products are
#' computed in double precision from then on.
#'
#' A matrix with negative eigenvalues is found by the iteration, which then goes
#' on by minimal residuals (MINRES), without preconditioner.
#'
#' Where `maxit` iterations, or the digits of double precision, do not reach
#' `tol`, the best solution comes with a warning of class
#' `rkeops_warning_convergence`. Without `lambda` a smooth kernel is singular to
#' all digits, and duplicated points make any kernel singular: expect this
#' warning.
#'
#' `solve(K, b)` is the same as a plain vector or matrix, for any `K`: one that
#' is not symmetric is stored where it is small, which a message says, and
#' refused where not, as is the inverse `solve(K)`.
#'
#' @return The solution, a vector or matrix like `b` of class
#'   `kernel_solution`, which computes like plain numbers. `summary()` tells how
#'   it was found: `iterations`, `residual` (the relative one of each column),
#'   `trace` (the largest relative residual after each iteration), `converged`,
#'   `status`, `method`, `rank`, `precision` of the products at the end,
#'   `lambda`. `plot()` draws the trace.
#' @references Chen, Y., Epperly, E. N., Tropp, J. A. and Webber, R. J. (2025).
#'   Randomly pivoted Cholesky. *Communications on Pure and Applied
#'   Mathematics* 78.
#'
#'   Diaz, M., Epperly, E. N., Frangella, Z., Tropp, J. A. and Webber, R. J.
#'   (2023). Robust, randomized preconditioning for kernel ridge regression.
#'   arXiv:2304.12465.
#'
#'   Paige, C. C. and Saunders, M. A. (1975). Solution of sparse indefinite
#'   systems of linear equations. *SIAM Journal on Numerical Analysis* 12.
#' @seealso [log_det()], [eigs_sym()], [gaussian_process()].
#' @concept kriging
#' @concept kernel ridge regression
#' @concept conjugate gradients
#' @concept preconditioner
#' @concept linear system
#' @export
#' @examples
#' \dontshow{
#' previous <- set_rkeops_options(threads = 2, precision = "float64")
#' }
#' x <- scale(quakes[, c("lat", "long")])
#' K <- exp(-sqdist(Vi(x), Vj(x)) / (2 * 0.2^2))
#' depth <- quakes$depth - mean(quakes$depth)
#' a <- kernel_solve(K, depth, lambda = 0.1)
#' a
#' # the surface at other places
#' places <- cbind(lat = c(-1, 0, 1), long = 0)
#' exp(-sqdist(Vi(places), Vj(x)) / (2 * 0.2^2)) %*% a + mean(quakes$depth)
#' # the same as a plain vector
#' range(solve(K + diag(0.1, 1000), depth) - a)
#' \dontshow{set_rkeops_options(previous)}
kernel_solve <- function(K, b, lambda = 0, # nolint
                         precond = c("auto", "nystrom", "none"), rank = NULL,
                         tol = 1e-8, maxit = 1000, x0 = NULL) {
  call <- rlang::current_env()
  system <- new_system(K, lambda, "kernel_solve", call)
  sides <- check_right_side(b, "b", system, call)
  start <- if (is.null(x0)) {
    0 * sides
  } else {
    check_right_side(x0, "x0", system, call)
  }
  if (!identical(dim(start), dim(sides))) {
    abort_argument("x0", "of the shape of `b`", x0, call)
  }
  check_positive_number(tol, "tol", call)
  maxit <- check_count(maxit, "maxit", call)
  precond <- if (missing(precond)) "auto" else precond
  plan <- read_preconditioner(precond, rank, system, call)
  found <- solve_system(system, sides, start, plan, tol, maxit, call)
  report_convergence(found, tol, maxit, call)
  new_solution(found, b, system)
}

check_positive_number <- function(value, name, call) {
  if (missing(value) || !checkmate::test_number(value, lower = 0) ||
        value == 0 || is.infinite(value)) {
    abort_argument(name, "one positive number", value, call)
  }
  value
}

# ---- the system ----

# A symmetric matrix K with `lambda`, a number or n of them, on its diagonal.
new_system <- function(K, lambda, verb, call) { # nolint
  check_entries(K, "K", verb, call)
  check_square(K, verb, call)
  n <- index_size(K, "i")
  terms <- terms_of_shift(K)
  check_symmetric(terms$tensor, n, verb, call)
  list(
    tensor = terms$tensor, n = n,
    lambda = check_lambda(lambda, n, call) + terms$shift
  )
}

check_lambda <- function(lambda, n, call) {
  valid <- is.numeric(lambda) && !is.object(lambda) &&
    length(lambda) %in% c(1L, n) && all(is.finite(lambda))
  if (!valid) {
    abort_argument(
      "lambda", sprintf("one finite number, or %d, one a row of `K`", n),
      lambda, call
    )
  }
  as.double(lambda)
}

check_symmetric <- function(K, n, verb, call) { # nolint
  found <- asymmetric_entry(K)
  if (is.null(found)) {
    return()
  }
  abort_rkeops(
    "argument", sprintf(
      "`%s` needs a symmetric matrix, but K[%d, %d] is %s and K[%d, %d] %s.",
      verb, found$i, found$j, format(found$above), found$j, found$i,
      format(found$below)
    ),
    hints = "A kernel is symmetric where its rows and columns are the same.",
    call = call
  )
}

# NULL where K looks symmetric: some entries on both sides of the diagonal are
# compared, always at the same places.
asymmetric_entry <- function(K) { # nolint
  n <- index_size(K, "i")
  if (n < 2L) {
    return(NULL)
  }
  i <- unique(as.integer(seq(1, n, length.out = min(n, 40L))))
  j <- rev((i * 7L + n %/% 3L) %% n + 1L)
  above <- values_at(K, i, j, NULL)[, 1L]
  below <- values_at(K, j, i, NULL)[, 1L]
  digits <- if (precision_of(K) == "float32") 1e-4 else 1e-10
  bound <- digits * max(abs(c(above, below)), 0, na.rm = TRUE)
  wrong <- which(abs(above - below) > bound)
  if (length(wrong)) {
    k <- wrong[[1L]]
    list(i = i[[k]], j = j[[k]], above = above[[k]], below = below[[k]])
  }
}

check_right_side <- function(b, name, system, call) {
  wanted <- sprintf(
    "a vector of %d finite numbers, or a matrix of %d rows", system$n, system$n
  )
  if (missing(b)) abort_argument(name, wanted, , call)
  values <- on_host(plain_data(b, name, call))
  valid <- (is.numeric(values) || is.logical(values)) &&
    length(dim(values)) <= 2L
  if (!valid) abort_argument(name, wanted, b, call)
  values <- unname(as.matrix(values))
  attributes(values) <- attributes(values)["dim"]
  storage.mode(values) <- "double"
  if (nrow(values) != system$n) {
    abort_argument(name, wanted, b, call)
  }
  if (!all(is.finite(values))) {
    abort_rkeops(
      "argument", sprintf(
        "`%s` must have finite numbers; %d of them are not.", name,
        sum(!is.finite(values))
      ), hints = "Leave out the points whose values are missing.", call = call
    )
  }
  values
}

# (K + D) x, with K in this precision.
system_product <- function(system, precision, call) {
  K <- lazy_precision(system$tensor, precision) # nolint
  lambda <- system$lambda
  if (precision == "float32") {
    # numbers near 1 stay within the range of single precision
    return(function(x) {
      size <- apply(abs(x), 2L, max)
      size[size == 0] <- 1
      y <- on_host(multiply(K, scale_columns(x, 1 / size), call))
      scale_columns(y, size) + lambda * x
    })
  }
  function(x) {
    y <- on_host(multiply(K, x, call)) + lambda * x
    if (!all(is.finite(y))) abort_infinite(call)
    y
  }
}

abort_infinite <- function(call) {
  abort_rkeops(
    "argument", "Products with `K` are not finite.",
    hints = "Are there missing or infinite values in the data of `K`?",
    call = call
  )
}
