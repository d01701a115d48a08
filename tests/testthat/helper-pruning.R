# Points that could make a difference where pairs are left out.

uniform <- function(n, dimension) {
  matrix(stats::runif(n * dimension), n, dimension)
}

clusters <- function(n, dimension) {
  centres <- matrix(stats::runif(5 * dimension), 5)
  centres[sample.int(5, n, TRUE), , drop = FALSE] +
    0.01 * stats::rnorm(n * dimension)
}

lattice <- function(n, dimension) {
  matrix(sample.int(4, n * dimension, TRUE), n, dimension)
}

duplicates <- function(n, dimension) {
  uniform(7, dimension)[sample.int(7, n, TRUE), , drop = FALSE]
}

equal <- function(n, dimension) matrix(0.3, n, dimension)

outlier <- function(n, dimension) {
  x <- uniform(n, dimension)
  if (n) x[n, ] <- 1e7
  x
}

awkward <- function(n, dimension) {
  x <- uniform(n, dimension)
  if (n >= 60) {
    x[c(3, 40), 1] <- c(NaN, Inf)
    x[c(50, 51, 52), dimension] <- c(-Inf, NA, 1e300)
    x[10:20, ] <- 0
  }
  x
}

far_away <- function(n, dimension) 1e6 + uniform(n, dimension)

kinds <- list(
  uniform = uniform, clusters = clusters, lattice = lattice,
  duplicates = duplicates, equal = equal, outlier = outlier, awkward = awkward,
  far_away = far_away
)

with_pruning <- function(mode, code) {
  local_rkeops_options(pruning = mode)
  force(code)
}
