# Alternating soft minima in the log domain, accelerated, with epsilon scaling.

# -epsilon log sum_j exp(h_j - C_ij / epsilon), or the same over i; damped if
# mass may be left out.
soft_minimum <- function(problem, costs, index, weights, potential, epsilon) {
  h <- log(weights) + potential / epsilon
  h <- if (index == "j") {
    Vj(h, precision = problem$precision)
  } else {
    Vi(h, precision = problem$precision)
  }
  -epsilon / (1 + epsilon / problem$rho) *
    as.vector(logsumexp(h - costs / epsilon, index))
}

solve_transport <- function(problem, start = NULL) {
  costs <- cost_matrix(problem)
  update_f <- function(g, epsilon) {
    soft_minimum(problem, costs, "j", problem$b, g, epsilon)
  }
  update_g <- function(f, epsilon) {
    soft_minimum(problem, costs, "i", problem$a, f, epsilon)
  }
  g <- start %||% numeric(nrow(problem$y))
  larger <- if (is.null(start)) epsilon_schedule(costs, problem$epsilon)
  for (epsilon in larger) g <- update_g(update_f(g, epsilon), epsilon)
  found <- accelerated(g, function(g) {
    f <- update_f(g, problem$epsilon)
    following <- update_g(f, problem$epsilon)
    list(
      f = f, following = following,
      error = marginal_error(problem, problem$b, g, following)
    )
  }, problem$b, problem$tol, problem$maxit)
  trace <- data.frame(
    epsilon = c(larger, rep(problem$epsilon, length(found$errors))),
    error = c(rep(NA, length(larger)), found$errors)
  )
  new_transport(problem, costs, found$f, found$g, trace, found$converged)
}

# Anderson acceleration of g <- following(g): the next g is that combination of
# the last ones whose change, weighted by `weights`, would be smallest if the
# iteration were linear. Where the error grows, the plain iteration goes on.
accelerated <- function(g, iterate, weights, tol, maxit, memory = 8L) {
  scale <- sqrt(weights)
  changes <- images <- NULL
  last <- list(error = Inf)
  errors <- numeric()
  show <- loop_progress("Transport", 100)
  for (iteration in seq_len(maxit)) {
    now <- iterate(g)
    errors[[iteration]] <- now$error
    show(percent_of_way(now$error, errors[[1L]], tol))
    if (!is.finite(now$error) || now$error <= tol) break
    if (now$error > 2 * last$error) {
      changes <- images <- NULL
      g <- last$following
      last <- list(error = Inf)
      next
    }
    change <- now$following - g
    if (!is.null(last$change)) {
      changes <- last_columns(cbind(changes, change - last$change), memory)
      images <- last_columns(
        cbind(images, now$following - last$following), memory
      )
    }
    last <- c(now, list(change = change))
    g <- now$following
    if (!is.null(changes)) {
      g <- g - as.vector(images %*% least_squares(scale * changes,
                                                  scale * change))
    }
  }
  list(
    f = now$f, g = g, errors = errors,
    converged = is.finite(now$error) && now$error <= tol
  )
}

last_columns <- function(x, count) {
  x[, seq(max(1L, ncol(x) - count + 1L), ncol(x)), drop = FALSE]
}

# Columns of no account have coefficient 0.
least_squares <- function(x, y) {
  coefficients <- qr.coef(qr(x, tol = 1e-10), y)
  replace(coefficients, is.na(coefficients), 0)
}

epsilon_schedule <- function(costs, epsilon) {
  largest <- max(reduce_tensor(costs, "Max", "j"))
  if (!is.finite(largest) || largest <= epsilon) {
    return(numeric())
  }
  steps <- ceiling(log2(largest / epsilon))
  epsilon * 2^(seq(steps, 1))
}

# How much of the mass is not where the marginal `weights` says, relative to all
# of it, given the potential of this marginal and its update.
marginal_error <- function(problem, weights, potential, following) {
  change <- expm1(pmin((potential - following) / problem$epsilon, 700))
  weighted_sum(weights, abs(change)) / sum(weights)
}

# The dual at potentials of which f is the update of g, so that the mass of the
# plan is known.
dual_value <- function(problem, f, g) {
  rho <- problem$rho
  if (is.infinite(rho)) {
    return(weighted_sum(problem$a, f) + weighted_sum(problem$b, g))
  }
  mass <- weighted_sum(problem$a, exp(-f / rho))
  -rho * (weighted_sum(problem$a, expm1(-f / rho)) +
            weighted_sum(problem$b, expm1(-g / rho))) -
    problem$epsilon * (mass - sum(problem$a) * sum(problem$b))
}

# Points without weight may have any potential.
weighted_sum <- function(weights, values) {
  sum((weights * values)[weights > 0])
}
