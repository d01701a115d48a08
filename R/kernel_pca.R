# Principal components of a kernel.

#' Kernel principal components
#'
#' The principal components of points in the space of a kernel: nonlinear
#' coordinates in which the points vary most. The kernel matrix is centred by
#' its sums of rows and never stored; [eigs_sym()] finds the components from
#' products with it.
#'
#' @param x The points: a numeric matrix or data frame with a row for each, a
#'   vector, or a formula `~ a + b` of variables of `data`.
#' @param data A data frame, for a formula.
#' @param kernel A function of two lazy tensors that gives a positive
#'   semidefinite kernel, such as [gaussian_kernel()] or [polynomial_kernel()].
#' @param bandwidth The bandwidth, if the kernel has one: numbers in the unit of
#'   the points, or `"median"`, the median of the positive distances (of at most
#'   1,000 points, evenly spread over the rows).
#' @param k The number of components.
#' @param subset An expression of variables of `data`: the rows that are used.
#' @param na.action What is done about rows with missing values.
#' @param precision `"float64"` or `"float32"`.
#' @param object,newdata An object of class `kernel_pca`, and new points: as
#'   many columns, or the variables of the formula.
#' @param ... Not used.
#'
#' @details
#' With the centred kernel matrix \eqn{H K H = V \Lambda V'}{H K H = V Lambda
#' V'}, the scores are \eqn{V \Lambda^{1/2}}{V Lambda^(1/2)} and the variances
#' \eqn{\Lambda / (n - 1)}{Lambda / (n - 1)} (Schoelkopf, Smola and Mueller
#' 1998): for the linear kernel these are the results of [stats::prcomp()]. The
#' score of largest size of each component is positive. Components of variance 0
#' are left out, with a warning. The eigenvectors start at random vectors of R,
#' see [set.seed()]; to eight digits they do not depend on these.
#'
#' @return An object of class `kernel_pca`: `scores`, a matrix of `k` columns;
#'   `sdev`, the standard deviations of the components; `total`, the sum of all
#'   variances; and what `predict()` needs. `predict()` gives the scores of new
#'   points, `NA` where a value is missing. There are `print()`, `summary()`,
#'   `plot()` and `as.data.frame()`.
#' @references Schoelkopf, B., Smola, A. and Mueller, K.-R. (1998) Nonlinear
#'   component analysis as a kernel eigenvalue problem. *Neural Computation* 10,
#'   1299-1319.
#' @concept kernel principal component analysis
#' @concept kernel PCA
#' @concept dimension reduction
#' @seealso [spectral_embedding()], [stats::prcomp()]
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' fit <- kernel_pca(iris[1:4], k = 3)
#' summary(fit)
#' plot(fit, col = iris$Species)
#' predict(fit, iris[1:3, 1:4])
#' \dontshow{set_rkeops_options(previous)}
kernel_pca <- function(x, data = NULL, kernel = gaussian_kernel,
                       bandwidth = "median", k = 2, subset = NULL,
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
  ), class = "kernel_pca")
  with_components(fit, k, call)
}

check_components_count <- function(k, most, call) {
  if (!is_whole_number(k, lower = 1, upper = most)) {
    abort_argument(
      "k", sprintf("one whole number from 1 to %d", most), k, call
    )
  }
  as.integer(k)
}

kernel_of_fit <- function(fit, x, y = fit$x, call = NULL) {
  kernel_matrix(fit$kernel, fit$bandwidth, x, y, fit$precision, call)
}

with_components <- function(fit, k, call) {
  matrix <- kernel_of_fit(fit, fit$x, call = call)
  fit$means <- as.vector(rowMeans(matrix))
  fit$mean <- mean(fit$means)
  centred <- matrix - Vi(fit$means - fit$mean / 2, precision = fit$precision) -
    Vj(fit$means - fit$mean / 2, precision = fit$precision)
  found <- eigs_sym(centred, k, "LA")
  fit$total <- (sum(diagonal_of(matrix, fit$n)) - fit$n * fit$mean) /
    (fit$n - 1)
  found <- positive_components(found, fit$total * (fit$n - 1), call)
  names <- paste0("PC", seq_along(found$values))
  scores <- found$vectors * rep(sqrt(found$values), each = fit$n)
  fit$loadings <- found$vectors / rep(sqrt(found$values), each = fit$n)
  dimnames(scores) <- list(rownames(fit$x), names)
  fit$scores <- scores
  fit$sdev <- rlang::set_names(sqrt(found$values / (fit$n - 1)), names)
  fit
}

# Those that are not rounding, with a definite sign.
positive_components <- function(found, trace, call) {
  kept <- found$values > 1e-9 * max(trace, 0) / length(found$values)
  if (!any(kept)) {
    abort_rkeops(
      "argument", "All points are equal to the kernel: there is no component.",
      call = call
    )
  }
  if (!all(kept)) {
    rlang::warn(
      sprintf("Only %d of %d components have a positive variance.", sum(kept),
              length(kept)),
      class = c("rkeops_warning_rank", "rkeops_warning"), call = call
    )
  }
  vectors <- found$vectors[, kept, drop = FALSE]
  list(
    values = found$values[kept],
    vectors = vectors * rep(largest_signs(vectors), each = nrow(vectors))
  )
}

largest_signs <- function(vectors) {
  apply(vectors, 2L, function(column) {
    # ties, as of symmetric points, are broken by the order of the rows
    first <- which(abs(column) >= max(abs(column)) * (1 - 1e-6))[[1L]]
    if (column[[first]] < 0) -1 else 1
  })
}

#' @rdname kernel_pca
#' @export
predict.kernel_pca <- function(object, newdata = NULL, ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  if (is.null(newdata)) {
    return(object$scores)
  }
  points <- read_newdata(newdata, object, call)
  scores <- at_complete_rows(points, function(points) {
    # columns of loadings have sum 0, up to rounding
    products <- on_host(kernel_of_fit(object, points) %*% cbind(
      object$loadings, 1 / object$n
    ))
    columns <- ncol(object$loadings)
    sums <- colSums(object$loadings)
    shift <- colSums(object$means * object$loadings) - object$mean * sums
    products[, seq_len(columns), drop = FALSE] -
      outer(products[, columns + 1L], sums) -
      rep(shift, each = nrow(points))
  }, ncol(object$loadings))
  dimnames(scores) <- list(rownames(points), colnames(object$scores))
  scores
}

# The points that coordinates are found for, and the call.
print_points <- function(fit, title) {
  cat(sprintf(
    "%s of %s points in %d dimension%s\n", title, format_count(fit$n),
    ncol(fit$x), if (ncol(fit$x) > 1L) "s" else ""
  ))
  print_call(fit$call)
}

print_bandwidth <- function(fit) {
  if (is.null(fit$bandwidth)) return(invisible())
  cat("Bandwidth:", format(fit$bandwidth, digits = 4L), "\n")
}

#' @export
print.kernel_pca <- function(x, ...) {
  print_points(x, "Kernel principal components")
  print_bandwidth(x)
  cat("Standard deviations:\n")
  print(x$sdev, ...)
  invisible(x)
}

#' @export
summary.kernel_pca <- function(object, ...) {
  share <- object$sdev^2 / object$total
  importance <- rbind(
    "Standard deviation" = object$sdev, "Proportion of Variance" = share,
    "Cumulative Proportion" = cumsum(share)
  )
  structure(
    list(fit = object, importance = importance), class = "summary.kernel_pca"
  )
}

#' @export
print.summary.kernel_pca <- function(x, digits = 4L, ...) {
  check_digits(digits, rlang::current_env())
  print_points(x$fit, "Kernel principal components")
  print(x$importance, digits = digits, ...)
  print_omitted(x$fit)
  invisible(x)
}

#' Draw kernel principal components or an embedding
#'
#' @param x An object of class `kernel_pca` or `spectral_embedding`.
#' @param which The numbers of the two components that are drawn.
#' @param xlab,ylab Labels.
#' @param row.names,optional As in [as.data.frame()]; not used.
#' @param ... Other arguments of [graphics::plot()], such as `col`.
#' @return `x`, invisibly; `as.data.frame()` a data frame of all components.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' fit <- kernel_pca(iris[1:4], k = 3)
#' plot(fit, which = c(1, 3), col = iris$Species)
#' head(as.data.frame(fit))
#' \dontshow{set_rkeops_options(previous)}
plot.kernel_pca <- function(x, which = 1:2, xlab = NULL, ylab = NULL, ...) {
  plot_components(x$scores, which, xlab, ylab, rlang::current_env(), ...)
  invisible(x)
}

plot_components <- function(scores, which, xlab, ylab, call, ...) {
  if (ncol(scores) == 1L) {
    plot(scores[, 1L], xlab = xlab %||% "Row",
         ylab = ylab %||% colnames(scores), ...)
    return()
  }
  if (!is.numeric(which) || length(which) != 2L ||
        !all(which %in% seq_len(ncol(scores)))) {
    abort_argument(
      "which", sprintf("two numbers from 1 to %d", ncol(scores)), which, call
    )
  }
  names <- colnames(scores)[which]
  plot(scores[, which], xlab = xlab %||% names[[1L]],
       ylab = ylab %||% names[[2L]], ...)
}

#' @rdname plot.kernel_pca
#' @export
as.data.frame.kernel_pca <- function(x, row.names = NULL, # nolint
                                     optional = FALSE, ...) {
  as.data.frame(x$scores)
}
