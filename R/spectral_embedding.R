# Coordinates of points from the graph of their similarities.

#' Spectral embedding
#'
#' Coordinates of points in which similar ones are near each other: the first
#' eigenvectors of the Laplacian of the graph whose edges have the weights of a
#' kernel (Laplacian eigenmaps). Clusters that are connected in themselves come
#' apart, whatever their shape. The weights are never stored.
#'
#' @inheritParams kernel_pca
#' @param kernel A function of two lazy tensors that gives similarities, which
#'   are not negative, such as [gaussian_kernel()].
#' @param bandwidth The bandwidth of the kernel: numbers in the unit of the
#'   points, or `"median"`, the median of the positive distances; clusters that
#'   are not round need less.
#' @param k The number of coordinates.
#' @param object,newdata An object of class `spectral_embedding`, and new
#'   points.
#'
#' @details
#' With the similarities W (0 on the diagonal) and the degrees D, their sums of
#' rows, the coordinates are \eqn{D^{-1/2} v}{D^(-1/2) v} for the eigenvectors v
#' of \eqn{D^{-1/2} W D^{-1/2}}{D^(-1/2) W D^(-1/2)} of the largest eigenvalues
#' \eqn{\mu}{mu} but the first one, 1, whose coordinate is constant; \eqn{1 -
#' \mu}{1 - mu} are the smallest eigenvalues of the normalised Laplacian (Belkin
#' and Niyogi 2003; von Luxburg 2007). New points are the means of the
#' coordinates of the others, weighted by their similarity and divided by
#' \eqn{\mu}{mu} (Nystroem extension; Bengio et al. 2004): for a point of the
#' sample itself, at 0 similarity to itself, this is its coordinate.
#'
#' The coordinate of largest size of each vector is positive. The eigenvectors
#' start at random vectors of R, see [set.seed()].
#'
#' @return An object of class `spectral_embedding`: `coordinates`, a matrix of
#'   `k` columns; `values`, the eigenvalues of the Laplacian; `degrees`.
#'   `predict()` gives the coordinates of new points. There are `print()`,
#'   `summary()`, `plot()` and `as.data.frame()`.
#' @references
#' Belkin, M. and Niyogi, P. (2003) Laplacian eigenmaps for dimensionality
#' reduction and data representation. *Neural Computation* 15, 1373-1396.
#'
#' von Luxburg, U. (2007) A tutorial on spectral clustering. *Statistics and
#' Computing* 17, 395-416.
#' @concept Laplacian eigenmaps
#' @concept spectral clustering
#' @concept manifold learning
#' @seealso [kernel_pca()], [eigs_sym()]
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' # two rings
#' angle <- seq(0, 2 * pi, length.out = 61)[-1]
#' ring <- cbind(cos(angle), sin(angle))
#' rings <- rbind(ring, 3 * ring)
#' fit <- spectral_embedding(rings, k = 2, bandwidth = 0.3)
#' fit
#' kmeans(fit$coordinates[, 1], 2)$size
#' \dontshow{set_rkeops_options(previous)}
spectral_embedding <- function(x, data = NULL, k = 2, kernel = gaussian_kernel,
                               bandwidth = "median", subset = NULL,
                               na.action = stats::na.omit, # nolint
                               precision = "float64") {
  call <- rlang::current_env()
  check_kernel(kernel, call)
  precision <- read_precision(precision, "precision", call)
  if (missing(x)) abort_argument("x", points_wanted, x, call)
  rows <- value_in_data(
    substitute(subset), data, parent.frame(), "subset", call
  )
  model <- read_model(
    x, data, NULL, na.action, call, subset = rows
  )
  at_least_rows(model$x, 2L, "x", call)
  k <- check_components_count(k, nrow(model$x) - 1L, call)
  colnames(model$x) <- column_names(model$x)
  fit <- structure(list(
    x = model$x, terms = model$terms, kernel = kernel,
    bandwidth = read_bandwidth(bandwidth, model$x, kernel, call),
    n = nrow(model$x), na.action = model$na.action, precision = precision,
    call = match.call()
  ), class = "spectral_embedding")
  with_coordinates(fit, k, call)
}

with_coordinates <- function(fit, k, call) {
  similarity <- off_diagonal(kernel_of_fit(fit, fit$x, call = call), 0)
  fit$degrees <- as.vector(rowSums(similarity))
  check_degrees(fit$degrees, call)
  factor <- 1 / sqrt(fit$degrees)
  normalised <- similarity * Vi(factor, precision = fit$precision) *
    Vj(factor, precision = fit$precision)
  found <- eigs_sym(normalised, k + 1L, "LA")
  vectors <- found$vectors[, -1L, drop = FALSE] * factor
  vectors <- vectors * rep(largest_signs(vectors), each = fit$n)
  dimnames(vectors) <- list(rownames(fit$x), paste0("E", seq_len(k)))
  fit$coordinates <- vectors
  fit$values <- rlang::set_names(1 - found$values[-1L], colnames(vectors))
  fit
}

check_degrees <- function(degrees, call) {
  if (all(is.finite(degrees) & degrees > 0)) {
    return()
  }
  abort_rkeops(
    "argument", sprintf(
      "The point in row %d has no positive similarity to the others.",
      which(!(is.finite(degrees) & degrees > 0))[[1L]]
    ), hints = "A larger `bandwidth` connects it.", call = call
  )
}

#' @rdname spectral_embedding
#' @export
predict.spectral_embedding <- function(object, newdata = NULL, ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  if (is.null(newdata)) {
    return(object$coordinates)
  }
  points <- read_newdata(newdata, object, call)
  result <- at_complete_rows(points, function(points) {
    sums <- on_host(
      kernel_of_fit(object, points) %*% cbind(object$coordinates, 1)
    )
    columns <- ncol(object$coordinates)
    sums[, seq_len(columns), drop = FALSE] / sums[, columns + 1L] /
      rep(1 - object$values, each = nrow(points))
  }, ncol(object$coordinates))
  dimnames(result) <- list(rownames(points), colnames(object$coordinates))
  result
}

#' @export
print.spectral_embedding <- function(x, ...) {
  print_points(x, "Spectral embedding")
  print_bandwidth(x)
  cat("Eigenvalues of the Laplacian:\n")
  print(x$values, ...)
  invisible(x)
}

#' @export
summary.spectral_embedding <- function(object, ...) {
  structure(list(
    fit = object, degrees = summary(object$degrees)
  ), class = "summary.spectral_embedding")
}

#' @export
print.summary.spectral_embedding <- function(x, ...) {
  print(x$fit, ...)
  cat("Degrees of the points:\n")
  print(x$degrees, ...)
  print_omitted(x$fit)
  invisible(x)
}

#' @rdname plot.kernel_pca
#' @export
plot.spectral_embedding <- function(x, which = 1:2, xlab = NULL, ylab = NULL,
                                    ...) {
  plot_components(x$coordinates, which, xlab, ylab, rlang::current_env(), ...)
  invisible(x)
}

#' @rdname plot.kernel_pca
#' @export
as.data.frame.spectral_embedding <- function(x, row.names = NULL, # nolint
                                             optional = FALSE, ...) {
  as.data.frame(x$coordinates)
}
