# Iterative solvers of many symmetric systems at once: a matrix of right-hand
# sides, one recurrence a column, one product with the kernel for all of them.

column_norms <- function(x) sqrt(colSums(x^2))

# Multiplies each column by its number.
scale_columns <- function(x, factors) x * rep(factors, each = nrow(x))

no_preconditioner <- function(x) x

# Conjugate gradients from 0. Columns that have converged stand still; they are
# left out when half of them have, since products of another width are another
# program. `steps` are the coefficients, from which the Lanczos matrix of the
# preconditioned system follows (see lanczos_logarithm()). `worst` is the
# largest norm of a residual after each iteration, in units of `scale`.
#
# status: "converged", "limit" (no more iterations), "indefinite" (there is a
# direction of which the matrix makes no positive number).
conjugate_gradients <- function(multiply, b, precondition, goal, limit,
                                scale = 1) {
  x <- array(0, dim(b))
  size <- column_norms(b)
  worst <- numeric()
  steps <- list()
  now <- list(active = which(size > goal))
  now$r <- b[, now$active, drop = FALSE]
  now$z <- now$p <- precondition(now$r)
  now$rho <- colSums(now$r * now$z)
  show <- loop_progress("Solving", 100)
  first <- max(size / goal)
  while (any(size > goal) && length(worst) < limit) {
    moves <- (size > goal)[now$active]
    q <- multiply(now$p)
    curvature <- colSums(now$p * q)
    check_no_overflow(c(curvature, now$rho, size))
    if (any(!(curvature[moves] > 0) | !(now$rho[moves] > 0))) {
      return(list(x = x, worst = worst, steps = steps, status = "indefinite"))
    }
    alpha <- ifelse(moves, now$rho / curvature, 0)
    x[, now$active] <- x[, now$active] + scale_columns(now$p, alpha)
    now$r <- now$r - scale_columns(q, alpha)
    now$z <- precondition(now$r)
    rho <- colSums(now$r * now$z)
    beta <- ifelse(moves, rho / now$rho, 0)
    now$rho <- rho
    now$p <- now$z + scale_columns(now$p, beta)
    size[now$active] <- column_norms(now$r)
    worst <- c(worst, max(size / scale))
    steps[[length(steps) + 1L]] <- list(
      columns = now$active[moves], alpha = alpha[moves], beta = beta[moves]
    )
    show(percent_of_way(max(size / goal), first, 1))
    now <- without_columns(now, (size > goal)[now$active])
  }
  status <- if (any(size > goal)) "limit" else "converged"
  list(x = x, worst = worst, steps = steps, status = status)
}

check_no_overflow <- function(numbers) {
  if (!all(is.finite(numbers))) {
    abort_rkeops(
      "argument", "The numbers of the system are too large for its solution.",
      hints = "Other units of the matrix, `lambda` or the right side help.",
      call = NULL
    )
  }
}

without_columns <- function(now, moves) {
  kept <- columns_kept(moves)
  if (length(kept) == length(moves)) {
    return(now)
  }
  now$active <- now$active[kept]
  now$rho <- now$rho[kept]
  now$r <- now$r[, kept, drop = FALSE]
  now$p <- now$p[, kept, drop = FALSE]
  now
}

# All columns, or so many that their number was halved once or more often.
columns_kept <- function(moves) {
  width <- length(moves)
  needed <- max(sum(moves), 1L)
  while (width %/% 2L >= needed) width <- width %/% 2L
  if (width == length(moves)) {
    return(seq_along(moves))
  }
  sort(order(!moves)[seq_len(width)])
}

# Paige and Saunders (1975): the smallest residual of each Krylov space, for
# matrices that have negative eigenvalues. Where a space ends before the goal,
# there is nothing more to be done: that counts as converged.
minimal_residuals <- function(multiply, b, goal, limit, scale = 1) {
  x <- w <- w_before <- r_before <- array(0, dim(b))
  beta <- rest <- column_norms(b)
  r <- b
  before <- rep(1, ncol(b))
  d_bar <- epsilon <- sine <- numeric(ncol(b))
  cosine <- rep(-1, ncol(b))
  worst <- numeric()
  show <- loop_progress("Solving", 100)
  first <- max(rest / goal)
  while (any(rest > goal & beta > 0) && length(worst) < limit) {
    moves <- rest > goal & beta > 0
    v <- scale_columns(r, ifelse(moves, 1 / beta, 0))
    y <- multiply(v) - scale_columns(r_before, ifelse(moves, beta / before, 0))
    alpha <- colSums(v * y)
    y <- y - scale_columns(r, ifelse(moves, alpha / beta, 0))
    r_before <- r
    r <- y
    before <- beta
    beta <- column_norms(r)
    # the last two rotations applied to the new column of the Lanczos matrix
    epsilon_before <- epsilon
    delta <- cosine * d_bar + sine * alpha
    g_bar <- sine * d_bar - cosine * alpha
    epsilon <- sine * beta
    d_bar <- -cosine * beta
    gamma <- pmax(sqrt(g_bar^2 + beta^2), .Machine$double.xmin)
    cosine <- g_bar / gamma
    sine <- beta / gamma
    step <- ifelse(moves, cosine * rest, 0)
    rest <- ifelse(moves, abs(sine) * rest, rest)
    w_next <- scale_columns(
      v - scale_columns(w_before, epsilon_before) - scale_columns(w, delta),
      ifelse(moves, 1 / gamma, 0)
    )
    w_before <- w
    w <- w_next
    x <- x + scale_columns(w, step)
    worst <- c(worst, max(rest / scale))
    show(percent_of_way(max(rest / goal), first, 1))
  }
  list(
    x = x, worst = worst,
    status = if (any(rest > goal & beta > 0)) "limit" else "converged"
  )
}
