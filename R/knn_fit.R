# Classification and regression by nearest neighbours.

#' Classification and regression by nearest neighbours
#'
#' The class of a point is that of most of its `k` nearest neighbours, and a
#' number the mean of theirs. How many neighbours are right is seen from the
#' leave-one-out errors, which come from one search, for all `k` at once.
#'
#' @param formula A formula such as `class ~ a + b` or `y ~ .`. A response that
#'   is a factor, text or logical is classified, a numeric one is averaged.
#' @param data A data frame.
#' @param k How many neighbours: one number, or several, of which the one with
#'   the smallest leave-one-out error is chosen (the smallest of equally good
#'   ones). By default 1 to 30, or as many as there are other points.
#' @param cv `"loo"`, for leave-one-out errors, or `"none"`, with one `k`.
#' @param metric See [nearest_neighbours()]. The variables must be numeric but
#'   for `"gower"` and `"hamming"`. Variables in different units want
#'   `"mahalanobis"`, `"gower"` or [scale()].
#' @param subset An expression of variables of `data`: the rows that are used.
#' @param na.action What is done about rows with missing values, such as
#'   [stats::na.omit()], [stats::na.exclude()] or [stats::na.fail()];
#'   [stats::na.pass()] keeps them, for `"gower"`.
#'
#' @details
#' Neighbours are exact, see [nearest_neighbours()]: of equally near points the
#' first ones count, and a point is left out by its number, so that its
#' duplicates are neighbours. Of classes with equally many votes the one with
#' the nearest point is taken. Nothing is random, unlike in `class::knn()`,
#' which takes all of equally near points and draws among equal votes.
#'
#' The error is the share of points of the wrong class, or the mean squared
#' error.
#'
#' @return An object of class `knn_fit`, for which there are `print()`,
#'   `summary()`, [predict()][predict.knn_fit], `fitted()` and `residuals()`
#'   (leave-one-out values), `plot()`, `formula()` and `update()`. Its elements
#'   are the points `x` and responses `y`, `levels` (NULL for numbers), `k`,
#'   `metric`, `curve` (a data frame of `k` and `error`), `fitted.values`,
#'   `terms`, `na.action` and `call`.
#' @references Fix, E. and Hodges, J. L. (1951). *Discriminatory analysis,
#'   nonparametric discrimination*. USAF School of Aviation Medicine.
#' @seealso [nearest_neighbours()]; `class::knn.cv()`, `FNN::knn.reg()`.
#' @concept k-nearest neighbours
#' @concept nearest neighbor classification
#' @concept k-nearest neighbour classification
#' @concept kNN regression
#' @concept leave-one-out cross-validation
#' @concept supervised learning
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' fit <- knn_fit(Species ~ ., iris)
#' fit
#' summary(fit)
#' plot(fit)
#' flower <- data.frame(Sepal.Length = 6, Sepal.Width = 3, Petal.Length = 5,
#'                      Petal.Width = 1.7)
#' predict(fit, flower)
#' predict(fit, flower, type = "prob")
#' # regression
#' depth <- knn_fit(depth ~ long + lat, quakes, metric = "haversine")
#' predict(depth, data.frame(long = 180, lat = -20))
#' summary(update(depth, k = 5))
#' \dontshow{set_rkeops_options(previous)}
knn_fit <- function(formula, data = NULL, k = NULL, cv = c("loo", "none"),
                    metric = "euclidean", subset = NULL,
                    na.action = stats::na.omit) { # nolint: object_name_linter.
  call <- rlang::current_env()
  cv <- if (identical(cv, c("loo", "none"))) "loo" else cv
  check_choice(cv, c("loo", "none"), "cv", call)
  metric <- check_metric(metric, call)
  rows <- value_in_data(
    substitute(subset), data, parent.frame(), "subset", call
  )
  model <- knn_model(formula, data, rows, metric, na.action, call)
  k <- check_candidates(k, cv, NROW(model$x), call)
  fit <- structure(
    c(model, list(k = max(k), metric = metric, cv = cv, n = NROW(model$x),
                  call = match.call())),
    class = "knn_fit"
  )
  if (cv == "loo") cross_validate(fit, k, call) else fit
}

knn_model <- function(formula, data, rows, metric, na_action, call) {
  if (missing(formula) || !inherits(formula, "formula") ||
        length(formula) != 3L) {
    abort_argument(
      "formula", "a formula with a response, such as `y ~ a + b`", formula, call
    )
  }
  frame <- subset_frame(formula, data, rows, na_action, call)
  terms <- stats::terms(frame)
  y <- read_response(stats::model.response(frame), call)
  at_least_rows(frame, 1L, "data", call)
  c(
    list(x = knn_points(frame, terms, metric, "data", call)), y,
    list(
      terms = terms, na.action = attr(frame, "na.action"),
      xlevels = stats::.getXlevels(stats::delete.response(terms), frame)
    )
  )
}

knn_points <- function(frame, terms, metric, name, call) {
  if (!metric_label(metric) %in% c("gower", "hamming")) {
    points <- points_of_frame(frame, terms, name, call)
    if (name == "data") check_finite_points(points, name, call, FALSE)
    return(points)
  }
  labels <- attr(terms, "term.labels")
  if (!length(labels) || any(attr(terms, "order") > 1L)) {
    abort_rkeops(
      "argument",
      "The formula must be a sum of variables, without interactions.",
      call = call
    )
  }
  used <- which(rowSums(attr(terms, "factors")) > 0)
  as.data.frame(unclass(frame)[used], check.names = FALSE)
}

# Numbers, or classes as a factor.
read_response <- function(y, call) {
  is_class <- is_text(y) || is.logical(y)
  is_number <- is.numeric(y) && !is.object(y)
  if (!(is_class || is_number) || length(dim(y)) > 1L) {
    abort_rkeops(
      "argument", paste(
        "The response must be numbers, a factor, text or logical, not",
        paste0(describe_value(y), ".")
      ), call = call
    )
  }
  if (anyNA(y) || any(is.infinite(y))) {
    abort_rkeops(
      "argument", "The response has missing or infinite values.", call = call
    )
  }
  if (is_number) list(y = as.double(y)) else classes_of(as.factor(y))
}

classes_of <- function(y) list(y = y, levels = levels(y))

check_candidates <- function(k, cv, points, call) {
  most <- points - (cv == "loo")
  if (most < 1L) {
    abort_rkeops(
      "shape", "Leave-one-out errors need at least two points.",
      hints = "`cv = \"none\"` does without.", call = call
    )
  }
  if (is.null(k) && cv == "loo") {
    return(seq_len(min(30L, most)))
  }
  many <- cv == "loo"
  if (!are_counts(k, most) || (length(k) > 1L && !many)) {
    abort_argument("k", sprintf(
      "%s from 1 to %d%s", if (many) "whole numbers" else "one whole number",
      most, if (many) ", the number of other points" else ""
    ), k, call)
  }
  sort(unique(as.integer(k)))
}

are_counts <- function(k, most) {
  is.numeric(k) && length(k) >= 1L &&
    all(is.finite(k) & k == round(k) & k >= 1 & k <= most)
}

# ---- leave-one-out ----

# All other points as neighbours, up to the largest k.
cross_validate <- function(fit, candidates, call) {
  index <- search_neighbours(
    fit$x, fit$x, max(candidates), fit$metric, NULL, TRUE, "float64", call
  )$index
  errors <- vapply(seq_len(max(candidates)), function(k) {
    values <- knn_values(fit, index[, seq_len(k), drop = FALSE])
    mean(knn_errors(fit, values), na.rm = TRUE)
  }, 0)
  fit$curve <- data.frame(k = candidates, error = errors[candidates])
  if (all(is.na(fit$curve$error))) {
    abort_rkeops("argument", "No point has a neighbour.", call = call)
  }
  fit$k <- candidates[[which.min(fit$curve$error)]]
  index <- index[, seq_len(fit$k), drop = FALSE]
  fit$fitted.values <- knn_values(fit, index)
  fit
}

knn_errors <- function(fit, values) {
  if (is.null(fit$levels)) (fit$y - values)^2 else 1 * (fit$y != values)
}

# The neighbours vote for classes, or have means.
knn_values <- function(fit, index) {
  if (is.null(fit$levels)) {
    return(rowMeans(matrix(fit$y[index], nrow(index)), na.rm = TRUE))
  }
  class_of_votes(fit, index)
}

# A number for each class: votes, and less than one vote for being near.
class_of_votes <- function(fit, index) {
  codes <- matrix(as.integer(fit$y)[index], nrow(index))
  ranks <- ncol(index)
  score <- vapply(seq_along(fit$levels), function(code) {
    is_code <- codes == code & !is.na(codes)
    first <- max.col(cbind(is_code, TRUE), "first")
    rowSums(is_code) + (ranks + 1 - first) / (ranks + 2)
  }, numeric(nrow(index)))
  score <- matrix(score, nrow(index))
  winner <- if (nrow(score)) max.col(score, "first") else integer()
  winner[rowSums(!is.na(codes)) == 0] <- NA
  factor(fit$levels[winner], levels = fit$levels)
}

class_shares <- function(fit, index) {
  codes <- matrix(as.integer(fit$y)[index], nrow(index))
  shares <- vapply(seq_along(fit$levels), function(code) {
    rowMeans(codes == code, na.rm = TRUE)
  }, numeric(nrow(index)))
  shares <- matrix(shares, nrow(index))
  shares[is.nan(shares)] <- NA
  colnames(shares) <- fit$levels
  shares
}

# ---- new points ----

#' Predict by nearest neighbours
#'
#' @param object A fit of [knn_fit()].
#' @param newdata A data frame with the variables of the formula. Without it the
#'   values are those that leave each point out.
#' @param type `"class"` (a factor), `"prob"` (a matrix with the share of each
#'   class among the neighbours) or `"response"`, the mean of numbers, or the
#'   class.
#' @param k How many neighbours, if not as many as the fit says.
#' @param ... Not used.
#' @return A factor, a matrix or a vector with a value for each row of
#'   `newdata`, `NA` for rows with missing values.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' fit <- knn_fit(Species ~ Petal.Length + Petal.Width, iris, k = 5)
#' new <- data.frame(Petal.Length = c(1.5, 4.9), Petal.Width = c(0.3, 1.6))
#' predict(fit, new)
#' predict(fit, new, type = "prob")
#' \dontshow{set_rkeops_options(previous)}
predict.knn_fit <- function(object, newdata = NULL,
                            type = c("response", "class", "prob"),
                            k = object$k, ...) {
  call <- rlang::current_env()
  check_no_more(list(...), call)
  if (missing(type)) type <- "response"
  check_choice(type, c("class", "prob", "response"), "type", call)
  if (is.null(object$levels) && type != "response") {
    abort_argument(
      "type", "\"response\" for numbers", type, call
    )
  }
  if (!is_whole_number(k, lower = 1, upper = object$n)) {
    abort_argument(
      "k", sprintf("a whole number from 1 to %d", object$n), k, call
    )
  }
  index <- neighbours_of_new(object, newdata, k, call)
  value <- if (type == "prob") {
    class_shares(object, index)
  } else {
    knn_values(object, index)
  }
  if (is.null(object$levels)) value[is.nan(value)] <- NA
  value
}

# Rows with missing values have no neighbours, but by Gower.
neighbours_of_new <- function(object, newdata, k, call) {
  if (is.null(newdata)) {
    return(search_neighbours(
      object$x, object$x, k, object$metric, NULL, TRUE, "float64", call
    )$index)
  }
  terms <- stats::delete.response(object$terms)
  frame <- new_frame(terms, newdata, object$xlevels, call)
  points <- knn_points(frame, terms, object$metric, "newdata", call)
  index <- matrix(NA_integer_, nrow(points), k)
  complete <- identical(object$metric, "gower") |
    stats::complete.cases(points)
  rows <- rep_len(complete, nrow(points))
  index[rows, ] <- search_neighbours(
    points[rows, , drop = FALSE], object$x, k, object$metric, NULL, FALSE,
    "float64", call
  )$index
  index
}
