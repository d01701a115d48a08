# Densities of Gaussian mixtures, and what follows from them.

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
