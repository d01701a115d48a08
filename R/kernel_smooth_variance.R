# Standard errors of kernel regressions: a value is a sum of responses with
# weights that do not depend on them.

# For each point the `variance`, the sum of squares of these weights, where that
# of a point of weight w is divided by w. Kernel weights are exp(e) /
# sum(exp(e)); their squares have twice the exponent, which is that of points
# farther apart by the root of two. Local planes multiply the weights by
# `constant - tilt * difference`. A point itself has the weight `self`, but for
# its factor w.
smooth_weights <- function(fit, points, precision) {
  at <- smooth_scaled(fit, points)
  from <- smooth_scaled(fit, fit$x)
  exponents_of <- function(factor) {
    log_kernel(
      Vi(at * factor, precision = precision),
      Vj(from * factor, precision = precision), fit$weights, precision
    )
  }
  exponents <- exponents_of(1)
  squares <- exponents_of(sqrt(2))
  total <- as.vector(logsumexp(exponents, "j"))
  variance <- exp(as.vector(logsumexp(squares, "j")) - 2 * total) / fit$n
  if (fit$degree == 0L) {
    return(list(variance = variance, self = exp(-total)))
  }
  difference <- Vj(from, precision = precision) - Vi(at, precision = precision)
  first <- local_moments(exponents, difference, ncol(at))
  second <- local_moments(squares, difference, ncol(at))
  tilt <- local_tilts(first$x, first$xx)
  constant <- 1 + rowSums(tilt * first$x)
  pairs <- tilt[, rep(seq_len(ncol(at)), ncol(at)), drop = FALSE] *
    tilt[, rep(seq_len(ncol(at)), each = ncol(at)), drop = FALSE]
  square <- constant^2 - 2 * constant * rowSums(tilt * second$x) +
    rowSums(pairs * second$xx)
  list(variance = variance * pmax(square, 0), self = exp(-total) * constant)
}

local_moments <- function(exponents, difference, columns) {
  moments <- sumsoftmaxweight(
    exponents, "j", concat(difference, tensorprod(difference, difference))
  )
  rlang::set_names(
    split_columns(moments, c(columns, columns^2)), c("x", "xx")
  )
}

# The variance of a response of weight 1 and its degrees of freedom, the
# expected sum of squared residuals where the curve has no bias.
residual_variance <- function(fit) {
  weights <- smooth_weights(fit, fit$x, "float64")
  df <- fit$n - 2 * sum(fit$weights * weights$self) +
    fit$n * sum(fit$weights * weights$variance)
  residuals <- fit$y - smooth_values(fit, fit$x, "float64")
  squares <- fit$n * sum(fit$weights * residuals^2)
  list(value = if (df > 1e-8 * fit$n) squares / df else NA_real_, df = df)
}

with_errors <- function(fit, points, values, precision, choice) {
  residual <- residual_variance(fit)
  variance <- at_complete_rows(points, function(points) {
    smooth_weights(fit, points, precision)$variance
  })
  shape_prediction(
    values, sqrt(residual$value * variance), residual$value, choice,
    residual$df
  )
}
