# Methods of kernel density estimates for R's generics.

#' @export
print.kernel_density <- function(x, ...) {
  cat(density_title(x), "\n", sep = "")
  print_call(x$call)
  cat(sprintf("Bandwidths (%s):\n", bandwidth_method(x$method)))
  print(x$bw, ...)
  invisible(x)
}

density_title <- function(x) {
  sprintf(
    "Kernel density estimate of %s points in %d dimension%s",
    format_count(x$n), ncol(x$x), if (ncol(x$x) > 1L) "s" else ""
  )
}

print_call <- function(call) {
  cat("Call: ", paste(deparse(call), collapse = "\n  "), "\n\n", sep = "")
}

bandwidth_method <- function(method) {
  switch(
    if (is.na(method)) "given" else method,
    lcv = "likelihood cross-validation",
    lscv = "least squares cross-validation",
    scott = "normal reference rule", loo = "leave-one-out cross-validation",
    "as given"
  )
}

#' @export
summary.kernel_density <- function(object, ...) {
  structure(list(
    fit = object, densities = summary(stats::predict(object)),
    log_likelihood = if (object$n > 1L) stats::logLik(object)
  ), class = "summary.kernel_density")
}

#' @export
print.summary.kernel_density <- function(x, ...) {
  print(x$fit, ...)
  if (any(x$fit$weights != x$fit$weights[[1L]])) {
    cat(sprintf(
      "Effective sample size: %.1f\n", effective_size(x$fit$weights)
    ))
  }
  if (!is.null(x$log_likelihood)) {
    cat("Leave-one-out log likelihood:",
        format(as.numeric(x$log_likelihood)), "\n")
  }
  cat("\nDensities at the points:\n")
  print(x$densities, ...)
  print_omitted(x$fit)
  invisible(x)
}

print_omitted <- function(fit) {
  if (length(fit$na.action)) {
    cat("(", stats::naprint(fit$na.action), ")\n", sep = "")
  }
}

#' @rdname plot.kernel_density
#' @param row.names,optional As in [as.data.frame()]; not used.
#' @export
as.data.frame.kernel_density <- function(x, row.names = NULL, # nolint
                                         optional = FALSE, which = NULL,
                                         n = NULL, ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  fit <- marginal_density(x, which, call)
  grid <- density_grid(fit, n, call)
  grid$density <- stats::predict(fit, as.matrix(grid))
  grid
}

# The estimate of one or two columns: the kernel's covariances of these.
marginal_density <- function(fit, which, call) {
  columns <- ncol(fit$x)
  which <- which %||% seq_len(min(columns, 2L))
  if (is.character(which)) {
    unknown <- setdiff(which, colnames(fit$x))
    if (length(unknown)) {
      abort_argument(
        "which", paste("columns of the points:", toString(colnames(fit$x))),
        unknown[[1L]], call
      )
    }
    which <- match(which, colnames(fit$x))
  }
  if (!is.numeric(which) || !length(which) %in% 1:2 ||
        !all(which %in% seq_len(columns))) {
    abort_argument(
      "which", "one or two columns of the points, by name or number", which,
      call
    )
  }
  fit$x <- fit$x[, which, drop = FALSE]
  fit$all_points <- NULL
  fit$H <- fit$H[which, which, drop = FALSE]
  fit$bw <- fit$bw[which]
  fit$center <- fit$center[which]
  fit["terms"] <- list(NULL)
  fit
}

density_grid <- function(fit, n, call) {
  columns <- ncol(fit$x)
  n <- n %||% c(512L, 101L)[[columns]]
  check_count(n, "n", call, lower = 2, upper = c(1e6, 1e3)[[columns]])
  axes <- lapply(seq_len(columns), function(k) {
    reach <- 3 * sqrt(fit$H[k, k])
    seq(min(fit$x[, k]) - reach, max(fit$x[, k]) + reach, length.out = n)
  })
  grid <- do.call(expand.grid, axes)
  names(grid) <- colnames(fit$x)
  as.data.frame(as.matrix(grid))
}

#' Draw a kernel density estimate
#'
#' `plot()` draws a curve for one dimension, and for two contours that hold
#' given shares of the points, with the points. `as.data.frame()` gives the grid
#' with the densities. Of more than two dimensions they show one or two columns:
#' the marginal density, which is the estimate of these columns.
#'
#' @param x An object of class `kernel_density`.
#' @param which The names or numbers of one or two columns; by default the first
#'   two.
#' @param n The number of grid points in each dimension: 512 for one, 101 for
#'   two.
#' @param prob The shares of the points within the contours: each contour is
#'   drawn at the density that this share of the points (by weight) exceeds.
#' @param points Whether points are drawn (below a curve, as a rug).
#' @param main,xlab,ylab Title and labels.
#' @param ... Other arguments of [graphics::plot()] or [graphics::contour()].
#' @return `plot()` invisibly the data frame of the grid, with the column
#'   `density`; `as.data.frame()` that data frame.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' fit <- kernel_density(iris[1:4], bw = "scott")
#' plot(fit, which = c("Petal.Length", "Petal.Width"))
#' plot(fit, which = "Petal.Length")
#' head(as.data.frame(fit, which = "Petal.Length", n = 20))
#' \dontshow{set_rkeops_options(previous)}
plot.kernel_density <- function(x, which = NULL, n = NULL,
                                prob = c(0.25, 0.5, 0.75, 0.95),
                                points = TRUE, main = density_title(x),
                                xlab = NULL, ylab = NULL, ...) {
  call <- rlang::current_env()
  fit <- marginal_density(x, which, call)
  check_flag(points, "points", call)
  grid <- as.data.frame(fit, n = n)
  names <- colnames(fit$x)
  if (ncol(fit$x) == 1L) {
    plot(grid[[1L]], grid$density, type = "l", main = main,
         xlab = xlab %||% names, ylab = ylab %||% "Density", ...)
    if (points) graphics::rug(fit$x[, 1L])
    return(invisible(grid))
  }
  if (points) {
    plot(fit$x, pch = 20, cex = 0.5, col = "grey60", main = main,
         xlab = xlab %||% names[[1L]], ylab = ylab %||% names[[2L]],
         xlim = range(grid[[1L]]), ylim = range(grid[[2L]]))
  }
  draw_contours(fit, grid, prob, !points, main, xlab %||% names[[1L]],
                ylab %||% names[[2L]], call, ...)
  invisible(grid)
}

draw_contours <- function(fit, grid, prob, alone, main, xlab, ylab, call, ...) {
  levels <- contour_levels(fit, prob, call)
  axes <- lapply(unname(as.list(grid[1:2])), unique)
  graphics::contour(
    axes[[1L]], axes[[2L]],
    matrix(grid$density, length(axes[[1L]])),
    levels = levels, labels = paste0(100 * prob[order(-prob)], "%"),
    add = !alone, main = if (alone) main, xlab = if (alone) xlab,
    ylab = if (alone) ylab, ...
  )
}

# The densities that the shares `prob` of the points exceed, in ascending order.
contour_levels <- function(fit, prob, call) {
  if (!is.numeric(prob) || !length(prob) || anyNA(prob) ||
        any(prob <= 0 | prob >= 1)) {
    abort_argument("prob", "numbers between 0 and 1", prob, call)
  }
  densities <- stats::predict(fit)
  order <- order(densities, decreasing = TRUE)
  covered <- cumsum(fit$weights[order])
  vapply(sort(prob, decreasing = TRUE), function(share) {
    densities[order][[which.max(covered >= share - 1e-12)]]
  }, 0)
}
