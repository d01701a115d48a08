# The slow truth: every reduction in plain R and double precision, from the
# matrix of all pairs.

squared_distances <- function(x, y) {
  distances <- matrix(0, nrow(x), nrow(y))
  for (k in seq_len(ncol(x))) {
    distances <- distances + outer(x[, k], y[, k], "-")^2
  }
  distances
}

gaussian_matrix <- function(x, y, s) {
  exp(-s * squared_distances(x, y))
}

gaussian_sum <- function(x, y, b, s) {
  gaussian_matrix(x, y, s) %*% b
}

# The sums of the absolute values of the terms, which rounding errors are
# proportional to.
gaussian_scale <- function(x, y, b, s) {
  gaussian_sum(x, y, abs(b), s)
}

log_sum_exp <- function(scores) {
  apply(scores, 1L, function(row) max(row) + log(sum(exp(row - max(row)))))
}

# The derivative of sum(eta * f(x)) with respect to every entry of x, by
# central differences.
numeric_gradient <- function(f, x, eta, step = 1e-5) {
  gradient <- x
  for (k in seq_along(x)) {
    forward <- backward <- x
    forward[k] <- x[k] + step
    backward[k] <- x[k] - step
    gradient[k] <- sum(eta * (f(forward) - f(backward))) / (2 * step)
  }
  gradient
}
