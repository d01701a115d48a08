# The test of independence against stored matrices.

previous <- set_rkeops_options(compile = "auto")

set.seed(4)
u <- matrix(rnorm(80), 40)
v <- u[, 1]^2 + 0.3 * rnorm(40)

centred_kernel <- function(x, h) {
  k <- exp(-as.matrix(dist(x))^2 / (2 * h^2))
  k - outer(rowMeans(k), colMeans(k), `+`) + mean(k)
}

laplace_of <- function(x, y) exp(-norm2(x - y))

test_that("statistics and permutations are those of stored matrices", {
  k <- centred_kernel(u, 1.2)
  l <- centred_kernel(v, 0.8)
  expected <- function(order) mean(k * l[order, order])
  for (nperm in c(1, 30)) {
    set.seed(2)
    result <- hsic_test(
      u, v, bandwidth = 1.2, bandwidth_y = 0.8, nperm = nperm
    )
    set.seed(2)
    permuted <- replicate(nperm, expected(sample.int(40)))
    expect_equal(
      result$statistic[[1L]], expected(1:40), tolerance = 1e-8
    )
    expect_equal(result$permutations, permuted, tolerance = 1e-8)
  }
})

test_that("factors of small rank and passes over pairs agree", {
  x <- qnorm(ppoints(200))
  y <- sin(3 * seq_len(200))
  sides <- list(
    x = kernel_side(cbind(x), gaussian_kernel, 1, "bandwidth", "float64", NULL),
    y = kernel_side(cbind(y), gaussian_kernel, 1, "bandwidth", "float64", NULL)
  )
  expect_lt(ncol(factor_of_side(sides$x)), 30)
  set.seed(1)
  fast <- independence_statistics(sides, 5)
  set.seed(1)
  orders <- c(list(1:200), replicate(5, sample.int(200), simplify = FALSE))
  expect_equal(
    fast, vapply(orders, function(o) independence_by_pairs(sides, o), 0),
    tolerance = 1e-7
  )
  # a kernel that is not smooth has no such factor
  rough <- kernel_side(cbind(x), laplace_of, NULL, "bandwidth", "float64", NULL)
  expect_null(factor_of_side(rough))
  # nor has one that is not positive
  distance <- function(x, y) -norm2(x - y)
  expect_null(factor_of_side(
    kernel_side(cbind(x), distance, NULL, "bandwidth", "float64", NULL)
  ))
})

test_that("dependence without correlation is found, independence is not", {
  x <- seq(-1, 1, length.out = 60)
  set.seed(3)
  expect_equal(hsic_test(x, x^2, nperm = 99)$p.value, 0.01)
  expect_equal(
    hsic_test(x, x^2, kernel = laplace_of, nperm = 19)$p.value, 0.05
  )
  expect_gt(hsic_test(x, sample(x), nperm = 99)$p.value, 0.01)
})

test_that("formulas, missing values and bad input", {
  data <- data.frame(u, v)
  set.seed(1)
  by_formula <- hsic_test(v ~ X1 + X2, data, nperm = 9)
  set.seed(1)
  expect_equal(
    by_formula$statistic, hsic_test(u, v, nperm = 9)$statistic
  )
  expect_output(print(by_formula), "v ~ X1 \\+ X2")
  data$v[[3]] <- NA
  expect_equal(
    hsic_test(v ~ X1 + X2, data, nperm = 1)$statistic,
    hsic_test(u[-3, ], v[-3], nperm = 1)$statistic
  )
  expect_equal(
    hsic_test(u, data$v, nperm = 1)$statistic,
    hsic_test(u[-3, ], v[-3], nperm = 1)$statistic
  )
  expect_error(hsic_test(u, v[-1]), "same rows")
  expect_error(hsic_test(rep(1, 5), 1:5), "All points are equal")
  expect_error(hsic_test(1, 2), "at least 2 rows")
})

set_rkeops_options(previous)
