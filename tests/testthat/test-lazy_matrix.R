# Lazy tensors as matrices.

skip_on_cran()

x <- lazy_points(7, 2)
y <- lazy_points(5, 2, start = 0.4)
K0 <- exp(-squared_distances(x, y))
lazy_kernel <- function() exp(-sqdist(Vi(x), Vj(y)))

test_that("dimensions", {
  K <- lazy_kernel()
  expect_identical(dim(K), c(7L, 5L))
  expect_identical(c(nrow(K), ncol(K), length(K)), c(7L, 5L, 35L))
  expect_identical(dim(t(K)), c(5L, 7L))
  expect_identical(dim(Vi(x)), c(7L, 1L, 2L))
  expect_identical(dim(Vi(x) - Vj(y)), c(7L, 5L, 2L))
  expect_identical(dim(Pm(3)), c(1L, 1L))
  expect_identical(dim(Vi(complex_points(4, 2))), c(4L, 1L, 2L))
  big <- Vi(numeric(1e5)) + Vj(numeric(1e5))
  expect_identical(length(big), 1e10)
})

for (precision in c("float64", "float32")) {
  test_that(paste("products and sums,", precision), {
    local_rkeops_options(precision = precision)
    K <- lazy_kernel()
    tolerance <- c(float32 = 1e-6, float64 = 1e-13)[[precision]]
    check <- function(actual, expected) {
      expect_equal(actual, expected, tolerance = tolerance)
    }
    B <- lazy_points(5, 3, start = 0.2)
    A <- lazy_points(7, 2, start = 0.3)
    check(K %*% B, K0 %*% B)
    check(K %*% B[, 1], K0 %*% B[, 1])
    check(K %*% 1:5, K0 %*% 1:5)
    check(K %*% data.matrix(data.frame(1:5)), K0 %*% 1:5)
    check(t(A) %*% K, t(A) %*% K0)
    check(A[, 1] %*% K, A[, 1] %*% K0)
    check(t(K) %*% A, t(K0) %*% A)
    check(crossprod(K, A), crossprod(K0, A))
    check(crossprod(A, K), crossprod(A, K0))
    check(tcrossprod(K, t(B)), K0 %*% B)
    check(tcrossprod(t(B), K), t(B) %*% t(K0))
    check(K %*% Vj(B), K0 %*% B)
    check(rowSums(K), rowSums(K0))
    check(colSums(K), colSums(K0))
    check(rowMeans(K), rowMeans(K0))
    check(colMeans(K), colMeans(K0))
    d0 <- all_pairs(x, y, `-`)
    d <- Vi(x) - Vj(y)
    check(rowSums(d), apply(d0, c(1, 3), sum))
    check(d %*% B[, 1], apply(d0 * rep(B[, 1], each = 7), c(1, 3), sum))
  })

  test_that(paste("stored entries,", precision), {
    local_rkeops_options(precision = precision)
    K <- lazy_kernel()
    tolerance <- c(float32 = 1e-6, float64 = 1e-13)[[precision]]
    expect_equal(as.matrix(K), K0, tolerance = tolerance)
    expect_equal(as.matrix(t(K)), t(K0), tolerance = tolerance)
    expect_equal(
      as.array(Vi(x) - Vj(y)), all_pairs(x, y, `-`), tolerance = tolerance
    )
    expect_equal(as.matrix(Vi(x)), x, tolerance = tolerance)
    expect_equal(as.matrix(Vj(y)), y, tolerance = tolerance)
    expect_equal(as.matrix(Pm(c(1, 2))), matrix(1:2, 1), ignore_attr = TRUE)
    # one matrix as points of both kinds
    expect_equal(
      as.matrix(exp(-sqdist(Vi(x), Vj(x)))), exp(-squared_distances(x, x)),
      tolerance = tolerance
    )
  })
}

test_that("parts", {
  local_rkeops_options(precision = "float64")
  K <- lazy_kernel()
  expect_equal(as.matrix(K[2:4, ]), K0[2:4, ])
  expect_equal(as.matrix(K[-1, c(5, 1)]), K0[-1, c(5, 1)])
  expect_equal(as.matrix(K[, 3]), K0[, 3, drop = FALSE])
  expect_equal(as.matrix(K[c(TRUE, FALSE), ]), K0[c(TRUE, FALSE), ])
  expect_equal(K[1:3, ] %*% 1:5, K0[1:3, ] %*% 1:5)
  d <- Vi(x) - Vj(y)
  d0 <- all_pairs(x, y, `-`)
  expect_equal(as.array(d[2:3, 1:2, 2]), d0[2:3, 1:2, 2])
  expect_identical(dim(Vi(x)[3, ]), c(1L, 1L, 2L))
  expect_error(K[8, ], "outside of 1 to 7", class = "rkeops_error_argument")
})

test_that("names of the points", {
  local_rkeops_options(precision = "float64")
  named <- x
  rownames(named) <- letters[1:7]
  K <- exp(-sqdist(Vi(named), Vj(y)))
  expect_identical(rownames(as.matrix(K)), letters[1:7])
  expect_identical(rownames(as.matrix(Vi(named))), letters[1:7])
  expect_identical(rownames(K %*% 1:5), letters[1:7])
})

test_that("many columns are stored in parts", {
  local_rkeops_options(precision = "float64")
  u <- points(600, 1)
  v <- points(700, 1, start = 0.3)
  expect_equal(as.matrix(Vi(u) * Vj(v)), outer(c(u), c(v)))
})

test_that("what is no matrix, or too large, is refused", {
  K <- lazy_kernel()
  d <- Vi(x) - Vj(y)
  expect_snapshot(error = TRUE, {
    as.matrix(K, maximum = 10)
    as.matrix(d)
    K %*% 1:4
    d %*% matrix(1, 5, 2)
    crossprod(K)
    tcrossprod(K)
    K %*% letters[1:5]
    K[8, ]
  })
})

test_that("a lazy matrix is a linear map for others", {
  local_rkeops_options(precision = "float64")
  K <- exp(-sqdist(Vi(x), Vj(x)))
  map <- function(v, args) as.numeric(K %*% v)
  # the power method, as any solver that takes a function
  v <- rep(1, 7)
  for (k in 1:200) {
    v <- map(v)
    v <- v / sqrt(sum(v^2))
  }
  expected <- eigen(exp(-squared_distances(x, x)), symmetric = TRUE)
  expect_equal(sum(v * map(v)), expected$values[1], tolerance = 1e-10)
  skip_if_not_installed("RSpectra")
  found <- RSpectra::eigs_sym(map, k = 2, n = 7)
  expect_equal(found$values, expected$values[1:2], tolerance = 1e-10)
})
