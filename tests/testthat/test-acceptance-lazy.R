# Scripts with lazy tensors as users of rkeops 2.x have them, with the values
# that 2.x gives.

skip_on_cran()

uniform <- function(rows, columns, start = 0) points(rows, columns, start)

expect_value <- function(actual, expected, tolerance = 1e-5) {
  expect_equal(actual, expected, tolerance = tolerance, ignore_attr = FALSE)
}

# ---- LazyTensor vignette of 2.x ----

test_that("L1: a Gaussian kernel", {
  x <- uniform(200, 3)
  y <- uniform(300, 3, 0.3)
  s <- 0.1
  x_i <- LazyTensor(x, "i")
  y_j <- LazyTensor(y, "j")
  D_ij <- sum((x_i - y_j)^2)
  K_ij <- exp(-D_ij / s^2)
  a_j <- sum(K_ij, index = "i")
  expect_value(a_j, as.matrix(colSums(gaussian_matrix(x, y, 1 / s^2))))
})

test_that("L2: complex data", {
  z <- matrix(2 + 1i^(-6:-3), nrow = 2)
  z_i <- LazyTensor(z, index = "i", is_complex = TRUE)
  expect_identical(dim(z_i$data[[1]]), c(2L, 4L))
  v <- LazyTensor(c(4 + 5i, 2 + 3i, 7 + 1i))
  expect_equal(unlist(v$data), c(4, 5, 2, 3, 7, 1))
})

test_that("L3: inner dimensions", {
  w_i <- LazyTensor(uniform(100, 3, 0.1), "i")
  x_i <- LazyTensor(uniform(100, 3), "i")
  y_j <- LazyTensor(uniform(100, 3, 0.3), "j")
  expect_equal(x_i$dimres, 3)
  expect_equal((x_i + y_j)$dimres, 3)
  expect_equal(sqdist(x_i + y_j, w_i)$dimres, 1)
})

test_that("L4: short names", {
  x <- uniform(10, 3)
  same <- function(a, b) {
    expect_identical(a$formula, b$formula)
    expect_identical(a$args, b$args)
    expect_identical(a$data, b$data)
  }
  same(Vi(x), LazyTensor(x, index = "i"))
  same(Vj(x), LazyTensor(x, index = "j"))
  same(Pm(c(1, 2)), LazyTensor(c(1, 2)))
  same(Pm(3), LazyTensor(3))
})

test_that("L5: predicates", {
  x_i <- LazyTensor(uniform(10, 3), "i")
  z_i <- LazyTensor(complex_points(10, 2), "i")
  p <- LazyTensor(c(1, 2, 3))
  expect_identical(
    c(is.LazyTensor(x_i), is.LazyTensor(3.14), is.ComplexLazyTensor(z_i)),
    c(TRUE, FALSE, TRUE)
  )
  expect_true(is.LazyParameter(LazyTensor(3.14)))
  expect_true(is.ComplexLazyParameter(LazyTensor(2 + 3i)))
  expect_true(is.LazyVector(p))
  expect_true(is.LazyMatrix(x_i))
})

test_that("roxygen examples of reductions, indices from 0 as 2.x has them", {
  local_rkeops_options(index_base = 0)
  x <- uniform(10, 3)
  y <- uniform(12, 3, 0.3)
  x_i <- Vi(x)
  y_j <- Vj(y)
  S_ij <- sum((x_i - y_j)^2)
  S <- squared_distances(x, y)
  V_ij <- x_i - y_j
  V <- all_pairs(x, y, `-`)
  weights <- exp(S - rep(apply(S, 2, max), each = 10))
  expect_value(
    sumsoftmaxweight(S_ij, "i", V_ij),
    apply(V * c(weights), c(2, 3), sum) / colSums(weights)
  )
  expect_identical(
    argKmin(S_ij, 2, "j"), t(apply(S, 1, order)[1:2, ]) - 1L
  )
  both <- max_argmax(S_ij, "i")
  expect_value(both[[1]], as.matrix(apply(S, 2, max)))
  expect_equal(both[[2]], as.matrix(apply(S, 2, which.max) - 1))
  expect_value(x_i %*% y_j, x * rep(colSums(y), each = 10))
})

# ---- kernel interpolation vignette of 2.x ----

# Conjugate gradients as the vignette writes them, with base R in between.
interpolate <- function(K, b, lambda, eps = 1e-6) {
  a <- 0
  r <- b
  nr2 <- sum(r^2)
  p <- r
  while (nr2 >= length(b) * eps^2) {
    Mp <- K %*% Vj(p) + lambda * p
    alpha <- nr2 / sum(p * Mp)
    a <- a + alpha * p
    r <- r - alpha * Mp
    next_nr2 <- sum(r^2)
    p <- r + (next_nr2 / nr2) * p
    nr2 <- next_nr2
  }
  a
}

test_that("K1: interpolation in one dimension", {
  rkeops_use_float64()
  withr::defer(rkeops_use_float32())
  compiler <- counting_compiler(withr::local_tempdir())
  local_rkeops_options(
    compiler = compiler$path, cache_dir = withr::local_tempdir()
  )
  N <- 400
  x <- uniform(N, 1)
  b <- x + 0.5 * sin(6 * x) + 0.1 * sin(20 * x) + 0.05 * uniform(N, 1, 0.5)
  gaussian_kernel <- function(x, y, sigma = 0.1) {
    x_i <- Vi(x)
    y_j <- Vj(y)
    D_ij <- sum((x_i - y_j)^2)
    exp(-D_ij / (2 * sigma^2))
  }
  K <- gaussian_kernel(x, x)
  a <- interpolate(K, b, lambda = 1)
  K0 <- exp(-squared_distances(x, x) / (2 * 0.1^2))
  expect_lt(max(abs(K0 %*% a + a - b)), 1e-5)
  expect_value(a, solve(K0 + diag(N), b))
  t <- as.matrix(seq(0, 1, length.out = 50))
  fitted <- gaussian_kernel(t, x) %*% Vj(a)
  expect_value(fitted, exp(-squared_distances(t, x) / 0.02) %*% a)
  # every Vj(p) is a new object, and the points differ
  expect_equal(count_lines(compiler$log), 1)
})

test_that("K2: interpolation in two dimensions", {
  local_rkeops_options(precision = "float64")
  N <- 300
  x <- uniform(N, 2)
  distance <- sqrt(rowSums((x - 0.5)^2))
  b <- matrix(as.numeric(distance >= 0.3 & distance <= 0.4), N)
  b <- b + 0.05 * uniform(N, 1, 0.2)
  b[seq(3 * N / 4 + 1, N)] <- uniform(N / 4, 1, 0.4)
  laplacian_kernel <- function(x, y, sigma = 0.1) {
    D_ij <- sum((Vi(x) - Vj(y))^2)
    exp(-sqrt(D_ij) / sigma)
  }
  a <- interpolate(laplacian_kernel(x, x), b, lambda = 10)
  K0 <- exp(-sqrt(squared_distances(x, x)) / 0.1)
  expect_value(a, solve(K0 + 10 * diag(N), b))
  grid <- as.matrix(expand.grid(seq(0, 1, length.out = 10), 1:7 / 7))
  fitted <- laplacian_kernel(grid, x) %*% Vj(a)
  expected <- exp(-sqrt(squared_distances(grid, x)) / 0.1) %*% a
  expect_value(unname(fitted), unname(expected))
})

# ---- a script of a third party ----

test_that("T2: Hausdorff distances", {
  hausdorff <- function(x, y) {
    D_ij <- norm2(Vi(x) - Vj(y))
    max(max(min(D_ij, "i")), max(min(D_ij, "j")))
  }
  for (n in c(5, 17, 40)) {
    x <- uniform(n, 2)
    y <- uniform(n + 3, 2, 0.4)
    D <- sqrt(squared_distances(x, y))
    expect_value(
      hausdorff(x, y), max(apply(D, 1, min), apply(D, 2, min))
    )
  }
})
