# log_det() against determinant() of stored matrices.

skip_on_cran()
# Interpreted, since many formulas are computed few times.
local_rkeops_options(compile = "never")

places <- scale(as.matrix(quakes[seq(1, 1000, 2), c("lat", "long")]))
D0 <- unname(as.matrix(dist(places))^2)
gaussian <- function(x) exp(-sqdist(Vi(x), Vj(x)) / (2 * 0.3^2))
K0 <- exp(-D0 / (2 * 0.3^2))
exact <- function(A) c(determinant(A)$modulus)

test_that("the exact determinant is that of R", {
  local_rkeops_options(precision = "float64")
  K <- gaussian(places)
  lambda <- seq(0.1, 2, length.out = 500)
  for (one in list(1, 1e-6, lambda)) {
    value <- log_det(K, one)
    A <- K0 + diag(one, 500)
    expect_equal(c(value + 0), exact(A), tolerance = 1e-10)
    expect_identical(attr(value, "standard_error"), 0)
  }
  expect_equal(log_det(K + diag(lambda), 1) + 0, exact(K0 + diag(lambda + 1)))
  expect_equal(log_det(1e21 * K, 1e21) + 0, exact(K0 + diag(500)) +
                 500 * log(1e21))
  one <- gaussian(places[1, , drop = FALSE])
  expect_equal(log_det(one, 2) + 0, log(3))
  none <- gaussian(places[0, ])
  expect_equal(log_det(none) + 0, 0)
})

test_that("the estimate is within its error", {
  set.seed(1)
  for (precision in c("float32", "float64")) {
    local_rkeops_options(precision = precision)
    K <- gaussian(places)
    for (lambda in list(1, 1e-3, seq(0.1, 2, length.out = 500))) {
      for (rank in list(NULL, 20)) {
        value <- log_det(K, lambda, "lanczos", probes = 30, rank = rank)
        error <- attr(value, "standard_error")
        expect_gt(error, 0)
        expect_lt(error, if (is.null(rank)) 3 else 30)
        expect_lt(abs(value - exact(K0 + diag(lambda, 500))), 4 * error + 1e-2)
      }
    }
  }
  # a preconditioner of all there is leaves nothing to estimate
  value <- log_det(K, 1e-2, "lanczos", rank = 400)
  expect_lt(abs(value - exact(K0 + diag(1e-2, 500))), 0.02)
  expect_output(print(value), "standard error .* 20 probes")
  expect_output(print(log_det(K, 1)), "exact")
})

test_that("what has no logarithm of a determinant is refused", {
  local_rkeops_options(precision = "float64")
  D <- sqrt(sqdist(Vi(places), Vj(places)))
  twice <- places[c(1:100, 1:100), ]
  for (call in expression(
    log_det(D), log_det(D, method = "lanczos"), log_det(gaussian(places), -2),
    log_det(gaussian(places), -2, "lanczos"), log_det(gaussian(twice), -1e-9)
  )) {
    expect_error(eval(call), "not positive definite", class = "rkeops_error")
  }
  expect_error(log_det(Vi(1:3) + 2 * Vj(1:3)), "symmetric",
               class = "rkeops_error")
  expect_error(log_det(gaussian(places), 1, probes = 1), "probes",
               class = "rkeops_error")
  expect_error(log_det(gaussian(replace(places, 3, NA)), 1), "finite",
               class = "rkeops_error")
})
