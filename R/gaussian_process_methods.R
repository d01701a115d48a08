# Methods of Gaussian processes for R's generics.

#' @export
print.gaussian_process <- function(x, digits = 4L, ...) {
  check_digits(digits, rlang::current_env())
  cat(process_title(x), "\n", sep = "")
  cat("Formula: ", deparse1(x$formula), "\n\n", sep = "")
  if (length(x$coefficients)) {
    cat("Coefficients of the trend:\n")
    print(format(x$coefficients, digits = digits), quote = FALSE)
    cat("\n")
  }
  print_parameters(x, digits)
  invisible(x)
}

process_title <- function(x) {
  sprintf(
    "Gaussian process, %s covariance, %s by %s, %s observations", x$kernel,
    x$method, c(
      exact = "Cholesky factors", cg = "conjugate gradients",
      nystrom = sprintf("%d columns", length(x$model$landmarks))
    )[[x$approx]], format_count(length(x$y))
  )
}

print_parameters <- function(x, digits) {
  cat("Ranges: ", paste(
    names(x$range), format(x$range, digits = digits), collapse = ", "
  ), "\n", sep = "")
  cat(sprintf(
    "Variance: %s, nugget: %s\n", format(x$variance, digits = digits),
    format(x$nugget, digits = digits)
  ))
  cat(sprintf(
    "Log likelihood%s: %s%s\n", if (x$method == "REML") " (restricted)" else "",
    format(x$logLik, digits = digits + 3L),
    if (x$standard_error > 0) {
      sprintf(" (standard error %s)", format(x$standard_error, digits = 2L))
    } else {
      ""
    }
  ))
  if (!x$converged) cat("The parameters did not converge.\n")
}

#' Methods for Gaussian processes
#'
#' @param object,x A fit by [gaussian_process()].
#' @param type Of `residuals()`: `"response"`, what is left of the response by
#'   the surface, or `"loo"`, the errors of the predictions of each observation
#'   from the others, for exact fits.
#' @param digits How many digits are shown.
#' @param ... Not used.
#' @return `summary()` is a list of class `summary.gaussian_process` with the
#'   matrix `coefficients` of estimates, standard errors, z and p values;
#'   `logLik()` has attributes `df`, `nobs` and `standard_error`; `residuals()`
#'   a vector.
#' @name gaussian_process-methods
#' @examples
#' fit <- gaussian_process(dist ~ speed | speed, cars, range = 10)
#' summary(fit)
#' sqrt(mean(residuals(fit, "loo")^2))
#' AIC(fit, update(fit, kernel = "gaussian"))
#' formula(update(fit, . ~ . + I(speed^2)))
NULL

#' @rdname gaussian_process-methods
#' @export
summary.gaussian_process <- function(object, ...) {
  se <- sqrt(diag(vcov.gaussian_process(object)))
  estimate <- object$coefficients
  z <- estimate / se
  object$table <- cbind(
    Estimate = estimate, `Std. Error` = se, `z value` = z,
    `Pr(>|z|)` = 2 * stats::pnorm(-abs(z))
  )
  structure(list(
    fit = object, coefficients = object$table,
    residuals = stats::quantile(object$residuals), df = object$df
  ), class = "summary.gaussian_process")
}

#' @rdname gaussian_process-methods
#' @export
print.summary.gaussian_process <- function(x, digits = 4L, ...) {
  check_digits(digits, rlang::current_env())
  cat(process_title(x$fit), "\n", sep = "")
  cat("Formula: ", deparse1(x$fit$formula), "\n\n", sep = "")
  cat("Residuals:\n")
  print(rlang::set_names(
    x$residuals, c("Min", "1Q", "Median", "3Q", "Max")
  ), digits = digits)
  if (nrow(x$coefficients)) {
    cat("\nCoefficients of the trend:\n")
    stats::printCoefmat(x$coefficients, digits = digits)
  }
  cat("\n")
  print_parameters(x$fit, digits)
  cat(sprintf(
    "AIC: %s, %d parameters\n",
    format(2 * x$df - 2 * x$fit$logLik, digits = digits + 3L), x$df
  ))
  invisible(x)
}

#' @rdname gaussian_process-methods
#' @export
residuals.gaussian_process <- function(object, # nolint
                                       type = c("response", "loo"), ...) {
  call <- rlang::current_env()
  type <- check_choice(
    first_choice(type, missing(type)), c("response", "loo"), "type", call
  )
  value <- if (type == "response") {
    object$residuals
  } else {
    loo_residuals(object, call)
  }
  stats::naresid(object$na.action, value)
}

loo_residuals <- function(object, call) {
  factor <- object$pieces$factor
  if (is.null(factor)) {
    abort_argument(
      "type", "\"response\", since the fit is not exact", "loo", call
    )
  }
  white <- r_dense_solve(factor, unname(object$X), FALSE)
  stats::setNames(
    object$model$unit * object$pieces$alpha /
      diag(projection_matrix(factor, white)),
    names(object$residuals)
  )
}

#' @export
fitted.gaussian_process <- function(object, ...) {
  stats::napredict(object$na.action, object$fitted.values)
}

#' @export
coef.gaussian_process <- function(object, ...) object$coefficients

#' @importFrom stats vcov
#' @export
vcov.gaussian_process <- function(object, ...) {
  information <- object$pieces$information
  value <- object$variance * solve_small(information, diag(ncol(information)))
  dimnames(value) <- rep(list(names(object$coefficients)), 2L)
  value
}

#' @rdname gaussian_process-methods
#' @importFrom stats logLik
#' @export
logLik.gaussian_process <- function(object, ...) { # nolint
  structure(
    object$logLik, df = object$df, nobs = length(object$y),
    standard_error = object$standard_error, class = "logLik"
  )
}

#' @importFrom stats nobs
#' @export
nobs.gaussian_process <- function(object, ...) length(object$y)

#' @importFrom stats formula
#' @export
formula.gaussian_process <- function(x, ...) x$formula

#' @rdname gaussian_process-methods
#' @param formula. Changes of the formula, where `.` is what was there: those of
#'   the trend, if the formula has one, or `. ~ trend | coordinates`.
#' @param evaluate Whether the new call is evaluated, or returned.
#' @importFrom stats update
#' @export
update.gaussian_process <- function(object, formula., ..., # nolint
                                    evaluate = TRUE) {
  call <- object$call
  if (!missing(formula.)) {
    call$formula <- about_argument("formula.", rlang::current_env(), {
      updated_process_formula(object$formula, formula.)
    })
  }
  changes <- match.call(expand.dots = FALSE)$...
  for (name in names(changes)) call[name] <- list(changes[[name]])
  evaluate <- check_flag(evaluate, "evaluate", rlang::current_env())
  if (evaluate) eval(call, parent.frame()) else call
}

# Trend and coordinates are updated apart, as update.formula() knows no bar.
updated_process_formula <- function(old, new) {
  split <- function(right) {
    has_bar <- is.call(right) && identical(right[[1L]], as.name("|"))
    if (has_bar) list(right[[2L]], right[[3L]]) else list(right)
  }
  was <- split(old[[3L]])
  is <- split(new[[length(new)]])
  if (length(is) == 1L && length(was) == 2L) is <- list(is[[1L]], quote(.))
  if (length(is) == 2L && length(was) == 1L) was <- list(1, was[[1L]])
  left <- if (length(new) == 3L) new[[2L]] else quote(.)
  parts <- Map(function(a, b) {
    stats::update.formula(call("~", old[[2L]], a), call("~", left, b))
  }, was, is)
  value <- parts[[1L]]
  if (length(parts) == 2L) {
    value[[3L]] <- call("|", value[[3L]], parts[[2L]][[3L]])
  }
  environment(value) <- environment(old)
  value
}

#' Draw a Gaussian process
#'
#' For one coordinate the surface with its intervals and the data; for two a map
#' of the surface with contour lines and the places of the data; else the
#' response against the fitted values. Variables of the trend that are no
#' coordinates are at their means.
#'
#' @param x A fit by [gaussian_process()].
#' @param level The probability of the intervals, of a new observation.
#' @param n The number of points of a curve, or of a side of a map.
#' @param col The colours of a map.
#' @param ... Arguments of [graphics::plot()] or [graphics::image()].
#' @return The predictions that were drawn, a data frame, invisibly.
#' @export
#' @examples
#' plot(gaussian_process(dist ~ speed, cars, range = 10))
plot.gaussian_process <- function(x, level = 0.95, n = 50,
                                  col = grDevices::hcl.colors(30), ...) {
  call <- rlang::current_env()
  n <- check_count(n, "n", call, 2)
  columns <- ncol(x$x)
  grid <- if (columns <= 2L) process_grid(x, n)
  if (is.null(grid)) {
    graphics::plot(
      x$fitted.values, x$y, xlab = "fitted value", ylab = "response", ...
    )
    graphics::abline(0, 1, lty = 2)
    return(invisible(data.frame(fit = x$fitted.values, response = x$y)))
  }
  if (columns == 1L) {
    draw_curve(x, grid, level, ...)
  } else {
    draw_map(x, grid, col, ...)
  }
}

# NULL where the trend has variables that are no coordinates, or functions.
process_grid <- function(object, n) {
  names <- colnames(object$x)
  needed <- all.vars(object$terms$trend)
  if (!all(needed %in% names) || !identical(names, make.names(names))) {
    return(NULL)
  }
  sides <- lapply(seq_along(names), function(d) {
    seq(min(object$x[, d]), max(object$x[, d]), length.out = n)
  })
  do.call(expand.grid, stats::setNames(sides, names))
}

draw_curve <- function(object, grid, level, ...) {
  at <- predict.gaussian_process(
    object, grid, interval = "prediction", level = level
  )
  graphics::plot(
    object$x[, 1L], object$y, xlab = colnames(object$x),
    ylab = deparse1(object$formula[[2L]]), ylim = range(at, object$y), ...
  )
  graphics::polygon(
    c(grid[[1L]], rev(grid[[1L]])), c(at[, "lwr"], rev(at[, "upr"])),
    col = grDevices::adjustcolor("grey", 0.4), border = NA
  )
  graphics::lines(grid[[1L]], at[, "fit"], lwd = 2)
  invisible(cbind(grid, at))
}

draw_map <- function(object, grid, col, ...) {
  fit <- predict.gaussian_process(object, grid)
  sides <- lapply(grid, unique)
  heights <- matrix(fit, length(sides[[1L]]))
  graphics::image(
    sides[[1L]], sides[[2L]], heights, xlab = names(sides)[[1L]],
    ylab = names(sides)[[2L]], col = col, ...
  )
  graphics::contour(sides[[1L]], sides[[2L]], heights, add = TRUE)
  graphics::points(object$x, pch = 20, cex = 0.4)
  invisible(cbind(grid, fit = fit))
}

# ---- data frames ----

#' @rdname gaussian_process-methods
#' @param data,newdata Of `generics::augment()`: the data that were fitted, or
#'   others.
#' @details `tidy()`, `glance()` and `augment()` (of the packages generics and
#'   broom) give data frames: a row for each coefficient and each parameter of
#'   the covariance; one row for the fit; the data with `.fitted`, `.se.fit` and
#'   `.resid`.
#' @exportS3Method generics::tidy
tidy.gaussian_process <- function(x, ...) { # nolint
  trend <- summary.gaussian_process(x)$coefficients
  covariance <- c(
    stats::setNames(x$range, paste("range of", names(x$range))),
    variance = x$variance, nugget = x$nugget
  )
  data.frame(
    term = c(rownames(trend), names(covariance)),
    estimate = unname(c(trend[, "Estimate"], covariance)),
    std.error = c(trend[, "Std. Error"], rep(NA, length(covariance))),
    row.names = NULL
  )
}

#' @rdname gaussian_process-methods
#' @exportS3Method generics::glance
glance.gaussian_process <- function(x, ...) { # nolint
  data.frame(
    nobs = length(x$y), df = x$df, logLik = x$logLik,
    AIC = 2 * x$df - 2 * x$logLik,
    BIC = log(length(x$y)) * x$df - 2 * x$logLik, kernel = x$kernel,
    method = x$method, approx = x$approx, converged = x$converged
  )
}

#' @rdname gaussian_process-methods
#' @exportS3Method generics::augment
augment.gaussian_process <- function(x, data = NULL, # nolint
                                     newdata = NULL, ...) {
  if (is.null(data) && is.null(newdata)) {
    at <- predict_places(
      x, list(X = x$X, x = x$x, names = names(x$fitted.values)), TRUE, TRUE
    )
    result <- data.frame(x$x, .response = x$y, check.names = FALSE)
    return(cbind(
      result, .fitted = at$fit, .se.fit = at$error, .resid = x$residuals
    ))
  }
  result <- frame_for_augment(newdata %||% data, rlang::current_env())
  at <- predict.gaussian_process(x, result, se.fit = TRUE)
  result$.fitted <- at$fit
  result$.se.fit <- at$se.fit
  response <- tryCatch(
    eval(x$formula[[2L]], result, environment(x$formula)),
    error = function(e) NULL
  )
  if (length(response) == nrow(result)) {
    result$.resid <- response - at$fit
  }
  result
}
