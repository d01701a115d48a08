# Points, responses and weights of the functions that fit something: matrices,
# vectors, data frames, or a formula and data.

# `x` as a matrix of finite doubles with the names of its columns. `missing_ok`
# keeps rows with NA.
read_points <- function(x, name, call, missing_ok = FALSE) {
  wanted <- "a numeric matrix, a data frame of numbers or a numeric vector"
  if (missing(x)) abort_argument(name, wanted, x, call)
  values <- plain_data(x, name, call)
  if (is_gpu_matrix(values)) values <- as.matrix(values)
  if (!is_numbers(values) || is.complex(values) || length(dim(values)) > 2L) {
    abort_argument(
      name, wanted, x, call,
      hints = if (is.data.frame(x)) data_hints(x) else character()
    )
  }
  values <- as.matrix(values)
  storage.mode(values) <- "double"
  if (ncol(values) == 0L) {
    abort_rkeops(
      "shape", sprintf("`%s` must have at least one column.", name),
      call = call
    )
  }
  check_finite_points(values, name, call, missing_ok)
  values
}

check_finite_points <- function(values, name, call, missing_ok) {
  if (any(is.infinite(values)) || (!missing_ok && anyNA(values))) {
    abort_rkeops(
      "argument", sprintf(
        "`%s` has values that are %s.", name,
        if (missing_ok) "infinite" else "missing or infinite"
      ), hints = "Leave these rows out.", call = call
    )
  }
}

at_least_rows <- function(values, count, name, call) {
  if (NROW(values) < count) {
    abort_rkeops(
      "shape", sprintf(
        "`%s` must have at least %s, not %d.", name,
        if (count == 1L) "one row" else paste(count, "rows"), NROW(values)
      ), call = call
    )
  }
}

# Names of columns wherever there are none.
column_names <- function(values, prefix = "x") {
  names <- colnames(values)
  if (!is.null(names)) {
    names
  } else if (ncol(values) == 1L) {
    prefix
  } else {
    paste0(prefix, seq_len(ncol(values)))
  }
}

# ---- formula and data ----

points_wanted <- "a numeric matrix, a data frame, a vector or a formula"

# A model is fitted to `x` (points), `y` (NULL without response),
# `weights`, `terms` and `na.action`. `x` is a formula, or points. `subset` says
# which rows are used. With `indicators` factors become
# columns of 0 and 1.
read_model <- function(x, data, weights, na_action, call, response = FALSE,
                       subset = NULL, indicators = FALSE) {
  is_formula <- inherits(x, "formula")
  parts <- if (is_formula) {
    model_of_formula(x, data, response, call, indicators)
  } else {
    check_no_data(data, call)
    list(x = read_points(x, "x", call, missing_ok = TRUE), y = NULL)
  }
  check_weights(weights, nrow(parts$x), call)
  parts$weights <- weights
  parts <- rows_of_parts(parts, check_subset(subset, nrow(parts$x), call))
  parts <- without_missing_rows(parts, na_action, call)
  check_finite_points(parts$x, if (is_formula) "data" else "x", call, FALSE)
  parts
}

# The points of a method that has no response, where NA is an error in points,
# as in `kmeans()`, and the business of `na_action` in variables of a formula.
read_clustered <- function(x, data, weights, na_action, call) {
  if (!missing(x) && inherits(x, "formula")) {
    return(read_model(x, data, weights, na_action, call))
  }
  check_no_data(data, call)
  list(x = read_points(x, "x", call), weights = weights)
}

model_of_formula <- function(formula, data, response, call, indicators) {
  check_formula(formula, response, call)
  check_model_data(data, call)
  name <- if (response) "formula" else "x"
  frame <- about_argument(name, call, {
    stats::model.frame(formula, data, na.action = stats::na.pass)
  })
  terms <- stats::terms(frame)
  list(
    x = points_of_frame(frame, terms, "data", call, indicators),
    y = if (response) stats::model.response(frame), terms = terms,
    xlevels = stats::.getXlevels(terms, frame)
  )
}

# A number in the place of `data`, as in `kernel_pca(x, 2)`, is not ignored.
check_no_data <- function(data, call) {
  if (!is.null(data)) {
    abort_argument(
      "data", "NULL, since `x` is no formula", data, call,
      hints = "Other arguments want their names, such as `k = 2`."
    )
  }
}

# Which rows are used: those for which it is TRUE, or their numbers.
check_subset <- function(subset, count, call) {
  valid <- is.null(subset) ||
    is.logical(subset) && length(subset) %in% c(1L, count) ||
    is.numeric(subset) && all(abs(subset) <= count, na.rm = TRUE)
  if (!valid) {
    abort_argument(
      "subset", sprintf("TRUE or FALSE for each of %d rows, or row numbers",
                        count), subset, call
    )
  }
  if (is.logical(subset)) subset & !is.na(subset) else subset
}

# `rows` NULL: all of them.
rows_of_parts <- function(parts, rows) {
  if (is.null(rows)) {
    return(parts)
  }
  parts$x <- parts$x[rows, , drop = FALSE]
  parts$y <- if (is.matrix(parts$y)) {
    parts$y[rows, , drop = FALSE]
  } else {
    parts$y[rows]
  }
  parts["weights"] <- list(parts$weights[rows])
  parts
}

check_formula <- function(formula, response, call) {
  if (response && length(formula) != 3L) {
    abort_argument(
      "formula", "a formula with a response, such as `y ~ a + b`", formula, call
    )
  }
  if (!response && length(formula) != 2L) {
    abort_rkeops(
      "argument", "The formula of a density has no left side.",
      hints = "Write `~ a + b`.", call = call
    )
  }
}

# The columns of the terms as one matrix: they are numbers, without
# interactions.
points_of_frame <- function(frame, terms, name, call, indicators = FALSE) {
  labels <- attr(terms, "term.labels")
  if (!length(labels) || any(attr(terms, "order") > 1L)) {
    abort_rkeops(
      "argument",
      "The formula must be a sum of variables, without interactions.",
      hints = "Write `a + b` for points of two coordinates.", call = call
    )
  }
  # the columns of the frame are in the order of the rows of this table
  used <- which(rowSums(attr(terms, "factors")) > 0)
  columns <- as.list(unclass(frame)[used])
  if (indicators) columns <- lapply(columns, indicator_columns)
  is_number <- vapply(columns, function(one) {
    is_numbers(plain_data(one, name, call))
  }, NA)
  if (!all(is_number)) {
    abort_rkeops(
      "argument", sprintf(
        "The variable `%s` of the formula is not numeric.",
        names(columns)[!is_number][[1L]]
      ), hints = "`model.matrix()` makes columns of 0 and 1 of a factor.",
      call = call
    )
  }
  read_points(matrix_of_columns(columns, name, call), name, call, TRUE)
}

# Classes as columns of 0 and 1, one for each level.
indicator_columns <- function(one) {
  if (is.character(one)) one <- factor(one)
  if (!is.factor(one)) {
    return(one)
  }
  value <- outer(as.integer(one), seq_len(nlevels(one)), `==`) + 0
  colnames(value) <- levels(one)
  value
}

matrix_of_columns <- function(columns, name, call) {
  parts <- Map(function(one, label) {
    part <- as.matrix(plain_data(one, name, call))
    colnames(part) <- if (ncol(part) == 1L) {
      label
    } else {
      paste0(label, ".", colnames(part) %||% seq_len(ncol(part)))
    }
    rownames(part) <- NULL
    part
  }, columns, names(columns))
  do.call(cbind, unname(parts))
}

# ---- weights and missing values ----

check_weights <- function(weights, count, call, name = "weights",
                          missing_ok = TRUE) {
  if (is.null(weights)) {
    return()
  }
  if (!is.numeric(weights) || length(weights) != count) {
    abort_argument(
      name, sprintf("%d numbers, one for each point", count), weights, call
    )
  }
  valid <- weights >= 0 & is.finite(weights)
  if (!all(valid | missing_ok & is.na(weights))) {
    abort_rkeops(
      "argument", sprintf(
        "`%s` must not be %s.", name,
        if (missing_ok) "negative or infinite" else
          "negative, infinite or missing"
      ), call = call
    )
  }
}

without_missing_rows <- function(parts, na_action, call) {
  na_action <- read_na_action(na_action, call)
  frame <- data.frame(row = seq_len(nrow(parts$x)))
  frame$x <- parts$x
  frame$y <- parts$y
  frame$weights <- parts$weights
  kept <- na_action(frame)
  rows <- kept$row
  parts <- rows_of_parts(parts, rows)
  parts$na.action <- attr(kept, "na.action")
  if (!length(rows)) {
    abort_rkeops(
      "shape", "There is no point without missing values.", call = call
    )
  }
  parts
}

# Weights as numbers with sum 1; of none, equal ones.
shares_of <- function(weights, count, call, name = "weights") {
  if (is.null(weights)) {
    return(rep(1 / count, count))
  }
  if (sum(weights) <= 0) {
    abort_rkeops(
      "argument", sprintf("`%s` must not all be 0.", name), call = call
    )
  }
  # no overflow of the sum, whatever the unit
  weights <- weights / max(weights)
  weights / sum(weights)
}

# How many equal weights would have this much information (Kish).
effective_size <- function(shares) 1 / sum(shares^2)

# ---- centres and scales ----

weighted_moments <- function(x, shares) {
  center <- colSums(x * shares)
  # of the differences: offsets do not eat the digits
  centered <- sweep_columns(x, center, `-`)
  center <- center + colSums(centered * shares)
  centered <- sweep_columns(x, center, `-`)
  spread <- max_or_one(abs(centered))
  unbiased <- 1 - sum(shares^2)
  covariance <- crossprod(centered / spread * sqrt(shares)) / unbiased
  list(
    center = center, sd = spread * sqrt(diag_of(covariance)),
    covariance = covariance * spread^2
  )
}

max_or_one <- function(x) {
  largest <- max(x, 0)
  if (largest > 0) largest else 1
}

diag_of <- function(x) x[cbind(seq_len(nrow(x)), seq_len(nrow(x)))]

sweep_columns <- function(x, numbers, f) {
  matrix(f(x, rep(numbers, each = nrow(x))), nrow(x), ncol(x))
}

check_not_constant <- function(x, what, call) {
  constant <- apply(x, 2L, function(column) all(column == column[[1L]]))
  if (any(constant)) {
    abort_rkeops(
      "argument", sprintf(
        "The column `%s` is constant, so it has no %s.",
        column_names(x)[constant][[1L]], what
      ),
      hints = "Leave it out, or give `bw` as numbers.", call = call
    )
  }
}

# ---- numbers ----

check_above_zero <- function(value, name, call) {
  if (!checkmate::test_number(value, finite = TRUE) || value <= 0) {
    abort_argument(name, "one positive number", value, call)
  }
  as.double(value)
}
