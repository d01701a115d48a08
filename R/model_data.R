# The formula and the data of a verb are read by R's functions for models: what
# these find wrong becomes an error of ours, which names the argument.

# `weights` and `subset` are expressions of variables of `data`, or of what is
# around the call, as in lm().
value_in_data <- function(expression, data, env, name, call) {
  place <- if (is.list(data) || is.environment(data)) data
  about_argument(name, call, eval(expression, place, env))
}

check_model_data <- function(data, call) {
  if (!is.null(data) && !is.list(data) && !is.environment(data)) {
    abort_argument(
      "data", "a data frame, a list, an environment or NULL", data, call
    )
  }
}

# A function of a frame that gives a frame, whose errors are ours.
read_na_action <- function(na_action, call) {
  wanted <- "a function of a data frame, such as `na.omit`"
  action <- na_action %||% stats::na.pass
  if (!is.function(action)) {
    is_name <- checkmate::test_string(action, min.chars = 1L) &&
      nchar(action, "bytes") < 1000L
    action <- if (is_name) {
      about_argument("na.action", call, {
        get0(action, globalenv(), mode = "function")
      })
    }
  }
  if (is.null(action)) abort_argument("na.action", wanted, na_action, call)
  function(object, ...) {
    kept <- about_argument("na.action", call, action(object, ...))
    if (!is.data.frame(kept)) {
      abort_argument("na.action", wanted, na_action, call)
    }
    kept
  }
}

# A model frame as lm() makes it, of `rows`: those for which it is TRUE, or
# their numbers.
subset_frame <- function(formula, data, rows, na_action, call, weights = NULL) {
  check_model_data(data, call)
  check_kind(rows, "subset", is.logical(rows) || is.character(rows), call)
  check_kind(weights, "weights", FALSE, call)
  na_action <- read_na_action(na_action, call)
  about_argument("formula", call, do.call(stats::model.frame, list(
    formula, data, subset = rows, na.action = na_action,
    drop.unused.levels = TRUE, weights = weights
  )))
}

# NULL, numbers, or what else `is_known`.
check_kind <- function(value, name, is_known, call) {
  is_number <- is.numeric(value) && NCOL(value) == 1L
  if (is.null(value) || is_known || is_number) {
    return()
  }
  wanted <- switch(name,
    subset = "TRUE or FALSE for each row, or row numbers",
    weights = "one number for each row"
  )
  abort_argument(name, wanted, value, call)
}
