# The likelihood of a Gaussian process with the covariance
# variance * (K + ratio * N), where N is the diagonal matrix of the noise, one
# over the weights, for given ranges and ratio of the nugget to the
# variance. Each way to compute gives the same pieces:
#   log_det     of A = K + ratio * N
#   alpha       A^-1 (y - X beta)
#   beta, information   the trend, X' A^-1 X
#   quadratic   (y - X beta)' A^-1 (y - X beta)
#   gradient(variance, restricted)  of log_det [+ log det information] and of
#               quadratic / variance, in the logarithms of ranges and ratio

# ---- exact ----

exact_pieces <- function(model, range, ratio) {
  x <- scaled_places(model$x, range)
  r2 <- r_dense_squared_distances(x, x)
  A <- covariances[[model$kernel]]$value(r2) # nolint
  diag(A) <- diag(A) + ratio * model$noise # nolint
  factor <- r_dense_cholesky(A)
  if (is.null(factor)) {
    return(NULL)
  }
  white <- r_dense_solve(factor, cbind(model$y, model$X), FALSE)
  fit <- trend_fit(white)
  if (is.null(fit)) {
    return(NULL)
  }
  alpha <- r_dense_solve(factor, fit$residual, TRUE)
  c(fit[c("beta", "information", "quadratic")], list(
    log_det = 2 * sum(log(diag(factor))), alpha = c(alpha), factor = factor,
    gradient = function(variance, restricted) {
      exact_gradient(model, x, r2, ratio, variance, factor, alpha,
                     if (restricted) white[, -1L, drop = FALSE])
    }
  ))
}

# Generalised least squares of the first column on the others, which were
# multiplied by the inverse of a root of the covariance.
trend_fit <- function(white) {
  X <- white[, -1L, drop = FALSE] # nolint
  y <- white[, 1L]
  information <- crossprod(X)
  beta <- solve_small(information, crossprod(X, y))
  if (is.null(beta)) {
    return(NULL)
  }
  residual <- y - X %*% beta
  list(
    beta = c(beta), information = information, residual = residual,
    quadratic = sum(residual^2)
  )
}

# Symmetric positive definite systems of the size of the trend, without
# columns too.
solve_small <- function(A, b) { # nolint
  if (!ncol(A)) {
    return(matrix(0, 0L, ncol(b)))
  }
  tryCatch(chol2inv(chol(A)) %*% b, error = function(e) NULL)
}

# sum(G * dA) with G = A^-1 [- the part of the trend] - alpha alpha' / variance.
exact_gradient <- function(model, x, r2, ratio, variance, factor, alpha,
                           white) {
  G <- projection_matrix(factor, white) # nolint
  G <- G - tcrossprod(alpha / variance, alpha) # nolint
  of_ratio <- ratio * sum(model$noise * diag(G))
  G <- G * covariances[[model$kernel]]$slope(r2) # nolint
  # the sum of G_ij (x_i - x_j)^2, from products with 1 and x
  products <- r_dense_multiply(G, cbind(1, x), FALSE)
  ranges <- 2 * (
    colSums(x^2 * products[, 1L]) - colSums(x * products[, -1L, drop = FALSE])
  )
  c(range = ranges, ratio = of_ratio)
}

# A^-1, less A^-1 X (X' A^-1 X)^-1 X' A^-1 where `white` is L^-1 X.
projection_matrix <- function(factor, white) {
  inverse <- r_dense_inverse(factor)
  if (is.null(white) || !ncol(white)) {
    return(inverse)
  }
  back <- r_dense_solve(factor, white, TRUE)
  inverse - back %*% solve_small(crossprod(white), t(back))
}

scaled_places <- function(x, range) x / rep(range, each = nrow(x))

# ---- the criterion ----

# -2 log likelihood; `variance` NULL: the best one. A value that cannot be
# computed is large, since optimisers want numbers.
process_criterion <- function(pieces, model, variance) {
  restricted <- model$method == "REML"
  count <- length(model$y) - restricted * ncol(model$X)
  variance <- variance %||% (pieces$quadratic / count)
  value <- count * log(2 * pi * variance) + pieces$log_det +
    pieces$quadratic / variance
  if (restricted) value <- value + log_det_small(pieces$information)
  list(value = value, variance = variance, count = count)
}

log_det_small <- function(A) { # nolint
  if (ncol(A)) 2 * sum(log(diag(chol(A)))) else 0
}

# -2 log predictive density of each observation from the others (Sundararajan
# and Keerthi 2001), by the diagonal of the projection.
process_loo_criterion <- function(pieces, model, variance) {
  white <- r_dense_solve(pieces$factor, model$X, FALSE)
  precision <- diag(projection_matrix(pieces$factor, white))
  errors <- pieces$alpha^2 / precision
  variance <- variance %||% mean(errors)
  list(
    value = sum(log(2 * pi * variance / precision) + errors / variance),
    variance = variance, count = length(model$y)
  )
}
