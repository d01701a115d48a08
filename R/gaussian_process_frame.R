# From a formula and data to numbers: response, trend, coordinates.

# `y ~ trend | coordinates`, or `y ~ coordinates` with a constant trend.
read_process_formula <- function(formula, data, call) {
  valid <- inherits(formula, "formula") && length(formula) == 3L
  if (!valid) {
    abort_argument(
      "formula", "like `y ~ x1 + x2` or `y ~ trend | x1 + x2`", formula, call
    )
  }
  right <- formula[[3L]]
  has_bar <- is.call(right) && identical(right[[1L]], as.name("|"))
  part <- function(side) {
    one <- formula
    one[[3L]] <- side
    about_argument("formula", call, stats::terms(one, data = data))
  }
  list(
    trend = part(if (has_bar) right[[2L]] else 1),
    places = part(if (has_bar) right[[3L]] else right)
  )
}

process_frame <- function(formula, data, weights, rows, na_action, call) {
  if (!is.null(data)) {
    data <- about_argument("data", call, as.data.frame(data))
  }
  terms <- read_process_formula(formula, data, call)
  check_places_terms(terms$places, call)
  if (!is.null(attr(terms$trend, "offset"))) {
    abort_rkeops(
      "argument", "A trend has no `offset()`.",
      hints = "Subtract it from the response: `I(y - known) ~ ...`.",
      call = call
    )
  }
  both <- stats::reformulate(
    c(labels_or_one(terms$trend), attr(terms$places, "term.labels")),
    response = formula[[2L]], env = environment(formula)
  )
  frame <- subset_frame(both, data, rows, na_action, call, weights)
  weights <- check_process_weights(stats::model.weights(frame), call)
  y <- stats::model.response(frame)
  if (!is.numeric(y) || !is.null(dim(y)) && ncol(y) > 1L) {
    abort_rkeops(
      "argument", "The response must be one column of numbers.", call = call
    )
  }
  trend <- with_prediction(stats::delete.response(terms$trend), frame)
  places <- with_prediction(stats::delete.response(terms$places), frame)
  X <- about_argument("formula", call, { # nolint
    stats::model.matrix(trend, frame)
  })
  frame_parts <- list(
    y = as.double(y), X = X, x = coordinates_of(places, frame, call),
    terms = list(trend = trend, places = places),
    xlevels = stats::.getXlevels(trend, frame),
    contrasts = attr(X, "contrasts"), na.action = attr(frame, "na.action"),
    names = rownames(frame), weights = weights,
    noise = if (is.null(weights)) 1 else 1 / weights
  )
  check_frame(frame_parts, call)
}

check_process_weights <- function(weights, call) {
  valid <- is.null(weights) ||
    is.numeric(weights) && all(is.finite(weights) & weights > 0)
  if (!valid) {
    abort_rkeops(
      "argument", "`weights` must be positive numbers.",
      hints = "`subset = w > 0` leaves out observations.", call = call
    )
  }
  weights
}

labels_or_one <- function(terms) {
  labels <- attr(terms, "term.labels")
  if (length(labels)) labels else "1"
}

# Terms such as `poly(x, 2)` depend on the data: new data are to have the same.
with_prediction <- function(terms, frame) {
  all <- attr(frame, "terms")
  known <- vapply(as.list(attr(all, "variables"))[-1L], deparse1, "")
  own <- vapply(as.list(attr(terms, "variables"))[-1L], deparse1, "")
  calls <- as.list(attr(all, "predvars"))[-1L]
  attr(terms, "predvars") <- as.call(c(
    list(quote(list)), calls[match(own, known)]
  ))
  terms
}

check_places_terms <- function(terms, call) {
  labels <- attr(terms, "term.labels")
  if (!length(labels) || any(attr(terms, "order") > 1L)) {
    abort_rkeops(
      "argument", "The formula needs the coordinates of the process.",
      hints = c(
        "`y ~ x1 + x2` has the coordinates x1 and x2, and a constant trend.",
        "`y ~ x1 + z | x1 + x2` has a linear trend in x1 and z.",
        "Coordinates are added, they have no interactions."
      ), call = call
    )
  }
}

coordinates_of <- function(terms, frame, call) {
  labels <- attr(terms, "term.labels")
  columns <- lapply(labels, function(label) {
    column <- plain_data(frame[[label]], label, call)
    if (!is_numbers(column) || is.complex(column)) {
      abort_rkeops(
        "argument", sprintf("The coordinate `%s` is not numeric.", label),
        call = call
      )
    }
    column <- as.matrix(column)
    colnames(column) <- if (ncol(column) == 1L) label else
      paste0(label, colnames(column) %||% seq_len(ncol(column)))
    column
  })
  x <- do.call(cbind, columns)
  storage.mode(x) <- "double"
  x
}

check_frame <- function(frame, call) {
  n <- length(frame$y)
  problem <- if (n == 0L) {
    "There are no observations without missing values."
  } else if (!all(is.finite(frame$y)) || !all(is.finite(frame$x)) ||
               !all(is.finite(frame$X))) {
    "There are infinite values in the data."
  } else if (n < ncol(frame$X) + 2L) {
    sprintf(
      paste(
        "The number of observations is %d; with %d coefficients of the trend",
        "it must be %d or more."
      ), n, ncol(frame$X), ncol(frame$X) + 2L
    )
  } else {
    constant <- apply(frame$x, 2L, function(one) all(one == one[[1L]]))
    if (any(constant)) {
      sprintf(
        "The coordinate `%s` is the same for all observations.",
        colnames(frame$x)[constant][[1L]]
      )
    } else {
      trend_problem(frame)
    }
  }
  if (!is.null(problem)) abort_rkeops("argument", problem, call = call)
  frame
}

trend_problem <- function(frame) {
  parts <- qr(frame$X)
  if (parts$rank < ncol(frame$X)) {
    more <- colnames(frame$X)[parts$pivot[-seq_len(parts$rank)]]
    return(sprintf("The trend has a term too many: `%s`.", more[[1L]]))
  }
  rest <- qr.resid(parts, frame$y)
  if (max(abs(rest)) <= 1e-12 * max(abs(frame$y))) {
    "The trend explains the response without error: nothing is left to model."
  }
}

# Trend and coordinates at new places; rows with missing values stay, as NA.
process_newdata <- function(object, newdata, call) {
  newdata <- about_argument("newdata", call, as.data.frame(newdata))
  trend <- object$terms$trend
  X <- stats::model.matrix( # nolint
    trend, new_frame(trend, newdata, object$xlevels, call),
    contrasts.arg = object$contrasts
  )
  places <- new_frame(object$terms$places, newdata, NULL, call)
  x <- coordinates_of(object$terms$places, places, call)
  # a variable that is not in `newdata` may be one of another kind around it
  if (ncol(x) != ncol(object$x)) {
    abort_rkeops(
      "shape", sprintf(
        "`newdata` has places of %d coordinates, not %d.", ncol(x),
        ncol(object$x)
      ), call = call
    )
  }
  # a trend without variables does not know how many rows there are
  rows <- nrow(places)
  if (nrow(X) != rows) X <- X[rep(1L, rows), , drop = FALSE] # nolint
  list(
    X = X, x = x,
    names = rownames(places)
  )
}
