# Predictions of the verbs: new points in, values with or without errors out.

# New points for a model: by the names of its formula, or as many columns.
read_newdata <- function(newdata, model, call) {
  if (!is.null(model$terms)) {
    terms <- stats::delete.response(model$terms)
    frame <- new_frame(terms, newdata, model$xlevels, call)
    return(points_of_frame(
      frame, terms, "newdata", call, length(model$xlevels) > 0L
    ))
  }
  if (is.data.frame(newdata) && all(colnames(model$x) %in% names(newdata))) {
    newdata <- newdata[colnames(model$x)]
  }
  columns <- ncol(model$x)
  if (columns > 1L && is_sequence(newdata) && length(newdata) == columns) {
    newdata <- matrix(newdata, 1L)
  }
  points <- read_points(newdata, "newdata", call, missing_ok = TRUE)
  if (ncol(points) != columns) {
    abort_rkeops(
      "shape", sprintf(
        "`newdata` has %d columns, but the model has %d.", ncol(points), columns
      ), call = call
    )
  }
  points
}

new_frame <- function(terms, newdata, levels, call) {
  known <- all.vars(terms)
  # else R takes all of them from where the formula was written
  if (is.data.frame(newdata) && length(known) &&
        !any(known %in% names(newdata))) {
    abort_rkeops(
      "argument", sprintf(
        "`newdata` has none of the variables of the formula: %s.",
        paste0("`", known, "`", collapse = ", ")
      ), call = call
    )
  }
  about_argument("newdata", call, stats::model.frame(
    terms, newdata, na.action = stats::na.pass, xlev = levels
  ))
}

# The values of `f` at the rows of new points without NA, NA at the others. `f`
# returns a vector, or a matrix of `columns` columns.
at_complete_rows <- function(points, f, columns = NULL) {
  complete <- stats::complete.cases(points)
  if (nrow(points) > 0L && all(complete)) {
    return(f(points))
  }
  result <- matrix(NA_real_, nrow(points), columns %||% 1L)
  if (any(complete)) {
    result[complete, ] <- f(points[complete, , drop = FALSE])
  }
  if (is.null(columns)) result[, 1L] else result
}

# The arguments of predictions with errors, as `predict()` of linear models has
# them.
interval_choice <- function(se, interval, is_default, level, call) {
  check_flag(se, "se.fit", call)
  interval <- check_choice(
    first_choice(interval, is_default),
    c("none", "confidence", "prediction"), "interval", call
  )
  if (!checkmate::test_number(level, lower = 0, upper = 1)) {
    abort_argument("level", "one number between 0 and 1", level, call)
  }
  list(
    se = se, interval = interval, level = level,
    errors = se || interval != "none"
  )
}

# Values as predict() of linear models gives them: alone, with intervals, or in
# a list with their errors. `variance` is that of a response around its expected
# value; with `df` degrees of freedom quantiles are those of t.
shape_prediction <- function(fit, error, variance, choice, df = NULL) {
  shown <- fit
  if (choice$interval != "none") {
    noise <- if (choice$interval == "prediction") variance else 0
    quantile <- stats::qt(
      (1 + choice$level) / 2, if (is.null(df)) Inf else max(df, 1e-8)
    )
    width <- quantile * sqrt(error^2 + noise)
    shown <- cbind(fit = fit, lwr = fit - width, upr = fit + width)
  }
  if (!choice$se) {
    return(shown)
  }
  value <- list(fit = shown, se.fit = error)
  value$df <- df
  value$residual.scale <- sqrt(variance)
  value
}
