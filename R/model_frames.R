# Methods for generics of packages that are there or not.

#' Summaries as data frames, and plots of ggplot2
#'
#' Methods of `tidy()`, `glance()` and `augment()` (packages generics and broom)
#' and of `autoplot()` (package ggplot2) for what this package fits. They are
#' known when these packages are loaded.
#'
#' @param x,object What was fitted.
#' @param data The data frame that was fitted, to which columns are added.
#' @param newdata New points instead of those that were fitted.
#' @param ... Not used, or arguments of the method of [plot()].
#' @return A data frame: `tidy()` with a row for each bandwidth, `glance()` with
#'   one row for the fit, `augment()` with the points and the columns `.fitted`
#'   (and `.resid`, `.class`). `autoplot()` an object of class `ggplot`.
#' @name model-frames
#' @examplesIf requireNamespace("generics", quietly = TRUE)
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' fit <- kernel_density(~ eruptions + waiting, faithful)
#' generics::tidy(fit)
#' generics::glance(fit)
#' head(generics::augment(fit))
#' \dontshow{set_rkeops_options(previous)}
NULL

#' @rdname model-frames
#' @exportS3Method generics::tidy
tidy.kernel_density <- function(x, ...) {
  data.frame(
    term = colnames(x$x), bandwidth = unname(x$bw), method = x$method
  )
}

#' @rdname model-frames
#' @exportS3Method generics::glance
glance.kernel_density <- function(x, ...) {
  data.frame(
    n = x$n, dimensions = ncol(x$x), method = x$method,
    logLik = as.numeric(stats::logLik(x))
  )
}

#' @rdname model-frames
#' @exportS3Method generics::augment
augment.kernel_density <- function(x, data = NULL, newdata = NULL, ...) {
  points <- newdata %||% data
  if (is.null(points)) {
    points <- as.data.frame(x$all_points %||% x$x)
    points$.fitted <- stats::predict(x)
    return(points)
  }
  points <- frame_for_augment(points, rlang::current_env())
  points$.fitted <- stats::predict(x, points[names_of_points(x, points)])
  points
}

# The data frame to which augment() adds columns.
frame_for_augment <- function(data, call) {
  about_argument("newdata", call, as.data.frame(data))
}

# predict() needs all of a data frame for a formula, else the columns of x.
names_of_points <- function(fit, points) {
  if (is.null(fit$terms) && all(colnames(fit$x) %in% names(points))) {
    colnames(fit$x)
  } else {
    seq_along(points)
  }
}

#' @rdname model-frames
#' @importFrom rlang .data
#' @exportS3Method ggplot2::autoplot
autoplot.kernel_density <- function(object, ...) {
  grid <- as.data.frame(object, ...)
  names <- lapply(setdiff(names(grid), "density"), as.name)
  if (length(names) == 1L) {
    return(ggplot2::ggplot(
      grid, ggplot2::aes(x = !!names[[1L]], y = .data[["density"]])
    ) + ggplot2::geom_line())
  }
  ggplot2::ggplot(grid, ggplot2::aes(
    x = !!names[[1L]], y = !!names[[2L]], z = .data[["density"]]
  )) + ggplot2::geom_contour()
}

#' @rdname model-frames
#' @exportS3Method generics::tidy
tidy.kernel_smooth <- tidy.kernel_density

#' @rdname model-frames
#' @exportS3Method generics::glance
glance.kernel_smooth <- function(x, ...) {
  errors <- smooth_errors(x)
  data.frame(
    n = x$n, dimensions = ncol(x$x), degree = x$degree, method = x$method,
    rmse = errors$rmse, r.squared = errors$r_squared,
    loo.rmse = errors$loo_rmse, loo.r.squared = errors$loo_r_squared
  )
}

#' @rdname model-frames
#' @exportS3Method generics::augment
augment.kernel_smooth <- function(x, data = NULL, newdata = NULL, ...) {
  if (!is.null(newdata)) {
    newdata <- frame_for_augment(newdata, rlang::current_env())
    newdata$.fitted <- stats::predict(x, newdata)
    return(newdata)
  }
  frame <- data %||% rows_of_frame(x)
  frame$.fitted <- if (is.null(data)) x$fitted.values else stats::fitted(x)
  frame$.resid <- if (is.null(data)) x$residuals else stats::residuals(x)
  frame
}

# The rows that were fitted, from the data of the call.
rows_of_frame <- function(fit) {
  frame <- data.frame(fit$y, fit$x, check.names = FALSE)
  names(frame)[[1L]] <- deparse1(fit$call$formula[[2L]])
  frame
}

#' @rdname model-frames
#' @exportS3Method ggplot2::autoplot
autoplot.kernel_smooth <- function(object, ...) {
  grid <- smooth_grid(object, ..., n = NULL, call = rlang::current_env())
  names <- lapply(colnames(object$x), as.name)
  if (length(names) == 1L) {
    return(
      ggplot2::ggplot(grid, ggplot2::aes(
        x = !!names[[1L]], y = .data[[".fitted"]]
      )) + ggplot2::geom_line() +
        ggplot2::geom_point(
          ggplot2::aes(y = .data[["y"]]),
          data = stats::setNames(
            data.frame(object$x, object$y), c(colnames(object$x), "y")
          )
        )
    )
  }
  ggplot2::ggplot(grid, ggplot2::aes(
    x = !!names[[1L]], y = !!names[[2L]], fill = .data[[".fitted"]]
  )) + ggplot2::geom_raster()
}

#' @rdname model-frames
#' @exportS3Method generics::glance
glance.kernel_classify <- function(x, ...) {
  data.frame(
    n = x$n, classes = length(x$classes), dimensions = ncol(x$x),
    method = x$method, lambda = x$lambda, deviance = stats::deviance(x),
    accuracy = summary(x)$accuracy
  )
}

#' @rdname model-frames
#' @exportS3Method generics::augment
augment.kernel_classify <- function(x, data = NULL, newdata = NULL, ...) {
  frame <- newdata %||% data
  if (is.null(frame)) {
    frame <- rows_of_frame(x)
    frame$.class <- classes_of_link(x, x$link)
    probabilities <- if (has_probabilities(x)) class_probabilities(x, x$link)
  } else {
    classes <- stats::predict(x, frame)
    probabilities <- if (has_probabilities(x)) {
      stats::predict(x, frame, type = "prob")
    }
    frame$.class <- classes
  }
  # of the class that is predicted
  if (!is.null(probabilities)) {
    frame$.fitted <- probabilities[cbind(
      seq_len(nrow(frame)), as.integer(frame$.class)
    )]
  }
  frame
}
