# Methods of kernel classifiers for R's generics.

#' @rdname predict.kernel_classify
#' @export
fitted.kernel_classify <- function(object, ...) {
  stats::predict(
    object, type = if (object$method == "svm") "class" else "prob"
  )
}

#' @export
deviance.kernel_classify <- function(object, ...) { # nolint
  if (object$method == "svm") {
    return(NA_real_)
  }
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
    "%s of %s points, %d classes: %s\n", if (x$method == "svm") {
      "Support vector machine"
    } else {
      "Kernel logistic regression"
    }, format_count(x$n), length(x$classes), toString(x$classes)
  ))
  print_call(x$call)
  if (!is.null(x$bandwidth)) {
    cat("Bandwidth:", format(x$bandwidth, digits = 4L), "\n")
  }
  if (x$method == "svm") {
    cat(sprintf(
      "%s support vectors, objective %s, %d rounds%s\n",
      format_count(length(x$support)), format(x$objective, digits = 5L),
      x$iterations, if (x$converged) "" else ", not converged"
    ))
  } else {
    cat(sprintf(
      "Deviance %s, %d Newton steps, %d products with the kernel matrix\n",
      format(stats::deviance(x), digits = 5L), x$iterations, x$products
    ))
  }
  invisible(x)
}

#' @export
summary.kernel_classify <- function(object, ...) {
  table <- table(
    observed = object$y, predicted = classes_of_link(object, object$link)
  )
  structure(list(
    fit = object, table = table, accuracy = sum(diag_of(table)) / sum(table)
  ), class = "summary.kernel_classify")
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
#' probabilities of the classes, or the functions of a support vector machine.
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
    values <- attr(grid, "values")
    if (ncol(values) != length(col)) {
      col <- grDevices::hcl.colors(ncol(values), "Dark 3")
    }
    graphics::matplot(
      grid[[1L]], values, type = "l", lty = 1L,
      col = col, xlab = xlab %||% names, ylab = ylab %||% if (
        x$method == "svm") "Value" else "Probability", ...
    )
    graphics::legend("topright", colnames(values), col = col, lty = 1L,
                     bty = "n")
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
  attr(grid, "values") <- NULL
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
  classes <- stats::predict(fit_of_grid, grid)
  attr(grid, "values") <- if (fit$method == "svm") {
    matrix(stats::predict(fit_of_grid, grid, type = "link"), nrow(grid),
           dimnames = list(NULL, colnames(fit$coefficients)))
  } else {
    stats::predict(fit_of_grid, grid, type = "prob")
  }
  grid$.class <- classes
  grid
}
