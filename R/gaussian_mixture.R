# Mixtures of Gaussians by expectation and maximisation: densities of all pairs
# of points and components, and weighted moments, are reductions.

#' Gaussian mixtures
#'
#' A density that is a sum of normal densities, fitted by maximum likelihood
#' with the EM algorithm: clusters of elliptic shape, with the probabilities of
#' each point to belong to them. Of several numbers of components and models the
#' one with the smallest BIC is chosen.
#'
#' @param x The points, one a row: a numeric matrix or data frame, a vector, or
#'   a formula `~ a + b` of variables of `data`.
#' @param k The number of components, or several to choose from.
#' @param model The covariance matrices, one for each component: `"full"`,
#'   `"diagonal"` or `"spherical"` (a multiple of the identity); or several to
#'   choose from. In mclust these are `"VVV"`, `"VVI"` and `"VII"`.
#' @param nstart How often to begin, with other clusters by [k_means()], which
#'   uses R's random numbers. The fit with the largest likelihood is kept.
#' @param iter.max The largest number of iterations.
#' @param tol Iterations end when the log likelihood grows by less than `tol`
#'   times its absolute value.
#' @param weights Weights of the points, at least 0: a weight of 2 counts as two
#'   equal points, also in the BIC. Points of weight 0 have a class, but no part
#'   in the fit. With a formula they may be a variable of `data`.
#' @param precision `"float64"`, or `"float32"`, which takes half of the time or
#'   less, and gives the likelihood to some six digits.
#' @param data A data frame, for a formula.
#' @param na.action A function for the rows with missing values of a formula;
#'   without one missing values are an error.
#'
#' @details
#' Logarithms of densities are added without underflow (log-sum-exp). The matrix
#' of probabilities of all points and components is never stored, so that memory
#' is proportional to the number of points; an iteration takes the time of two
#' passes over all pairs.
#'
#' A component that has shrunk to a point, or to a plane, has an infinite
#' likelihood. It ends a start; where no start is left, the BIC is `NA`, or with
#' one `k` there is an error.
#'
#' @return An object of class `gaussian_mixture`, a list of `k`, `model`,
#'   `proportions`, `means` (a row for each component), `covariances` (an array
#'   of matrices), `loglik`, `df` (how many parameters), `n`, `bic` (a table
#'   for all `k` and models; smaller is better, other than in mclust),
#'   `iterations`, `converged`, `cluster` and `uncertainty` (1 less the largest
#'   probability, for each point), `x`, `call` and, from a formula, `terms` and
#'   `na.action`. There are `print()`,
#'   `summary()`, [predict()][predict.gaussian_mixture], `plot()`, `logLik()`,
#'   `AIC()` and `BIC()`. Components are in descending order of their
#'   proportions.
#' @references
#' Dempster, A. P., Laird, N. M. and Rubin, D. B. (1977). Maximum likelihood
#' from incomplete data via the EM algorithm. *Journal of the Royal Statistical
#' Society B* 39, 1-38.
#'
#' Fraley, C. and Raftery, A. E. (2002). Model-based clustering, discriminant
#' analysis, and density estimation. *Journal of the American Statistical
#' Association* 97, 611-631.
#' @seealso [k_means()], [kernel_density()]; `mclust::Mclust()`.
#' @concept mixture model
#' @concept model-based clustering
#' @concept EM algorithm
#' @concept expectation-maximisation
#' @concept density estimation
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' set.seed(1)
#' fit <- gaussian_mixture(faithful, 1:3)
#' fit
#' fit$bic
#' plot(fit)
#' predict(fit, data.frame(eruptions = c(2, 3), waiting = c(55, 68)), "prob")
#' BIC(gaussian_mixture(faithful, 2, "spherical"))
#' \dontshow{set_rkeops_options(previous)}
gaussian_mixture <- function(x, k, model = c("full", "diagonal", "spherical"),
                             nstart = 1L,
                             iter.max = 500L, # nolint: object_name_linter.
                             tol = 1e-8, weights = NULL,
                             precision = "float64", data = NULL,
                             na.action = stats::na.omit) { # nolint
  call <- rlang::current_env()
  weights <- value_in_data(
    substitute(weights), data, parent.frame(), "weights", call
  )
  read <- read_clustered(x, data, weights, na.action, call)
  check_weights(read$weights, nrow(read$x), call, missing_ok = FALSE)
  points <- mixture_data(read$x, read$weights)
  at_least_rows(points$x, 2L, "x", call)
  check_not_constant_columns(points$x, call)
  if (missing(model)) model <- "full"
  check_models(model, call)
  if (missing(k) || !are_counts(k, nrow(points$x) - 1L)) {
    abort_argument("k", sprintf(
      "whole numbers from 1 to %d, less than there are points",
      nrow(points$x) - 1L
    ), k, call)
  }
  precision <- read_precision(precision, "precision", call)
  control <- list(
    nstart = check_count(nstart, "nstart", call),
    iterations = check_count(iter.max, "iter.max", call), tol = tol
  )
  check_positive(tol, "tol", call)
  fits <- mixture_fits(points, k, model, control, precision, call)
  best <- fits$best
  if (!best$converged) warn_iterations("gaussian_mixture", iter.max)
  best$bic <- fits$bic
  best$terms <- read$terms
  best$na.action <- read$na.action
  best$call <- match.call()
  structure(best, class = "gaussian_mixture")
}

check_models <- function(model, call) {
  known <- c("full", "diagonal", "spherical")
  if (!is.character(model) || !length(model) || !all(model %in% known)) {
    abort_argument(
      "model", "of \"full\", \"diagonal\" and \"spherical\"", model, call
    )
  }
}

check_not_constant_columns <- function(x, call) {
  constant <- apply(x, 2L, function(column) all(column == column[[1L]]))
  if (any(constant)) {
    abort_rkeops("argument", sprintf(
      "Column `%s` of `x` is constant, so that it has no density.",
      column_names(x)[constant][[1L]]
    ), hints = "Leave it out.", call = call)
  }
}

# All numbers of components and models, and the best by BIC.
mixture_fits <- function(data, k, model, control, precision, call) {
  table <- expand.grid(
    k = as.integer(unique(k)), model = unique(model), stringsAsFactors = FALSE
  )
  best <- NULL
  table$loglik <- table$bic <- NA_real_
  table$df <- NA_integer_
  for (row in seq_len(nrow(table))) {
    problem <- mixture_problem(data, table$model[[row]], precision)
    fit <- best_start(problem, table$k[[row]], control, call)
    if (is.null(fit)) next
    fit <- in_units_of_data(fit, problem)
    table$loglik[[row]] <- fit$loglik
    table$df[[row]] <- fit$df
    table$bic[[row]] <- fit$df * log(fit$n) - 2 * fit$loglik
    if (row == base::which.min(table$bic)) best <- fit
  }
  if (is.null(best)) {
    abort_rkeops(
      "argument", "A component has shrunk to a point or a plane.",
      hints = c(
        "Fewer components, or the model \"spherical\", need fewer points.",
        "Equal points, and columns that are sums of others, have no density."
      ), call = call
    )
  }
  list(best = best, bic = table[c("k", "model", "loglik", "df", "bic")])
}

# The points of positive weight, and all.
mixture_data <- function(x, weights) {
  weights <- as.double(weights %||% rep(1, nrow(x)))
  list(
    x = x[weights > 0, , drop = FALSE], weights = weights[weights > 0],
    all_points = x
  )
}

# Points in units in which their variance is about 1; a sphere needs the same
# unit in all columns.
mixture_problem <- function(data, model, precision) {
  x <- data$x
  shares <- data$weights / sum(data$weights)
  center <- colSums(x * shares)
  centered <- sweep_columns(x, center, `-`)
  largest <- apply(abs(centered), 2L, max)
  unit <- largest * sqrt(colSums(
    shares * sweep_columns(centered, largest, `/`)^2
  ))
  if (model == "spherical") unit <- rep(max(unit), ncol(x))
  z <- sweep_columns(centered, unit, `/`)
  list(
    z = z, tensor = Vi(where_it_runs(z), precision = precision),
    weights = data$weights, all_points = data$all_points, model = model,
    precision = precision, center = center, unit = unit
  )
}

best_start <- function(problem, k, control, call) {
  best <- NULL
  for (start in seq_len(control$nstart)) {
    first <- first_components(problem, k, call)
    fit <- if (!is.null(first)) em_iterations(problem, first, control)
    better <- !is.null(fit) && (is.null(best) || fit$loglik > best$loglik)
    if (better) best <- fit
  }
  best
}

# Clusters, all with the covariance within them. There may be too few different
# points for so many.
first_components <- function(problem, k, call) {
  z <- problem$z
  divided <- tryCatch(
    suppressWarnings(
      k_means(
        z, k, nstart = 5L, iter.max = 50L, weights = problem$weights
      ),
      classes = "rkeops_warning_convergence"
    ), rkeops_error_argument = function(e) NULL
  )
  if (is.null(divided)) {
    return(NULL)
  }
  inside <- z - divided$centers[divided$cluster, , drop = FALSE]
  shares <- problem$weights / sum(problem$weights)
  covariance <- of_model(crossprod(inside * sqrt(shares)), problem$model)
  list(
    proportions = c(tapply(
      shares, factor(divided$cluster, seq_len(k)), sum, default = 0
    )), means = unname(divided$centers),
    covariances = array(covariance, c(dim(covariance), k))
  )
}

of_model <- function(covariance, model) {
  columns <- nrow(covariance)
  switch(model,
    full = covariance,
    diagonal = base::diag(diag_of(covariance), columns),
    spherical = base::diag(mean(diag_of(covariance)), columns)
  )
}

# ---- expectation and maximisation ----

em_iterations <- function(problem, components, control) {
  previous <- -Inf
  converged <- FALSE
  show <- loop_progress(sprintf(
    "Expectation and maximisation, %d components", nrow(components$means)
  ))
  for (iteration in seq_len(control$iterations)) {
    show(iteration)
    densities <- component_densities(problem, problem$tensor, components)
    if (is.null(densities)) {
      return(NULL)
    }
    totals <- logsumexp(densities$log, "j")
    loglik <- sum(problem$weights * on_host(totals))
    if (!is.finite(loglik)) {
      return(NULL)
    }
    converged <- loglik - previous < control$tol * (abs(loglik) + 1)
    if (converged) break
    previous <- loglik
    components <- new_components(problem, components, densities, totals)
  }
  list(
    components = components, loglik = loglik, iterations = iteration,
    converged = converged
  )
}

# Moments weighted with the probabilities, about the former means, which are
# near.
new_components <- function(problem, components, densities, totals) {
  columns <- ncol(components$means)
  difference <- densities$differences
  share <- exp(densities$log - Vi(totals, precision = problem$precision))
  if (!all(problem$weights == 1)) {
    share <- share * Vi(problem$weights, precision = problem$precision)
  }
  second <- if (problem$model == "full") {
    tensorprod(difference, difference)
  } else {
    difference^2
  }
  moments <- on_host(reduce_tensor(
    concat(share, share * concat(difference, second)), "Sum", "i"
  ))
  size <- moments[, 1L]
  shift <- moments[, 1L + seq_len(columns), drop = FALSE] / size
  second <- moments[, -seq_len(1L + columns), drop = FALSE] / size
  covariances <- vapply(seq_along(size), function(j) {
    full <- if (problem$model == "full") {
      matrix(second[j, ], columns)
    } else {
      base::diag(second[j, ], columns)
    }
    c(of_model(full - tcrossprod(shift[j, ]), problem$model))
  }, numeric(columns^2))
  list(
    proportions = size / sum(size), means = components$means + shift,
    covariances = array(covariances, c(columns, columns, length(size)))
  )
}

# ---- the value ----

in_units_of_data <- function(fit, problem) {
  parts <- fit$components
  columns <- ncol(parts$means)
  k <- length(parts$proportions)
  names <- column_names(problem$all_points)
  order <- order(parts$proportions, decreasing = TRUE)
  parts$means <- parts$means[order, , drop = FALSE]
  parts$covariances <- parts$covariances[, , order, drop = FALSE]
  parts$proportions <- parts$proportions[order]
  scale <- outer(problem$unit, problem$unit)
  means <- sweep_columns(
    sweep_columns(parts$means, problem$unit, `*`), problem$center, `+`
  )
  dimnames(means) <- list(seq_len(k), names)
  value <- list(
    k = k, model = problem$model, proportions = parts$proportions,
    means = means, covariances = array(
      parts$covariances * c(scale), c(columns, columns, k),
      list(names, names, seq_len(k))
    ),
    loglik = fit$loglik - sum(problem$weights) * sum(log(problem$unit)),
    df = mixture_parameters(k, columns, problem$model),
    n = sum(problem$weights), iterations = fit$iterations,
    converged = fit$converged
  )
  value$scaled <- c(parts, problem[c("center", "unit")])
  points <- problem$all_points
  found <- mixture_classes(value, points, problem$precision)
  c(value, found, list(x = points))
}

mixture_parameters <- function(k, columns, model) {
  shape <- switch(model,
    full = columns * (columns + 1) / 2, diagonal = columns, spherical = 1
  )
  as.integer(k * (columns + shape) + k - 1)
}
