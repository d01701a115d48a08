# Pairs within a radius that are found by boxes are those of all entries, with
# the same values.

skip_on_cran()

expect_same_pairs <- function(D, r, label, ...) { # nolint
  found <- with_pruning("always", pairs_within(D, r, ...))
  all <- with_pruning("never", pairs_within(D, r, ...))
  expect_identical(found, all, label = label)
  length(found)
}

test_that("pairs are the same for all kinds of data", {
  withr::local_seed(1)
  local_rkeops_options(compile = "never", digits = "plain")
  for (precision in c("float32", "float64")) {
    for (kind in names(kinds)) {
      x <- Vi(kinds[[kind]](200, 3), precision = precision)
      y <- Vj(kinds[[kind]](331, 3), precision = precision)
      label <- paste(kind, precision)
      expect_same_pairs(sqdist(x, y), 0.05, label)
      expect_same_pairs(sum(abs(x - y)), 1, paste(label, "by sums"))
    }
  }
})

test_that("halves, diagonals, sizes and radii are the same", {
  withr::local_seed(2)
  local_rkeops_options(compile = "never", precision = "float64")
  for (n in c(0, 1, 63, 64, 65, 300)) {
    x <- lattice(n, 2)
    D <- sqdist(Vi(x), Vj(x)) # nolint
    for (r in c(-1, 0, 2, Inf)) {
      for (self in c(TRUE, FALSE)) {
        for (symmetric in c(TRUE, FALSE)) {
          expect_same_pairs(
            D, r, paste(n, r, self, symmetric),
            symmetric = symmetric, self = self
          )
        }
      }
    }
    expect_same_pairs(sqdist(Vi(x), Vj(uniform(70, 2))), 1, paste(n, "by 70"))
  }
})

test_that("formulas of all kinds have the same pairs", {
  withr::local_seed(3)
  local_rkeops_options(compile = "never", precision = "float64")
  x <- clusters(300, 2)
  u <- uniform(300, 1)
  near <- sqdist(Vi(x), Vj(x))
  for (D in list(
    sqrt(near), -exp(-near), near * Vj(u), near + abs(Vi(u) - Vj(u)),
    lgamma(near)
  )) {
    expect_same_pairs(D, 0.02, format(D)[1])
  }
})

test_that("points in order, and equal ones, are counted without entries", {
  withr::local_seed(4)
  local_rkeops_options(
    compile = "never", precision = "float64", pruning = "always"
  )
  x <- matrix(0.5, 20000, 2)
  expect_error(
    pairs_within(sqdist(Vi(x), Vj(x)), 1, symmetric = TRUE, maximum = 10),
    "199,990,000 pairs"
  )
  expect_error(
    pairs_within(sqdist(Vi(x), Vj(x)), 1, maximum = 10), "400,000,000 pairs"
  )
  x <- matrix(seq_len(5000) / 100, 5000)
  D <- abs(Vi(x) - Vj(x)) # nolint
  expect_length(pairs_within(D, 0.015, symmetric = TRUE), 4999)
})

test_that("single precision that is looked after finds the pairs of double", {
  withr::local_seed(5)
  local_rkeops_options(compile = "never", digits = "auto", pruning = "always")
  x <- far_away(500, 2)
  single <- pairs_within(sqdist(Vi(x), Vj(x)), 0.01, precision = "float32")
  double <- pairs_within(sqdist(Vi(x), Vj(x)), 0.01, precision = "float64")
  expect_identical(single, double)
})
