# Kernels by name against plain R in double precision.

skip_on_cran()

# Points with a common offset, a duplicate, and one of their own.
kernel_points <- function(columns = 3, offset = 0) {
  x <- lazy_points(65, columns) + offset
  x[2, ] <- x[1, ]
  list(x = x, y = lazy_points(7, columns, start = 5) + offset)
}

scaled_distance <- function(x, y, h) {
  sqrt(squared_distances(
    sweep(x, 2, rep_len(h, ncol(x)), "/"), sweep(y, 2, rep_len(h, ncol(x)), "/")
  ))
}

matern_reference <- function(r, nu) {
  s <- sqrt(2 * nu) * r
  value <- 2^(1 - nu) / gamma(nu) * s^nu * base::besselK(s, nu)
  value[s == 0] <- 1
  value
}

closed_kernels <- list(
  list(gaussian_kernel, function(r) exp(-r^2 / 2)),
  list(laplace_kernel, function(r) exp(-r)),
  list(exponential_kernel, function(r) exp(-r)),
  list(matern_kernel, function(r) (1 + sqrt(3) * r) * exp(-sqrt(3) * r)),
  list(cauchy_kernel, function(r) 1 / (1 + r^2)),
  list(rational_quadratic_kernel, function(r) 1 / (1 + r^2 / 2))
)

test_that("kernels are those of plain R, with one scale and with several", {
  local_rkeops_options(precision = "float64", compile = "never")
  points <- kernel_points()
  for (h in list(0.7, c(0.5, 2, 1))) {
    r <- scaled_distance(points$x, points$y, h)
    for (one in closed_kernels) {
      K <- one[[1]](points$x, points$y, h)
      expect_equal(as.matrix(K), one[[2]](r), tolerance = 1e-13)
      expect_identical(
        as.matrix(one[[1]](Vi(points$x), Vj(points$y), h)), as.matrix(K)
      )
    }
  }
})

test_that("a Matern kernel has any smoothness, also where points meet", {
  local_rkeops_options(precision = "float64", compile = "never")
  points <- kernel_points(1)
  points$x[3, ] <- points$x[1, ] + 1e-7
  r <- scaled_distance(points$x, points$x, 0.8)
  for (nu in c(0.5, 1.5, 2.5, 3.5, 6.5, 0.3, 1, 2.2, 4)) {
    K <- matern_kernel(points$x, bandwidth = 0.8, nu = nu)
    expect_equal(as.matrix(K), matern_reference(r, nu), tolerance = 1e-10)
    expect_identical(K[[1, 2]], 1)
  }
  K <- matern_kernel(points$x, nu = Inf)
  expect_equal(as.matrix(K), exp(-(0.8 * r)^2 / 2), tolerance = 1e-13)
  expect_equal(
    as.matrix(matern_kernel(points$x, nu = 4, precision = "float32")),
    matern_reference(0.8 * r, 4), tolerance = 1e-4
  )
  for (nu in list(0, -1, 4.2, 60.5, c(1, 2), "a", NA)) {
    expect_rkeops_error(matern_kernel(points$x, nu = nu), "argument", "`nu`")
  }
})

test_that("single precision keeps the digits of points far from the origin", {
  local_rkeops_options(precision = "float32", digits = "auto",
                       compile = "never")
  points <- kernel_points(3, offset = 1e6)
  r <- scaled_distance(points$x, points$y, 1)
  expect_equal(c(rowSums(gaussian_kernel(points$x, points$y))),
               rowSums(exp(-r^2 / 2)), tolerance = 1e-5)
})

test_that("polynomial kernels, and kernels of lines of points", {
  local_rkeops_options(precision = "float64", compile = "never")
  points <- kernel_points()
  expected <- (0.5 * points$x %*% t(points$y) + 2)^3
  K <- polynomial_kernel(points$x, points$y, 3, scale = 0.5, offset = 2)
  expect_equal(as.matrix(K), expected, tolerance = 1e-13)
  linear <- polynomial_kernel(points$x, degree = 1, offset = 0)
  expect_equal(as.matrix(linear), tcrossprod(points$x), tolerance = 1e-13)
  line <- c(0, 1, 3)
  expect_equal(as.matrix(laplace_kernel(line)), exp(-as.matrix(dist(line))),
               ignore_attr = TRUE, tolerance = 1e-14)
  expect_identical(dim(gaussian_kernel(iris[, 1:4])), c(150L, 150L))
  expect_equal(rowSums(gaussian_kernel(matrix(0, 2, 1), matrix(0, 0, 1))),
               c(0, 0), ignore_attr = TRUE)
})

test_that("the bandwidth may be a parameter with a gradient", {
  local_rkeops_options(precision = "float64", compile = "never")
  points <- kernel_points()
  h <- Pm(0.7)
  slope <- keops_grad(gaussian_kernel(Vi(points$x), Vj(points$y), h), h)
  r2 <- squared_distances(points$x, points$y)
  expect_equal(as.matrix(slope), exp(-r2 / 2 / 0.7^2) * r2 / 0.7^3,
               tolerance = 1e-12)
})

test_that("what is no kernel is refused by name", {
  x <- lazy_points(5, 2)
  for (h in list(0, -1, NA, Inf, "a", c(1, 2, 3), NULL)) {
    expect_rkeops_error(gaussian_kernel(x, bandwidth = h), "argument",
                        "`bandwidth`")
  }
  expect_rkeops_error(gaussian_kernel(), "argument", "`x`")
  expect_rkeops_error(gaussian_kernel(iris), "argument", "Species")
  expect_rkeops_error(gaussian_kernel(x, x[, 1]), "shape", "same columns")
  expect_rkeops_error(gaussian_kernel(x * 1i), "argument", "`x`")
  expect_rkeops_error(gaussian_kernel(Vj(x)), "argument", "`y`")
  expect_rkeops_error(rational_quadratic_kernel(x, alpha = 0), "argument",
                      "`alpha`")
  expect_rkeops_error(polynomial_kernel(x, degree = 1.5), "argument",
                      "`degree`")
  expect_rkeops_error(laplace_kernel(x, precision = "half"), "argument",
                      "`precision`")
})
