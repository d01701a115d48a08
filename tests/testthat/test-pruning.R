# Pairs that are left out change nothing: every result with pruning = "always"
# is identical to that with "never", on data that could make a difference.

skip_on_cran()

uniform <- function(n, dimension) matrix(stats::runif(n * dimension), n)

clusters <- function(n, dimension) {
  centres <- matrix(stats::runif(5 * dimension), 5)
  centres[sample.int(5, n, TRUE), , drop = FALSE] +
    0.01 * stats::rnorm(n * dimension)
}

lattice <- function(n, dimension) {
  matrix(sample.int(4, n * dimension, TRUE), n)
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

searches <- c(
  "KMin_ArgKMin_Reduction(SqDist(x, y), 4, 0)",
  "ArgMin_Reduction(SqDist(x, y), 0)", "Min_Reduction(SqDist(x, y), 0)",
  "Max_ArgMax_Reduction(SqDist(x, y), 0)", "Max_Reduction(SqDist(x, y), 0)"
)

with_pruning <- function(mode, code) {
  local_rkeops_options(pruning = mode)
  force(code)
}

operator_of <- function(formula, dimension, precision) {
  args <- sprintf(c("x = Vi(%d)", "y = Vj(%d)"), dimension)
  keops_kernel(formula, args, precision = precision)
}

expect_same <- function(op, data, label) {
  pruned <- with_pruning("always", op(data))
  all <- with_pruning("never", op(data))
  expect_true(identical(pruned, all), label = label)
}

expect_same_of_kinds <- function(dimension, precision, rows, columns) {
  for (formula in searches) {
    op <- operator_of(formula, dimension, precision)
    for (kind in names(kinds)) {
      x <- kinds[[kind]](rows, dimension)
      y <- kinds[[kind]](columns, dimension)
      label <- paste(formula, kind, dimension, precision, rows, columns)
      expect_same(op, list(x, y), label)
      if (rows == columns) expect_same(op, list(x, x), paste(label, "self"))
    }
  }
}

test_that("results are the same for all kinds of data", {
  withr::local_seed(1)
  for (precision in c("float32", "float64")) {
    expect_same_of_kinds(1, precision, 300, 300)
    expect_same_of_kinds(3, precision, 517, 1031)
  }
})

test_that("results are the same in more dimensions, when interpreted", {
  withr::local_seed(2)
  local_rkeops_options(compile = "never")
  for (precision in c("float32", "float64")) {
    expect_same_of_kinds(2, precision, 1009, 700)
    expect_same_of_kinds(8, precision, 500, 400)
    expect_same_of_kinds(16, precision, 300, 300)
  }
})
