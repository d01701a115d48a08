# Kernel logistic regression.

#' Classification by kernel logistic regression
#'
#' Logistic regression, for two classes or more, of a function of the space of a
#' kernel: smooth boundaries of any shape, with probabilities. The kernel matrix
#' is never stored.
#'
#' @param formula A formula `class ~ a + b`: a factor, logical or text on the
#'   left, numeric variables on the right.
#' @param data A data frame.
#' @param kernel A function of two lazy tensors that gives a positive
#'   semidefinite kernel, such as [gaussian_kernel()].
#' @param bandwidth The bandwidth, if the kernel has one: numbers in units of
#'   the (scaled) variables, or `"median"`, the median of the positive distances
#'   (of at most 1,000 points, evenly spread over the rows).
#' @param lambda The penalty, a positive number; one over the cost `C` of a
#'   support vector machine. Smaller values follow the data more closely.
#' @param weights Weights of the points, at least 0; a variable of `data`, or
#'   numbers. A weight of 2 counts as two equal points.
#' @param scale Whether variables are divided by their standard deviations.
#' @param na.action What is done about rows with missing values.
#' @param tol The relative decrease of the objective at which Newton's method
#'   ends.
#' @param maxit The largest number of Newton steps.
#' @param precision `"float64"` or `"float32"`.
#'
#' @details
#' With two classes, \eqn{f(x) = \sum_j \alpha_j k(x, x_j) + b}{f(x) = sum_j
#' alpha_j k(x, x_j) + b} minimises \deqn{\sum_i w_i \, [\log(1 + e^{f(x_i)}) -
#' y_i f(x_i)] + \frac\lambda2 \alpha' K \alpha,}{sum_i w_i (log(1 +
#' exp(f(x_i))) - y_i f(x_i)) + lambda / 2 alpha' K alpha,} where \eqn{y_i}{y_i}
#' is 1 for the second class (Wahba 1999; Zhu and Hastie 2005). With more
#' classes there is a function for each, and the loss is that of the softmax.
#' Constants are not penalised.
#'
#' Newton's method takes its steps from conjugate gradients in the scalar
#' product of the kernel, each of which is one product with the kernel matrix
#' for all classes. If it does not end within `maxit` steps, the result comes
#' with a warning of class `rkeops_warning_convergence`.
#'
#' @return An object of class `kernel_classify`, for which there are `print()`,
#'   `summary()` (with the table of classes),
#'   [predict()][predict.kernel_classify], `fitted()`, `deviance()`, `plot()`
#'   and `update()`. Its elements are the points `x`, the classes `y`, the
#'   `coefficients` alpha, the `intercept`, the `objective`, and the number of
#'   Newton steps (`iterations`) and of `products` with the kernel matrix.
#' @references
#' Zhu, J. and Hastie, T. (2005) Kernel logistic regression and the import
#' vector machine. *Journal of Computational and Graphical Statistics* 14,
#' 185-205.
#'
#' Wahba, G. (1999) Support vector machines, reproducing kernel Hilbert spaces
#' and the randomized GACV. *Advances in Kernel Methods*, 69-88. MIT Press.
#' @concept kernel logistic regression
#' @concept classification
#' @concept support vector machine
#' @concept softmax
#' @seealso [stats::glm()], [kernel_smooth()]
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' fit <- kernel_classify(Species ~ Petal.Length + Petal.Width, iris)
#' summary(fit)
#' plot(fit)
#' predict(fit, iris[c(1, 71, 120), ], type = "prob")
#' \dontshow{set_rkeops_options(previous)}
kernel_classify <- function(formula, data = NULL, kernel = gaussian_kernel,
                            bandwidth = "median", lambda = 1, weights = NULL,
                            scale = TRUE,
                            na.action = stats::na.omit, # nolint
                            tol = 1e-10, maxit = 50, precision = "float64") {
  call <- rlang::current_env()
  if (missing(formula) || !inherits(formula, "formula")) {
    abort_argument("formula", "a formula `class ~ a + b`", formula, call)
  }
  weights <- eval(substitute(weights), data, parent.frame())
  check_kernel(kernel, call)
  check_flag(scale, "scale", call)
  check_above_zero(lambda, "lambda", call)
  check_above_zero(tol, "tol", call)
  check_count(maxit, "maxit", call)
  precision <- read_precision(precision, "precision", call)
  model <- read_model(formula, data, weights, na.action, call, response = TRUE)
  fit <- structure(c(
    model[c("x", "terms", "na.action")], list(
      y = check_classes(model$y, call), kernel = kernel, lambda = lambda,
      weights = model$weights %||% rep(1, nrow(model$x)),
      precision = precision, call = match.call()
    )
  ), class = "kernel_classify")
  shares_of(fit$weights, nrow(fit$x), call)
  fit <- scaled_classes(keep_weighted(fit), scale, call)
  fit$bandwidth <- read_bandwidth(bandwidth, fit$z, kernel, call)
  with_classifier(fit, tol, maxit, call)
}

check_classes <- function(y, call) {
  if (is.logical(y) || is.character(y)) y <- factor(y)
  if (!is.factor(y)) {
    abort_argument(
      "the response", "a factor, logical or text", y, call,
      hints = "`factor()` makes classes of numbers."
    )
  }
  y
}

# The points in their units of the kernel: near 0, and of standard deviation 1.
scaled_classes <- function(fit, scale, call) {
  fit$y <- droplevels(fit$y)
  fit$n <- nrow(fit$x)
  fit$classes <- levels(fit$y)
  if (length(fit$classes) < 2L) {
    abort_rkeops(
      "argument", "The response must have at least two classes.", call = call
    )
  }
  deviations <- if (scale && fit$n > 1L) {
    weighted_moments(fit$x, fit$weights / sum(fit$weights))$sd
  } else {
    rep(1, ncol(fit$x))
  }
  fit$scale <- ifelse(is.finite(deviations) & deviations > 0, deviations, 1)
  # kernels of scalar products see the origin that the user gave
  if (!scale) fit$center <- numeric(ncol(fit$x))
  fit$z <- scaled_points(fit, fit$x)
  fit
}

scaled_points <- function(fit, points) {
  sweep_columns(sweep_columns(points, fit$center, `-`), fit$scale, `/`)
}

with_classifier <- function(fit, tol, maxit, call) {
  matrix <- kernel_matrix(
    fit$kernel, fit$bandwidth, fit$z, fit$z, fit$precision, call
  )
  products <- 0L
  multiply <- function(v) {
    products <<- products + 1L
    on_host(matrix %*% v)
  }
  indicators <- outer(as.integer(fit$y), seq_along(fit$classes), `==`) + 0
  if (length(fit$classes) == 2L) indicators <- indicators[, 2L, drop = FALSE]
  found <- newton_logistic(
    multiply, indicators, fit$weights, fit$lambda, tol, maxit
  )
  if (!found$converged) warn_classifier(found, call)
  names <- if (length(fit$classes) == 2L) fit$classes[[2L]] else fit$classes
  fit$coefficients <- found$alpha
  colnames(fit$coefficients) <- names
  fit$intercept <- rlang::set_names(found$intercept, names)
  fit$link <- found$link
  fit[c("objective", "iterations", "converged")] <-
    found[c("objective", "iterations", "converged")]
  fit$products <- products
  fit
}

warn_classifier <- function(found, call) {
  rlang::warn(
    c(
      sprintf(
        "Newton's method did not converge in %d steps.", found$iterations
      ),
      i = "A larger `lambda` makes it easier; `maxit` allows more."
    ),
    class = c("rkeops_warning_convergence", "rkeops_warning"), call = call
  )
}

#' Predictions of a kernel classifier
#'
#' @param object An object of class `kernel_classify`.
#' @param newdata A data frame with the variables of the formula. Without it,
#'   the points that were fitted.
#' @param type `"class"`, a factor; `"prob"`, a matrix of probabilities with a
#'   column for each class; `"link"`, the values of the function, for two
#'   classes a vector of log odds of the second one.
#' @param ... Not used.
#' @return As `type` says; `NA` where a variable is missing. `fitted()` gives
#'   the probabilities.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' fit <- kernel_classify(am ~ wt + hp, transform(mtcars, am = am == 1))
#' predict(fit, data.frame(wt = c(2, 4), hp = 100))
#' predict(fit, data.frame(wt = c(2, 4), hp = 100), type = "prob")
#' \dontshow{set_rkeops_options(previous)}
predict.kernel_classify <- function(object, newdata = NULL,
                                    type = c("class", "prob", "link"), ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  type <- if (missing(type)) "class" else type
  check_choice(type, c("class", "prob", "link"), "type", call)
  link <- if (is.null(newdata)) {
    stats::napredict(object$na.action, link_of_all(object, call))
  } else {
    link_of(object, read_newdata(newdata, object, call), call)
  }
  if (type == "link") {
    if (ncol(link) == 1L) {
      return(as.vector(link))
    }
    colnames(link) <- object$classes
    return(link)
  }
  probabilities <- probabilities_of(link)
  if (ncol(link) == 1L) probabilities <- cbind(1 - probabilities, probabilities)
  if (type == "prob") {
    dimnames(probabilities) <- list(rownames(link), object$classes)
    return(probabilities)
  }
  factor(object$classes[largest_columns(probabilities)], object$classes)
}

# Also at points of weight 0.
link_of_all <- function(fit, call) {
  if (is.null(fit$all_points)) fit$link else link_of(fit, fit$all_points, call)
}

link_of <- function(fit, points, call) {
  at_complete_rows(points, function(points) {
    matrix <- kernel_matrix(
      fit$kernel, fit$bandwidth, scaled_points(fit, points), fit$z,
      fit$precision, call
    )
    on_host(matrix %*% fit$coefficients) +
      rep(fit$intercept, each = nrow(points))
  }, ncol(fit$coefficients))
}

# The first of the largest entries of each row, NA for NA.
largest_columns <- function(x) {
  if (!nrow(x)) {
    return(integer())
  }
  place <- max.col(replace(x, is.na(x), 0), ties.method = "first")
  replace(place, is.na(x[, 1L]), NA)
}
