# Mixtures of Gaussians by expectation and maximisation: densities of all pairs
# of points and components, and weighted moments, are reductions.

#' Gaussian mixtures
#'
#' A density that is a sum of normal densities, fitted by maximum likelihood
#' with the EM algorithm: clusters of elliptic shape, with the probabilities of
#' each point to belong to them. Of several numbers of components and models the
#' one with the smallest BIC is chosen.
#'
#' @param x The points, one a row: a numeric matrix or data frame, or a vector.
#' @param k The number of components, or several to choose from.
#' @param model The covariance matrices, one for each component: `"full"`,
#'   `"diagonal"` or `"spherical"` (a multiple of the identity); or several to
#'   choose from. In mclust these are `"VVV"`, `"VVI"` and `"VII"`.
#' @param nstart How often to begin, with other clusters by [k_means()], which
#'   uses R's random numbers. The fit with the largest likelihood is kept.
#' @param iter.max The largest number of iterations.
#' @param tol Iterations end when the log likelihood grows by less than `tol`
#'   times its absolute value.
#' @param precision `"float64"`, or `"float32"`, which takes half of the time or
#'   less, and gives the likelihood to some six digits.
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
#'   probability, for each point), `x` and `call`. There are `print()`,
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
#' @concept expectation maximization
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
                             tol = 1e-8, precision = "float64") {
  call <- rlang::current_env()
  x <- read_points(x, "x", call)
  at_least_rows(x, 2L, "x", call)
  check_not_constant_columns(x, call)
  if (missing(model)) model <- "full"
  check_models(model, call)
  if (missing(k) || !are_counts(k, nrow(x) - 1L)) {
    abort_argument("k", sprintf(
      "whole numbers from 1 to %d, less than there are points", nrow(x) - 1L
    ), k, call)
  }
  precision <- read_precision(precision, "precision", call)
  control <- list(
    nstart = check_count(nstart, "nstart", call),
    iterations = check_count(iter.max, "iter.max", call), tol = tol
  )
  check_positive(tol, "tol", call)
  fits <- mixture_fits(x, k, model, control, precision, call)
  best <- fits$best
  if (!best$converged) warn_iterations("gaussian_mixture", iter.max)
  best$bic <- fits$bic
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
mixture_fits <- function(x, k, model, control, precision, call) {
  table <- expand.grid(
    k = as.integer(unique(k)), model = unique(model), stringsAsFactors = FALSE
  )
  best <- NULL
  table$loglik <- table$bic <- NA_real_
  table$df <- NA_integer_
  for (row in seq_len(nrow(table))) {
    problem <- mixture_problem(x, table$model[[row]], precision)
    fit <- best_start(problem, table$k[[row]], control, call)
    if (is.null(fit)) next
    fit <- in_units_of_data(fit, problem)
    table$loglik[[row]] <- fit$loglik
    table$df[[row]] <- fit$df
    table$bic[[row]] <- fit$df * log(nrow(x)) - 2 * fit$loglik
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

# Points in units in which their variance is about 1; a sphere needs the same
# unit in all columns.
mixture_problem <- function(x, model, precision) {
  center <- colMeans(x)
  centered <- sweep_columns(x, center, `-`)
  largest <- apply(abs(centered), 2L, max)
  unit <- largest * sqrt(colMeans(sweep_columns(centered, largest, `/`)^2))
  if (model == "spherical") unit <- rep(max(unit), ncol(x))
  z <- sweep_columns(centered, unit, `/`)
  list(
    x = x, z = z, tensor = Vi(where_it_runs(z), precision = precision),
    model = model, precision = precision, center = center, unit = unit
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
      k_means(z, k, nstart = 5L, iter.max = 50L),
      classes = "rkeops_warning_convergence"
    ), rkeops_error_argument = function(e) NULL
  )
  if (is.null(divided)) {
    return(NULL)
  }
  inside <- z - divided$centers[divided$cluster, , drop = FALSE]
  covariance <- of_model(crossprod(inside) / nrow(z), problem$model)
  list(
    proportions = divided$size / nrow(z), means = unname(divided$centers),
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
  for (iteration in seq_len(control$iterations)) {
    densities <- component_densities(problem, problem$tensor, components)
    if (is.null(densities)) {
      return(NULL)
    }
    totals <- logsumexp(densities$log, "j")
    loglik <- sum(on_host(totals))
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

# The lazy logarithms of proportions times densities, and the differences of
# points and means. NULL where a component has no density.
component_densities <- function(problem, points, components) {
  precision <- problem$precision
  roots <- component_roots(components, problem$model)
  if (is.null(roots)) {
    return(NULL)
  }
  columns <- ncol(components$means)
  constants <- log(components$proportions) + roots$log_determinant -
    columns / 2 * log(2 * pi)
  differences <- points - Vj(components$means, precision = precision)
  root <- Vj(roots$rows, precision = precision)
  scaled <- if (problem$model == "full") {
    matvecmult(root, differences)
  } else {
    differences * root
  }
  list(
    log = Vj(constants, precision = precision) - sqnorm2(scaled) / 2,
    differences = differences
  )
}

# The inverse roots of the covariances, one a row: matrices column by column, or
# the inverse deviations.
component_roots <- function(components, model) {
  count <- nrow(components$means)
  roots <- lapply(seq_len(count), function(j) {
    covariance <- matrix(components$covariances[, , j],
                         ncol(components$means))
    inverse_of_component(covariance, model)
  })
  if (any(vapply(roots, is.null, NA)) || any(components$proportions <= 0)) {
    return(NULL)
  }
  list(
    rows = do.call(rbind, lapply(roots, `[[`, "root")),
    log_determinant = vapply(roots, `[[`, 0, "log_determinant")
  )
}

# A variance of 1e-10 of that of all points counts as none.
inverse_of_component <- function(covariance, model) {
  upper <- if (all(is.finite(covariance))) {
    tryCatch(base::chol(covariance), error = function(e) NULL)
  }
  if (is.null(upper) || min(diag_of(upper)) < 1e-5) {
    return(NULL)
  }
  deviations <- diag_of(upper)
  list(
    root = if (model == "full") {
      c(t(backsolve(upper, base::diag(nrow(upper)))))
    } else {
      1 / deviations
    },
    log_determinant = -sum(log(deviations))
  )
}

# Moments weighted with the probabilities, about the former means, which are
# near.
new_components <- function(problem, components, densities, totals) {
  columns <- ncol(components$means)
  difference <- densities$differences
  share <- exp(densities$log - Vi(totals, precision = problem$precision))
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
  names <- column_names(problem$x)
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
    loglik = fit$loglik - nrow(problem$x) * sum(log(problem$unit)),
    df = mixture_parameters(k, columns, problem$model), n = nrow(problem$x),
    iterations = fit$iterations, converged = fit$converged
  )
  value$scaled <- c(parts, problem[c("center", "unit")])
  found <- mixture_classes(value, problem$x, problem$precision)
  c(value, found, list(x = problem$x))
}

mixture_parameters <- function(k, columns, model) {
  shape <- switch(model,
    full = columns * (columns + 1) / 2, diagonal = columns, spherical = 1
  )
  as.integer(k * (columns + shape) + k - 1)
}

# The logarithms of densities of new points, as pairs with the components.
mixture_densities <- function(fit, points, precision = "float64") {
  scaled <- fit$scaled
  z <- sweep_columns(
    sweep_columns(points, scaled$center, `-`), scaled$unit, `/`
  )
  component_densities(
    list(model = fit$model, precision = precision),
    Vi(z, precision = precision), scaled
  )$log
}

mixture_classes <- function(fit, points, precision = "float64") {
  log_density <- mixture_densities(fit, points, precision)
  largest <- max_argmax(log_density, "j")
  total <- logsumexp(log_density, "j")
  list(
    cluster = stats::setNames(
      c(largest$indices) + 1L - settings$index_base, rownames(points)
    ),
    uncertainty = stats::setNames(
      c(-expm1(on_host(largest$values) - on_host(total))), rownames(points)
    )
  )
}
