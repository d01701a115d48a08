# Methods of optimal transports: maps, gradients, prints and plots.

#' Where an optimal transport takes points
#'
#' The barycentric projection of the plan: the mean of the points that a point
#' is transported to. It is defined for new points too (the entropic map of
#' Pooladian and Niles-Weed 2021).
#'
#' @param object An object of class `sinkhorn`.
#' @param newdata Points, of as many columns; by default those of the sample.
#' @param from `"x"`: from the first sample to the second one, or `"y"`: from
#'   the second to the first.
#' @param ... Not used.
#' @return A matrix with a row for each point.
#' @references Pooladian, A.-A. and Niles-Weed, J. (2021) Entropic estimation of
#'   optimal transport maps. *arXiv* 2109.12004.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(40), 20)
#' fit <- sinkhorn(x, x + 3, epsilon = 0.01)
#' head(predict(fit) - x)
#' predict(fit, matrix(0.5, 1, 2))
#' \dontshow{set_rkeops_options(previous)}
predict.sinkhorn <- function(object, newdata = NULL, from = c("x", "y"), ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  from <- if (missing(from)) "x" else check_choice(from, c("x", "y"), "from",
                                                   call)
  to <- if (from == "x") "y" else "x"
  points <- if (is.null(newdata)) object[[from]] else newdata_of(
    newdata, object[[to]], call
  )
  weights <- if (to == "y") object$b else object$a
  potential <- if (to == "y") object$raw$g else object$raw$f
  result <- at_complete_rows(points, function(points) {
    barycentric_map(object, points, object[[to]], weights, potential)
  }, ncol(points))
  names <- list(rownames(points), colnames(object[[to]]))
  dimnames(result) <- if (!all(vapply(names, is.null, NA))) names
  result
}

newdata_of <- function(newdata, points, call) {
  read_newdata(newdata, list(x = points), call)
}

barycentric_map <- function(problem, from, to, weights, potential) {
  h <- Vj(
    log(weights) + potential / problem$epsilon, precision = problem$precision
  )
  # deviations from the centre keep the digits
  center <- colMeans(to)
  values <- Vj(sweep_columns(to, center, `-`), precision = problem$precision)
  costs <- cost_matrix(problem, from, to)
  means <- on_host(sumsoftmaxweight(h - costs / problem$epsilon, "j", values))
  sweep_columns(means, center, `+`)
}

#' Gradients of an optimal transport
#'
#' The derivatives of the value of [sinkhorn()] in the points and in the
#' weights of both samples, by the envelope theorem: the potentials are those of
#' the solution, and nothing is differentiated through the iterations.
#'
#' @param object An object of class `sinkhorn`.
#' @param with_respect_to Which gradients: some of `"x"`, `"y"`, `"a"`, `"b"`.
#' @return A list of matrices of the shape of the points, and of vectors. The
#'   derivatives in weights of balanced transport are those of weights that are
#'   divided by their sum, at sum 1: their mean, weighted by the weights, is 0.
#' @concept Wasserstein gradient
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(40), 20)
#' y <- matrix(runif(60), 30) + 1
#' fit <- sinkhorn(x, y, epsilon = 0.05, debias = TRUE)
#' gradient <- sinkhorn_gradient(fit, "x")
#' # a step of a gradient flow
#' moved <- x - 20 * gradient$x
#' sinkhorn(moved, y, epsilon = 0.05, debias = TRUE)$value < fit$value
#' \dontshow{set_rkeops_options(previous)}
sinkhorn_gradient <- function(object, with_respect_to = c("x", "y", "a", "b")) {
  call <- rlang::current_env()
  if (!inherits(object, "sinkhorn")) {
    abort_argument("object", "an object of class `sinkhorn`", object, call)
  }
  check_strings(with_respect_to, "with_respect_to", call)
  sides <- list(
    x = side_of(object, "x", "y", "a", "b", "f", "g"),
    y = side_of(object, "y", "x", "b", "a", "g", "f"),
    a = NULL, b = NULL
  )
  names <- rlang::set_names(with_respect_to)
  lapply(names, function(name) {
    check_choice(name, names(sides), "with_respect_to", call)
    if (name %in% c("x", "y")) {
      gradient_in_points(object, sides[[name]])
    } else {
      gradient_in_weights(object, sides[[c(a = "x", b = "y")[[name]]]])
    }
  })
}

# One sample, and the other one.
side_of <- function(fit, own, other, weights, other_weights, f, g) {
  list(
    points = fit[[own]], others = fit[[other]], weights = fit[[weights]],
    other_weights = fit[[other_weights]], f = fit$raw[[f]], g = fit$raw[[g]],
    self = fit$selves[[f]]$f
  )
}

# Masses of the plan at the points, times the mean derivatives of the cost under
# the plan.
gradient_in_points <- function(fit, side) {
  gradient <- mean_cost_gradient(
    fit, side$points, side$others, side$other_weights, side$g,
    plan_masses(fit, side$weights, side$f)
  )
  if (fit$debias) {
    gradient <- gradient - mean_cost_gradient(
      fit, side$points, side$points, side$weights, side$self,
      plan_masses(fit, side$weights, side$self)
    )
  }
  dimnames(gradient) <- dimnames(side$points)
  gradient
}

plan_masses <- function(fit, weights, f) {
  if (is.infinite(fit$rho)) weights else weights * exp(-f / fit$rho)
}

mean_cost_gradient <- function(fit, points, others, weights, potential,
                               masses) {
  x_i <- Vi(points, precision = fit$precision)
  y_j <- Vj(others, precision = fit$precision)
  h <- Vj(log(weights) + potential / fit$epsilon, precision = fit$precision)
  grad(
    h - fit$cost_function(x_i, y_j) / fit$epsilon,
    Vi(-fit$epsilon * masses, precision = fit$precision), "LogSumExp", x_i, "j"
  )
}

gradient_in_weights <- function(fit, side) {
  rho <- fit$rho
  if (is.infinite(rho)) {
    derivative <- side$f - if (fit$debias) side$self else 0
    return(derivative - weighted_sum(side$weights, derivative))
  }
  outside <- exp(-side$f / rho)
  if (fit$debias) {
    return((rho + fit$epsilon) * (exp(-side$self / rho) - outside))
  }
  rho * (1 - outside) - fit$epsilon * (outside - sum(side$other_weights))
}

# ---- R's generics ----

#' @export
print.sinkhorn <- function(x, ...) {
  cat(sprintf(
    "%s of %s and %s points in %d dimension%s\n", if (x$debias) {
      "Sinkhorn divergence"
    } else {
      "Entropic optimal transport"
    }, format_count(nrow(x$x)), format_count(nrow(x$y)), ncol(x$x),
    if (ncol(x$x) > 1L) "s" else ""
  ))
  print_call(x$call)
  cat(sprintf(
    "Value %s (cost %s, epsilon %s%s)\n", format(x$value),
    cost_text(x$cost), format(x$epsilon, digits = 3L),
    if (is.finite(x$rho)) paste(", unbalanced", format(x$rho)) else ""
  ))
  cat(sprintf(
    "%s after %d iterations, error %s\n",
    if (x$converged) "Converged" else "Not converged", x$iterations,
    format(utils::tail(x$trace$error, 1L), digits = 2L)
  ))
  invisible(x)
}

cost_text <- function(cost) {
  if (is.function(cost)) {
    return("a function")
  }
  switch(cost,
    half_squared = "|x - y|^2 / 2", squared = "|x - y|^2", distance = "|x - y|"
  )
}

#' @export
summary.sinkhorn <- function(object, ...) {
  mass <- sum(on_host(reduce_tensor(object$plan, "Sum", "j")))
  structure(
    list(fit = object, mass = mass), class = "summary.sinkhorn"
  )
}

#' @export
print.summary.sinkhorn <- function(x, ...) {
  print(x$fit)
  cat(sprintf(
    "Mass transported %s, mean cost %s\n", format(x$mass),
    format(x$fit$transport_cost / x$mass)
  ))
  invisible(x)
}

#' Draw the trace of an optimal transport
#'
#' The error of the marginals against the iteration.
#'
#' @param x An object of class `sinkhorn`.
#' @param log,type,xlab,ylab,... Arguments of [graphics::plot()].
#' @return `x`, invisibly.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(40), 20)
#' plot(sinkhorn(x, x^2))
#' \dontshow{set_rkeops_options(previous)}
plot.sinkhorn <- function(x, log = "y", type = "b", xlab = "Iteration",
                          ylab = "Error of the marginal", ...) {
  shown <- x$trace[is.finite(x$trace$error) & x$trace$error > 0, ]
  if (!nrow(shown)) shown <- data.frame(iteration = 1, error = x$tol)
  plot(shown$iteration, shown$error, log = log, type = type, xlab = xlab,
       ylab = ylab, ...)
  invisible(x)
}
