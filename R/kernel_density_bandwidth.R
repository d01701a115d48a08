# Bandwidths of kernel density estimates.

# `bw`, `H`, and how they were found. `bw` is what the user gave.
density_bandwidth <- function(fit, bw, call) {
  if (is.character(bw)) {
    rules <- c("lcv", "lscv", "scott")
    # all of them are the default, as for match.arg()
    rule <- if (identical(bw, rules)) "lcv" else bw
    return(automatic_bandwidth(
      fit, check_choice(rule, rules, "bw", call), call
    ))
  }
  given_bandwidth(bw, fit$x, call)
}

given_bandwidth <- function(bw, x, call) {
  columns <- ncol(x)
  wanted <- sprintf(
    "a rule (\"lcv\", \"lscv\" or \"scott\"), positive numbers%s",
    if (columns > 1L) {
      sprintf(" (1 or %d), or a %d x %d covariance matrix", columns, columns,
              columns)
    } else {
      " (one)"
    }
  )
  if (is.matrix(bw)) {
    covariance <- check_covariance(bw, x, wanted, call)
    return(list(bw = sqrt(diag_of(bw)), H = covariance, method = NA))
  }
  if (!is.numeric(bw) || !length(bw) %in% c(1L, columns) ||
        !all(is.finite(bw) & bw > 0)) {
    abort_argument("bw", wanted, bw, call)
  }
  list_of_bandwidths(rep_len(as.double(bw), columns), x, NA)
}

check_covariance <- function(bw, x, wanted, call) {
  columns <- ncol(x)
  if (!is.numeric(bw) || any(dim(bw) != columns) || !all(is.finite(bw))) {
    abort_argument("bw", wanted, bw, call)
  }
  is_positive <- all(diag_of(bw) > 0) &&
    isSymmetric(unname(bw)) &&
    !inherits(try(chol_of_scaled(bw), silent = TRUE), "try-error")
  if (!is_positive) {
    abort_rkeops(
      "argument",
      "The matrix `bw` must be symmetric and positive definite.",
      hints = "It is a covariance matrix: squares of standard deviations.",
      call = call
    )
  }
  dimnames(bw) <- list(colnames(x), colnames(x))
  bw
}

list_of_bandwidths <- function(bw, x, method, ...) {
  covariance <- base::diag(bw^2, length(bw))
  dimnames(covariance) <- list(colnames(x), colnames(x))
  list(
    bw = rlang::set_names(bw, colnames(x)), H = covariance, method = method, ...
  )
}

automatic_bandwidth <- function(fit, rule, call) {
  if (nrow(fit$x) < 2L) {
    abort_rkeops(
      "shape", "One point alone has no spread to choose a bandwidth by.",
      hints = "Give `bw` as a number.", call = call
    )
  }
  check_not_constant(fit$x, "spread to choose a bandwidth by", call)
  reference <- normal_reference(fit$x, fit$weights)
  if (rule == "scott") {
    return(list_of_bandwidths(reference, fit$x, rule))
  }
  # coordinates in which the reference bandwidth is 1
  z <- sweep_columns(sweep_columns(fit$x, fit$center, `-`), reference, `/`)
  criterion <- if (rule == "lcv") likelihood_criterion else squares_criterion
  best <- cross_validated(z, fit$weights, criterion)
  if (best$at_bound) warn_bandwidth(rule, call)
  list_of_bandwidths(
    reference * best$bw, fit$x, rule,
    criterion = if (rule == "lcv") {
      -best$value - sum(log(reference))
    } else {
      best$value / prod(reference)
    }, passes = best$passes
  )
}

warn_bandwidth <- function(rule, call) {
  rlang::warn(
    c(
      sprintf("Cross-validation (\"%s\") found no smallest bandwidth.", rule),
      i = "Data with many equal values, as after rounding, lead it to 0.",
      i = "`bw = \"scott\"`, or a number, is safe."
    ),
    class = c("rkeops_warning_bandwidth", "rkeops_warning"), call = call
  )
}

normal_reference <- function(x, shares) {
  columns <- ncol(x)
  weighted_moments(x, shares)$sd *
    (4 / ((columns + 2) * effective_size(shares)))^(1 / (columns + 4))
}

# ---- cross-validation ----

# The bandwidths of the columns of z that minimise a criterion, by its value and
# its derivatives in their logarithms; their order of magnitude is 1.
cross_validated <- function(z, shares, criterion) {
  bounds <- log(c(1e-3, 50))
  multiples <- exp(seq(log(0.02), log(4), length.out = 12L))
  rows <- spread_rows(nrow(z), 1000L)
  judged <- vapply(multiples, function(multiple) {
    criterion(z, shares, rep(multiple, ncol(z)), rows)$value
  }, 0)
  start <- rep(log(multiples[[best_multiple(judged)]]), ncol(z))
  passes <- 0L
  if (length(rows) < nrow(z)) {
    start <- smallest_criterion(start, bounds, function(at) {
      criterion(z, shares, exp(at), rows)
    })$par
  }
  found <- smallest_criterion(start, bounds, function(at) {
    passes <<- passes + 1L
    criterion(z, shares, exp(at))
  })
  list(
    bw = exp(found$par), value = found$objective, passes = passes,
    at_bound = any(found$par <= bounds[[1L]] + 1e-3)
  )
}

# Value and gradient are computed together: nlminb() asks for one after the
# other.
smallest_criterion <- function(start, bounds, criterion) {
  last <- list(at = NULL)
  evaluate <- function(at) {
    if (!identical(at, last$at)) last <<- c(list(at = at), criterion(at))
    last
  }
  stats::nlminb(
    start, function(at) finite_or_large(evaluate(at)$value),
    function(at) evaluate(at)$gradient, lower = bounds[[1L]],
    upper = bounds[[2L]], control = list(rel.tol = 1e-10, x.tol = 1e-6)
  )
}

# The search starts at the smallest value. The lower end, to which ties lead,
# counts only when there is no other minimum.
best_multiple <- function(judged) {
  judged[!is.finite(judged)] <- Inf
  best <- which.min(judged)
  inner <- seq_along(judged)[-c(1L, length(judged))]
  is_minimum <- judged[inner] <= judged[inner - 1L] &
    judged[inner] < judged[inner + 1L]
  if (best == 1L && any(is_minimum)) max(inner[is_minimum]) else best
}

finite_or_large <- function(x) if (is.finite(x)) x else .Machine$double.xmax

# At most `count` row numbers, evenly spread.
spread_rows <- function(size, count) {
  unique(round(seq(1, size, length.out = min(size, count))))
}

# The pairs of the points z / bw, and the squared differences of the columns.
# `rows` are those that are averaged over.
scaled_pairs <- function(z, bw, rows) {
  z <- sweep_columns(z, bw, `/`)
  z_i <- Vi(z, precision = "float64")
  z_j <- Vj(z, precision = "float64")
  list(
    z_i = z_i, z_j = z_j, squares = square(z_i - z_j), rows = rows,
    some = function(tensor) {
      if (is.null(rows)) tensor else tensor[rows, ]
    }
  )
}

# Minus the mean of the log densities that points have from the others: log-sums
# of the kernel, and of the kernel times squared differences.
likelihood_criterion <- function(z, shares, bw, rows = NULL) {
  pairs <- scaled_pairs(z, bw, rows)
  exponents <- off_diagonal(
    log_kernel(pairs$z_i, pairs$z_j, shares, "float64"), -Inf
  )
  ones <- Vj(rep(1, nrow(z)), precision = "float64")
  logs <- reduction.LazyTensor(
    pairs$some(exponents), "LogSumExpWeight", "j",
    pairs$some(concat(ones, pairs$squares))
  )
  kept <- shares[rows %||% seq_along(shares)]
  here <- kept / sum(kept)
  densities <- logs[, 1L] - log1p(-kept) - sum(log(bw)) -
    ncol(z) / 2 * log(2 * pi)
  slopes <- exp(logs[, -1L, drop = FALSE] - logs[, 1L]) - 1
  list(value = -sum(here * densities), gradient = -colSums(here * slopes))
}

# The integral of the squared density less twice the mean of the densities from
# the others, without their common factor.
squares_criterion <- function(z, shares, bw, rows = NULL) {
  pairs <- scaled_pairs(z, bw, rows)
  distances <- sum(pairs$squares)
  ones <- Vj(rep(1, nrow(z)), precision = "float64")
  terms <- concat(ones, pairs$squares) * Vj(shares, precision = "float64")
  moments <- function(kernel) {
    reduce_tensor(pairs$some(kernel * terms), "Sum", "j")
  }
  wide <- moments(exp(-distances / 4)) * 2^(-ncol(z) / 2)
  others <- moments(off_diagonal(exp(-distances / 2), 0))
  kept <- shares[rows %||% seq_along(shares)]
  here <- kept / sum(kept)
  # the kernel's derivatives: K (u / 2 - 1) of the wide one, K (u - 1)
  each <- wide - 2 * others / (1 - kept)
  slopes <- wide[, -1L, drop = FALSE] / 2 -
    2 * others[, -1L, drop = FALSE] / (1 - kept) - each[, 1L]
  factor <- (2 * pi)^(-ncol(z) / 2) / prod(bw)
  list(
    value = factor * sum(here * each[, 1L]),
    gradient = factor * colSums(here * slopes)
  )
}
