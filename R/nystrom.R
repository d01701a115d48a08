# The preconditioner: an approximation F F' of a positive semi-definite kernel
# matrix by a few of its columns.

pivots_at_once <- 50L

# Chen, Epperly, Tropp and Webber (2025), in blocks: pivots are drawn with the
# probability of what is left of their diagonal entry. `factor` is n x rank,
# `left` what is left of the diagonal.
new_nystrom <- function(K, call) { # nolint
  diagonal <- as.double(diag(K))
  list(
    factor = matrix(0, length(diagonal), 0L), left = pmax(diagonal, 0),
    total = sum(pmax(diagonal, 0)), is_semidefinite = all(diagonal >= 0)
  )
}

# More columns, until there are `rank` or the trace of what is left is at most
# `enough`.
grow_nystrom <- function(nystrom, K, rank, enough, call) { # nolint
  n <- length(nystrom$left)
  enough <- max(enough, 1e-13 * nystrom$total)
  while (ncol(nystrom$factor) < rank && sum(nystrom$left) > enough) {
    candidates <- which(nystrom$left > 0)
    count <- min(pivots_at_once, length(candidates), n)
    pivots <- candidates[sample.int(
      length(candidates), count, prob = nystrom$left[candidates]
    )]
    block <- nystrom_block(nystrom, K, pivots, call)
    some <- seq_len(min(rank - ncol(nystrom$factor), ncol(block$columns)))
    added <- block$columns[, some, drop = FALSE]
    nystrom$factor <- cbind(nystrom$factor, added)
    nystrom$pivots <- c(nystrom$pivots, block$pivots[some])
    nystrom$left <- pmax(nystrom$left - rowSums(added^2), 0)
    # nothing is left at the pivots, nor at their duplicates but for rounding
    nystrom$left[pivots] <- 0
    nystrom$left[nystrom$left < 1e-14 * nystrom$total / n] <- 0
  }
  nystrom
}

# Columns of what is left of K, orthogonalised by a Cholesky factorisation with
# pivots, which leaves out those that depend on others.
nystrom_block <- function(nystrom, K, pivots, call) { # nolint
  columns <- kernel_columns(K, pivots, call)
  known <- nystrom$factor
  if (ncol(known)) {
    columns <- columns - r_dense_multiply(
      known, t(known[pivots, , drop = FALSE]), FALSE
    )
  }
  block <- columns[pivots, , drop = FALSE]
  block <- (block + t(block)) / 2
  upper <- suppressWarnings(
    chol(block, pivot = TRUE, tol = 1e-10 * max(sum(diag(block)), 0))
  )
  rank <- attr(upper, "rank")
  if (rank == 0L) {
    return(list(columns = columns[, 0L, drop = FALSE], pivots = integer()))
  }
  kept <- attr(upper, "pivot")[seq_len(rank)]
  upper <- upper[seq_len(rank), seq_len(rank), drop = FALSE]
  columns <- columns[, kept, drop = FALSE]
  list(
    columns = t(backsolve(upper, t(columns), transpose = TRUE)),
    pivots = pivots[kept]
  )
}

# A product with the unit matrix, which is computed like any other.
kernel_columns <- function(K, columns, call) { # nolint
  some <- K[, columns - 1L + settings$index_base]
  on_host(multiply(some, diag(length(columns)), call))
}

# The largest rank that is worth its time and memory beside products with K:
# building takes n r^2, a product n^2 times about nine as long a step.
largest_rank <- function(n) {
  as.integer(min(n, ceiling(sqrt(90 * n)), max(50, 5e7 %/% max(n, 1L))))
}

# (F F' + D)^-1 by the formula of Woodbury, scaled by D^(-1/2). NULL where D is
# nowhere positive or nothing was factored.
nystrom_preconditioner <- function(nystrom, lambda) {
  n <- length(nystrom$left)
  # without lambda the mean of what is left of the diagonal stands for it
  least <- max(sum(nystrom$left) / n * (min(lambda) <= 0),
               1e-13 * nystrom$total / n, .Machine$double.xmin)
  weight <- 1 / sqrt(pmax(rep_len(lambda, n), least))
  scaled <- nystrom$factor * weight
  inner <- r_dense_multiply(scaled, scaled, TRUE)
  inner <- inner + diag(ncol(inner))
  factor <- r_dense_cholesky(inner)
  if (is.null(factor)) {
    return(NULL)
  }
  list(
    rank = ncol(scaled), n = n,
    apply = function(x) {
      x <- x * weight
      y <- r_dense_multiply(scaled, x, TRUE)
      y <- r_dense_solve(factor, r_dense_solve(factor, y, FALSE), TRUE)
      (x - r_dense_multiply(scaled, y, FALSE)) * weight
    },
    log_det = 2 * sum(log(diag(factor))) - 2 * sum(log(weight)),
    # vectors with this matrix as covariance, of normal ones
    color = function(of_rank, of_rows) {
      (r_dense_multiply(scaled, of_rank, FALSE) + of_rows) / weight
    }
  )
}

sample_covariance <- function(preconditioner, count) {
  rank <- preconditioner$rank
  n <- preconditioner$n
  preconditioner$color(random_normal(rank, count), random_normal(n, count))
}

random_normal <- function(rows, columns) {
  matrix(stats::rnorm(rows * columns), rows, columns)
}
