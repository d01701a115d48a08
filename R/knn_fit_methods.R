# Methods of fits of nearest neighbours.

knn_title <- function(x) {
  sprintf(
    "%s by the %d nearest neighbours of %s points, %s",
    if (is.null(x$levels)) {
      "Regression"
    } else {
      sprintf("Classification (%d classes)", length(x$levels))
    },
    x$k, format_count(x$n),
    if (is.function(x$metric)) "a function" else x$metric
  )
}

#' @export
print.knn_fit <- function(x, digits = 4L, ...) {
  check_digits(digits, rlang::current_env())
  cat("Call: ", paste(deparse(x$call), collapse = "\n  "), "\n\n", sep = "")
  cat(knn_title(x), "\n", sep = "")
  if (x$cv == "loo") {
    error <- x$curve$error[x$curve$k == x$k]
    cat(sprintf(
      "Leave-one-out %s: %s (best of k = %s)\n",
      if (is.null(x$levels)) "mean squared error" else "error rate",
      format(error, digits = digits), format_range(x$curve$k)
    ))
  }
  invisible(x)
}

format_range <- function(k) {
  if (length(k) > 2L && all(diff(k) == 1L)) {
    paste(min(k), "to", max(k))
  } else {
    paste(k, collapse = ", ")
  }
}

#' @export
summary.knn_fit <- function(object, ...) {
  result <- list(
    title = knn_title(object), call = object$call, cv = object$cv,
    curve = object$curve
  )
  if (object$cv == "none") {
    return(structure(result, class = "summary.knn_fit"))
  }
  values <- object$fitted.values
  errors <- knn_errors(object, values)
  result$error <- mean(errors, na.rm = TRUE)
  if (is.null(object$levels)) {
    result$rmse <- sqrt(result$error)
    total <- sum((object$y - mean(object$y))^2)
    result$r.squared <- 1 - sum(errors) / total
  } else {
    result$confusion <- table(observed = object$y, predicted = values)
  }
  structure(result, class = "summary.knn_fit")
}

#' @export
print.summary.knn_fit <- function(x, digits = 4L, ...) {
  check_digits(digits, rlang::current_env())
  cat(x$title, "\n", sep = "")
  if (x$cv == "none") {
    return(invisible(x))
  }
  if (is.null(x$confusion)) {
    cat(sprintf(
      "Leave-one-out root mean squared error: %s, R squared: %s\n",
      format(x$rmse, digits = digits), format(x$r.squared, digits = digits)
    ))
  } else {
    cat(sprintf("Leave-one-out error rate: %s\n\n",
                format(x$error, digits = digits)))
    print(x$confusion)
  }
  invisible(x)
}

# The leave-one-out values, in the rows of the data where `na.exclude` says so.
#' @export
fitted.knn_fit <- function(object, ...) {
  values <- object$fitted.values %||% predict.knn_fit(object)
  if (is.null(object$levels) || !inherits(object$na.action, "exclude")) {
    return(stats::napredict(object$na.action, values))
  }
  codes <- stats::napredict(object$na.action, as.integer(values))
  factor(object$levels[codes], levels = object$levels)
}

# A class has the residual 1 if it is wrong, else 0.
#' @export
residuals.knn_fit <- function(object, ...) {
  values <- object$fitted.values %||% predict.knn_fit(object)
  stats::naresid(object$na.action, if (is.null(object$levels)) {
    object$y - values
  } else {
    as.integer(object$y != values)
  })
}

#' @export
formula.knn_fit <- function(x, ...) stats::formula(x$terms)

#' @export
nobs.knn_fit <- function(object, ...) object$n # nolint

#' Plot the errors of nearest neighbours
#'
#' The leave-one-out error for each number of neighbours, with the one that was
#' chosen.
#'
#' @param x A fit of [knn_fit()].
#' @param xlab,ylab,type,pch,las See [graphics::plot.default()].
#' @param ... Other arguments of the plot.
#' @return The data frame of `k` and `error`, invisibly.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' plot(knn_fit(mag ~ stations + depth, quakes, k = 1:40))
#' \dontshow{set_rkeops_options(previous)}
plot.knn_fit <- function(x, xlab = "Neighbours k", ylab = NULL, type = "b",
                         pch = 20, las = 0, ...) {
  check_curve(x, rlang::current_env())
  plot(
    x$curve$k, x$curve$error, xlab = xlab, ylab = ylab %||% error_label(x),
    type = type, pch = pch, las = las, ...
  )
  graphics::abline(v = x$k, lty = 3)
  invisible(x$curve)
}

check_curve <- function(x, call) {
  if (is.null(x$curve)) {
    abort_rkeops(
      "argument", "The fit has no errors, as `cv` was \"none\".",
      hints = "`update(fit, cv = \"loo\")` computes them.", call = call
    )
  }
}

error_label <- function(x) {
  if (is.null(x$levels)) {
    "Leave-one-out mean squared error"
  } else {
    "Leave-one-out error rate"
  }
}
