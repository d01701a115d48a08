# Methods of broom and ggplot2 for neighbours and clusters: see
# model_frames.R.

#' @rdname model-frames
#' @exportS3Method generics::tidy
tidy.nearest_neighbours <- function(x, ...) {
  as.data.frame.nearest_neighbours(x)
}

#' @rdname model-frames
#' @exportS3Method generics::tidy
tidy.knn_fit <- function(x, ...) {
  check_curve(x, rlang::current_env())
  x$curve
}

#' @rdname model-frames
#' @exportS3Method generics::glance
glance.knn_fit <- function(x, ...) {
  error <- if (is.null(x$curve)) NA_real_ else x$curve$error[x$curve$k == x$k]
  data.frame(
    n = x$n, k = x$k, metric = metric_label(x$metric),
    type = if (is.null(x$levels)) "regression" else "classification",
    loo.error = error
  )
}

#' @rdname model-frames
#' @exportS3Method generics::augment
augment.knn_fit <- function(x, data = NULL, newdata = NULL, ...) {
  column <- if (is.null(x$levels)) ".fitted" else ".class"
  if (!is.null(newdata)) {
    newdata[[column]] <- stats::predict(x, newdata)
    return(newdata)
  }
  frame <- data %||% rows_of_frame(x)
  frame[[column]] <- stats::fitted(x)
  frame$.resid <- stats::residuals(x)
  frame
}

#' @rdname model-frames
#' @exportS3Method ggplot2::autoplot
autoplot.knn_fit <- function(object, ...) {
  check_curve(object, rlang::current_env())
  ggplot2::ggplot(object$curve, ggplot2::aes(
    x = .data[["k"]], y = .data[["error"]]
  )) + ggplot2::geom_line() + ggplot2::geom_point() +
    ggplot2::geom_vline(xintercept = object$k, linetype = "dotted") +
    ggplot2::labs(x = "Neighbours k", y = error_label(object))
}

#' @rdname model-frames
#' @exportS3Method generics::tidy
tidy.k_means <- function(x, ...) {
  data.frame(
    x$centers, size = x$size, withinss = x$withinss,
    cluster = factor(seq_along(x$size)), check.names = FALSE
  )
}

#' @rdname model-frames
#' @exportS3Method generics::glance
glance.k_means <- function(x, ...) {
  data.frame(
    totss = x$totss, tot.withinss = x$tot.withinss, betweenss = x$betweenss,
    iter = x$iter
  )
}

#' @rdname model-frames
#' @exportS3Method generics::augment
augment.k_means <- function(x, data, newdata = NULL, ...) {
  frame <- frame_for_augment(newdata %||% data, rlang::current_env())
  cluster <- if (is.null(newdata)) x$cluster else stats::predict(x, newdata)
  frame$.cluster <- factor(unname(cluster), seq_along(x$size))
  frame
}

#' @rdname model-frames
#' @exportS3Method generics::tidy
tidy.dbscan_clusters <- function(x, ...) {
  number <- unname(x$cluster)
  cluster <- seq(0L, length(x$size))
  data.frame(
    cluster = factor(cluster), size = c(x$noise, x$size),
    core = tabulate(number[x$core] + 1L, length(cluster)), noise = cluster == 0L
  )
}

#' @rdname model-frames
#' @exportS3Method generics::glance
glance.dbscan_clusters <- function(x, ...) {
  data.frame(
    n = length(x$cluster), clusters = length(x$size), noise = x$noise,
    eps = x$eps, min_points = x$min_points
  )
}

#' @rdname model-frames
#' @exportS3Method generics::augment
augment.dbscan_clusters <- function(x, data = NULL, newdata = NULL, ...) {
  frame <- frame_for_augment(newdata %||% data %||% x$x, rlang::current_env())
  cluster <- if (is.null(newdata)) x$cluster else stats::predict(x, newdata)
  frame$.cluster <- factor(unname(cluster), seq(0L, length(x$size)))
  frame
}

#' @rdname model-frames
#' @exportS3Method generics::tidy
tidy.gaussian_mixture <- function(x, ...) {
  data.frame(
    component = seq_len(x$k), proportion = x$proportions,
    size = tabulate(x$cluster, x$k), x$means, check.names = FALSE,
    row.names = NULL
  )
}

#' @rdname model-frames
#' @exportS3Method generics::glance
glance.gaussian_mixture <- function(x, ...) {
  data.frame(
    n = x$n, k = x$k, model = x$model, logLik = x$loglik, df = x$df,
    BIC = stats::BIC(x)
  )
}

#' @rdname model-frames
#' @exportS3Method generics::augment
augment.gaussian_mixture <- function(x, data = NULL, newdata = NULL, ...) {
  frame <- frame_for_augment(newdata %||% data %||% x$x, rlang::current_env())
  shares <- stats::predict(x, newdata, "prob")
  frame$.class <- if (is.null(newdata)) {
    unname(x$cluster)
  } else {
    stats::predict(x, newdata)
  }
  frame$.uncertainty <- 1 - apply(shares, 1L, max)
  frame
}

#' @rdname model-frames
#' @exportS3Method ggplot2::autoplot
autoplot.gaussian_mixture <- function(object, ...) {
  names <- colnames(object$means)
  points <- as.data.frame(object$x)
  names(points) <- names
  points$.class <- factor(unname(object$cluster), seq_len(object$k))
  if (length(names) == 1L) {
    points$.density <- stats::predict(object, type = "density")
    return(ggplot2::ggplot(points, ggplot2::aes(
      x = .data[[names]], y = .data[[".density"]]
    )) + ggplot2::geom_line())
  }
  ggplot2::ggplot(points, ggplot2::aes(
    x = .data[[names[[1L]]]], y = .data[[names[[2L]]]],
    colour = .data[[".class"]]
  )) + ggplot2::geom_point()
}
