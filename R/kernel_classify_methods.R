# Methods of kernel classifiers for R's generics.

#' @rdname predict.kernel_classify
#' @export
fitted.kernel_classify <- function(object, ...) {
  stats::predict(object, type = "prob")
}

#' @export
deviance.kernel_classify <- function(object, ...) { # nolint
  2 * (object$objective - object$lambda / 2 * penalty_of(object))
}

# alpha' K alpha, of the link without the intercept.
penalty_of <- function(fit) {
  image <- fit$link - rep(fit$intercept, each = nrow(fit$link))
  sum(fit$coefficients * image)
}

#' @export
print.kernel_classify <- function(x, ...) {
  cat(sprintf(
    "Kernel logistic regression of %s points, %d classes: %s\n",
    format_count(x$n), length(x$classes), toString(x$classes)
  ))
  print_call(x$call)
  if (!is.null(x$bandwidth)) {
    cat("Bandwidth:", format(x$bandwidth, digits = 4L), "\n")
  }
  cat(sprintf(
    "Deviance %s, %d Newton steps, %d products with the kernel matrix\n",
    format(stats::deviance(x), digits = 5L), x$iterations, x$products
  ))
  invisible(x)
}

#' @export
summary.kernel_classify <- function(object, ...) {
  table <- table(
    observed = object$y,
    predicted = factor(
      object$classes[largest_columns(class_probabilities(object))],
      object$classes
    )
  )
  structure(list(
    fit = object, table = table, accuracy = sum(diag_of(table)) / sum(table)
  ), class = "summary.kernel_classify")
}

# The probabilities at the points that were fitted; those that were left out
# have none.
class_probabilities <- function(fit) {
  probabilities <- probabilities_of(fit$link)
  if (ncol(probabilities) == 1L) {
    cbind(1 - probabilities, probabilities)
  } else {
    probabilities
  }
}

#' @export
print.summary.kernel_classify <- function(x, ...) {
  print(x$fit)
  cat("\n")
  print(x$table)
  cat(sprintf("\nRight: %.1f %% of the points fitted\n", 100 * x$accuracy))
  print_omitted(x$fit)
  invisible(x)
}

#' Draw a kernel classifier
#'
#' For two variables the regions of the classes, with the points; for one the
#' probabilities of the classes.
#'
#' @param x An object of class `kernel_classify`.
#' @param n The number of grid points for each variable: 201 for one, 101 for
#'   two.
#' @param col A colour for each class.
#' @param xlab,ylab Labels.
#' @param ... Other arguments of [graphics::plot()].
#' @return Invisibly the data frame of the grid, with the column `.class`.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' plot(kernel_classify(Species ~ Sepal.Length + Sepal.Width, iris))
#' plot(kernel_classify(Species ~ Petal.Length, iris))
#' \dontshow{set_rkeops_options(previous)}
plot.kernel_classify <- function(x, n = NULL, col = NULL, xlab = NULL,
                                 ylab = NULL, ...) {
  call <- rlang::current_env()
  grid <- class_grid(x, n, call)
  col <- col %||% grDevices::hcl.colors(length(x$classes), "Dark 3")
  names <- colnames(x$x)
  if (length(names) == 1L) {
    graphics::matplot(
      grid[[1L]], attr(grid, "probabilities"), type = "l", lty = 1L,
      col = col, xlab = xlab %||% names, ylab = ylab %||% "Probability", ...
    )
    graphics::legend("topright", x$classes, col = col, lty = 1L, bty = "n")
  } else {
    axes <- lapply(unname(as.list(grid[1:2])), unique)
    pale <- grDevices::adjustcolor(col, 0.3)
    graphics::image(
      axes[[1L]], axes[[2L]],
      matrix(as.integer(grid$.class), length(axes[[1L]])),
      zlim = c(1L, length(col)), col = pale, xlab = xlab %||% names[[1L]],
      ylab = ylab %||% names[[2L]], ...
    )
    graphics::points(x$x, col = col[as.integer(x$y)], pch = 20L)
    graphics::legend("topright", x$classes, col = col, pch = 20L, bg = "white")
  }
  attr(grid, "probabilities") <- NULL
  invisible(grid)
}

class_grid <- function(fit, n, call) {
  columns <- ncol(fit$x)
  if (columns > 2L) {
    abort_rkeops(
      "argument", sprintf(
        "A fit of %d variables cannot be drawn; one or two can.", columns
      ), call = call
    )
  }
  n <- n %||% c(201L, 101L)[[columns]]
  check_count(n, "n", call, lower = 2)
  grid <- as.data.frame(as.matrix(do.call(expand.grid, lapply(
    seq_len(columns), function(k) {
      seq(min(fit$x[, k]), max(fit$x[, k]), length.out = n)
    }
  ))))
  names(grid) <- colnames(fit$x)
  fit_of_grid <- fit
  fit_of_grid["terms"] <- list(NULL)
  probabilities <- stats::predict(fit_of_grid, grid, type = "prob")
  grid$.class <- factor(
    fit$classes[largest_columns(probabilities)], fit$classes
  )
  attr(grid, "probabilities") <- probabilities
  grid
}
