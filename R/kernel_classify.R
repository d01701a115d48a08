# Classification by kernels: logistic regression and support vector machines.

#' Classification by kernels: logistic regression and support vector machines
#'
#' Classes of points, two or more, by a function of the space of a kernel:
#' smooth boundaries of any shape. Logistic regression gives probabilities, a
#' support vector machine depends on few of the points. The kernel matrix is
#' never stored.
#'
#' @param formula A formula `class ~ a + b`: a factor, logical or text on the
#'   left, variables on the right; each level of a factor there becomes a column
#'   of 0 and 1.
#' @param data A data frame.
#' @param method `"logistic"` for kernel logistic regression, `"svm"` for a
#'   support vector machine.
#' @param kernel A function of two lazy tensors that gives a positive
#'   semidefinite kernel, such as [gaussian_kernel()].
#' @param bandwidth The bandwidth, if the kernel has one: numbers in units of
#'   the (scaled) variables, or `"median"`, the median of the positive distances
#'   (of at most 1,000 points, evenly spread over the rows).
#' @param lambda The penalty, a positive number; one over the cost `C` of other
#'   packages for support vector machines. Smaller values follow the data more
#'   closely.
#' @param weights Weights of the points, at least 0; a variable of `data`, or
#'   numbers. A weight of 2 counts as two equal points.
#' @param scale Whether variables are divided by their standard deviations.
#' @param subset An expression of variables of `data`: the rows that are used.
#' @param na.action What is done about rows with missing values.
#' @param tol Logistic regression: the relative decrease of the objective at
#'   which Newton's method ends, by default 1e-10. Support vector machine: how
#'   much the conditions of the optimum may be violated, by default 1e-3.
#' @param maxit The largest number of Newton steps (50), or of rounds of a
#'   support vector machine (1000).
#' @param precision `"float64"` or `"float32"`.
#' @param probability Whether a support vector machine has probabilities, which
#'   take five more machines of four fifths of the points.
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
#' A support vector machine has the loss \eqn{w_i \max(0, 1 - y_i
#' f(x_i))}{w_i max(0, 1 - y_i f(x_i))} instead, with classes -1 and 1 (Cortes
#' and Vapnik 1995). With more classes there is one for each pair, which votes.
#' Its dual problem is solved for working sets of at most 512 coefficients at a
#' time, by sequential minimal optimisation within (Joachims 1999; Fan, Chen and
#' Lin 2005); a round is one product of 512 columns of the kernel matrix.
#'
#' With `probability`, the log odds of a pair of classes are a line in the
#' function of its machine (Platt 2000), fitted to the values at points that the
#' machine has not seen: each fifth of the points by a machine of the others.
#' The points of a class are dealt to the fifths in turn, without random
#' numbers. Of more than two classes the pairs are coupled by the second method
#' of Wu, Lin and Weng (2004). The class with the most votes may not be the one
#' with the largest probability.
#'
#' @return An object of class `kernel_classify`, for which there are `print()`,
#'   `summary()` (with the table of classes),
#'   [predict()][predict.kernel_classify], `fitted()`, `deviance()`, `plot()`
#'   and `update()`. Its elements are the points `x`, the classes `y`, the
#'   `coefficients` alpha, the `intercept`, the `objective`, and the number of
#'   Newton steps or rounds (`iterations`) and of `products` with the kernel
#'   matrix. A support vector machine has `support`, the rows of `x` with
#'   coefficients, and with `probability` the `sigmoids`, an intercept and a
#'   slope for each pair.
#' @references
#' Cortes, C. and Vapnik, V. (1995) Support-vector networks. *Machine Learning*
#' 20, 273-297.
#'
#' Fan, R.-E., Chen, P.-H. and Lin, C.-J. (2005) Working set selection using
#' second order information for training support vector machines. *Journal of
#' Machine Learning Research* 6, 1889-1918.
#'
#' Joachims, T. (1999) Making large-scale SVM learning practical. *Advances in
#' Kernel Methods*, 169-184. MIT Press.
#'
#' Platt, J. (2000) Probabilistic outputs for support vector machines and
#' comparisons to regularized likelihood methods. *Advances in Large Margin
#' Classifiers*, 61-74. MIT Press.
#'
#' Wen, Z., Shi, J., Li, Q., He, B. and Chen, J. (2018) ThunderSVM: a fast SVM
#' library on GPUs and CPUs. *Journal of Machine Learning Research* 19, 1-5.
#'
#' Zhu, J. and Hastie, T. (2005) Kernel logistic regression and the import
#' vector machine. *Journal of Computational and Graphical Statistics* 14,
#' 185-205.
#'
#' Wahba, G. (1999) Support vector machines, reproducing kernel Hilbert spaces
#' and the randomized GACV. *Advances in Kernel Methods*, 69-88. MIT Press.
#'
#' Wu, T.-F., Lin, C.-J. and Weng, R. C. (2004) Probability estimates for
#' multi-class classification by pairwise coupling. *Journal of Machine Learning
#' Research* 5, 975-1005.
#' @concept kernel logistic regression
#' @concept classification
#' @concept support vector machine
#' @concept SVM
#' @concept softmax
#' @seealso [stats::glm()], [kernel_smooth()]
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' fit <- kernel_classify(Species ~ Petal.Length + Petal.Width, iris)
#' summary(fit)
#' plot(fit)
#' predict(fit, iris[c(1, 71, 120), ], type = "prob")
#' machine <- kernel_classify(Species ~ ., iris, method = "svm", lambda = 0.1)
#' summary(machine)
#' \dontshow{set_rkeops_options(previous)}
kernel_classify <- function(formula, data = NULL,
                            method = c("logistic", "svm"),
                            kernel = gaussian_kernel,
                            bandwidth = "median", lambda = 1, weights = NULL,
                            scale = TRUE, subset = NULL,
                            na.action = stats::na.omit, # nolint
                            tol = NULL, maxit = NULL, precision = "float64",
                            probability = FALSE) {
  call <- rlang::current_env()
  if (missing(formula) || !inherits(formula, "formula")) {
    abort_argument("formula", "a formula `class ~ a + b`", formula, call)
  }
  weights <- value_in_data(
    substitute(weights), data, parent.frame(), "weights", call
  )
  check_kernel(kernel, call)
  check_flag(scale, "scale", call)
  check_above_zero(lambda, "lambda", call)
  method <- check_choice(
    first_choice(method, missing(method)), c("logistic", "svm"), "method", call
  )
  tol <- tol %||% c(logistic = 1e-10, svm = 1e-3)[[method]]
  check_above_zero(tol, "tol", call)
  maxit <- maxit %||% c(logistic = 50L, svm = 1000L)[[method]]
  check_count(maxit, "maxit", call)
  precision <- read_precision(precision, "precision", call)
  check_flag(probability, "probability", call)
  rows <- value_in_data(
    substitute(subset), data, parent.frame(), "subset", call
  )
  model <- read_model(
    formula, data, weights, na.action, call, TRUE, rows,
    TRUE
  )
  fit <- structure(c(
    model[c("x", "terms", "xlevels", "na.action")], list(
      y = check_classes(model$y, call), method = method, kernel = kernel,
      lambda = lambda,
      weights = model$weights %||% rep(1, nrow(model$x)),
      precision = precision, call = match.call()
    )
  ), class = "kernel_classify")
  shares_of(fit$weights, nrow(fit$x), call)
  fit <- scaled_classes(keep_weighted(fit), scale, call)
  fit$bandwidth <- read_bandwidth(bandwidth, fit$z, kernel, call)
  with_classifier(fit, tol, maxit, probability, call)
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

with_classifier <- function(fit, tol, maxit, probability, call) {
  kernel_of <- function(x, y) {
    kernel_matrix(fit$kernel, fit$bandwidth, x, y, fit$precision, call)
  }
  if (fit$method == "svm") {
    fit <- svm_of_pairs(kernel_of, fit, tol, maxit, call)
    fit$link <- link_of(fit, fit$x, call)
    if (probability) {
      fit$sigmoids <- svm_sigmoids(kernel_of, fit, tol, maxit, call)
    }
    return(fit)
  }
  with_logistic(fit, kernel_of(fit$z, fit$z), tol, maxit, call)
}

with_logistic <- function(fit, matrix, tol, maxit, call) {
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
#'   column for each class, of logistic regression, or of a support vector
#'   machine that was fitted with `probability = TRUE`; `"link"`, the values of
#'   the function: for two classes a vector, positive for the second (its log
#'   odds in logistic regression), else a matrix with a column for each class,
#'   or for each pair of classes, `"b/a"`, of a support vector machine.
#' @param ... Not used.
#' @return As `type` says; `NA` where a variable is missing. `fitted()` gives
#'   the probabilities, or the classes of a support vector machine.
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
  if (type == "prob" && !has_probabilities(object)) {
    abort_argument(
      "type", "\"class\" or \"link\" for this support vector machine", type,
      call, hints = "`probability = TRUE` in the fit gives it probabilities."
    )
  }
  link <- if (is.null(newdata)) {
    stats::napredict(object$na.action, link_of_all(object, call))
  } else {
    link_of(object, read_newdata(newdata, object, call), call)
  }
  if (type == "link") {
    if (ncol(link) == 1L) {
      return(as.vector(link))
    }
    colnames(link) <- colnames(object$coefficients)
    return(link)
  }
  if (type == "class") {
    return(classes_of_link(object, link))
  }
  probabilities <- class_probabilities(object, link)
  dimnames(probabilities) <- list(rownames(link), object$classes)
  probabilities
}

has_probabilities <- function(fit) {
  fit$method != "svm" || !is.null(fit$sigmoids)
}

class_probabilities <- function(fit, link) {
  if (fit$method == "svm") {
    return(svm_probabilities(fit, link))
  }
  values <- probabilities_of(link)
  if (ncol(link) == 1L) cbind(1 - values, values) else values
}

classes_of_link <- function(fit, link) {
  # the largest function is that of the largest probability
  values <- if (fit$method == "svm") {
    votes_of(link, fit$classes)
  } else if (ncol(link) == 1L) {
    cbind(rep(0, nrow(link)), link)
  } else {
    link
  }
  values[is.na(link[, 1L]), ] <- NA
  factor(fit$classes[largest_columns(values)], fit$classes)
}

# Also at points of weight 0.
link_of_all <- function(fit, call) {
  if (is.null(fit$all_points)) fit$link else link_of(fit, fit$all_points, call)
}

link_of <- function(fit, points, call) {
  at_complete_rows(points, function(points) {
    used <- fit$support %||% seq_len(fit$n)
    matrix <- kernel_matrix(
      fit$kernel, fit$bandwidth, scaled_points(fit, points),
      fit$z[used, , drop = FALSE], fit$precision, call
    )
    on_host(matrix %*% fit$coefficients[used, , drop = FALSE]) +
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
