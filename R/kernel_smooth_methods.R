# Methods of kernel regressions for R's generics.

#' Values of a kernel regression
#'
#' @param object An object of class `kernel_smooth`.
#' @param newdata A data frame with the variables of the formula. Without it,
#'   the values are those of the points that were fitted.
#' @param precision `"float64"` or `"float32"`; `NULL`, that of the fit.
#' @param se.fit Whether standard errors are wanted.
#' @param interval `"confidence"` are intervals of the expected value,
#'   `"prediction"` of a new response of weight 1.
#' @param level The probability of an interval.
#' @param type Residuals `"response"`, or `"loo"`: of each point from the fit
#'   without it (only of points of positive weight).
#' @param ... Not used.
#'
#' @details
#' A value is \eqn{\sum_j l_j(x) y_j}{sum_j l_j(x) y_j}, so that its variance is
#' \eqn{\sigma^2 \sum_j l_j(x)^2 / w_j}{sigma^2 sum_j l_j(x)^2 / w_j} for
#' responses of variance \eqn{\sigma^2 / w_j}{sigma^2 / w_j}, with weights of
#' mean 1. \eqn{\sigma^2}{sigma^2} is the sum of squared residuals by its
#' degrees of freedom, the trace of \eqn{(I - L)^T (I - L)}{(I - L)' (I - L)}
#' (Cleveland and Devlin 1988), which the quantiles of intervals have, too.
#' Bandwidths count as given, and the bias of smoothing is no part of an error.
#' A fit that goes through its points has errors `NA`.
#'
#' @return A vector; `NA` where a variable is missing. As of
#'   [stats::predict.lm()], for intervals a matrix with the columns `fit`, `lwr`
#'   and `upr`; with `se.fit`, a list of `fit`, `se.fit`, `df` and
#'   `residual.scale`.
#' @references
#' Cleveland, W. S. and Devlin, S. J. (1988) Locally weighted regression: an
#' approach to regression analysis by local fitting. *Journal of the American
#' Statistical Association* 83, 596-610.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' fit <- kernel_smooth(dist ~ speed, cars, bw = 2)
#' predict(fit, data.frame(speed = 10:12))
#' predict(fit, data.frame(speed = 10:12), interval = "confidence")
#' residuals(fit)[1:3]
#' residuals(fit, type = "loo")[1:3]
#' \dontshow{set_rkeops_options(previous)}
predict.kernel_smooth <- function(object, newdata = NULL, precision = NULL,
                                  se.fit = FALSE, # nolint
                                  interval = c("none", "confidence",
                                               "prediction"),
                                  level = 0.95, ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  precision <- read_precision(
    precision %||% object$precision, "precision", call
  )
  choice <- interval_choice(se.fit, interval, missing(interval), level, call)
  if (is.null(newdata) && !choice$errors) {
    return(stats::fitted(object))
  }
  points <- if (is.null(newdata)) {
    object$all_points %||% object$x
  } else {
    read_newdata(newdata, object, call)
  }
  values <- at_complete_rows(points, function(points) {
    smooth_values(object, points, precision)
  })
  if (!choice$errors) {
    return(values)
  }
  value <- with_errors(object, points, values, precision, choice)
  if (is.null(newdata)) at_all_rows(value, object$na.action) else value
}

# Rows that `na.exclude()` left out come back as NA.
at_all_rows <- function(value, na_action) {
  if (!is.list(value)) {
    return(stats::napredict(na_action, value))
  }
  for (name in c("fit", "se.fit")) {
    value[[name]] <- stats::napredict(na_action, value[[name]])
  }
  value
}

#' @rdname predict.kernel_smooth
#' @export
fitted.kernel_smooth <- function(object, ...) {
  stats::napredict(object$na.action, object$fitted.values)
}

#' @rdname predict.kernel_smooth
#' @export
residuals.kernel_smooth <- function(object, type = c("response", "loo"), ...) {
  type <- if (missing(type)) "response" else type
  check_choice(type, c("response", "loo"), "type", rlang::current_env())
  if (type == "loo") {
    return(object$loo_residuals)
  }
  stats::naresid(object$na.action, object$residuals)
}

#' @export
print.kernel_smooth <- function(x, ...) {
  cat(sprintf(
    "Kernel regression, local %s, of %s points\n",
    c("means", "planes")[[x$degree + 1L]], format_count(x$n)
  ))
  print_call(x$call)
  cat(sprintf("Bandwidths (%s):\n", bandwidth_method(x$method)))
  print(x$bw, ...)
  invisible(x)
}

#' @export
summary.kernel_smooth <- function(object, ...) {
  structure(c(list(fit = object), smooth_errors(object)),
            class = "summary.kernel_smooth")
}

# Weighted root mean squares of residuals, and the shares of the variance that
# are explained.
smooth_errors <- function(fit) {
  mean_square <- function(x) sum(fit$weights * x^2)
  total <- mean_square(fit$y - sum(fit$y * fit$weights))
  residuals <- fit$y - smooth_values(fit, fit$x, fit$precision)
  list(
    rmse = sqrt(mean_square(residuals)),
    loo_rmse = if (fit$n > 1L) sqrt(mean_square(fit$loo_residuals)) else NA,
    r_squared = 1 - mean_square(residuals) / total,
    loo_r_squared = if (fit$n > 1L) {
      1 - mean_square(fit$loo_residuals) / total
    } else {
      NA
    }
  )
}

#' @export
print.summary.kernel_smooth <- function(x, ...) {
  print(x$fit, ...)
  cat(sprintf(
    "\n%-30s%12s%12s\n%-30s%12.5g%12.4f\n%-30s%12.5g%12.4f\n",
    "", "root mean square", "R-squared",
    "Residuals", x$rmse, x$r_squared,
    "Each point from the others", x$loo_rmse, x$loo_r_squared
  ))
  print_omitted(x$fit)
  invisible(x)
}

#' Draw a kernel regression
#'
#' The points with the curve for one variable; for two the surface as an image
#' with contours, blank where no point is within two bandwidths.
#'
#' @param x An object of class `kernel_smooth`.
#' @param n The number of grid points for each variable: 201 for one, 51 for
#'   two.
#' @param xlab,ylab,main Labels and title.
#' @param ... Other arguments of [graphics::plot()] or [graphics::image()].
#' @return Invisibly the data frame of the grid, with the column `.fitted`.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' plot(kernel_smooth(dist ~ speed, cars))
#' plot(kernel_smooth(depth ~ long + lat, quakes, bw = 1))
#' \dontshow{set_rkeops_options(previous)}
plot.kernel_smooth <- function(x, n = NULL, xlab = NULL, ylab = NULL,
                               main = NULL, ...) {
  call <- rlang::current_env()
  grid <- smooth_grid(x, n, call)
  names <- colnames(x$x)
  if (length(names) == 1L) {
    response <- deparse1(x$call$formula[[2L]])
    plot(x$x[, 1L], x$y, xlab = xlab %||% names, ylab = ylab %||% response,
         main = main, ...)
    graphics::lines(grid[[1L]], grid$.fitted, lwd = 2)
  } else {
    axes <- lapply(unname(as.list(grid[1:2])), unique)
    values <- matrix(grid$.fitted, length(axes[[1L]]))
    graphics::image(
      axes[[1L]], axes[[2L]], values, xlab = xlab %||% names[[1L]],
      ylab = ylab %||% names[[2L]], main = main, ...
    )
    graphics::contour(axes[[1L]], axes[[2L]], values, add = TRUE)
  }
  invisible(grid)
}

smooth_grid <- function(fit, n, call) {
  columns <- ncol(fit$x)
  if (columns > 2L) {
    abort_rkeops(
      "argument", sprintf(
        "A fit of %d variables cannot be drawn; one or two can.", columns
      ), hints = "`predict()` gives the values along any line.", call = call
    )
  }
  n <- n %||% c(201L, 51L)[[columns]]
  check_count(n, "n", call, lower = 2)
  grid <- as.data.frame(as.matrix(do.call(expand.grid, lapply(
    seq_len(columns), function(k) {
      seq(min(fit$x[, k]), max(fit$x[, k]), length.out = n)
    }
  ))))
  names(grid) <- colnames(fit$x)
  points <- as.matrix(grid)
  grid$.fitted <- smooth_values(fit, points, fit$precision)
  if (columns == 2L) grid$.fitted[!has_points_near(fit, points)] <- NA
  grid
}

# Whether there is a point within two bandwidths: what is far from all of them
# is extrapolated.
has_points_near <- function(fit, points) {
  squares <- sqdist(
    Vi(smooth_scaled(fit, points), precision = "float64"),
    Vj(smooth_scaled(fit, fit$x), precision = "float64")
  )
  as.vector(min_reduction(squares, "j")) <= 4
}
