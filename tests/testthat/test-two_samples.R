# Two-sample tests against matrices that are stored, and the package energy.

previous <- set_rkeops_options(compile = "auto")

set.seed(3)
first <- matrix(rnorm(63), 21)
second <- matrix(rnorm(99, 0.4), 33)
pooled <- rbind(first, second)

gaussian_matrix <- function(x, h) exp(-as.matrix(dist(x))^2 / (2 * h^2))

# The statistic from a stored matrix of pairs.
plain_mmd <- function(k, rows, unbiased) {
  n <- length(rows)
  m <- nrow(k) - n
  between <- mean(k[rows, -rows])
  if (!unbiased) {
    return(mean(k[rows, rows]) + mean(k[-rows, -rows]) - 2 * between)
  }
  diag(k) <- 0
  sum(k[rows, rows]) / (n * (n - 1)) +
    sum(k[-rows, -rows]) / (m * (m - 1)) - 2 * between
}

test_that("statistics are those of stored matrices", {
  k <- gaussian_matrix(pooled, 1.3)
  for (unbiased in c(TRUE, FALSE)) {
    result <- mmd_test(
      first, second, bandwidth = 1.3, nperm = 9, unbiased = unbiased
    )
    expect_equal(
      result$statistic[[1L]], plain_mmd(k, 1:21, unbiased), tolerance = 1e-10
    )
  }
  result <- mmd_test(first, second, nperm = 9)
  expect_equal(result$bandwidth, median(dist(pooled)))
  linear <- mmd_test(
    first, second, kernel = function(x, y) sum(x * y), unbiased = FALSE,
    nperm = 9
  )
  expect_equal(
    linear$statistic[[1L]], sum((colMeans(first) - colMeans(second))^2)
  )
})

test_that("each permutation is a split of the same points", {
  k <- gaussian_matrix(pooled, 1.3)
  set.seed(5)
  result <- mmd_test(first, second, bandwidth = 1.3, nperm = 50)
  set.seed(5)
  expected <- replicate(50, plain_mmd(k, sample.int(54, 21), TRUE))
  expect_equal(result$permutations, expected, tolerance = 1e-9)
  expect_equal(
    result$p.value, (1 + sum(expected >= plain_mmd(k, 1:21, TRUE))) / 51
  )
})

test_that("energy_test() is that of the package energy", {
  skip_if_not_installed("energy")
  result <- energy_test(first, second, nperm = 199)
  there <- energy::eqdist.etest(pooled, c(21, 33), R = 199)
  expect_equal(unname(result$statistic), unname(there$statistic))
  expect_lt(abs(result$p.value - there$p.value), 0.15)
})

test_that("units, offsets and duplicates do not matter", {
  x <- rbind(first, first[1:5, ])
  set.seed(6)
  expected <- mmd_test(x, second, nperm = 39)
  set.seed(6)
  moved <- mmd_test(1e6 + x * 1e-3, 1e6 + second * 1e-3, nperm = 39)
  expect_equal(unname(moved$statistic), unname(expected$statistic),
               tolerance = 1e-5)
  expect_equal(moved$p.value, expected$p.value)
  set.seed(6)
  large <- mmd_test(1e21 * x, 1e21 * second, nperm = 39)
  expect_equal(large$statistic, expected$statistic, tolerance = 1e-8)
  set.seed(6)
  expected <- energy_test(x, second, nperm = 39)
  set.seed(6)
  large <- energy_test(1e21 * x, 1e21 * second, nperm = 39)
  expect_equal(large$statistic, expected$statistic * 1e21, tolerance = 1e-8)
})

test_that("p-values are exact for few points, and uniform under equality", {
  # 6 of the 20 splits of 3 and 3 points cannot be told apart from others
  set.seed(7)
  result <- energy_test(c(0, 0.1, 0.2), c(5, 5.1, 5.2), nperm = 1999)
  expect_equal(result$p.value, 2 / 20, tolerance = 0.2)
  values <- replicate(60, energy_test(rnorm(10), rnorm(12), nperm = 39)$p.value)
  # multiples of 1 / 40
  expect_gt(ks.test(values - runif(60) / 40, "punif")$p.value, 0.001)
})

test_that("a formula has two groups", {
  set.seed(8)
  by_formula <- mmd_test(waiting ~ eruptions > 3, faithful, nperm = 19)
  set.seed(8)
  short <- faithful$eruptions <= 3
  by_samples <- mmd_test(
    faithful$waiting[short], faithful$waiting[!short], nperm = 19
  )
  expect_equal(by_formula$statistic, by_samples$statistic)
  expect_equal(by_formula$p.value, 0.05)
  expect_output(print(by_formula), "waiting by eruptions > 3")
  both <- energy_test(
    cbind(Sepal.Length, Sepal.Width) ~ Species, droplevels(iris[1:100, ]),
    nperm = 19
  )
  expect_s3_class(both, "htest")
  expect_error(energy_test(Sepal.Width ~ Species, iris), "two groups, not 3")
})

test_that("missing rows are left out, bad input is refused", {
  with_missing <- rbind(first, NA)
  set.seed(9)
  expected <- energy_test(first, second, nperm = 9)
  set.seed(9)
  expect_equal(
    energy_test(with_missing, second, nperm = 9)$statistic, expected$statistic
  )
  expect_error(mmd_test(first, second[, 1:2]), "same columns")
  expect_error(mmd_test(first[1, , drop = FALSE], second), "at least 2 rows")
  expect_error(mmd_test(c(1, 1), c(1, 1)), "All points are equal")
  expect_error(mmd_test(first, second, kernel = "rbf"), "`kernel` must be")
  expect_error(
    mmd_test(first, second, kernel = function(x, y) 1), "must return"
  )
  expect_error(mmd_test(first, second, nperm = 0), "`nperm` must be")
  expect_error(mmd_test(first, second, bandwidth = -1), "`bandwidth` must be")
  expect_equal(energy_test(c(1, 1), c(1, 1), nperm = 9)$p.value, 1)
})

test_that("distances of sets are those to nearest points", {
  distances <- as.matrix(dist(pooled))[1:21, 22:54]
  to_second <- apply(distances, 1L, min)
  to_first <- apply(distances, 2L, min)
  expect_equal(hausdorff_distance(first, second), max(to_second, to_first))
  expect_equal(hausdorff_distance(first, second, TRUE), max(to_second))
  expect_equal(
    chamfer_distance(first, second), mean(to_second^2) + mean(to_first^2)
  )
  weights <- seq_len(21)
  expect_equal(
    chamfer_distance(
      first, second, directed = TRUE, squared = FALSE, weights_x = weights
    ), weighted.mean(to_second, weights)
  )
  expect_equal(hausdorff_distance(first, first), 0)
  expect_equal(hausdorff_distance(1e6, 1e6 + 0.5), 0.5)
  expect_error(hausdorff_distance(first, second[0, ]), "at least one row")
  expect_error(chamfer_distance(first, 1:3), "same columns")
  expect_error(hausdorff_distance(c(1, NA), 1), "missing")
  expect_error(
    chamfer_distance(first, second, weights_y = 1:2), "`weights_y` must be 33"
  )
})

set_rkeops_options(previous)

test_that("weights are those of means over pairs, and stay with their points", {
  set.seed(8)
  x <- matrix(rnorm(24), 12)
  y <- matrix(rnorm(30), 15)
  weights <- c(1, 3, 0, rep(1:2, 12))
  u <- weights[1:12]
  v <- weights[13:27]
  biased <- mmd_test(x, y, bandwidth = 1, unbiased = FALSE, nperm = 5,
                     weights = weights)
  # a weight of 2 is two equal points
  repeated <- mmd_test(
    x[rep(1:12, u), ], y[rep(1:15, v), ], bandwidth = 1, unbiased = FALSE,
    nperm = 5
  )
  expect_equal(biased$statistic, repeated$statistic)
  energy <- energy_test(x, y, nperm = 5, weights = weights)
  expect_equal(
    energy$statistic,
    energy_test(x[rep(1:12, u), ], y[rep(1:15, v), ], nperm = 5)$statistic
  )
  # without the pairs of a point and itself
  K <- exp(-as.matrix(dist(rbind(x, y)))^2 / 2)
  mean_of <- function(i, j) {
    pairs <- outer(weights[i], weights[j])
    if (identical(i, j)) diag(pairs) <- 0
    sum(K[i, j] * pairs) / sum(pairs)
  }
  unbiased <- mmd_test(x, y, bandwidth = 1, nperm = 5, weights = weights)
  expect_equal(
    unname(unbiased$statistic),
    mean_of(1:12, 1:12) + mean_of(13:27, 13:27) - 2 * mean_of(1:12, 13:27)
  )
  # by a formula, in any order of the groups
  data <- data.frame(rbind(x, y), w = weights, group = rep(1:2, c(12, 15)))
  data <- data[sample(27), ]
  by_formula <- energy_test(cbind(X1, X2) ~ group, data, weights = w, nperm = 5)
  expect_equal(by_formula$statistic, energy$statistic)
  expect_error(mmd_test(x, y, weights = 1:3), "27 numbers",
               class = "rkeops_error_argument")
})
