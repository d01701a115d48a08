# Support vector machines: the dual problem by working sets.

# A machine for each pair of classes, as LIBSVM has them: columns of
# coefficients of all points, intercepts, and the values of the functions.
# `kernel_of(x, y)` is the lazy matrix between points; a positive value is a
# vote for the second class of the pair.
svm_of_pairs <- function(kernel_of, fit, tol, maxit, call) {
  pairs <- class_pairs(fit$classes)
  fit$coefficients <- matrix(0, fit$n, ncol(pairs))
  fit$intercept <- numeric(ncol(pairs))
  found <- list(rounds = 0L, converged = TRUE, products = 0L, objective = 0)
  for (k in seq_len(ncol(pairs))) {
    rows <- which(as.integer(fit$y) %in% pairs[, k])
    one <- solve_svm(
      kernel_of, fit$z[rows, , drop = FALSE],
      ifelse(as.integer(fit$y)[rows] == pairs[2L, k], 1, -1),
      fit$weights[rows] / fit$lambda, tol, maxit
    )
    fit$coefficients[rows, k] <- one$signed
    fit$intercept[[k]] <- one$intercept
    found$rounds <- max(found$rounds, one$rounds)
    found$products <- found$products + one$rounds
    found$converged <- found$converged && one$converged
    found$objective <- found$objective + one$objective * fit$lambda
  }
  names <- pair_names(fit$classes)
  colnames(fit$coefficients) <- names
  names(fit$intercept) <- names
  fit$support <- which(rowSums(fit$coefficients != 0) > 0)
  fit$iterations <- found$rounds
  fit[c("products", "objective", "converged")] <-
    found[c("products", "objective", "converged")]
  if (!fit$converged) warn_svm(found$rounds, call)
  fit
}

class_pairs <- function(classes) utils::combn(length(classes), 2L)

# The positive class first, but for two classes only its name.
pair_names <- function(classes) {
  pairs <- class_pairs(classes)
  if (ncol(pairs) == 1L) {
    return(classes[[2L]])
  }
  paste(classes[pairs[2L, ]], classes[pairs[1L, ]], sep = "/")
}

warn_svm <- function(rounds, call) {
  rlang::warn(
    c(
      sprintf("The support vector machine did not converge in %d rounds.",
              rounds),
      i = "A larger `lambda` or `tol` makes it easier; `maxit` allows more."
    ),
    class = c("rkeops_warning_convergence", "rkeops_warning"), call = call
  )
}

# How many coefficients change in a round, at most.
working_set <- 512L

# The largest sum(a) - a' Q a / 2 with Q_ij = y_i y_j K_ij, 0 <= a <= `most` and
# y' a = 0. In each round the coefficients that violate the conditions of the
# optimum most are made optimal among themselves, and one product of columns of
# the kernel matrix brings the others up to date (Joachims 1999; Wen et al.
# 2018). `signed` is a * y.
solve_svm <- function(kernel_of, x, y, most, tol, maxit) {
  n <- length(y)
  a <- image <- numeric(n)
  before <- integer()
  show <- loop_progress("Working sets", 100)
  for (round in seq_len(maxit)) {
    violation <- svm_violation(a, y, most, image)
    show(percent_of_way(violation$gap, 2, tol))
    if (violation$gap <= tol) break
    set <- choose_working_set(violation, before, n)
    some <- x[set, , drop = FALSE]
    block <- as.matrix(kernel_of(some, some), maximum = Inf)
    following <- svm_block(block, y[set], most[set], a[set], image[set], tol)
    change <- (following - a[set]) * y[set]
    a[set] <- following
    moved <- change != 0
    # no step is possible to rounding
    if (!any(moved)) break
    image <- image + c(on_host(
      kernel_of(x, some[moved, , drop = FALSE]) %*% change[moved]
    ))
    before <- set
  }
  violation <- svm_violation(a, y, most, image)
  intercept <- svm_intercept(a, y, most, image, violation)
  margin <- pmax(1 - y * (image + intercept), 0)
  list(
    signed = a * y, intercept = intercept, rounds = round,
    converged = violation$gap <= tol,
    objective = sum(a * y * image) / 2 + sum(most * margin)
  )
}

# The conditions of the optimum: no coefficient that may move up along y has a
# larger error than one that may move down.
svm_violation <- function(a, y, most, image) {
  error <- y - image
  up <- ifelse(y > 0, a < most, a > 0)
  down <- ifelse(y > 0, a > 0, a < most)
  list(
    error = error, up = up, down = down,
    gap = max(error[up], -Inf) - min(error[down], Inf)
  )
}

# As many of each side, in the order in which they violate; half of the set of
# the round before stays, so that pairs do not alternate.
choose_working_set <- function(violation, before, n) {
  if (n <= working_set) {
    return(seq_len(n))
  }
  first <- order(ifelse(violation$up, -violation$error, Inf))
  last <- order(ifelse(violation$down, violation$error, Inf))
  half <- working_set %/% 4L
  new <- unique(c(
    utils::head(first[violation$up[first]], half),
    utils::head(last[violation$down[last]], half)
  ))
  old <- setdiff(before, new)
  c(new, utils::tail(old, working_set - length(new)))
}

# The same problem for a stored block by sequential minimal optimisation, pairs
# by second order (Fan, Chen and Lin 2005). `image` are the values of the
# function at the block.
svm_block <- function(K, y, most, a, image, tol) { # nolint
  error <- y - image
  diagonal <- diag_of(K)
  # of a * y, which is between these
  largest <- (y > 0) * most
  least <- largest - most
  signed <- a * y
  # -Inf where a coefficient may not move up, or down
  shut_up <- log(0 + (signed < largest))
  shut_down <- log(0 + (signed > least))
  for (step in seq_len(20L * length(y) + 1000L)) {
    i <- base::which.max(error + shut_up)
    rest <- error[[i]] - error + shut_down
    if (shut_up[[i]] < 0 || max(rest) <= tol / 10) break
    curvature <- pmax.int(diagonal[[i]] + diagonal - 2 * K[, i], 1e-12)
    j <- base::which.max(rest * abs(rest) / curvature)
    rooms <- c(largest[[i]] - signed[[i]], signed[[j]] - least[[j]])
    length <- min(rest[[j]] / curvature[[j]], rooms)
    # bounds are met exactly
    signed[[i]] <- if (length == rooms[[1L]]) largest[[i]] else
      signed[[i]] + length
    signed[[j]] <- if (length == rooms[[2L]]) least[[j]] else
      signed[[j]] - length
    pair <- c(i, j)
    shut_up[pair] <- log(0 + (signed[pair] < largest[pair]))
    shut_down[pair] <- log(0 + (signed[pair] > least[pair]))
    error <- error - length * (K[, i] - K[, j])
  }
  signed * y
}

# The mean error of the coefficients between their bounds; without any, the
# middle of what the bounds allow.
svm_intercept <- function(a, y, most, image, violation) {
  free <- a > 0 & a < most
  if (any(free)) {
    return(mean((y - image)[free]))
  }
  (max(violation$error[violation$up]) + min(violation$error[violation$down])) /
    2
}

# ---- classes ----

# The class with the most votes of all pairs, the first of equally many.
votes_of <- function(link, classes) {
  pairs <- class_pairs(classes)
  votes <- vapply(seq_along(classes), function(k) {
    rowSums(link[, pairs[2L, ] == k, drop = FALSE] > 0) +
      rowSums(link[, pairs[1L, ] == k, drop = FALSE] <= 0)
  }, numeric(nrow(link)))
  matrix(votes, nrow(link))
}
