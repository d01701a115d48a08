# Predictions of Gaussian processes, and what is drawn from them.

#' Predictions of a Gaussian process
#'
#' The kriging surface at other places, with its standard errors.
#'
#' @param object A fit by [gaussian_process()].
#' @param newdata A data frame with the coordinates and the variables of the
#'   trend; without it, predictions are at the data. A row with missing values
#'   has the prediction `NA`.
#' @param se.fit Whether standard errors are wanted: those of the surface, which
#'   is the response without noise.
#' @param interval `"confidence"` are intervals of the surface, `"prediction"`
#'   of a new observation, with noise.
#' @param level The probability of an interval.
#' @param ... Not used.
#'
#' @details
#' The variance of the surface is that of universal kriging: it accounts for the
#' estimated coefficients of the trend, but not for the estimated ranges,
#' variance and nugget. Each place needs the solution of a linear system; they
#' are solved for 256 places at once.
#'
#' @return As [stats::predict.lm()] does: a vector, or for intervals a matrix
#'   with the columns `fit`, `lwr` and `upr`; with `se.fit`, a list of `fit`,
#'   `se.fit` and `residual.scale`, the square root of the nugget.
#' @seealso [gaussian_process()].
#' @concept kriging
#' @export
#' @examples
#' some <- quakes[seq(1, 1000, 5), ]
#' fit <- gaussian_process(depth ~ lat + long, some, range = c(3, 3))
#' places <- data.frame(lat = c(-20, -25), long = 180)
#' predict(fit, places, interval = "prediction", level = 0.9)
predict.gaussian_process <- function(object, newdata = NULL, # nolint
                                     se.fit = FALSE, # nolint
                                     interval = c("none", "confidence",
                                                  "prediction"),
                                     level = 0.95, ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  choice <- interval_choice(se.fit, interval, missing(interval), level, call)
  new <- if (is.null(newdata)) {
    list(X = object$X, x = object$x, names = names(object$fitted.values))
  } else {
    process_newdata(object, newdata, call)
  }
  at <- predict_places(object, new, choice$errors, is.null(newdata))
  if (is.null(newdata)) at <- lapply(at, function(one) {
    stats::napredict(object$na.action, one)
  })
  shape_prediction(at$fit, at$error, object$nugget, choice)
}

# Places with missing values are left out, and have NA.
predict_places <- function(object, new, with_error, at_data) {
  known <- which(rowSums(!is.finite(new$x)) == 0 &
                   rowSums(!is.finite(new$X)) == 0)
  value <- rep(NA_real_, nrow(new$x))
  names(value) <- new$names
  result <- list(fit = value, error = if (with_error) value)
  if (at_data) result$fit[] <- object$fitted.values
  for (first in seq(1, by = 256, length.out = ceiling(length(known) / 256))) {
    if (at_data && !with_error) break
    some <- known[first:min(first + 255, length(known))]
    part <- predict_part(
      object, new$X[some, , drop = FALSE], new$x[some, , drop = FALSE],
      with_error
    )
    if (!at_data) result$fit[some] <- part$fit
    if (with_error) result$error[some] <- part$error
  }
  result
}

predict_part <- function(object, X, x, with_error) { # nolint
  near <- process_neighbours(object, x)
  fit <- c(X %*% object$coefficients) +
    object$model$unit * c(near$mean)
  if (!with_error) {
    return(list(fit = fit))
  }
  solved <- near$solve()
  u <- t(X) - crossprod(object$X, solved$inverse)
  # of the coefficients: u' (X' A^-1 X)^-1 u
  trend <- if (ncol(X)) {
    colSums(u * solve_small(object$pieces$information, u))
  } else {
    0
  }
  list(fit = fit, error = sqrt(object$variance * pmax(
    solved$variance + trend, 0
  )))
}

# The mean of the process at new places, and how to solve for its variance:
# `inverse` is A^-1 k, `variance` that of the process given the data, in units
# of its variance.
process_neighbours <- function(object, x) {
  model <- object$model
  x <- x - rep(model$center, each = nrow(x))
  new <- scaled_places(x, object$range)
  old <- scaled_places(model$x, object$range)
  if (model$approx == "nystrom") {
    return(nystrom_neighbours(object, new, old))
  }
  alpha <- object$pieces$alpha
  list(
    mean = on_host(multiply(
      lazy_covariance(model$kernel, new, old), alpha, NULL
    )),
    solve = function() {
      near <- covariance_matrix(model$kernel, old, new)
      inverse <- solve_covariance(object, near)
      list(inverse = inverse, variance = 1 - colSums(near * inverse))
    }
  )
}

# A^-1 b for the covariance of the data in units of the variance.
solve_covariance <- function(object, b) {
  pieces <- object$pieces
  if (!is.null(pieces$factor)) {
    return(r_dense_solve(
      pieces$factor, r_dense_solve(pieces$factor, b, FALSE), TRUE
    ))
  }
  plain_solution(kernel_solve(
    process_tensor(object$model, object$range), b,
    object$ratio * object$model$noise, precond = pieces$plan, tol = 1e-6
  ))
}

# The covariance of features of the landmarks; what these do not explain of the
# variance is added, so that standard errors grow away from data.
nystrom_neighbours <- function(object, new, old) {
  model <- object$model
  marks <- old[model$landmarks, , drop = FALSE]
  features <- landmark_features(model, object$range)
  inner <- covariance_matrix(model$kernel, marks)
  diag(inner) <- diag(inner) + landmark_jitter
  root <- r_dense_cholesky(inner)
  near <- r_dense_solve(root, covariance_matrix(model$kernel, marks, new),
                        FALSE)
  list(
    mean = crossprod(near, crossprod(features, object$pieces$alpha)),
    solve = function() {
      inverse <- landmark_preconditioner(
        features, object$ratio * model$noise
      )$apply(
        r_dense_multiply(features, near, FALSE)
      )
      list(
        inverse = inverse,
        variance = 1 - colSums(
          near * r_dense_multiply(features, inverse, TRUE)
        )
      )
    }
  )
}
