# besselK of lazy tensors against that of R.

skip_on_cran()

test_that("any order, from 1e-9 to where the values end", {
  local_rkeops_options(precision = "float64")
  x <- 10^seq(-9, 2, length.out = 61)
  for (nu in c(0, 0.1, 0.5, 0.8, 1, 1.5, 2, 2.2, 3.5, 5, 7.3, 10, 20.4)) {
    expect_lt(
      max(abs(as.vector(besselK(Vi(x), nu)) / besselK(x, nu) - 1)), 1e-12
    )
    expect_lt(max(abs(
      as.vector(besselK(Vi(x), -nu, TRUE)) / besselK(x, nu, TRUE) - 1
    )), 1e-12)
  }
})

test_that("ends, missing values and components", {
  local_rkeops_options(precision = "float64")
  x <- c(0, 1e-300, NA, Inf, 800)
  for (nu in c(0, 0.5, 0.7, 1.2)) {
    expect_equal(as.vector(besselK(Vi(x), nu)), besselK(x, nu))
  }
  expect_identical(as.vector(besselK(Vi(-1), 1.2)), NaN)
  m <- matrix(c(0.1, 1, 2, 3, 4, 5), 3)
  expect_equal(as.matrix(besselK(Vi(m), 0.3)), besselK(m, 0.3))
  expect_identical(besselK(2, 1), base::besselK(2, 1))
})

test_that("a Matern kernel in single precision, and its gradient", {
  x <- lazy_points(7, 2)
  y <- lazy_points(5, 2, start = 0.4)
  matern <- function(r) 2^(1 - 0.8) / gamma(0.8) * r^0.8 * besselK(r, 0.8)
  expected <- matern(sqrt(1.6 * squared_distances(x, y)))
  for (precision in c("float32", "float64")) {
    local_rkeops_options(precision = precision)
    D <- sqdist(Vi(x), Vj(y))
    expect_equal(
      rowSums(matern(sqrt(1.6 * D))), rowSums(expected),
      tolerance = c(float32 = 1e-5, float64 = 1e-12)[[precision]]
    )
  }
  t <- c(0.3, 1, 1.9, 2.1, 7)
  slope <- grad(besselK(Vi(t), 1.2), 1, "Sum", 0, "j")
  expect_equal(c(slope), -besselK(t, 0.2) - 1.2 / t * besselK(t, 1.2))
})

test_that("an order that is none is refused", {
  D <- Vi(1:3)
  expect_error(besselK(D, 1:2), "`nu`", class = "rkeops_error_argument")
  expect_error(besselK(D), "`nu`", class = "rkeops_error_argument")
  expect_error(besselK(D, 1, 3), "expon.scaled", class = "rkeops_error_argument")
})
