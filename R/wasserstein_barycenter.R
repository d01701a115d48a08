# Barycentres of samples under optimal transport.

#' Barycentre of samples
#'
#' A sample of `n` points that minimises the weighted mean of its Sinkhorn
#' divergences to the given samples, for the cost \eqn{\frac12 |x - y|^2}{|x -
#' y|^2 / 2}: the mean of distributions that moves mass rather than mixes it.
#'
#' @param samples A list of samples: numeric matrices or data frames of the same
#'   columns, or vectors.
#' @param weights The weights of the samples, at least 0; by default equal ones.
#' @param n The number of points of the barycentre.
#' @param start The points to start with, a matrix of `n` rows; by default rows
#'   of all samples below each other, evenly spread.
#' @param epsilon The regularisation, in squared units of the points. By default
#'   a hundredth of the mean variance of the columns of all samples.
#' @param sample_weights A list of the weights of the points of each sample, or
#'   `NULL`.
#' @param tol Iterations end when points move by less than this (root mean
#'   square), in units of the standard deviation of all samples.
#' @param maxit The largest number of iterations.
#' @param precision `"float64"` or `"float32"`.
#'
#' @details
#' Points move by the mean of their displacements to the samples, less that to
#' themselves: a gradient step of length one of the divergence (Cuturi and
#' Doucet 2014; Alvarez-Esteban et al. 2016; Janati et al. 2020 for the debiased
#' version). Each iteration solves the transports from where the last ones
#' ended. The points have equal weights.
#'
#' @return An object of class `wasserstein_barycenter`: the points `x`, the
#'   `value` (half the weighted mean of squared distances, by their
#'   divergences), `trace` (a data frame of `iteration` and `movement`),
#'   `converged`, and what was given. There are methods of `print()`,
#'   `as.data.frame()` and `plot()`.
#' @references
#' Cuturi, M. and Doucet, A. (2014) Fast computation of Wasserstein barycenters.
#' *ICML*, 685-693.
#'
#' Alvarez-Esteban, P. C., del Barrio, E., Cuesta-Albertos, J. A. and Matran, C.
#' (2016) A fixed-point approach to barycenters in Wasserstein space. *Journal
#' of Mathematical Analysis and Applications* 441, 744-762.
#'
#' Janati, H., Cuturi, M. and Gramfort, A. (2020) Debiased Sinkhorn barycenters.
#' *ICML*, 4692-4701.
#' @concept Wasserstein barycenter
#' @concept Frechet mean
#' @seealso [sinkhorn()]
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' petals <- split(iris[c("Petal.Length", "Petal.Width")], iris$Species)
#' middle <- wasserstein_barycenter(petals[c("setosa", "virginica")], n = 40)
#' middle
#' plot(middle)
#' \dontshow{set_rkeops_options(previous)}
wasserstein_barycenter <- function(samples, weights = NULL, n = 100,
                                   start = NULL, epsilon = NULL,
                                   sample_weights = NULL, tol = 1e-3,
                                   maxit = 50, precision = "float64") {
  call <- rlang::current_env()
  samples <- read_sample_list(samples, call)
  if (!is.null(sample_weights) && !(is.list(sample_weights) &&
    length(sample_weights) == length(samples))) {
    abort_argument(
      "sample_weights", "a list of the weights of each sample, or NULL",
      sample_weights, call
    )
  }
  pooled <- do.call(rbind, unname(samples))
  check_weights(weights, length(samples), call)
  shares <- shares_of(weights, length(samples), call)
  start <- barycenter_start(start, n, pooled, call)
  spread <- sqrt(mean(apply(pooled, 2L, stats::var)))
  if (!is.finite(spread) || spread == 0) {
    abort_rkeops("argument", "All points are equal.", call = call)
  }
  epsilon <- if (is.null(epsilon)) {
    spread^2 / 100
  } else {
    check_above_zero(epsilon, "epsilon", call)
  }
  setting <- list(
    tol = 1e-4, maxit = 200L, epsilon = epsilon,
    movement = check_above_zero(tol, "tol", call) * spread,
    rounds = check_count(maxit, "maxit", call)
  )
  problems <- barycenter_problems(
    start, samples, sample_weights, setting, precision, call
  )
  result <- move_to_barycenter(start, problems, shares, setting)
  result[c("samples", "weights", "epsilon")] <- list(samples, shares, epsilon)
  result$call <- match.call()
  if (!result$converged) warn_barycenter(result, call)
  structure(result, class = "wasserstein_barycenter")
}

read_sample_list <- function(samples, call) {
  if (missing(samples) || !is.list(samples) || is.data.frame(samples) ||
        !length(samples)) {
    abort_argument("samples", "a list of samples", samples, call)
  }
  names <- sprintf("samples[[%d]]", seq_along(samples))
  points <- Map(function(one, name) {
    values <- read_points(one, name, call)
    at_least_rows(values, 1L, name, call)
    values
  }, samples, names)
  lapply(points, function(one) check_columns_agree(points[[1L]], one, call))
  points
}

barycenter_start <- function(start, n, pooled, call) {
  if (is.null(start)) {
    check_count(n, "n", call)
    rows <- round(seq(1, nrow(pooled), length.out = n))
    points <- pooled[rows, , drop = FALSE]
    rownames(points) <- NULL
    # equal points would stay together
    if (!anyDuplicated(points)) return(points)
    spread <- apply(pooled, 2L, stats::sd) * 1e-3
    shift <- outer(seq_len(n) / n - 0.5, spread)
    return(points + shift)
  }
  start <- read_points(start, "start", call)
  at_least_rows(start, 1L, "start", call)
  check_columns_agree(start, pooled, call)
  start
}

barycenter_problems <- function(start, samples, sample_weights, setting,
                                precision, call) {
  precision <- read_precision(precision, "precision", call)
  lapply(seq_along(samples), function(k) {
    problem <- transport_problem(
      start, samples[[k]], NULL, sample_weights[[k]], "half_squared", NULL,
      precision, call
    )
    utils::modifyList(problem, setting[c("tol", "maxit", "epsilon")])
  })
}

move_to_barycenter <- function(x, problems, shares, setting) {
  potentials <- vector("list", length(problems))
  self <- NULL
  movements <- numeric()
  show <- loop_progress("Barycentre", 100)
  for (round in seq_len(setting$rounds)) {
    own <- solve_symmetric(problems[[1L]], x, problems[[1L]]$a, self)
    self <- own$f
    target <- -barycentric_map(problems[[1L]], x, x, problems[[1L]]$a, self)
    value <- -own$value / 2
    for (k in seq_along(problems)) {
      problems[[k]]$x <- x
      fit <- solve_transport(problems[[k]], potentials[[k]])
      potentials[[k]] <- fit$raw$g
      target <- target + shares[[k]] * barycentric_map(
        fit, x, fit$y, fit$b, fit$raw$g
      )
      value <- value + shares[[k]] * fit$value
    }
    x <- x + target
    movements[[round]] <- sqrt(mean(rowSums(target^2)))
    if (movements[[round]] <= setting$movement) break
    show(percent_of_way(
      movements[[round]], movements[[1L]], setting$movement
    ))
  }
  selves <- vapply(problems, function(problem) {
    solve_symmetric(problem, problem$y, problem$b)$value
  }, 0)
  list(
    x = x, value = value - sum(shares * selves) / 2,
    converged = movements[[round]] <= setting$movement,
    trace = data.frame(iteration = seq_len(round), movement = movements)
  )
}

warn_barycenter <- function(result, call) {
  rlang::warn(
    c(
      sprintf(
        "The barycentre still moves by %s after %d iterations.",
        format(utils::tail(result$trace$movement, 1L), digits = 3L),
        nrow(result$trace)
      ),
      i = "`maxit` allows more; a larger `epsilon` needs fewer."
    ),
    class = c("rkeops_warning_convergence", "rkeops_warning"), call = call
  )
}

#' @export
print.wasserstein_barycenter <- function(x, ...) {
  cat(sprintf(
    "Barycentre of %d samples: %s points in %d dimension%s\n",
    length(x$samples), format_count(nrow(x$x)), ncol(x$x),
    if (ncol(x$x) > 1L) "s" else ""
  ))
  print_call(x$call)
  cat(sprintf(
    "Mean divergence %s, epsilon %s\n%s after %d iterations\n",
    format(x$value), format(x$epsilon, digits = 3L),
    if (x$converged) "Converged" else "Not converged", nrow(x$trace)
  ))
  invisible(x)
}

#' Draw a barycentre
#'
#' The first two columns of the samples in grey and of the barycentre in black,
#' or for one column its sorted points against their ranks.
#'
#' @param x An object of class `wasserstein_barycenter`.
#' @param row.names,optional As in [as.data.frame()]; not used.
#' @param ... Other arguments of [graphics::plot()].
#' @return `x`, invisibly; `as.data.frame()` a data frame of the points.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' middle <- wasserstein_barycenter(list(rnorm(30), rnorm(30, 5)), n = 30)
#' plot(middle)
#' \dontshow{set_rkeops_options(previous)}
plot.wasserstein_barycenter <- function(x, ...) {
  if (ncol(x$x) == 1L) {
    plot(sort(x$x[, 1L]), seq_len(nrow(x$x)) / nrow(x$x), type = "s",
         xlab = column_names(x$x), ylab = "Share of the points", ...)
    return(invisible(x))
  }
  pooled <- do.call(rbind, unname(x$samples))[, 1:2]
  groups <- rep(seq_along(x$samples), vapply(x$samples, nrow, 1L))
  plot(pooled, col = "grey60", pch = groups, ...)
  graphics::points(x$x[, 1:2], pch = 19L)
  invisible(x)
}

#' @rdname plot.wasserstein_barycenter
#' @export
as.data.frame.wasserstein_barycenter <- function(x, row.names = NULL, # nolint
                                                 optional = FALSE, ...) {
  points <- x$x
  colnames(points) <- column_names(points)
  as.data.frame(points)
}
