# The likelihood where the matrix is not stored: conjugate gradients, or a
# Nystrom approximation in its place. See gaussian_process_likelihood.R for the
# pieces.

# The features F with F F' near K, of columns that are chosen once, so that the
# criterion is a smooth function of the parameters.
landmark_features <- function(model, range) {
  x <- scaled_places(model$x, range)
  marks <- x[model$landmarks, , drop = FALSE]
  inner <- covariance_matrix(model$kernel, marks)
  diag(inner) <- diag(inner) + landmark_jitter
  root <- r_dense_cholesky(inner)
  if (is.null(root)) {
    return(NULL)
  }
  columns <- covariance_matrix(model$kernel, marks, x)
  t(r_dense_solve(root, columns, FALSE))
}

landmark_jitter <- 1e-8

# F F' plus a diagonal, as kernel_solve() uses it.
landmark_preconditioner <- function(features, diagonal) {
  nystrom_preconditioner(list(
    factor = features, left = numeric(nrow(features)), total = nrow(features)
  ), diagonal)
}

# ---- conjugate gradients ----

iterative_pieces <- function(model, range, ratio) {
  features <- landmark_features(model, range)
  preconditioner <- if (!is.null(features)) {
    landmark_preconditioner(features, ratio * model$noise)
  }
  if (is.null(preconditioner)) {
    return(NULL)
  }
  x <- scaled_places(model$x, range)
  system <- list(
    tensor = lazy_covariance(model$kernel, x, precision = model$precision),
    n = nrow(x), lambda = ratio * model$noise
  )
  sides <- cbind(model$y, model$X)
  run <- tryCatch(
    lanczos_run(
      system, list(preconditioner = preconditioner), sides, NULL, model$maxit,
      NULL, 1e-6, preconditioner$color(model$normals$rank, model$normals$rows)
    ),
    rkeops_error_argument = function(e) NULL
  )
  if (is.null(run)) {
    return(NULL)
  }
  fit <- solved_trend(model, run$x)
  if (is.null(fit)) {
    return(NULL)
  }
  c(fit, list(
    log_det = run$log_det, error = run$error, converged =
      run$status == "converged",
    gradient = function(variance, restricted) {
      iterative_gradient(
        model, range, ratio, variance, run, fit, if (restricted) {
          run$x[, -1L, drop = FALSE]
        }
      )
    }
  ))
}

# The trend from A^-1 y and A^-1 X.
solved_trend <- function(model, solved) {
  information <- crossprod(model$X, solved[, -1L, drop = FALSE])
  information <- (information + t(information)) / 2
  beta <- solve_small(information, crossprod(model$X, solved[, 1L]))
  if (is.null(beta)) {
    return(NULL)
  }
  alpha <- solved[, 1L] - solved[, -1L, drop = FALSE] %*% beta
  residual <- model$y - model$X %*% beta
  list(
    beta = c(beta), information = information, alpha = c(alpha),
    quadratic = sum(residual * alpha)
  )
}

# The trace of A^-1 dA by the random vectors z of the covariance M of the
# preconditioner: the mean of (A^-1 z)' dA (M^-1 z). What the same vectors say
# of the trace of M^-1 dM is known exactly, so that only the difference of the
# two is random (Wenger et al. 2022).
iterative_gradient <- function(model, range, ratio, variance, run, fit,
                               solved) {
  probes <- ncol(run$x_probes)
  u <- cbind(run$x_probes / probes, -fit$alpha / variance)
  v <- cbind(run$at_probes, fit$alpha)
  if (!is.null(solved) && ncol(solved)) {
    u <- cbind(u, -solved %*% solve_small(
      fit$information, diag(ncol(solved))
    ))
    v <- cbind(v, solved)
  }
  x <- scaled_places(model$x, range)
  gradient <- c(
    covariance_gradient(model$kernel, x, u, v), ratio * sum(u * v * model$noise)
  )
  gradient + landmark_correction(model, range, ratio, run$at_probes)
}

# Derivatives of log det M less those of the mean of v' M v, by differences.
landmark_correction <- function(model, range, ratio, v) {
  step <- 1e-5
  value <- function(features, ratio) {
    sums <- r_dense_multiply(features, v, TRUE)
    landmark_preconditioner(features, ratio * model$noise)$log_det -
      (sum(sums^2) + ratio * sum(v^2 * model$noise)) / ncol(v)
  }
  features <- landmark_features(model, range)
  here <- value(features, ratio)
  of_ranges <- vapply(seq_along(range), function(k) {
    raised <- range * exp(step * (seq_along(range) == k))
    value(landmark_features(model, raised), ratio)
  }, 0)
  (c(of_ranges, value(features, ratio * exp(step))) - here) / step
}

# ---- Nystrom ----

# Exact algebra of the covariance F F' and the noise.
nystrom_pieces <- function(model, range, ratio) {
  features <- landmark_features(model, range)
  preconditioner <- if (!is.null(features)) {
    landmark_preconditioner(features, ratio * model$noise)
  }
  if (is.null(preconditioner)) {
    return(NULL)
  }
  fit <- solved_trend(model, preconditioner$apply(cbind(model$y, model$X)))
  if (is.null(fit)) {
    return(NULL)
  }
  c(fit, list(log_det = preconditioner$log_det))
}

# ---- landmarks ----

# Chosen by pivots at the parameters where the search begins.
choose_landmarks <- function(model, range, rank, call) {
  x <- scaled_places(model$x, range)
  K <- lazy_covariance( # nolint
    model$kernel, x, precision = model$precision
  )
  grow_nystrom(new_nystrom(K, call), K, rank, 0, call)$pivots
}
