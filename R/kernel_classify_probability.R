# Probabilities of support vector machines: sigmoids of the functions of pairs
# of classes, and their coupling.

# For each pair the intercept and slope of the log odds of its second class, by
# the functions of machines that have not seen the points (Platt 2000).
svm_sigmoids <- function(kernel_of, fit, tol, maxit, call) {
  pairs <- class_pairs(fit$classes)
  sigmoids <- vapply(seq_len(ncol(pairs)), function(k) {
    rows <- which(as.integer(fit$y) %in% pairs[, k])
    sign <- ifelse(as.integer(fit$y)[rows] == pairs[2L, k], 1, -1)
    link <- unseen_link(
      kernel_of, fit$z[rows, , drop = FALSE], sign,
      fit$weights[rows] / fit$lambda, tol, maxit
    )
    sigmoid_of(link, sign > 0, fit$weights[rows])
  }, numeric(2L))
  dimnames(sigmoids) <- list(
    c("intercept", "slope"), pair_names(fit$classes)
  )
  sigmoids
}

# The function at each point from a machine of the four other fifths. Points of
# each class go to the fifths in turn, so that no random numbers are needed.
unseen_link <- function(kernel_of, x, y, most, tol, maxit) {
  fold <- stats::ave(seq_along(y), y, FUN = seq_along) %% 5L
  link <- numeric(length(y))
  for (out in unique(fold)) {
    seen <- fold != out
    # of one class alone, or of nothing
    if (length(unique(y[seen])) < 2L) {
      link[!seen] <- sign(sum(y[seen]))
      next
    }
    machine <- solve_svm(
      kernel_of, x[seen, , drop = FALSE], y[seen], most[seen], tol, maxit
    )
    support <- which(seen)[machine$signed != 0]
    matrix <- kernel_of(x[!seen, , drop = FALSE], x[support, , drop = FALSE])
    values <- matrix %*% machine$signed[machine$signed != 0]
    link[!seen] <- c(on_host(values)) + machine$intercept
  }
  link
}

# Logistic regression on the link, whose responses are those of one more point
# of each class: it is finite for classes that the link separates.
sigmoid_of <- function(link, positive, weights) {
  counts <- c(sum(weights[!positive]), sum(weights[positive]))
  target <- ifelse(
    positive, (counts[[2L]] + 1) / (counts[[2L]] + 2), 1 / (counts[[1L]] + 2)
  )
  stats::glm.fit(
    cbind(1, link), target, weights, family = stats::quasibinomial(),
    control = stats::glm.control(epsilon = 1e-12, maxit = 100L)
  )$coefficients
}

svm_probabilities <- function(fit, link) {
  odds <- link * rep(fit$sigmoids["slope", ], each = nrow(link)) +
    rep(fit$sigmoids["intercept", ], each = nrow(link))
  # also of no rows a matrix
  second <- odds
  second[] <- stats::plogis(odds)
  if (length(fit$classes) == 2L) {
    return(cbind(1 - second, second))
  }
  coupled_pairs(second, length(fit$classes))
}

# The probabilities p with the smallest sum of (r_ji p_i - r_ij p_j)^2 over all
# pairs, where r_ij = 1 - r_ji is that of the class i within its pair: the
# second method of Wu, Lin and Weng (2004), by their iteration for all rows at
# once.
coupled_pairs <- function(second, count) {
  pairs <- class_pairs(seq_len(count))
  r <- array(0, c(nrow(second), count, count))
  for (k in seq_len(ncol(pairs))) {
    r[, pairs[2L, k], pairs[1L, k]] <- second[, k]
    r[, pairs[1L, k], pairs[2L, k]] <- 1 - second[, k]
  }
  # row i of the matrix of the quadratic form
  form <- lapply(seq_len(count), function(i) {
    row <- -matrix(r[, , i], ncol = count) * matrix(r[, i, ], ncol = count)
    row[, i] <- rowSums(matrix(r[, , i], ncol = count)^2)
    row
  })
  p <- matrix(1 / count, nrow(second), count)
  for (step in seq_len(1000L)) {
    before <- p
    for (i in seq_len(count)) {
      images <- vapply(form, function(row) rowSums(row * p), numeric(nrow(p)))
      images <- matrix(images, nrow(p), count)
      own <- form[[i]][, i]
      p[, i] <- p[, i] + (rowSums(p * images) - images[, i]) / own
      p <- p / rowSums(p)
    }
    if (!nrow(p) || all(abs(p - before) < 1e-12, na.rm = TRUE)) break
  }
  p
}
