# Newton's method for kernel logistic regression, without its matrices.

# Coefficients `alpha` and intercepts of f = K alpha + b, one column for two
# classes, else one a class, that minimise the weighted loss and
# lambda / 2 alpha' K alpha. `multiply` is the product with K, `y` has 0 and 1.
newton_logistic <- function(multiply, y, weights, lambda, tol, maxit) {
  at <- list(
    alpha = matrix(0, nrow(y), ncol(y)), intercept = numeric(ncol(y)),
    image = matrix(0, nrow(y), ncol(y))
  )
  value <- penalised_loss(at, y, weights, lambda)
  first <- NULL
  converged <- FALSE
  show <- loop_progress("Newton's method")
  for (iteration in seq_len(maxit)) {
    show(iteration)
    p <- probabilities_of(link_at(at))
    downhill <- downhill_from(at, multiply, weights * (y - p), lambda)
    size <- sqrt(max(kernel_product(downhill, downhill), 0))
    first <- first %||% size
    if (!is.finite(size)) {
      abort_rkeops(
        "argument", "The kernel has values that are not finite.",
        hints = "The bandwidth is too small, or too large, for these points.",
        call = NULL
      )
    }
    if (size == 0) {
      converged <- TRUE
      break
    }
    step <- newton_step(
      multiply, downhill, p, weights, lambda, min(0.1, sqrt(size / first))
    )
    slope <- kernel_product(downhill, step)
    following <- line_search(at, step, value, slope, y, weights, lambda)
    converged <- slope <= tol * (1 + abs(value)) || is.null(following)
    if (!is.null(following)) {
      at <- following$at
      value <- following$value
    }
    if (converged) break
  }
  # recurrences leave rounding
  at$image <- multiply(at$alpha)
  list(
    alpha = at$alpha, intercept = at$intercept, link = link_at(at),
    objective = penalised_loss(at, y, weights, lambda),
    iterations = iteration, converged = converged
  )
}

# Minus the gradient in the scalar product of the kernel.
downhill_from <- function(at, multiply, error, lambda) {
  alpha <- error - lambda * at$alpha
  list(alpha = alpha, intercept = colSums(error), image = multiply(alpha))
}

link_at <- function(at) {
  at$image + rep(at$intercept, each = nrow(at$image))
}

# The scalar product of functions, K-image and constant.
kernel_product <- function(f, g) {
  sum(f$image * g$alpha) + sum(f$intercept * g$intercept)
}

probabilities_of <- function(link) {
  if (ncol(link) == 1L) {
    return(stats::plogis(link))
  }
  powers <- exp(link - row_maxima(link))
  powers / rowSums(powers)
}

row_maxima <- function(x) {
  columns <- lapply(seq_len(ncol(x)), function(k) x[, k])
  do.call(pmax.int, columns)
}

penalised_loss <- function(at, y, weights, lambda) {
  link <- link_at(at)
  log_total <- if (ncol(y) == 1L) {
    pmax.int(link[, 1L], 0) + log1p(exp(-abs(link[, 1L])))
  } else {
    largest <- row_maxima(link)
    largest + log(rowSums(exp(link - largest)))
  }
  sum(weights * (log_total - rowSums(y * link))) +
    lambda / 2 * sum(at$alpha * at$image)
}

# The second derivatives of the loss times a change of the link.
curvature_times <- function(change, p, weights) {
  if (ncol(p) == 1L) {
    return(weights * p * (1 - p) * change)
  }
  weights * p * (change - rowSums(p * change))
}

# Conjugate gradients in the scalar product of the kernel, in which the Hessian
# lambda + W K is symmetric: one product with K each.
newton_step <- function(multiply, downhill, p, weights, lambda, goal,
                        maxit = 500L) {
  rest <- direction <- downhill
  step <- lapply(downhill, function(part) part * 0)
  size <- first <- kernel_product(rest, rest)
  for (iteration in seq_len(maxit)) {
    bent <- curvature_times(link_at(direction), p, weights)
    image <- list(
      alpha = lambda * direction$alpha + bent, intercept = colSums(bent),
      image = lambda * direction$image + multiply(bent)
    )
    length <- size / kernel_product(direction, image)
    if (!is.finite(length) || length <= 0) break
    step <- Map(function(a, b) a + length * b, step, direction)
    rest <- Map(function(a, b) a - length * b, rest, image)
    before <- size
    size <- kernel_product(rest, rest)
    if (!is.finite(size) || size <= goal^2 * first) break
    direction <- Map(function(a, b) a + size / before * b, rest, direction)
  }
  step
}

# Halves the step until the objective decreases; NULL where only rounding is
# left.
line_search <- function(at, step, value, slope, y, weights, lambda) {
  for (halving in 0:30) {
    following <- Map(function(a, b) a + b * 0.5^halving, at, step)
    loss <- penalised_loss(following, y, weights, lambda)
    if (is.finite(loss) && loss <= value - 1e-4 * 0.5^halving * slope) {
      return(list(at = following, value = loss))
    }
    if (slope * 0.5^halving <= 1e-14 * (1 + abs(value))) break
  }
  NULL
}
